"""What is pasted is recognised, or refused with what to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.errors import Invalid
from relay.pasted import MOST_KEYS, Kind, read_pasted

ID = "0" * 31 + "1"


@pytest.mark.parametrize(
    ("raw", "kind", "value"),
    [
        ("06 39 98 01 23", Kind.PHONE, "+33639980123"),
        ("+33 (0)6.39.98.01.23", Kind.PHONE, "+33639980123"),
        ("Tél : 06-39-98-01-23", Kind.PHONE, "+33639980123"),
        ("+32 470 12 34 56", Kind.PHONE, "+32470123456"),
        (" <Lea.B+x@gmail.com> ", Kind.MAILBOX, "leab@gmail.com"),
        ("mailto:lea@acheteuse.example", Kind.MAILBOX, "lea@acheteuse.example"),
        ("203.0.113.4", Kind.IP, "203.0.113.4"),
        ("::ffff:203.0.113.4", Kind.IP, "203.0.113.4"),
        ("[2001:DB8::1]", Kind.IP, "2001:db8::1"),
        ("203.0.113.9/24", Kind.NETWORK, "203.0.113.0/24"),
        ("2001:db8:1:2::/64", Kind.NETWORK, "2001:db8:1::/48"),
        (f"msg_{ID}", Kind.MESSAGE, "00000000-0000-0000-0000-000000000001"),
        ("annonce n° 48213", Kind.LISTING, "48213"),
        ("#48213", Kind.LISTING, "48213"),
        ("réf. AB-12/3", Kind.LISTING, "AB-12/3"),
        ("refrigerateur", Kind.LISTING, "refrigerateur"),
        ("Bonjour, toujours dispo ?", Kind.TEXT, "Bonjour, toujours dispo ?"),
    ],
)
def test_it_is_recognised(raw: str, kind: Kind, value: str) -> None:
    """Its likeliest reading has the normal form by which it is stored."""
    found = read_pasted(raw)[0]
    assert (found.kind, found.values[0]) == (kind, value)


def test_ten_figures_may_be_a_listing_too() -> None:
    """What reads as a phone number may be the number of a listing."""
    kinds = [one.kind for one in read_pasted("0639980123")]
    assert kinds == [Kind.PHONE, Kind.LISTING]


def test_a_browser_without_languages_is_tried_with_the_usual_ones() -> None:
    """A trace is kept by browser and languages together."""
    plain = read_pasted("Mozilla/5.0 (X11; Linux) Firefox/120.0")[0]
    exact = read_pasted("Mozilla/5.0 (X11; Linux) Firefox/120.0\nde-DE")[0]
    assert (plain.kind, len(plain.values) > 1) == (Kind.BROWSER, True)
    assert exact.values == ("Mozilla/5.0 (X11; Linux) Firefox/120.0\0de-DE",)


@pytest.mark.parametrize(("raw", "keys"), [("203.0.113.0/28", 16), ("198.51.0.0/16", 256)])
def test_a_network_is_its_addresses_or_its_networks(raw: str, keys: int) -> None:
    """A small network is listed address by address, a large one by its networks of /24."""
    assert len(read_pasted(raw)[0].values) == keys


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("  ", "search_missing"),
        ("10.0.0.0/8", "network_too_wide"),
        ("a " * 3000, "search_too_long"),
    ],
)
def test_it_is_refused(raw: str, code: str) -> None:
    """Nothing, too much, and half the internet are refused by a code."""
    with pytest.raises(Invalid) as refusal:
        read_pasted(raw)
    assert refusal.value.faults[0].code == code


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(raw: str) -> None:
    """No text raises anything else, and no reading asks for more keys than one query takes."""
    try:
        found = read_pasted(raw)
    except Invalid:
        return
    assert found
    assert all(0 < len(one.values) <= MOST_KEYS for one in found)
