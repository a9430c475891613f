"""The queue: what waits for a person at a site, held messages and reports, oldest first."""

from aiohttp import web

from relay import cases, moderation
from relay.permissions import Permission
from relay.web.console.doors import Visit, door


@door("GET", "queue", Permission.QUEUE)
async def show_queue(visit: Visit) -> web.StreamResponse:
    """Show what waits: ids, reasons and signals, never words."""
    await visit.look("list", "queue")
    held = await moderation.list_held(visit.context, visit.site)
    reports = await cases.list_reports(visit.context, visit.site)
    return visit.page("queue", held=held, reports=reports, now=visit.context.clock())
