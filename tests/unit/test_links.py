"""Signed links: one side, one message, no other."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.links import Link, Side, read_link, sign_link

OLD, NEW = b"\x01" * 32, b"\x02" * 32
LINK = Link(Side.BUYER, UUID(int=1 << 90), UUID(int=2 << 90))
TOKEN = sign_link(LINK, [NEW, OLD])


def test_read_back() -> None:
    """A link is read with the key that signed it, also after a newer one came."""
    assert read_link(TOKEN, Side.BUYER, [NEW]) == LINK
    assert read_link(sign_link(LINK, [OLD]), Side.BUYER, [NEW, OLD]) == LINK
    assert read_link(TOKEN, Side.BUYER, [OLD]) is None


def test_sides_are_apart() -> None:
    """A buyer's link opens nothing of the advertiser's, nor the other way round."""
    assert read_link(TOKEN, Side.ADVERTISER, [NEW]) is None
    other = sign_link(Link(Side.ADVERTISER, LINK.site_id, LINK.message_id), [NEW])
    assert read_link(other, Side.BUYER, [NEW]) is None


@pytest.mark.parametrize("at", range(len(TOKEN) - 1))
def test_every_sign_counts(at: int) -> None:
    """A token with one sign changed is refused, wherever the sign stands."""
    other = "A" if TOKEN[at] != "A" else "B"
    assert read_link(TOKEN[:at] + other + TOKEN[at + 1 :], Side.BUYER, [NEW]) is None


@given(st.text())
def test_any_text(text: str) -> None:
    """No text makes the reading fail."""
    assert read_link(text, Side.BUYER, [NEW]) is None


@pytest.mark.parametrize("text", ["\ud800", "caf\udce9." + TOKEN, "\0", TOKEN + "\ud800"])
def test_half_surrogates(text: str) -> None:
    """A half surrogate is an ordinary wrong token."""
    assert read_link(text, Side.BUYER, [NEW]) is None
