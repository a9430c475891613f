"""Legal holds: what is kept from purge and erasure, why, until when, by which two persons."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from aiohttp import web

from relay import retention
from relay.context import Context
from relay.errors import Refused
from relay.looks import Look
from relay.permissions import Level, Permission
from relay.retention import Hold, Scope
from relay.sealing import public_id, read_public_id
from relay.sites import Site
from relay.web.console.doors import Visit, door

Change = Callable[[Context, Site, UUID, Look], Awaitable[Hold]]


@door("GET", "holds", Permission.LEGAL_HOLD, Level.START)
async def show_holds(visit: Visit) -> web.StreamResponse:
    """Show holds, those that block first, and the form of a new one."""
    await visit.look("list", "holds")
    holds = await retention.list_holds(visit.context, visit.site)
    now = visit.context.clock()
    return visit.page(
        "holds",
        holds=sorted(holds, key=lambda hold: (not hold.blocks(now), -hold.placed_at.timestamp())),
        scopes=list(Scope),
        turns={hold.hold_id: _turns(visit, hold, now) for hold in holds},
        now=now,
        tomorrow=(now + timedelta(days=1)).date(),
        message=visit.request.query.get("message", ""),
    )


@door("POST", "holds", Permission.LEGAL_HOLD, Level.START)
async def place(visit: Visit) -> web.StreamResponse:
    """Keep a message, its thread, its writer or its listing; for 72 hours until somebody agrees."""
    message_id = read_public_id("msg", visit.fields.get("message", "").strip())
    scope = visit.fields.get("scope", "")
    if message_id is None or scope not in list(Scope):
        raise Refused("hold_subject_unknown")
    wish = await retention.wish_about(
        visit.context, visit.site, message_id, Scope(scope), visit.reason, _end(visit)
    )
    look = visit.seen("act", public_id("msg", message_id), visit.reason)
    await retention.place_hold(visit.context, visit.site, wish, look)
    return visit.see("holds")


@door("POST", "holds/{id}/approve", Permission.LEGAL_HOLD, Level.SECOND)
async def approve(visit: Visit) -> web.StreamResponse:
    """Agree to a hold that somebody else placed: it lasts to its end."""
    return await _change(visit, retention.approve_hold)


@door("POST", "holds/{id}/ask-lift", Permission.LEGAL_HOLD, Level.START)
async def ask_lift(visit: Visit) -> web.StreamResponse:
    """Ask that a hold be lifted."""
    return await _change(visit, retention.ask_lift)


@door("POST", "holds/{id}/lift", Permission.LEGAL_HOLD, Level.SECOND)
async def lift(visit: Visit) -> web.StreamResponse:
    """Lift a hold, as somebody else asked."""
    return await _change(visit, retention.lift_hold)


async def _change(visit: Visit, act: Change) -> web.StreamResponse:
    hold_id = visit.subject("hold")
    await act(visit.context, visit.site, hold_id, visit.seen("act", "", visit.reason))
    return visit.see("holds")


def _end(visit: Visit) -> datetime:
    """Read the day with which a hold ends, as the console's clock shows it (UTC).

    Raises:
        Refused: ``hold_end_past``.
    """
    try:
        day = date.fromisoformat(visit.fields.get("until", "").strip())
    except ValueError:
        raise Refused("hold_end_past") from None
    return datetime.combine(day, time.max, UTC)


def _turns(visit: Visit, hold: Hold, now: datetime) -> list[str]:
    """List what this person may do with a hold as it stands."""
    if not hold.blocks(now):
        return []
    name, may_second = visit.session.name, visit.level >= Level.SECOND
    turns = []
    if may_second and hold.approved_by is None and hold.placed_by != name:
        turns.append("approve")
    if hold.lift_asked_by is None:
        turns.append("ask-lift")
    elif may_second and hold.lift_asked_by != name:
        turns.append("lift")
    return turns
