"""A sender as a picture: what hangs together within ninety days, and what happened day by day."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from relay import graph as graphs
from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.graph import SHARED_FROM, Graph, Name
from relay.looks import Look, record_look
from relay.lookup.keys import Key, key_of
from relay.lookup.masked import mask_browser, mask_ip, mask_mail, mask_phone
from relay.lookup.sealed import content_of, origin_of
from relay.lookup.search import find_ids
from relay.pasted import Kind
from relay.sealing import Keyring, first_id
from relay.sites import Site

SPAN = timedelta(days=90)
MESSAGES_MOST = 1000
NEAR_MOST = 100  # messages of each key around the middle
SHARED_SAMPLE = 300  # newest messages of an address or browser, to count its phones in
KEYS_MOST = 4  # of each kind, followed to the second hop
_LINKS = (Kind.PHONE, Kind.MAILBOX, Kind.IP, Kind.BROWSER, Kind.TEXT)
_MAY_BE_SHARED = (Kind.IP, Kind.BROWSER)
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
        messages: How many, at most a thousand.
        is_more: There are more than a thousand.
        lanes: Ninety-one days, oldest first, those without anything too.
    """

    key: Key
    messages: int
    is_more: bool
    conversations: int
    first_at: datetime | None
    last_at: datetime | None
    linked: tuple[Linked, ...]
    graph: Graph
    lanes: tuple[Day, ...]


async def read_sender(context: Context, site: Site, key: Key, look: Look) -> Sender:
    """Show what hangs on a key: links, graph and days."""
    now = context.clock()
    first = first_id(now - SPAN)
    async with context.database.connection() as connection:
        await record_look(connection, look)
        own = await _seen(connection, site, key, first, MESSAGES_MOST)
        graph = await _graph(connection, site, key, own, first)
        shown = await _labels(context.keyring, connection, site, graph, own)
        back = await _came_back(connection, site, own, first)
    times = [row["received_at"] for row in own]
    labelled = graphs.labelled(graph, shown)
    return Sender(
        key=key,
        messages=len(own),
        is_more=len(own) == MESSAGES_MOST,
        conversations=len({row["conversation_id"] for row in own}),
        first_at=min(times, default=None),
        last_at=max(times, default=None),
        linked=tuple(_linked(labelled)),
        graph=labelled,
        lanes=_lanes(own, back, now),
    )


async def _seen(
    connection: Connection, site: Site, key: Key, first: UUID, most: int
) -> list[Record]:
    ids = await find_ids(connection, site, key, first=first, most=most)
    return await rows_of(queries().read_keys(connection, site_id=site.site_id, message_ids=ids))


async def _graph(
    connection: Connection, site: Site, key: Key, own: Sequence[Record], first: UUID
) -> Graph:
    """Follow the strongest keys of each kind one hop further."""
    middle: Name = (key.kind.value, key.hashes[0] if key.hashes else b"")
    messages = {row["message_id"]: _names(row, key) for row in own}
    shared: set[Name] = set()
    for name in _strongest(messages.values(), middle):
        kind = Kind(name[0])
        may = kind in _MAY_BE_SHARED
        rows = await _seen(
            connection, site, Key(kind, (name[1],)), first, SHARED_SAMPLE if may else NEAR_MOST
        )
        if may and len({row["phone_hash"] for row in rows} - {None}) >= SHARED_FROM:
            shared.add(name)
        else:
            messages |= {row["message_id"]: _names(row, key) for row in rows[:NEAR_MOST]}
    blocked = await _blocked(connection, site, messages.values())
    return graphs.build(middle, list(messages.values()), shared=shared, blocked=blocked)


def _names(row: Record, middle: Key) -> frozenset[Name]:
    """Return the nodes of a message; one that has a key of the middle counts as the middle.

    Texts of few words (« toujours disponible ? ») link nobody, unless they were looked up.
    """
    names = set()
    for kind in {*_LINKS, middle.kind} - {Kind.LISTING, Kind.MESSAGE}:
        value = key_of(row, kind)
        if value in middle.hashes and kind is middle.kind:
            names.add((kind.value, middle.hashes[0]))
        elif value is not None and kind in _LINKS and not (kind is Kind.TEXT and row["is_short"]):
            names.add((kind.value, value))
    if middle.kind in (Kind.LISTING, Kind.MESSAGE):
        names.add((middle.kind.value, middle.hashes[0]))
    return frozenset(names)


def _strongest(messages: Iterable[Iterable[Name]], middle: Name) -> list[Name]:
    counts = Counter(name for names in messages for name in names if name != middle)
    kept: Counter[str] = Counter()
    strongest = []
    for name, _ in counts.most_common():
        kept[name[0]] += 1
        if kept[name[0]] <= KEYS_MOST:
            strongest.append(name)
    return strongest


async def _blocked(
    connection: Connection, site: Site, messages: Iterable[Iterable[Name]]
) -> set[Name]:
    names = {name for one in messages for name in one}
    hashes = {value for _, value in names}
    rows = await rows_of(
        queries().find_blocks(
            connection, site_ids=[site.site_id] * len(hashes), key_hashes=list(hashes)
        )
    )
    found = {row["key_hash"] for row in rows}
    return {name for name in names if name[1] in found}


async def _labels(
    keyring: Keyring, connection: Connection, site: Site, graph: Graph, own: Sequence[Record]
) -> dict[Name, str]:
    """Return what may be shown of each node, read from one message that bears it."""
    bearers: dict[Name, UUID] = {}
    for node in graph.nodes:
        kind = Kind(node.name[0])
        found = (
            next((row for row in own if key_of(row, kind) == node.name[1]), None)
            if (kind in _LINKS)
            else None
        )
        if found is not None:
            bearers[node.name] = found["message_id"]
            continue
        if kind in _LINKS:
            ids = await find_ids(connection, site, Key(kind, (node.name[1],)), most=1)
            bearers |= {node.name: ids[0]} if ids else {}
    rows = await rows_of(
        queries().describe_messages(
            connection, site_id=site.site_id, message_ids=list(set(bearers.values()))
        )
    )
    by_id = {row["message_id"]: row for row in rows}
    return {
        name: _label(keyring, Kind(name[0]), by_id[bearer])
        for name, bearer in bearers.items()
        if bearer in by_id
    }


def _label(keyring: Keyring, kind: Kind, row: Record) -> str:
    content, origin = content_of(keyring, row), origin_of(keyring, row)
    match kind:
        case Kind.PHONE:
            return mask_phone(content.get("phone") or "") if content.get("phone") else ""
        case Kind.MAILBOX:
            return mask_mail(content.get("email") or "") if content.get("email") else ""
        case Kind.IP:
            return mask_ip(origin.get("ip") or "") if origin.get("ip") else ""
        case Kind.BROWSER:
            return mask_browser(origin)
        case _:
            return ""


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
