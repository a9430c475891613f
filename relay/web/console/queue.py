"""The queue: what waits for a person at a site, cases and held messages, oldest first."""

from aiohttp import web

from relay import desk, moderation
from relay.desk import Action
from relay.permissions import Level, Permission
from relay.web.console.doors import Visit, door

SHOWN = 50  # lines of each list: a page stays below 60 kB


@door("GET", "queue", Permission.QUEUE)
async def show_queue(visit: Visit) -> web.StreamResponse:
    """Show what waits: ids, reasons and signals, never words."""
    await desk.open_cases(visit.context, visit.site)
    cases = await desk.list_cases(visit.context, visit.site, visit.seen("list", "queue"))
    held = await moderation.list_held(visit.context, visit.site)
    return visit.page(
        "queue",
        held=held,
        cases=cases,
        shown=SHOWN,
        bulk=(Action.RELEASE, Action.REFUSE) if visit.may(Permission.HOLD) is Level.YES else (),
        now=visit.context.clock(),
    )
