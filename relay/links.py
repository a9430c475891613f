"""Signed links in mails and pages: who may see or do what about one message (pure).

A link names a side and a message; showing its page changes nothing, only a POST acts, because
mail scanners open links.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from itsdangerous import BadSignature, Signer

PAYLOAD_BYTES = 33


class Side(Enum):
    """The party a link was made for."""

    BUYER = b"b"
    ADVERTISER = b"a"


@dataclass(frozen=True, slots=True)
class Link:
    """What a token stands for."""

    side: Side
    site_id: UUID
    message_id: UUID


def sign_link(link: Link, keys: Sequence[bytes]) -> str:
    """Return the token of *link*, about 88 URL-safe characters, signed with the newest key."""
    payload = link.side.value + link.site_id.bytes + link.message_id.bytes
    return _signer(tuple(keys)).sign(base64.urlsafe_b64encode(payload)).decode()


def read_link(token: str, side: Side, keys: Sequence[bytes]) -> Link | None:
    """Return what *token* stands for, None when it is altered or made for the other side."""
    try:
        payload = base64.urlsafe_b64decode(_signer(tuple(keys)).unsign(token.encode()))
    except (BadSignature, ValueError):
        return None
    if len(payload) != PAYLOAD_BYTES or payload[:1] != side.value:
        return None
    return Link(side, UUID(bytes=payload[1:17]), UUID(bytes=payload[17:]))


@lru_cache(maxsize=8)
def _signer(keys: tuple[bytes, ...]) -> Signer:
    # itsdangerous signs with the last key of its list; the keys are derived for this purpose.
    return Signer(list(reversed(keys)), key_derivation="none", digest_method=sha256)
