"""A sender as a picture: what hangs together within ninety days, and what happened day by day."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.graph import Graph
from relay.looks import Look, record_look
from relay.lookup.keys import Key
from relay.lookup.links import read_keys, read_web, show_web
from relay.lookup.search import find_ids
from relay.pasted import Kind
from relay.sealing import first_id
from relay.sites import Site

SPAN = timedelta(days=90)
MESSAGES_MOST = 300
_ZONE = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True)
class Linked:
    """A key seen in the sender's own messages.

    Args:
        label: Masked.
        is_shared: More than twenty phones use it: never a ground by itself.
    """

    key: Key
    label: str
    messages: int
    is_shared: bool
    is_blocked: bool


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the lanes; *rules* counts the signals that messages raised."""

    day: date
    messages: int
    replies: int
    reports: int
    rules: int


@dataclass(frozen=True, slots=True)
class Sender:
    """What ninety days say of a key.

    Args:
        messages: How many, at most three hundred.
        lanes: Ninety-one days, oldest first, those without anything too.
    """

    key: Key
    messages: int
    conversations: int
    first_at: datetime | None
    last_at: datetime | None
    linked: tuple[Linked, ...]
    graph: Graph
    lanes: tuple[Day, ...]


async def read_sender(context: Context, site: Site, key: Key, look: Look) -> Sender:
    """Show what hangs on a key: links, graph and days."""
    async with context.database.connection() as connection:
        await record_look(connection, look)
        ids = await find_ids(connection, site, key, most=MESSAGES_MOST)
        return await draw_sender(context, connection, site, key, ids)


async def draw_sender(
    context: Context, connection: Connection, site: Site, key: Key, ids: Sequence[UUID]
) -> Sender:
    """Show what hangs on a key; its look is written already.

    Args:
        ids: The newest MESSAGES_MOST of the key, those of before the ninety days too.
    """
    now = context.clock()
    first = first_id(now - SPAN)
    own = await read_keys(connection, site, [one for one in ids if one >= first])
    web = await read_web(connection, site, key, own, first)
    graph = await show_web(context.keyring, connection, site, web, now)
    back = await _came_back(connection, site, own, first)
    times = [row["received_at"] for row in own]
    return Sender(
        key=key,
        messages=len(own),
        conversations=len({row["conversation_id"] for row in own}),
        first_at=min(times, default=None),
        last_at=max(times, default=None),
        linked=tuple(_linked(graph)),
        graph=graph,
        lanes=_lanes(own, back, now),
    )


def _linked(graph: Graph) -> Iterable[Linked]:
    for node in graph.nodes:
        if node.hop == 1:
            key = Key(Kind(node.name[0]), (node.name[1],))
            yield Linked(key, node.label, node.weight, node.is_shared, node.is_blocked)


async def _came_back(
    connection: Connection, site: Site, own: Sequence[Record], first: UUID
) -> list[Record]:
    return await rows_of(
        queries().count_days(
            connection,
            site_id=site.site_id,
            conversation_ids=list({row["conversation_id"] for row in own}),
            message_ids=[row["message_id"] for row in own],
            first_id=first,
        )
    )


def _lanes(own: Sequence[Record], back: Sequence[Record], now: datetime) -> tuple[Day, ...]:
    messages = Counter(_day(row["received_at"]) for row in own)
    rules: Counter[date] = Counter()
    for row in own:
        rules[_day(row["received_at"])] += row["signals"]
    replies = Counter(_day(row["at"]) for row in back if row["kind"] == "reply")
    reports = Counter(_day(row["at"]) for row in back if row["kind"] == "report")
    days = [_day(now) - timedelta(days=ago) for ago in range(SPAN.days, -1, -1)]
    return tuple(Day(day, messages[day], replies[day], reports[day], rules[day]) for day in days)


def _day(at: datetime) -> date:
    return at.astimezone(_ZONE).date()
