"""Aliases, signed bounce addresses, message ids, and what counts as a plain address."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.addresses import (
    bounce_address,
    hop_mark,
    is_hop_mark,
    message_id_for,
    new_local_part,
    plain_address,
    probe_address,
    read_bounce_address,
    read_message_id,
    read_probe_address,
)

KEYS = [b"k" * 32, b"older" * 8]
DAY = date(2026, 3, 14)
SIGNS = "abcdefghijklmnopqrstuvwxyz234567"


MAIL = UUID(int=7)


def _local(mail_id=MAIL, keys=KEYS, expires_on=DAY):
    address = bounce_address(mail_id, domain="relais.example", keys=keys, expires_on=expires_on)
    return address.partition("@")[0]


@given(st.binary(min_size=16, max_size=38))
def test_alias_fits_a_local_part(randomness):
    """A7: an alias holds all of its 128 bits or more in lower-case base32, within 64 signs."""
    local = new_local_part(randomness)
    assert local.startswith("r-")
    assert set(local[2:]) <= set(SIGNS)
    assert len(randomness) * 8 / 5 <= len(local[2:]) <= 62


@given(st.integers(0, 15) | st.integers(39, 80))
def test_alias_needs_enough_randomness(size):
    """A7: fewer than 128 bits, or more than fit, are refused."""
    with pytest.raises(ValueError, match="random"):
        new_local_part(b"x" * size)


@given(st.uuids(), st.dates(date(2020, 1, 1), date(2190, 1, 1)))
def test_bounce_address_comes_back(mail_id, expires_on):
    """A bounce address read on its last day names its mail and fits RFC 5321."""
    local = _local(mail_id, expires_on=expires_on)
    assert local.startswith("b-")
    assert len(local) <= 64
    assert read_bounce_address(local, keys=KEYS, today=expires_on) == mail_id


def test_bounce_address_survives_a_change_of_case():
    """A server that writes the local part in capitals loses no bounce."""
    assert read_bounce_address(_local().upper(), keys=KEYS, today=DAY) == MAIL


def test_bounce_address_survives_rotation():
    """F53: an address signed with the older key is read while that key is listed."""
    old = _local(keys=KEYS[1:])
    assert read_bounce_address(old, keys=KEYS, today=DAY) == MAIL
    assert read_bounce_address(old, keys=KEYS[:1], today=DAY) is None


def test_bounce_address_expires():
    """The day after its last one, a bounce address says nothing any more."""
    assert read_bounce_address(_local(), keys=KEYS, today=DAY + timedelta(days=1)) is None


@given(st.uuids(), st.integers(2, 49), st.sampled_from(SIGNS))
def test_altered_bounce_address_is_refused(mail_id, at, sign):
    """A34: one changed sign anywhere makes the address foreign."""
    local = _local(mail_id)
    altered = local[:at] + sign + local[at + 1 :]
    assert altered == local or read_bounce_address(altered, keys=KEYS, today=DAY) is None


@given(st.text(max_size=80) | st.text(SIGNS, min_size=48, max_size=48).map(lambda s: "b-" + s))
def test_foreign_bounce_address_is_refused(text):
    """A7: no text at all raises, and none that we did not sign is read."""
    assert read_bounce_address(text, keys=KEYS, today=DAY) is None


@given(st.uuids())
def test_message_id_is_stable_and_well_formed(mail_id):
    """RFC 5322 3.6.4: the id of a mail is the same every time, in angle brackets."""
    made = message_id_for(mail_id, "relais.example")
    assert made == message_id_for(mail_id, "relais.example")
    assert made.startswith("<msg_")
    assert made.endswith("@relais.example>")


@pytest.mark.parametrize(
    "address", ["a@b.fr", "prénom@b.fr".replace("é", "e"), "o'neil+x=y@sub.b.fr"]
)
def test_plain_address_is_unchanged(address):
    """A usual address passes as it is."""
    assert plain_address(address) == address


@given(
    st.sampled_from('\r\n\0<> \t",;:()\\[]\u2028\u00e9\ud800\uff20'),
    st.integers(0, 15),
)
def test_address_with_a_dangerous_sign_is_refused(sign, at):
    """A2: an address is never cut at CR, LF or >: it is refused whole."""
    address = "camille@site.fr"
    with pytest.raises(ValueError, match="plain"):
        plain_address(address[:at] + sign + address[at:])


@pytest.mark.parametrize(
    "address", ["", "a", "@b.fr", "a@", "a@b@c.fr", "x" * 65 + "@b.fr", "a@" + "b" * 260]
)
def test_incomplete_address_is_refused(address):
    """RFC 5321 4.5.3.1: no local part, no domain, or too long."""
    with pytest.raises(ValueError, match="plain"):
        plain_address(address)


def test_a_message_id_is_read_back() -> None:
    """The mail that one of our Message-IDs names is found again; any other id names none."""
    assert read_message_id(message_id_for(MAIL, "relais.example"), "relais.example") == MAIL
    assert read_message_id(message_id_for(MAIL, "ailleurs.example"), "relais.example") is None
    assert read_message_id("<abc@relais.example>", "relais.example") is None


@given(st.text())
def test_no_text_is_a_hop_mark(text: str) -> None:
    """A10: no text that this relay did not sign is taken for its hop mark, or for a probe."""
    assert not is_hop_mark(text, KEYS[:1])
    assert read_probe_address(text, keys=KEYS[:1]) is None
    assert read_message_id(text, "relais.example") is None


def test_signs_are_for_one_purpose() -> None:
    """A hop mark is known by any key of the ring, and opens no probe, nor a probe a mark."""
    mark = hop_mark(MAIL, KEYS[:1])
    assert is_hop_mark(mark.upper(), [b"\x09" * 32, *KEYS])
    assert not is_hop_mark(mark, [b"\x09" * 32])
    assert read_probe_address(f"p-{mark}", keys=KEYS[:1]) is None
    local_part = probe_address(MAIL, domain="relais.example", keys=KEYS[:1]).partition("@")[0]
    assert read_probe_address(local_part, keys=KEYS[:1]) == MAIL
    assert not is_hop_mark(local_part[2:], KEYS[:1])
