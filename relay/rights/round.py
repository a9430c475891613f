"""What happens by itself: acts whose undo is over, ends, reminders, and what is forgotten."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.errors import Refused, Unavailable
from relay.rights.clock import local_day
from relay.rights.decisions import carry_out
from relay.rights.erasure import end_kept
from relay.rights.measures import thaw
from relay.rights.objections import forget_objected_traces
from relay.rights.requests import SYSTEM, advance, read_request, write_letter
from relay.rights.standing import CONTENT_LIFE, PROOF_LIFE, REMIND_DAYS, Event, Step
from relay.rights.subjects import find_subjects
from relay.sites import Site

log = structlog.get_logger()


async def attend(context: Context, site: Site) -> None:
    """Do all that is due at a site; safe to run at any time, and twice at once."""
    await attend_due(context, site)
    async with context.database.connection() as connection:
        held = await rows_of(queries().list_partly_held(connection, site_id=site.site_id))
    for row in held:
        with alone(row["request_id"]):
            await _end_held(context, site, row["request_id"])
    async with context.database.connection() as connection:
        named = {"site_id": site.site_id, "subject_hash": None}
        frozen = await rows_of(queries().list_restrictions(connection, **named))
    for row in frozen:
        with alone(row["request_id"]):
            await _end_restriction(context, site, row["request_id"])
    async with context.database.connection() as connection, connection.transaction():
        await thaw(context, connection, site)  # a mail that was being rendered as its party thawed
    await _forget(context, site, context.clock())


async def attend_due(context: Context, site: Site) -> None:
    """Do what somebody waits for: acts whose undo is over, ends, objections, reminders."""
    now = context.clock()
    async with context.database.connection() as connection:
        named = {"site_id": site.site_id, "now": now}
        due = await rows_of(queries().list_due_acts(connection, **named))
        over = await rows_of(
            queries().list_over(connection, **named, unproved_since=now - PROOF_LIFE)
        )
    for row in due:
        with alone(row["request_id"]):
            await carry_out(context, site, row["request_id"])
    for row in over:
        with alone(row["request_id"]):
            await _end(context, site, row["request_id"], Event(row["event"]))
    await forget_objected_traces(context, site)
    await _remind(context, site, now)


@contextmanager
def alone(request_id: UUID) -> Iterator[None]:
    """Let what fails of one request hold up no other; the next round tries it again.

    Raises:
        Unavailable: The database cannot be reached: nothing else would succeed either.
    """
    try:
        yield
    except Unavailable:
        raise
    except Exception:
        log.exception("rights.failed", request_id=str(request_id))


async def count_live(context: Context, site: Site) -> tuple[int, int]:
    """Return how many requests of a site wait for an officer, and how many are late."""
    async with context.database.connection() as connection:
        row = await queries().count_live_requests(
            connection, site_id=site.site_id, today=local_day(context.clock())
        )
    return row["waiting"], row["late"]


async def _end(context: Context, site: Site, request_id: UUID, event: Event) -> None:
    """End a request; whose address was proved is told that the rest never came (GDPR 12(4))."""
    async with context.database.connection() as connection, connection.transaction():
        request = await read_request(context, connection, site, request_id, lock=True)
        try:
            await advance(connection, site, request, Step(event, context.clock(), SYSTEM))
        except Refused:
            return  # a person was faster
        if event is Event.EXPIRED and request.standing.proved_at:
            await write_letter(context, connection, site, request_id, "lapsed")
    context.bell.ring()


async def _end_held(context: Context, site: Site, request_id: UUID) -> None:
    """Erase what was kept once nothing keeps it, and tell the person."""
    async with context.database.connection() as connection, connection.transaction():
        request = await read_request(context, connection, site, request_id, lock=True)
        if not await end_kept(context, connection, site, request.kept_ids, request.request_id):
            return
        step = Step(Event.CARRIED_OUT, context.clock(), SYSTEM)
        await advance(connection, site, request, step)
        await write_letter(context, connection, site, request.request_id, "erased")
    context.bell.ring()


async def _end_restriction(context: Context, site: Site, request_id: UUID) -> None:
    """End a restriction of which nobody is left: erased, purged, or lifted by another request."""
    async with context.database.connection() as connection, connection.transaction():
        request = await read_request(context, connection, site, request_id, lock=True)
        subjects = await find_subjects(context, connection, site, request)
        if any(one.row["frozen_at"] for one in subjects):
            return
        with suppress(Refused):  # a person was faster
            await advance(connection, site, request, Step(Event.CLOSED, context.clock(), SYSTEM))


async def _remind(context: Context, site: Site, now: datetime) -> None:
    """Write to the controller as last days come near, once for each of REMIND_DAYS."""
    async with context.database.connection() as connection, connection.transaction():
        rows = await rows_of(
            queries().list_to_remind(connection, site_id=site.site_id, today=local_day(now))
        )
        for row in rows:
            reached = sum(row["days_left"] <= days for days in REMIND_DAYS)
            if reached > row["reminded"]:
                await _write_reminder(context, connection, site, row, reached)


async def _write_reminder(
    context: Context, connection: Connection, site: Site, row: Record, reached: int
) -> None:
    request_id, days_left = row["request_id"], row["days_left"]
    noted = await queries().note_reminded(
        connection, site_id=site.site_id, request_id=request_id, reminded=reached
    )
    if noted is None:
        return  # another worker was faster
    await write_letter(context, connection, site, request_id, f"remind:{days_left}")
    level = log.error if days_left < 0 else log.warning
    level("request.due", request_id=str(request_id), days_left=days_left, site=site.slug)


async def _forget(context: Context, site: Site, now: datetime) -> None:
    async with context.database.connection() as connection, connection.transaction():
        named = {"site_id": site.site_id, "ended_before": now - CONTENT_LIFE}
        await queries().forget_unproved(connection, **named)
        await queries().forget_contents(connection, **named)
