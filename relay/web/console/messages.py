"""One message: closed until a reason is given; let go or refused, for a reason too."""

from aiohttp import web

from relay import cases, moderation
from relay.cases import Case, Words
from relay.errors import Refused
from relay.permissions import Level, Permission
from relay.sealing import public_id
from relay.web.console.doors import Visit, door


@door("GET", "messages/{id}", Permission.QUEUE)
async def show_message(visit: Visit) -> web.StreamResponse:
    """Show a message without its words."""
    return await _page(visit, None)


@door("POST", "messages/{id}/open", Permission.QUEUE)
async def open_message(visit: Visit) -> web.StreamResponse:
    """Show the words, once the reason stands in the journal."""
    case = await _case(visit)
    needs = Permission.OPEN_REPORTED if case.is_concerned else Permission.OPEN_OTHER
    _require(visit, needs)
    reason = visit.reason
    await visit.look("open", public_id("msg", case.message_id), reason)
    words = await cases.read_words(visit.context, visit.site, case.message_id)
    return await _page(visit, words, reason)


@door("POST", "messages/{id}/release", Permission.HOLD, Level.YES)
async def release(visit: Visit) -> web.StreamResponse:
    """Let a held message leave."""
    message_id = visit.subject("msg")
    await visit.look("act", f"{public_id('msg', message_id)} release", visit.reason)
    await moderation.release(visit.context, visit.site, message_id)
    return visit.see("messages", public_id("msg", message_id))


@door("POST", "messages/{id}/refuse", Permission.HOLD, Level.YES)
async def refuse(visit: Visit) -> web.StreamResponse:
    """End a held message; its sender is told."""
    message_id = visit.subject("msg")
    await visit.look("act", f"{public_id('msg', message_id)} refuse", visit.reason)
    await moderation.refuse(visit.context, visit.site, message_id)
    return visit.see("messages", public_id("msg", message_id))


def _require(visit: Visit, permission: Permission) -> None:
    """Refuse who may not read, or not alone."""
    reach = visit.may(permission)
    if reach < Level.SECOND:
        raise Refused("not_allowed")
    if reach is Level.SECOND:
        raise Refused("second_needed")


async def _case(visit: Visit) -> Case:
    return await cases.read_case(visit.context, visit.site, visit.subject("msg"))


async def _page(visit: Visit, words: Words | None, reason: str = "") -> web.StreamResponse:
    case = await _case(visit)
    if words is None:
        await visit.look("list", public_id("msg", case.message_id))
    return visit.page("message", case=case, words=words, reason=reason)
