"""Signed links in mails and pages: who may see or do what about one message (pure).

A link names a side and a message, and ends on a day; showing its page changes nothing, only a
POST acts, because mail scanners open links.
"""

import base64
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from itsdangerous import BadSignature, Signer

from relay.errors import Refused

_EPOCH = date(2020, 1, 1)
_SIGN_BYTES, _ID_BYTES, _DAY_BYTES = 1, 16, 2
_LENGTHS = (35, 51)  # with two ids, with three


class Side(Enum):
    """The party a link was made for."""

    BUYER = b"b"  # in a mail, which only the owner of the address reads
    ADVERTISER = b"a"
    DECISION = b"d"  # in a mail to whom a decision about a message concerns; names that person
    SENDER = b"s"  # in the answer to a form: whoever filled it, under whatever address
    ASKER = b"q"  # who began a request of rights: leads to the page of its code, and no further
    SUBJECT = b"r"  # who proved to be the person of a request; its id stands for the message's


@dataclass(frozen=True, slots=True)
class Link:
    """What a token stands for.

    Args:
        person_id: The advertiser it was made for: a listing may pass to another one; or whom a
            decision concerns. None for a buyer, whom the message itself names.
        expires_on: Last day it is read.
    """

    side: Side
    site_id: UUID
    message_id: UUID
    expires_on: date
    person_id: UUID | None = None


def sign_link(link: Link, keys: Sequence[bytes]) -> str:
    """Return the token of *link*, at most 120 URL-safe characters, signed with the newest key."""
    payload = (
        link.side.value
        + (link.expires_on - _EPOCH).days.to_bytes(_DAY_BYTES, "big")
        + link.site_id.bytes
        + link.message_id.bytes
        + (link.person_id.bytes if link.person_id else b"")
    )
    return _signer(tuple(keys)).sign(base64.urlsafe_b64encode(payload).rstrip(b"=")).decode()


def read_link(token: str, sides: Collection[Side], keys: Sequence[bytes], today: date) -> Link:
    """Return what *token* stands for.

    Args:
        sides: For whom it may have been made.

    Raises:
        Refused: ``link_wrong``: altered or made for another side; ``link_expired``.
    """
    try:
        signed = _signer(tuple(keys)).unsign(token.encode())
        payload = base64.urlsafe_b64decode(signed + b"=" * (-len(signed) % 4))
    except (BadSignature, ValueError):
        raise Refused("link_wrong") from None
    side = next((one for one in sides if payload[:_SIGN_BYTES] == one.value), None)
    if side is None or len(payload) not in _LENGTHS:
        raise Refused("link_wrong")
    days = int.from_bytes(payload[_SIGN_BYTES : _SIGN_BYTES + _DAY_BYTES], "big")
    ids = payload[_SIGN_BYTES + _DAY_BYTES :]
    site_id, message_id, *person_id = (
        UUID(bytes=ids[at : at + _ID_BYTES]) for at in range(0, len(ids), _ID_BYTES)
    )
    link = Link(side, site_id, message_id, _EPOCH + timedelta(days), *person_id)
    if link.expires_on < today:
        raise Refused("link_expired")
    return link


@lru_cache(maxsize=8)
def _signer(keys: tuple[bytes, ...]) -> Signer:
    # itsdangerous signs with the last key of its list; the keys are derived for this purpose.
    return Signer(list(reversed(keys)), key_derivation="none", digest_method=sha256)
