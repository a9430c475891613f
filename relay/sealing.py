"""Sealing of personal data, keyed look-up hashes, and the ids that name rows.

A value is sealed with AES-256-GCM under the data key of its person; the data key is
wrapped by the operator's master key. Destroying the wrapped data key erases the person,
in every backup too (GDPR 17, 32). The place of a value (table, column, row) is bound to
it as associated data, so that a sealed value cannot be moved to another row.

Source: NIST SP 800-38D (GCM), RFC 9562 (UUIDv7), RFC 5869 (HKDF),
RFC 7693 (BLAKE2).
"""

import hmac
import os
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b, sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
KEY_BYTES = 32
HASH_BYTES = 16
FIRST_ID = uuid.UUID(int=0)  # before every id
LAST_ID = uuid.UUID(int=(1 << 128) - 1)  # after every id


class Unsealable(Exception):
    """The value cannot be opened: its key is gone (erased), unknown, or the value was moved."""


class DataKey:
    """The open data key of one person; ``seal`` and ``open`` bind a value to its place."""

    __slots__ = ("_cipher", "secret")

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self._cipher = AESGCM(secret)

    def __repr__(self) -> str:
        return "DataKey(…)"

    def seal(self, text: str, place: str) -> bytes:
        """Seal *text* for *place* (``table.column:id``); nonce, then ciphertext and tag."""
        return self.seal_bytes(text.encode(), place)

    def seal_bytes(self, value: bytes, place: str) -> bytes:
        """Seal *value*, a file or a whole mail, for *place*."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, value, place.encode())

    def open(self, sealed: bytes, place: str) -> str:
        """Open what ``seal`` made for the same *place*.

        Raises:
            Unsealable: Another key, another place, or a damaged value.
        """
        return self.open_bytes(sealed, place).decode()

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        """Open what ``seal_bytes`` made for the same *place*.

        Raises:
            Unsealable: Another key, another place, or a damaged value.
        """
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, rest, place.encode())
        except (InvalidTag, ValueError):  # ValueError: too short to be a sealed value
            raise Unsealable(place.split(":", maxsplit=1)[0]) from None


class Keyring:
    """The operator's master keys, newest first: wraps data keys, derives signing keys."""

    def __init__(self, keys: Sequence[tuple[str, bytes]]) -> None:
        if not keys:
            raise ValueError("at least one master key is needed")
        self._keys = dict(keys)
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys}
        self._newest = keys[0][0]

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Names of the master keys, the newest first."""
        return tuple(self._keys)

    def new_key(self, owner: str) -> tuple[DataKey, bytes]:
        """Make a data key for *owner* (``table:id``); return it open and wrapped."""
        secret = os.urandom(KEY_BYTES)
        return DataKey(secret), self.wrap(secret, owner)

    def new_person_key(self, person_id: uuid.UUID) -> tuple[DataKey, bytes]:
        """Make the data key of a person; return it open and wrapped."""
        return self.new_key(f"person:{person_id}")

    def wrap(self, secret: bytes, owner: str) -> bytes:
        """Wrap 32 bytes for *owner*: key id, NUL, nonce, ciphertext and tag."""
        nonce = os.urandom(NONCE_BYTES)
        cipher = self._ciphers[self._newest]
        return self._newest.encode() + b"\0" + nonce + cipher.encrypt(nonce, secret, owner.encode())

    def unwrap(self, wrapped: bytes | None, owner: str) -> DataKey:
        """Open a wrapped data key.

        Raises:
            Unsealable: The key was destroyed, or its master key is not in the ring.
        """
        rest = (wrapped or b"").partition(b"\0")[2]
        master = self._ciphers.get(wrapped_by(wrapped or b""))
        if master is None:
            raise Unsealable(owner.split(":", maxsplit=1)[0])
        try:
            secret = master.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], owner.encode())
        except (InvalidTag, ValueError):
            raise Unsealable(owner.split(":", maxsplit=1)[0]) from None
        return DataKey(secret)

    def person_key(self, wrapped: bytes | None, person_id: uuid.UUID) -> DataKey:
        """Open the data key of a person.

        Raises:
            Unsealable: As ``unwrap``.
        """
        return self.unwrap(wrapped, f"person:{person_id}")

    def sign(self, purpose: str, body: str) -> bytes:
        """Return the signature of *body* for *purpose* under the newest master key."""
        return self._signatures(purpose, body)[0]

    def is_signed(self, purpose: str, body: str, signature: bytes) -> bool:
        """Tell whether *body* was signed for *purpose*, under whichever key of the ring."""
        return any(hmac.compare_digest(one, signature) for one in self._signatures(purpose, body))

    def _signatures(self, purpose: str, body: str) -> list[bytes]:
        return [hmac.digest(key, body.encode(), "sha256") for key in self.signing_keys(purpose)]

    def signing_keys(self, purpose: str) -> tuple[bytes, ...]:
        """Derive one signing key per master key for *purpose*, newest first."""
        return tuple(
            HKDF(SHA256(), KEY_BYTES, salt=None, info=f"relais {purpose}".encode()).derive(key)
            for key in self._keys.values()
        )


def wrapped_by(wrapped: bytes) -> str:
    """Return the name of the master key that wraps a data key."""
    return wrapped.partition(b"\0")[0].decode("ascii", "replace")


def content_place(message_id: uuid.UUID) -> str:
    """Name the place that the words of a message are sealed for."""
    return f"message.sealed_content:{message_id}"


def file_place(message_id: uuid.UUID, number: int) -> str:
    """Name the place that a file of a message is sealed for."""
    return f"message_file.sealed_content:{message_id}:{number}"


def origin_place(message_id: uuid.UUID) -> str:
    """Name the place that the trace of a message is sealed for."""
    return f"sender_trace.sealed_origin:{message_id}"


def mail_place(person_id: uuid.UUID) -> str:
    """Name the place that the address of a person is sealed for."""
    return f"person.sealed_mail:{person_id}"


def document_place(request_id: uuid.UUID) -> str:
    """Name the place that a copy of an identity document is sealed for."""
    return f"identity_document.sealed_content:{request_id}"


def report_place(report_id: uuid.UUID) -> str:
    """Name the place that what a report says is sealed for."""
    return f"report.sealed_note:{report_id}"


def details_place(report_id: uuid.UUID) -> str:
    """Name the place that who reported, and by which law, is sealed for."""
    return f"report.sealed_details:{report_id}"


def appeal_place(message_id: uuid.UUID) -> str:
    """Name the place that an appeal against the decision about a message is sealed for."""
    return f"report_case.sealed_appeal:{message_id}"


def inbound_place(inbound_id: uuid.UUID) -> str:
    """Name the place that the bytes of a mail that came in are sealed for."""
    return f"inbound.sealed_raw:{inbound_id}"


def block_place(block_id: uuid.UUID) -> str:
    """Name the place that the note of a block is sealed for."""
    return f"block.sealed_note:{block_id}"


def code_place(request_id: uuid.UUID, address: str) -> str:
    """Name the place that the code sent to a request's ``own`` or ``new`` address is sealed for."""
    return f"request_proof.sealed_code:{request_id}:{address}"


