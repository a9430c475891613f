"""Sealed values of messages: opened by the program to be masked, or for a reason to be read."""

import json
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from relay.context import Context
from relay.database import Record, queries
from relay.errors import Refused
from relay.looks import Look, record_look
from relay.sealing import Keyring, Unsealable, content_place, origin_place
from relay.sites import Site

Values = dict[str, str | None]


class Field(StrEnum):
    """What can be asked to be opened, each by itself."""

    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"
    ORIGIN = "origin"  # address, port and browser of the sender


@dataclass(frozen=True, slots=True)
class Opened:
    """What was asked for and nothing else; None: not asked for, unknown, or erased.

    Args:
        origin: The trace: ip, port, chain, user_agent, accept_language, browser, system, device.
    """

    text: str | None = None
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    origin: Values | None = None


async def open_message(
    context: Context, site: Site, message_id: UUID, fields: frozenset[Field], look: Look
) -> Opened:
    """Open some fields of one message, after the look and its reason are written.

    Raises:
        Refused: ``reason_missing``; ``not_found``.
    """
    if not look.reason.strip():
        raise Refused("reason_missing")
    async with context.database.connection() as connection:
        await record_look(connection, look)
        row: Record | None = await queries().read_sealed(
            connection, site_id=site.site_id, message_id=message_id
        )
    if row is None:
        raise Refused("not_found")
    content = content_of(context.keyring, row)
    wanted = {field.value: content.get(field.value) for field in fields if field != Field.ORIGIN}
    origin = origin_of(context.keyring, row) if Field.ORIGIN in fields else None
    return Opened(**wanted, origin=origin)


def content_of(keyring: Keyring, row: Record) -> Values:
    """Open the content of a message; nothing of one whose sender was erased."""
    try:
        key = keyring.person_key(row["wrapped_key"], row["sender_id"])
        place = content_place(row["message_id"])
        content: Values = json.loads(key.open(row["sealed_content"], place))
    except Unsealable:
        return {}
    return content


def origin_of(keyring: Keyring, row: Record) -> Values:
    """Open the trace of a message; nothing when it is purged or its sender was erased."""
    if row["sealed_origin"] is None or row["trace_sender_id"] != row["sender_id"]:
        return {}
    try:
        key = keyring.person_key(row["wrapped_key"], row["sender_id"])
        place = origin_place(row["message_id"])
        origin: Values = json.loads(key.open(row["sealed_origin"], place))
    except Unsealable:
        return {}
    return origin
