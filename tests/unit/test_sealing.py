"""Sealed values, wrapped keys, look-up hashes and ids."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.sealing import (
    DataKey,
    Keyring,
    Unsealable,
    id_time,
    keyed_hash,
    new_id,
    public_id,
    read_public_id,
    token_hash,
)

RING = Keyring([("new", b"\x01" * 32), ("old", b"\x02" * 32)])
NOW = datetime(2026, 11, 22, 4, 5, 6, 789_000, tzinfo=UTC)
KEY = DataKey(b"\x03" * 32)


@given(text=st.text())
def test_sealed_and_opened(text: str) -> None:
    """What is sealed for a place is opened for it, and never twice the same bytes."""
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        return
    one, two = KEY.seal(text, "a.b:1"), KEY.seal(text, "a.b:1")
    assert KEY.open(one, "a.b:1") == text
    assert one != two


@pytest.mark.parametrize("at", range(0, 40, 3))
def test_a_changed_bit_is_seen(at: int) -> None:
    """A sealed value altered anywhere, cut or moved is not opened."""
    sealed = bytearray(KEY.seal("bonjour, bonjour", "a.b:1"))
    sealed[at] ^= 1
    with pytest.raises(Unsealable):
        KEY.open(bytes(sealed), "a.b:1")


@pytest.mark.parametrize("sealed", [b"", b"x", bytes(11), bytes(12), bytes(27)])
def test_short_values_are_not_opened(sealed: bytes) -> None:
    """Anything too short to be sealed is refused like a damaged value."""
    with pytest.raises(Unsealable):
        KEY.open(sealed, "a.b:1")


def test_a_place_is_bound() -> None:
    """A value sealed for one row cannot be opened in another."""
    with pytest.raises(Unsealable) as refusal:
        KEY.open(KEY.seal("Camille", "a.b:1"), "a.b:2")
    assert "Camille" not in str(refusal.value)


def test_keys_are_wrapped_by_the_newest() -> None:
    """The newest master key wraps; what an older one wrapped is still opened, by owner."""
    key, wrapped = RING.new_key("person:1")
    assert wrapped.startswith(b"new\0")
    assert RING.unwrap(wrapped, "person:1").secret == key.secret
    old = Keyring([("old", b"\x02" * 32)]).wrap(b"\x07" * 32, "person:1")
    assert RING.unwrap(old, "person:1").secret == b"\x07" * 32
    for owner, value in (("person:2", wrapped), ("person:1", None), ("person:1", b"\xff\0junk")):
        with pytest.raises(Unsealable):
            RING.unwrap(value, owner)


def test_no_key_is_no_ring() -> None:
    """A ring without a key is refused at start."""
    with pytest.raises(ValueError, match="master key"):
        Keyring([])


def test_signing_keys_differ() -> None:
    """Each purpose and each master key gives another signing key, the newest first."""
    keys = {*RING.signing_keys("links"), *RING.signing_keys("bounces")}
    assert len(keys) == 4
    assert (
        Keyring([("new", b"\x01" * 32)]).signing_keys("links")[0] == RING.signing_keys("links")[0]
    )


def test_secrets_are_not_shown() -> None:
    """A data key does not show itself."""
    assert repr(KEY) == "DataKey(…)"
    assert KEY.secret.hex() not in repr([KEY])


def test_hashes_keep_kinds_and_sites_apart() -> None:
    """Equal values of other kinds or under other keys have other hashes, of 16 bytes."""
    hashes = {
        keyed_hash(key, kind, "0639980456")
        for key in (KEY, DataKey(b"\x04" * 32))
        for kind in ("phone", "mail")
    }
    assert {len(value) for value in hashes} == {16}
    assert len(hashes) == 4
    assert keyed_hash(KEY, "phone", "1") == keyed_hash(KEY, "phone", "1")
    assert len(token_hash("pk_live_x")) == 32


@given(ms=st.integers(0, 4_000_000_000_000))
def test_ids_carry_their_time(ms: int) -> None:
    """An id is a UUIDv7 that tells its millisecond and sorts by it."""
    at = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms)
    made = new_id(at)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert abs(id_time(made) - at) <= timedelta(milliseconds=1)


def test_public_ids() -> None:
    """A public id is read back; anything else is none."""
    made = new_id(NOW)
    text = public_id("msg", made)
    assert read_public_id("msg", text) == made
    for wrong in (
        text[:-1],
        text.upper(),
        "lst" + text[3:],
        text + "0",
        "msg_" + "g" * 32,
        "",
        "msg",
    ):
        assert read_public_id("msg", wrong) is None


def test_signatures_outlive_a_new_master_key() -> None:
    """What was signed under an older key is still genuine; another purpose or body never is."""
    old, new = ("k1", b"1" * 32), ("k2", b"2" * 32)
    signature = Keyring([old]).sign("purge", "body")
    ring = Keyring([new, old])
    assert ring.is_signed("purge", "body", signature)
    assert ring.sign("purge", "body") != signature
    assert not ring.is_signed("rights", "body", signature)
    assert not ring.is_signed("purge", "bodies", signature)
    assert not Keyring([new]).is_signed("purge", "body", signature)