def request_place(request_id: uuid.UUID) -> str:
    """Name the place that what a request of rights says is sealed for."""
    return f"data_request.sealed_content:{request_id}"


def keyed_hash(key: DataKey, kind: str, value: str) -> bytes:
    """Return the 16-byte look-up hash of *value*, a normal form, under the site's hash key.

    *kind* (``phone``, ``mail``, ``ip``, ``net``, ``browser``, ``text``) keeps equal strings
    of different kinds apart. Source: BLAKE2b with a key is a MAC (RFC 7693 section 2.9).
    """
    keyed = blake2b(f"{kind}\0{value}".encode(), key=key.secret, digest_size=HASH_BYTES)
    return keyed.digest()


def token_hash(token: str) -> bytes:
    """Return the SHA-256 of a random token of at least 128 bits (no key needed: no guess)."""
    return sha256(token.encode()).digest()


def new_id(now: datetime) -> uuid.UUID:
    """Make a UUIDv7: 48 bits of Unix milliseconds, then random bits (RFC 9562 5.7)."""
    milliseconds = int(now.timestamp() * 1000)
    tail = int.from_bytes(os.urandom(10), "big")
    value = milliseconds << 80 | 0x7 << 76 | (tail >> 68) << 64 | 0b10 << 62 | tail & (1 << 62) - 1
    return uuid.UUID(int=value)


def id_time(identifier: uuid.UUID) -> datetime:
    """Return the time a UUIDv7 was made at, to the millisecond."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)


def first_id(at: datetime) -> uuid.UUID:
    """Return the smallest UUIDv7 of the millisecond *at*: the bound of a time range."""
    return uuid.UUID(int=int(at.timestamp() * 1000) << 80)


def public_id(prefix: str, identifier: uuid.UUID) -> str:
    """Write an id as people and programs see it: ``msg_`` and 32 hexadecimal digits."""
    return f"{prefix}_{identifier.hex}"


def read_public_id(prefix: str, text: str) -> uuid.UUID | None:
    """Read what ``public_id`` wrote; None for anything else."""
    head, _, digits = text.partition("_")
    if head != prefix or len(digits) != 32 or not all(c in "0123456789abcdef" for c in digits):  # noqa: PLR2004
        return None
    return uuid.UUID(hex=digits)
