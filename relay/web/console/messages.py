"""One message: closed until a reason is given; held, let go, refused, its thread closed."""

from collections.abc import Iterable
from uuid import UUID

from aiohttp import web

from relay import desk, lookup
from relay.desk import Action, Order
from relay.errors import Refused
from relay.lookup import Field, Found, Key, Kind, Opened
from relay.lookup.archive import MESSAGES, TRACES
from relay.permissions import Level, Permission
from relay.sealing import public_id
from relay.web.console.doors import Visit, door
from relay.web.console.seconds import second_person

IDENTITY = (Field.NAME, Field.EMAIL, Field.PHONE)
# What may be done to a message in each state it can be in.
CHOICES = {
    "held": (Action.RELEASE, Action.REFUSE, Action.CLOSE),
    "queued": (Action.HOLD, Action.REFUSE, Action.CLOSE),
    "deferred": (Action.HOLD, Action.REFUSE, Action.CLOSE),
    "refused": (Action.REINSTATE, Action.CLOSE),
}
TELLING = (Action.NOTIFY, Action.CLEAR)  # to the site's own program, in any state
ACTIONS = {
    one.value: one
    for one in (Action.HOLD, Action.RELEASE, Action.REFUSE, Action.REINSTATE, Action.CLOSE)
} | {one.value: one for one in (Action.REOPEN, Action.NOTIFY, Action.CLEAR)}


@door("GET", "messages/{id}", Permission.QUEUE)
async def show_message(visit: Visit) -> web.StreamResponse:
    """Show a message without its words."""
    return await _page(visit, await _find(visit))


@door("POST", "messages/{id}/open", Permission.QUEUE)
async def open_message(visit: Visit) -> web.StreamResponse:
    """Show what was asked for, once the reason stands in the journal."""
    found = await _find(visit)
    asked = [field for field in Field if field.value in visit.fields] or [Field.TEXT]
    needed = {permission_of(field, found) for field in asked}
    if "ask" in visit.fields:
        return await _ask(visit, found, asked)
    agreed = [name for one in needed if (name := await _agreed(visit, one, asked))]
    subject = f"{public_id('msg', found.message_id)} {','.join([*asked, *agreed])}"
    look = visit.seen("open" if Field.TEXT in asked else "reveal", subject, visit.reason)
    opened = await lookup.open_message(
        visit.context, visit.site, found.message_id, frozenset(asked), look
    )
    return await _page(visit, found, opened, asked)


@door("POST", "messages/{id}/act", Permission.HOLD, Level.YES)
async def act(visit: Visit) -> web.StreamResponse:
    """Do one thing to a message; for fifteen seconds it can be taken back."""
    action = ACTIONS.get(visit.fields.get("action", ""))
    if action is None:
        raise Refused("not_found")
    message = public_id("msg", visit.subject("msg"))
    look = visit.seen("act", f"{message} {action}", visit.reason)
    await _find(visit)
    order = Order(action, look, message_ids=(visit.subject("msg"),))
    effect = await desk.carry_out(visit.context, visit.site, order)
    done = public_id("act", effect.act_id) if effect.act_id and effect.changed else "none"
    return visit.see("messages", message, query=f"?done={done}")


async def _ask(visit: Visit, found: Found, asked: Iterable[Field]) -> web.StreamResponse:
    """Ask whoever may to agree, at their own screen."""
    if visit.may(Permission.OPEN_OTHER) is not Level.SECOND:
        raise Refused("not_allowed")
    reading = desk.Reading(found.message_id, frozenset(asked), visit.reason)
    look = visit.seen("act", f"{public_id('msg', found.message_id)} ask", visit.reason)
    await desk.ask(visit.context, visit.site, reading, 0, look)
    return visit.see("confirmations")


async def _agreed(visit: Visit, permission: Permission, asked: Iterable[Field]) -> str:
    """Return the name of the second person where one is needed, "" where none is.

    Somebody who agreed in the last hour counts, and so does somebody who stands here.

    Raises:
        Refused: ``not_allowed``, ``second_needed``.
    """
    reach = visit.may(permission)
    if reach < Level.SECOND:
        raise Refused("not_allowed")
    if reach is not Level.SECOND:
        return ""
    agreed = await desk.find_agreed(
        visit.context, visit.site, visit.session.staff_id, visit.subject("msg"), list(asked)
    )
    if agreed:
        return agreed
    second = await second_person(visit, permission)
    if second is None:
        raise Refused("second_needed")
    return second.name


def permission_of(field: Field, found: Found) -> Permission:
    """Return what is needed to see a field of this message; evidence of a report is at hand."""
    kept_in = TRACES if field is Field.ORIGIN else MESSAGES
    if kept_in in found.archived and not found.reports:
        return Permission.ARCHIVE
    if field is Field.ORIGIN:
        return Permission.REVEAL_TRACE
    if field in IDENTITY:
        return Permission.REVEAL_IDENTITY
    is_concerned = found.state == "held" or found.reports > 0
    return Permission.OPEN_REPORTED if is_concerned else Permission.OPEN_OTHER


async def find_message(visit: Visit, message_id: UUID) -> Found:
    """Return a message with masked values; the look is written.

    Raises:
        Refused: ``not_found``: none of this site's.
    """
    key = Key(Kind.MESSAGE, (message_id.bytes,))
    look = visit.seen("list", public_id("msg", message_id))
    page = await lookup.search(visit.context, visit.site, key, look)
    if not page.rows:
        raise Refused("not_found")
    return page.rows[0]


async def _find(visit: Visit) -> Found:
    return await find_message(visit, visit.subject("msg"))


async def _page(
    visit: Visit, found: Found, opened: Opened | None = None, asked: Iterable[Field] = ()
) -> web.StreamResponse:
    look = visit.seen("list", f"{public_id('msg', found.message_id)} delivery")
    delivery = await lookup.read_delivery(
        visit.context, visit.site, found.message_id, visit.language, look
    )
    hits = await desk.list_hits(visit.context, visit.site, found.message_id)
    reach = {field: visit.may(permission_of(field, found)) for field in Field}
    openable = [field for field, level in reach.items() if level >= Level.SECOND]
    may_act = visit.may(Permission.HOLD) is Level.YES
    return visit.page(
        "message",
        found=found,
        opened=opened,
        asked=list(asked),
        openable=openable,
        needs_second=Level.SECOND in reach.values(),
        delivery=delivery,
        hits=hits,
        choices=(*CHOICES.get(found.state, (Action.CLOSE, Action.REOPEN)), *TELLING)
        if may_act
        else (),
        done=visit.request.query.get("done"),
    )
