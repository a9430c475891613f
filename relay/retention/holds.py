"""Acts on legal holds; each is written into the log of looks with its reason, in one transaction.

While a hold is placed or changed no batch of a purge runs at that site, and the other way round.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.errors import Refused
from relay.looks import Look, record_look
from relay.retention.hold import Hold, Scope, Wish, placed
from relay.sealing import new_id, public_id
from relay.secrecy import without_contacts
from relay.sites import Site

Change = Callable[[Hold, str, datetime], Hold]

log = structlog.get_logger()


async def wish_about(
    context: Context, site: Site, message_id: UUID, scope: Scope, ground: str, ends_at: datetime
) -> Wish:
    """Name what is to be kept by a message of it: itself, its thread, its writer, its listing.

    Raises:
        Refused: ``hold_subject_unknown``.
    """
    async with context.database.connection() as connection:
        row = await queries().hold_subjects(connection, site_id=site.site_id, message_id=message_id)
    if row is None:
        raise Refused("hold_subject_unknown")
    return Wish(scope, row[scope.value], ground, ends_at)


async def place_hold(context: Context, site: Site, wish: Wish, look: Look) -> UUID:
    """Keep something from purge and erasure; what a batch deleted before is not there any more.

    Raises:
        Refused: ``hold_without_ground``, ``hold_end_past``, ``hold_subject_unknown``.
    """
    region, language = site.policy.site.region, site.policy.site.languages[0]
    plain = replace(wish, ground=without_contacts(wish.ground, region, language))
    async with context.database.connection() as connection, connection.transaction():
        await queries().change_holds(connection, site_id=site.site_id)
        name = await queries().name_of_staff(connection, staff_id=look.staff_id)
        hold = placed(plain, new_id(context.clock()), name, context.clock())
        if not await queries().find_subject(
            connection, site_id=site.site_id, scope=wish.scope, subject_id=wish.subject_id
        ):
            raise Refused("hold_subject_unknown")
        values = asdict(hold)
        kept = ("hold_id", "scope", "subject_id", "ground", "ends_at", "placed_by", "placed_at")
        await queries().add_hold(
            connection,
            site_id=site.site_id,
            blocks_until=hold.blocks_until,
            **{name: values[name] for name in kept},
        )
        await _journal(connection, look, hold, "place")
    return hold.hold_id


async def approve_hold(context: Context, site: Site, hold_id: UUID, look: Look) -> Hold:
    """Let a hold last to its end.

    Raises:
        Refused: ``hold_unknown``, ``hold_over``, ``hold_same_person``, ``hold_approved``.
    """
    return await _change(context, site, hold_id, look, Hold.approved)


async def ask_lift(context: Context, site: Site, hold_id: UUID, look: Look) -> Hold:
    """Ask that a hold be lifted; it goes on until another person does.

    Raises:
        Refused: ``hold_unknown``, ``hold_over``, ``hold_lift_asked``.
    """
    return await _change(context, site, hold_id, look, Hold.lift_asked)


async def lift_hold(context: Context, site: Site, hold_id: UUID, look: Look) -> Hold:
    """End a hold that somebody else asked to lift; the purge goes on with what it kept.

    Raises:
        Refused: ``hold_unknown``, ``hold_over``, ``hold_lift_not_asked``, ``hold_same_person``.
    """
    return await _change(context, site, hold_id, look, Hold.lifted)


async def list_holds(context: Context, site: Site) -> list[Hold]:
    """Return every hold of a site, oldest first, those that are over too."""
    async with context.database.connection() as connection:
        rows = await rows_of(queries().list_holds(connection, site_id=site.site_id))
    return [_hold(row) for row in rows]


async def _change(context: Context, site: Site, hold_id: UUID, look: Look, change: Change) -> Hold:
    async with context.database.connection() as connection, connection.transaction():
        await queries().change_holds(connection, site_id=site.site_id)
        row = await queries().read_hold(connection, site_id=site.site_id, hold_id=hold_id)
        if row is None:
            raise Refused("hold_unknown")
        name = await queries().name_of_staff(connection, staff_id=look.staff_id)
        hold = change(_hold(row), name, context.clock())
        await queries().change_hold(
            connection,
            site_id=site.site_id,
            hold_id=hold_id,
            blocks_until=hold.blocks_until,
            approved_by=hold.approved_by,
            approved_at=hold.approved_at,
            lift_asked_by=hold.lift_asked_by,
            lifted_by=hold.lifted_by,
            lifted_at=hold.lifted_at,
        )
        await _journal(connection, look, hold, change.__name__)
    return hold


async def _journal(connection: Connection, look: Look, hold: Hold, what: str) -> None:
    subject = f"{public_id('hold', hold.hold_id)} {what} {hold.scope}"
    await record_look(connection, replace(look, action="act", subject=subject))
    log.info("hold.changed", what=what, hold_id=str(hold.hold_id), scope=hold.scope.value)


def _hold(row: Record) -> Hold:
    return Hold(**{**row, "scope": Scope(row["scope"])})
