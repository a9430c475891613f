"""Signed links: one side, one message, one person, until a day."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.errors import Refused
from relay.links import Link, Side, read_link, sign_link

OLD, NEW = b"\x01" * 32, b"\x02" * 32
TODAY = date(2026, 11, 22)
SITE, MESSAGE, PERSON = (UUID(int=n << 90) for n in (1, 2, 3))
LINK = Link(Side.BUYER, SITE, MESSAGE, TODAY)
TOKEN = sign_link(LINK, [NEW, OLD])


def refusal(token: str, side: Side = Side.BUYER, today: date = TODAY) -> str:
    """Return the code with which a token is refused."""
    with pytest.raises(Refused) as caught:
        read_link(token, {side}, [NEW], today)
    return caught.value.code


def test_read_back() -> None:
    """A link is read with the key that signed it, also after a newer one came."""
    assert read_link(TOKEN, {Side.BUYER}, [NEW], TODAY) == LINK
    assert read_link(sign_link(LINK, [OLD]), {Side.BUYER}, [NEW, OLD], TODAY) == LINK
    assert refusal(sign_link(LINK, [OLD])) == "link_wrong"


def test_an_advertiser_is_named() -> None:
    """An advertiser's link names the person it was made for, and still fits a mail's line."""
    link = Link(Side.ADVERTISER, SITE, MESSAGE, TODAY, PERSON)
    token = sign_link(link, [NEW])
    assert read_link(token, {Side.ADVERTISER}, [NEW], TODAY) == link
    assert len(token) <= 120


def test_a_link_ends() -> None:
    """A link is read until the end of its last day."""
    assert refusal(TOKEN, today=TODAY + timedelta(days=1)) == "link_expired"


def test_sides_are_apart() -> None:
    """A buyer's link opens nothing of the advertiser's, nor the other way round."""
    assert refusal(TOKEN, Side.ADVERTISER) == "link_wrong"
    other = sign_link(Link(Side.ADVERTISER, SITE, MESSAGE, TODAY, PERSON), [NEW])
    assert refusal(other) == "link_wrong"


@pytest.mark.parametrize("at", range(len(TOKEN) - 1))
def test_every_sign_counts(at: int) -> None:
    """A token with one sign changed is refused, wherever the sign stands."""
    other = "A" if TOKEN[at] != "A" else "B"
    assert refusal(TOKEN[:at] + other + TOKEN[at + 1 :]) == "link_wrong"


@given(st.text())
def test_any_text(text: str) -> None:
    """No text makes the reading fail."""
    assert refusal(text) == "link_wrong"


@pytest.mark.parametrize("text", ["\ud800", "caf\udce9." + TOKEN, "\0", TOKEN + "\ud800"])
def test_half_surrogates(text: str) -> None:
    """A half surrogate is an ordinary wrong token."""
    assert refusal(text) == "link_wrong"
