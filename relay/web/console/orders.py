"""Acts on many messages: the effect is shown first; above a limit another person agrees."""

import re
from dataclasses import replace

from aiohttp import web

from relay import desk
from relay.desk import Action, Effect, Order
from relay.errors import Refused
from relay.permissions import Level, Permission
from relay.sealing import public_id, read_public_id
from relay.web.console.doors import Visit, door
from relay.web.console.seconds import second_person

BULK = (Action.HOLD, Action.REFUSE, Action.RELEASE, Action.CLOSE, Action.WARN, Action.NOTIFY)
_BACK = re.compile(
    r"(?:messages/msg_|cases/case_|listings/lst_)[0-9a-f]{32}|keys/[a-z]+[.0-9a-f]*|confirmations|rules"
)


@door("POST", "selection/act", Permission.HOLD, Level.YES)
async def act_on_selection(visit: Visit) -> web.StreamResponse:
    """Say what an act would do to the chosen messages; do it when asked again."""
    action = {one.value: one for one in BULK}.get(visit.fields.get("action", ""))
    chosen = [read_public_id("msg", name) for name in visit.fields]
    ids = tuple(one for one in chosen if one is not None)
    if action is None or not ids:
        raise Refused("selection_missing")
    look = visit.seen("act", f"{len(ids)} messages {action}", visit.reason)
    return await confirm(visit, Order(action, look, message_ids=ids), back_of(visit))


async def confirm(visit: Visit, order: Order, back: str) -> web.StreamResponse:
    """Show the effect first; above the limits of one person, another has to agree to it.

    Args:
        back: The page of the site to return to.
    """
    effect = await desk.preview(visit.context, visit.site, order)
    if effect.needs_second and visit.may(Permission.HOLD_LARGE) < Level.SECOND:
        raise Refused("not_allowed")
    if "sure" not in visit.fields:
        return visit.page("preview", back=back, order=order, effect=effect, fields=visit.fields)
    if effect.needs_second and "ask" in visit.fields:
        await desk.ask(visit.context, visit.site, order, effect.changed, order.look)
        return visit.see("confirmations")
    second = await second_person(visit, Permission.HOLD_LARGE) if effect.needs_second else None
    order = replace(order, approved_by=second.staff_id if second else None)
    effect = await desk.carry_out(visit.context, visit.site, order)
    return visit.see(*back.split("/"), query=go_on(effect))


def go_on(effect: Effect) -> str:
    """Return the query by which the next page offers to take an act back."""
    return f"?done={public_id('act', effect.act_id)}" if effect.act_id else ""


def back_of(visit: Visit) -> str:
    """Return the page a form was on, the queue where it names none of ours."""
    back = visit.fields.get("back", "")
    return back if _BACK.fullmatch(back) else "queue"
