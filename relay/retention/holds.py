"""Legal holds: dated exceptions to the purge, each by two persons (GDPR 17(3)).

A hold blocks from the moment it is placed, for 72 hours; a second person's approval makes it last
to its end. It is lifted by two persons, too; at its end or when it is lifted the purge goes on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.errors import Refused
from relay.sealing import new_id
from relay.secrecy import without_contacts
from relay.sites import Site

UNAPPROVED = timedelta(hours=72)

log = structlog.get_logger()


class Scope(StrEnum):
    """What a hold keeps: one message, or all of a conversation, a person or a listing."""

    MESSAGE = "message"
    CONVERSATION = "conversation"
    PERSON = "person"
    LISTING = "listing"


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold as staff see it; it blocks while the time is before ``blocks_until``."""

    hold_id: UUID
    scope: Scope
    subject_id: UUID
    ground: str
    ends_at: datetime
    placed_by: str
    approved_by: str | None
    lift_asked_by: str | None
    lifted_at: datetime | None
    blocks_until: datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to be kept.

    Args:
        ground: Why, with the reference of the case; never a name.
    """

    scope: Scope
    subject_id: UUID
    ground: str
    ends_at: datetime


async def place_hold(context: Context, site: Site, wish: Wish, *, by: str) -> UUID:
    """Keep something from the purge; what a batch under way deletes first is not there any more.

    Raises:
        Refused: ``hold_without_ground``, ``hold_end_past``, ``hold_subject_unknown``.
    """
    now = context.clock()
    if not wish.ground.strip():
        raise Refused("hold_without_ground")
    if wish.ends_at <= now:
        raise Refused("hold_end_past")
    hold_id = new_id(now)
    region, languages = site.policy.site.region, site.policy.site.languages
    async with context.database.connection() as connection, connection.transaction():
        await queries().change_holds(connection, site_id=site.site_id)
        if not await queries().find_subject(
            connection, site_id=site.site_id, scope=wish.scope, subject_id=wish.subject_id
        ):
            raise Refused("hold_subject_unknown")
        await queries().add_hold(
            connection,
            site_id=site.site_id,
            hold_id=hold_id,
            scope=wish.scope,
            subject_id=wish.subject_id,
            ground=without_contacts(wish.ground.strip(), region, languages[0]),
            ends_at=wish.ends_at,
            placed_by=by,
            placed_at=now,
            blocks_until=min(wish.ends_at, now + UNAPPROVED),
        )
    log.info("hold.placed", site=site.slug, hold_id=str(hold_id), scope=wish.scope.value)
    return hold_id


async def approve_hold(context: Context, site: Site, hold_id: UUID, *, by: str) -> None:
    """Let a hold last to its end.

    Raises:
        Refused: ``hold_unknown``, ``hold_over``, ``hold_same_person``.
    """
    async with context.database.connection() as connection, connection.transaction():
        hold = await _changeable(context, connection, site, hold_id)
        if by == hold["placed_by"]:
            raise Refused("hold_same_person")
        await queries().approve_hold(
            connection,
            site_id=site.site_id,
            hold_id=hold_id,
            approved_by=by,
            approved_at=context.clock(),
        )
    log.info("hold.approved", site=site.slug, hold_id=str(hold_id))


async def ask_lift(context: Context, site: Site, hold_id: UUID, *, by: str) -> None:
    """Ask that a hold be lifted; it goes on until another person does.

    Raises:
        Refused: ``hold_unknown``, ``hold_over``.
    """
    async with context.database.connection() as connection, connection.transaction():
        await _changeable(context, connection, site, hold_id)
        await queries().ask_lift(connection, site_id=site.site_id, hold_id=hold_id, asked_by=by)
    log.info("hold.lift_asked", site=site.slug, hold_id=str(hold_id))


async def lift_hold(context: Context, site: Site, hold_id: UUID, *, by: str) -> None:
    """End a hold that somebody else asked to lift; the purge goes on with what it kept.

    Raises:
        Refused: ``hold_unknown``, ``hold_over``, ``hold_lift_not_asked``, ``hold_same_person``.
    """
    async with context.database.connection() as connection, connection.transaction():
        hold = await _changeable(context, connection, site, hold_id)
        if hold["lift_asked_by"] is None:
            raise Refused("hold_lift_not_asked")
        if by == hold["lift_asked_by"]:
            raise Refused("hold_same_person")
        await queries().lift_hold(
            connection,
            site_id=site.site_id,
            hold_id=hold_id,
            lifted_by=by,
            lifted_at=context.clock(),
        )
    log.info("hold.lifted", site=site.slug, hold_id=str(hold_id))


async def list_holds(context: Context, site: Site) -> list[Hold]:
    """Return every hold of a site, oldest first, those that are over too."""
    async with context.database.connection() as connection:
        rows = await rows_of(queries().list_holds(connection, site_id=site.site_id))
    return [Hold(**{**row, "scope": Scope(row["scope"])}) for row in rows]


async def _changeable(
    context: Context, connection: Connection, site: Site, hold_id: UUID
) -> Record:
    await queries().change_holds(connection, site_id=site.site_id)
    hold: Record | None = await queries().read_hold(
        connection, site_id=site.site_id, hold_id=hold_id
    )
    if hold is None:
        raise Refused("hold_unknown")
    if hold["lifted_at"] is not None or hold["blocks_until"] <= context.clock():
        raise Refused("hold_over")
    return hold
