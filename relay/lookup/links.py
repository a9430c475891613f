"""What hangs together: from one key to the keys of its messages, and one hop further."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from relay import graph as graphs
from relay.database import Connection, Record, queries, rows_of
from relay.graph import SHARED_FROM, Graph, Name
from relay.lookup.archive import MESSAGES, TRACES, archived
from relay.lookup.keys import COLUMNS, Key, key_of
from relay.lookup.masked import mask_browser, mask_ip, mask_mail, mask_phone
from relay.lookup.sealed import content_of, origin_of
from relay.pasted import Kind
from relay.sealing import Keyring
from relay.sites import Site

LINKS = (Kind.PHONE, Kind.MAILBOX, Kind.IP, Kind.BROWSER, Kind.TEXT)
NEAR_MOST = 20  # newest messages of each key around the middle; more have no room in a picture
SHARED_MOST = 40  # of those that many may share; enough to see more than twenty phones
KEYS_MOST = 4  # of each kind, followed to the second hop
_COLUMNS = tuple((kind.value, COLUMNS[kind]) for kind in LINKS if kind is not Kind.TEXT)
_WHOLE = (Kind.LISTING, Kind.MESSAGE)  # what was found is theirs, whatever keys it has
_MAY_BE_SHARED = (Kind.IP, Kind.BROWSER)
_MASKS = {Kind.PHONE: ("phone", mask_phone), Kind.MAILBOX: ("email", mask_mail)}
_PARAMETERS = {
    Kind.PHONE: "phones",
    Kind.MAILBOX: "mailboxes",
    Kind.IP: "ips",
    Kind.BROWSER: "browsers",
    Kind.TEXT: "texts",
}

Names = frozenset[Name]


@dataclass(frozen=True, slots=True)
class Web:
    """A graph and a message that bears each of its nodes."""

    graph: Graph
    bearers: Mapping[Name, UUID]


async def read_keys(
    connection: Connection, site: Site, message_ids: Collection[UUID]
) -> list[Record]:
    """Return everything by which messages are linked, newest first."""
    return await rows_of(
        queries().read_keys(connection, site_id=site.site_id, message_ids=list(message_ids))
    )


async def read_web(
    connection: Connection, site: Site, key: Key, own: Sequence[Record], first: UUID
) -> Web:
    """Follow the strongest keys of each kind one hop further.

    Args:
        own: The messages of the key, rows of ``read_keys``.
        first: Nothing older is looked at.
    """
    middle: Name = (key.kind.value, key.hashes[0] if key.hashes else b"")
    messages = {row["message_id"]: _names(row, key) for row in own}
    near = await _near(connection, site, _strongest(messages.values(), middle), first)
    shared = {name for name, found in near.items() if _is_shared(name, found)}
    ids = {row["message_id"] for name in near.keys() - shared for row in near[name]}
    further = await read_keys(connection, site, ids - messages.keys())
    messages |= {row["message_id"]: _names(row, key) for row in further}
    graph = graphs.build(middle, list(messages.values()), shared=shared)
    bearers = {name: message_id for message_id, names in messages.items() for name in names}
    return Web(
        graph, {node.name: bearers[node.name] for node in graph.nodes if node.name in bearers}
    )


async def show_web(
    keyring: Keyring, connection: Connection, site: Site, web: Web, now: datetime
) -> Graph:
    """Return the graph as staff see it: masked, with what is blocked."""
    labels = await _labels(keyring, connection, site, web, now)
    return graphs.labelled(web.graph, labels, await _blocked(connection, site, web.graph))


async def _labels(
    keyring: Keyring, connection: Connection, site: Site, web: Web, now: datetime
) -> dict[Name, str]:
    """Return what may be shown of each node, read from one message that bears it."""
    ids = {web.bearers[name] for name in web.bearers if Kind(name[0]) in LINKS}
    rows = await rows_of(
        queries().read_bearers(connection, site_id=site.site_id, message_ids=list(ids))
    )
    by_id = {row["message_id"]: row for row in rows}
    return {
        name: _label(keyring, Kind(name[0]), by_id[bearer], archived(site, by_id[bearer], now))
        for name, bearer in web.bearers.items()
        if bearer in by_id
    }


def _names(row: Record, middle: Key) -> Names:
    """Return the nodes of a message; one that has a key of the middle counts as the middle.

    Texts of few words (« toujours disponible ? ») link nobody, unless they were looked up.
    """
    names = {(kind, value) for kind, column in _COLUMNS if (value := row[column]) is not None}
    if row["cluster_id"] and not row["is_short"]:
        names.add((Kind.TEXT.value, row["cluster_id"].bytes))
    if middle.kind in _WHOLE or key_of(row, middle.kind) in middle.hashes:
        names = {name for name in names if name[0] != middle.kind.value}
        names.add((middle.kind.value, middle.hashes[0]))
    return frozenset(names)


def _strongest(messages: Iterable[Names], middle: Name) -> list[Name]:
    counts = Counter(name for names in messages for name in names if name != middle)
    kept: Counter[str] = Counter()
    strongest = []
    for name, _ in counts.most_common():
        kept[name[0]] += 1
        if kept[name[0]] <= KEYS_MOST:
            strongest.append(name)
    return strongest


async def _near(
    connection: Connection, site: Site, names: Collection[Name], first: UUID
) -> dict[Name, list[Record]]:
    """Return the newest messages of each key."""
    asked = {
        parameter: [value for kind_, value in names if kind_ == kind.value]
        for kind, parameter in _PARAMETERS.items()
    }
    rows = await rows_of(
        queries().find_near(
            connection,
            site_id=site.site_id,
            first_id=first,
            most=NEAR_MOST,
            shared_most=SHARED_MOST,
            **asked,
        )
    )
    near: dict[Name, list[Record]] = {}
    for row in rows:
        near.setdefault((row["kind"], row["key"]), []).append(row)
    return near


def _is_shared(name: Name, found: Iterable[Record]) -> bool:
    """Tell whether more than twenty phones use an address or a browser."""
    phones = {row["phone_hash"] for row in found} - {None}
    return Kind(name[0]) in _MAY_BE_SHARED and len(phones) >= SHARED_FROM


async def _blocked(connection: Connection, site: Site, graph: Graph) -> set[Name]:
    names = {node.name for node in graph.nodes}
    rows = await rows_of(
        queries().find_blocks(
            connection,
            site_ids=[site.site_id] * len(names),
            key_hashes=[value for _, value in names],
        )
    )
    found = {row["key_hash"] for row in rows}
    return {name for name in names if name[1] in found}


def _label(keyring: Keyring, kind: Kind, row: Record, closed: frozenset[str]) -> str:
    if kind in (Kind.PHONE, Kind.MAILBOX):
        content = {} if MESSAGES in closed else content_of(keyring, row)
        field, mask = _MASKS[kind]
        return mask(value) if (value := content.get(field)) else ""
    origin = {} if TRACES in closed else origin_of(keyring, row)
    if kind is Kind.BROWSER:
        return mask_browser(origin)
    return mask_ip(ip) if (ip := origin.get("ip")) and kind is Kind.IP else ""
