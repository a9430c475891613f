"""One key and all that hangs on it: its messages, its links, its days; and acts on all of it."""

from datetime import timedelta

from aiohttp import web
from markupsafe import Markup

from relay import graph, lookup
from relay.desk import Action, NewBlock, Order, Weight
from relay.errors import Refused
from relay.lookup import Key, Kind, Sender
from relay.permissions import Level, Permission
from relay.sealing import read_public_id
from relay.web.console.doors import Visit, door
from relay.web.console.lanes import draw_lanes
from relay.web.console.orders import BULK, confirm
from relay.web.console.tables import csv_of

BLOCKED = (Kind.PHONE, Kind.MAILBOX, Kind.IP, Kind.NETWORK, Kind.TEXT)
DAYS = (1, 7, 30, 90)


@door("GET", "keys/{key}", Permission.QUEUE)
async def show_key(visit: Visit) -> web.StreamResponse:
    """Show a key: its newest messages, with masked values, and the picture."""
    key = _key(visit)
    before = read_public_id("msg", visit.request.query.get("before", ""))
    look = visit.seen("list", key.kind.value)
    card = await lookup.read_card(visit.context, visit.site, key, look, before=before)
    return visit.page(
        "key",
        owned=card.owned,
        key=key,
        page=card.page,
        sender=card.sender,
        label=label_of(card.sender),
        picture=_picture(visit, card.sender),
        lanes=Markup(draw_lanes(card.sender.lanes, visit.language)),  # noqa: S704 (numbers and our words)
        days=DAYS,
        bulk=BULK if visit.may(Permission.HOLD) is Level.YES else (),
        can_block=key.kind in BLOCKED and visit.may(Permission.HOLD) is Level.YES,
        done=visit.request.query.get("done"),
    )


@door("GET", "keys/{key}/links.csv", Permission.QUEUE, Level.YES)
async def export_links(visit: Visit) -> web.StreamResponse:
    """Give the links of a key as a table for a spreadsheet, masked as on the page."""
    key = _key(visit)
    look = visit.seen("export", f"{key.kind} links")
    sender = await lookup.read_sender(visit.context, visit.site, key, look)
    rows = [
        (one.name[0], one.label, other.name[0], other.label, weight, other.is_shared)
        for one, other, weight in graph.table(sender.graph)
    ]
    return csv_of(("kind", "value", "linked_kind", "linked_value", "messages", "shared"), rows)


@door("GET", "keys/{key}/days.csv", Permission.QUEUE, Level.YES)
async def export_days(visit: Visit) -> web.StreamResponse:
    """Give the days of a key as a table for a spreadsheet."""
    key = _key(visit)
    look = visit.seen("export", f"{key.kind} days")
    sender = await lookup.read_sender(visit.context, visit.site, key, look)
    rows = [(one.day, one.messages, one.replies, one.reports, one.rules) for one in sender.lanes]
    return csv_of(("day", "messages", "replies", "reports", "rules"), rows)


@door("POST", "keys/{key}/act", Permission.HOLD, Level.YES)
async def act(visit: Visit) -> web.StreamResponse:
    """Say what an act would do to all messages of a key; do it when asked again."""
    key = _key(visit)
    action = {one.value: one for one in BULK}.get(visit.fields.get("action", ""))
    if action is None:
        raise Refused("not_found")
    look = visit.seen("act", f"{key.kind} {action}", visit.reason)
    return await confirm(visit, Order(action, look, key=key), f"keys/{key.token}")


@door("POST", "keys/{key}/block", Permission.HOLD, Level.YES)
async def block(visit: Visit) -> web.StreamResponse:
    """Say what a block would do; place it when asked again."""
    key = _key(visit)
    days = {str(one): one for one in DAYS}.get(visit.fields.get("days", ""))
    if days is None:
        raise Refused("not_found")
    weights = {one.value: one for one in (Weight.HOLD, Weight.SCORE)}
    look = visit.seen("act", f"{key.kind} block", visit.reason)
    sender = await lookup.read_sender(
        visit.context, visit.site, key, visit.seen("list", f"{key.kind} links")
    )
    placed = NewBlock(
        key=key,
        weight=weights.get(visit.fields.get("weight", ""), Weight.HOLD),
        ends_at=visit.context.clock() + timedelta(days=days),
        shown=label_of(sender),
        note=visit.reason,
    )
    return await confirm(visit, Order(Action.BLOCK, look, block=placed), f"keys/{key.token}")


def label_of(sender: Sender) -> str:
    """Return a key's value, masked; "" where nothing may be shown of it."""
    return next((node.label for node in sender.graph.nodes if node.hop == 0), "")


def _key(visit: Visit) -> Key:
    return lookup.read_token(visit.request.match_info["key"])


def _picture(visit: Visit, sender: Sender) -> Markup:
    def page_of(node: graph.Node) -> str:
        return visit.path("keys", Key(Kind(node.name[0]), (node.name[1],)).token)

    title = visit.say("console.picture", n=len(sender.graph.nodes))
    return Markup(graph.draw(sender.graph, title, page_of))  # noqa: S704 (escaped where drawn)
