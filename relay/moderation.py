"""Acts on what is held, messages and mails that came in. Nothing held ends in silence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from relay.contact_rows import DELIVERY_EXPIRY, OLDEST, told_hash
from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.errors import Refused
from relay.notices import Notice, enqueue
from relay.sealing import id_time
from relay.sites import Site

ENDED_AT_ONCE = 500
UNCLAIMED = timedelta(days=1)  # past its end: a claim would have ended it long ago

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """A message that waits for a person: why, since when, until when; never its words.

    Args:
        score, signals: Of its acceptance, and of the rules that count.
    """

    message_id: UUID
    reason: str
    score: int
    signals: tuple[str, ...]
    received_at: datetime
    held_until: datetime
    listing_title: str


@dataclass(frozen=True, slots=True)
class HeldMail:
    """A mail that came in, became no message, and waits for a person; never its words.

    Args:
        side: ``buyer`` or ``advertiser``: who is expected to have written it.
        reason: Why: ``timeout``, ``crashed``, ``too_deep``, ``complaint_unmatched``, ….
    """

    inbound_id: UUID
    conversation_id: UUID
    side: str
    reason: str
    received_at: datetime


async def list_held(context: Context, site: Site) -> list[HeldMessage]:
    """Return the messages a site holds, oldest first, at most 500."""
    async with context.database.connection() as connection:
        rows = await rows_of(queries().list_held(connection, site_id=site.site_id))
    return [
        HeldMessage(
            row["mail_id"],
            row["reason"],
            row["score"],
            (*row["signals"], *row["rules"]),
            row["received_at"],
            row["held_until"],
            row["title"],
        )
        for row in rows
    ]


async def release(context: Context, site: Site, message_id: UUID) -> None:
    """Let a held message leave now.

    Raises:
        Refused: ``not_held``; ``too_old_to_leave``: it would not be claimed to its end.
    """
    expires_at = context.clock() + DELIVERY_EXPIRY
    if id_time(message_id) + OLDEST < expires_at:
        raise Refused("too_old_to_leave")
    async with context.database.connection() as connection:
        row = await queries().release(
            connection, site_id=site.site_id, mail_id=message_id, expires_at=expires_at
        )
    if row is None:
        raise Refused("not_held")
    context.bell.ring()
    log.info("message.released", message_id=str(message_id), site=site.slug)


async def refuse(context: Context, site: Site, message_id: UUID) -> None:
    """End a held message for good, and tell its sender.

    Raises:
        Refused: ``not_held``.
    """
    async with context.database.connection() as connection, connection.transaction():
        row = await queries().refuse(connection, site_id=site.site_id, mail_id=message_id)
        if row is None:
            raise Refused("not_held")
        await _tell(context, connection, site, row, "refused:by_moderator")
    context.bell.ring()
    log.info("message.refused", message_id=str(message_id), site=site.slug)


async def list_held_mails(context: Context, site: Site) -> list[HeldMail]:
    """Return the mails a site holds that came in, oldest first, at most 500."""
    async with context.database.connection() as connection:
        rows = await rows_of(queries().list_held_mails(connection, site_id=site.site_id))
    return [HeldMail(**row) for row in rows]


async def read_again(context: Context, site: Site, inbound_id: UUID) -> None:
    """Have a held mail read once more: by a newer program, or where there is more room.

    Raises:
        Refused: ``not_held``.
    """
    async with context.database.connection() as connection:
        row = await queries().read_again(connection, site_id=site.site_id, inbound_id=inbound_id)
    if row is None:
        raise Refused("not_held")
    log.info("inbound.read_again", inbound_id=str(inbound_id), site=site.slug)


async def end_mail(context: Context, site: Site, inbound_id: UUID) -> None:
    """End a held mail for good; its words are gone.

    Raises:
        Refused: ``not_held``.
    """
    async with context.database.connection() as connection:
        row = await queries().end_held_mail(connection, site_id=site.site_id, inbound_id=inbound_id)
    if row is None:
        raise Refused("not_held")
    log.info("inbound.ended", inbound_id=str(inbound_id), site=site.slug)


async def expire_held(context: Context) -> int:
    """End the holds whose thirty days are over, tell their senders, and return how many.

    What was let go, and is claimed by nobody since, ends the same way a day after its own end.
    """
    sites = {site.site_id: site for site in await context.sites.all()}
    total = 0
    while ended := await _end_some(context, sites):
        total += ended
    return total


async def _end_some(context: Context, sites: Mapping[UUID, Site]) -> int:
    """End some of what is overdue, in a transaction short enough to be kept; return how many."""
    before = context.clock() - UNCLAIMED
    async with context.database.connection() as connection, connection.transaction():
        ended = [
            *await rows_of(queries().expire_held(connection, most=ENDED_AT_ONCE)),
            *await rows_of(
                queries().expire_left(connection, left_before=before, most=ENDED_AT_ONCE)
            ),
        ]
        for row in ended:
            if row["is_told"] and row["site_id"] in sites:
                await _tell(context, connection, sites[row["site_id"]], row, row["news"])
    return len(ended)


async def _tell(
    context: Context, connection: Connection, site: Site, row: Record, reason: str
) -> None:
    now = context.clock()
    mark = told_hash(site, row["mailbox_hash"], "notice", now)
    await enqueue(connection, site, Notice(row["mail_id"], "notice", reason, mark), now)
