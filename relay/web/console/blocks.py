"""Blocks: who is looked at more closely, until when; lifted and put back."""

from uuid import UUID

from aiohttp import web

from relay import desk
from relay.desk import Action, Order
from relay.permissions import Level, Permission
from relay.sealing import public_id
from relay.web.console.doors import Visit, door


@door("GET", "blocks", Permission.QUEUE, Level.YES)
async def show_blocks(visit: Visit) -> web.StreamResponse:
    """Show blocks, newest first, those that are over too."""
    blocks = await desk.list_blocks(visit.context, visit.site, visit.seen("list", "blocks"))
    return visit.page(
        "blocks",
        blocks=blocks,
        now=visit.context.clock(),
        may_act=visit.may(Permission.HOLD) is Level.YES,
    )


@door("POST", "blocks/{id}/lift", Permission.HOLD, Level.YES)
async def lift(visit: Visit) -> web.StreamResponse:
    """End a block before its time."""
    return await _turn(visit, visit.subject("blk"), Action.UNBLOCK)


@door("POST", "blocks/{id}/restore", Permission.HOLD, Level.YES)
async def restore(visit: Visit) -> web.StreamResponse:
    """Put a lifted block back, until its first end."""
    return await _turn(visit, visit.subject("blk"), Action.RESTORE)


async def _turn(visit: Visit, block_id: UUID, action: Action) -> web.StreamResponse:
    look = visit.seen("act", f"{public_id('blk', block_id)} {action}", visit.reason)
    await desk.carry_out(visit.context, visit.site, Order(action, look, block_id=block_id))
    return visit.see("blocks")
