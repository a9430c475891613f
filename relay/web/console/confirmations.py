"""The inbox of two: what others ask to be agreed to, and what became of one's own requests."""

from aiohttp import web

from relay import desk
from relay.desk import Confirmation, Reading
from relay.errors import Refused
from relay.permissions import Level, Permission
from relay.sealing import public_id
from relay.web.console.doors import Visit, door
from relay.web.console.orders import go_on


@door("GET", "confirmations", Permission.HOLD_LARGE, Level.SECOND)
async def show_confirmations(visit: Visit) -> web.StreamResponse:
    """Show what waits for a second person, then what was answered."""
    found = await desk.list_confirmations(
        visit.context, visit.site, visit.seen("list", "confirmations")
    )
    return visit.page(
        "confirmations",
        waiting=[one for one in found if one.state == "waiting"],
        answered=[one for one in found if one.state != "waiting"],
        me=visit.session.staff_id,
        may_agree=lambda one: _may_agree(visit, one),
        is_reading=lambda one: isinstance(one.order, Reading),
        done=visit.request.query.get("done"),
    )


@door("POST", "confirmations/{id}/agree", Permission.HOLD_LARGE, Level.SECOND)
async def agree(visit: Visit) -> web.StreamResponse:
    """Agree as the second person: what was asked is done."""
    confirmation_id = visit.subject("ask")
    found = await desk.list_confirmations(
        visit.context, visit.site, visit.seen("list", "confirmations")
    )
    wanted = next((one for one in found if one.confirmation_id == confirmation_id), None)
    if wanted is None:
        raise Refused("not_found")
    if wanted.asked_by != visit.session.staff_id and not _may_agree(visit, wanted):
        raise Refused("not_allowed")
    look = visit.seen("act", f"{public_id('ask', confirmation_id)} agree")
    effect = await desk.agree(visit.context, visit.site, confirmation_id, look)
    return visit.see("confirmations", query=go_on(effect) if effect else "")


@door("POST", "confirmations/{id}/decline", Permission.HOLD_LARGE, Level.SECOND)
async def decline(visit: Visit) -> web.StreamResponse:
    """Say no, or take one's own request back."""
    confirmation_id = visit.subject("ask")
    look = visit.seen("act", f"{public_id('ask', confirmation_id)} decline")
    await desk.decline(visit.context, visit.site, confirmation_id, look)
    return visit.see("confirmations")


def _may_agree(visit: Visit, one: Confirmation) -> bool:
    """Tell whether this person could have asked for the same, and is another."""
    needed = Permission.OPEN_OTHER if isinstance(one.order, Reading) else Permission.HOLD_LARGE
    return one.asked_by != visit.session.staff_id and visit.may(needed) >= Level.SECOND
