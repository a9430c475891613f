"""What was done: a list, and taking back the last of it within fifteen seconds."""

from aiohttp import web

from relay import desk
from relay.permissions import Level, Permission
from relay.sealing import public_id
from relay.web.console.doors import Visit, door
from relay.web.console.orders import back_of


@door("POST", "acts/{id}/undo", Permission.HOLD, Level.YES)
async def undo(visit: Visit) -> web.StreamResponse:
    """Take back an act."""
    act_id = visit.subject("act")
    look = visit.seen("act", f"{public_id('act', act_id)} undo", "")
    await desk.undo(visit.context, visit.site, act_id, look)
    return visit.see(*back_of(visit).split("/"))


@door("GET", "acts", Permission.QUEUE, Level.YES)
async def show_acts(visit: Visit) -> web.StreamResponse:
    """Show what was done, newest first."""
    done = await desk.list_acts(visit.context, visit.site, visit.seen("list", "acts"))
    return visit.page("acts", done=done)
