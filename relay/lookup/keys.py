"""What is looked up, as the hashes the database knows it by."""

from dataclasses import dataclass
from uuid import UUID

from relay.blocks import near_key
from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.errors import Refused
from relay.looks import Look, record_look
from relay.marks import BAND_MOST
from relay.near import SAME, likeness, sketch
from relay.pasted import MOST_KEYS, Kind, Pasted
from relay.sites import Site

KEY_BYTES = 16  # of a keyed hash, and of an id


@dataclass(frozen=True, slots=True)
class Key:
    """What is looked up: never the value itself, so that it may stand in an address.

    Args:
        hashes: Keyed hashes of 16 bytes, or ids; none when nothing is known of it.
    """

    kind: Kind
    hashes: tuple[bytes, ...]

    @property
    def token(self) -> str:
        """Its name in the address of a page: ``phone.9f…``, the first sixteen of its hashes."""
        return ".".join([self.kind.value, *(one.hex() for one in self.hashes[:16])])


def read_token(token: str) -> Key:
    """Read what ``Key.token`` wrote.

    Raises:
        Refused: ``not_found``.
    """
    kind, *digits = token.split(".")
    try:
        hashes = tuple(bytes.fromhex(one) for one in digits[:MOST_KEYS])
        key = Key(Kind(kind), hashes)
    except ValueError:
        raise Refused("not_found") from None
    if not hashes or any(len(one) != KEY_BYTES for one in hashes):
        raise Refused("not_found")
    return key


async def find_key(context: Context, site: Site, pasted: Pasted, look: Look) -> Key:
    """Return the key of what was pasted; its look is written here, whatever is found.

    Raises:
        Unavailable: The database is away.
    """
    async with context.database.connection() as connection:
        await record_look(connection, look)
        return Key(pasted.kind, await _hashes(connection, site, pasted))


async def pivot(context: Context, site: Site, message_id: UUID, kind: Kind, look: Look) -> Key:
    """Return the key of one message: of its phone, mailbox, address, network, browser or text.

    Raises:
        Refused: ``not_found``: there is no such message, or it has no such key.
    """
    async with context.database.connection() as connection:
        await record_look(connection, look)
        rows = await rows_of(
            queries().read_keys(connection, site_id=site.site_id, message_ids=[message_id])
        )
    value = key_of(rows[0], kind) if rows else None
    if value is None:
        raise Refused("not_found")
    return Key(kind, (value,))


def key_of(row: Record, kind: Kind) -> bytes | None:
    """Return the key of a row of ``read_keys``; None when it has none of this kind."""
    if kind is Kind.TEXT:
        return row["cluster_id"].bytes if row["cluster_id"] else None
    value: bytes | None = row[COLUMNS[kind]]
    return value


async def near_clusters(connection: Connection, site: Site, text: str) -> list[tuple[float, UUID]]:
    """Return the clusters whose texts are near *text*, the likest first."""
    asked = sketch(text, near_key(site))
    rows = await rows_of(
        queries().find_clusters(
            connection, site_id=site.site_id, bands=list(asked.bands), most=BAND_MOST
        )
    )
    found = {row["cluster_id"]: likeness(asked.minima, row["sketch"]) for row in rows}
    near = [(like, cluster_id) for cluster_id, like in found.items() if like >= SAME]
    return sorted(near, key=lambda one: (-one[0], one[1]))


async def _hashes(connection: Connection, site: Site, pasted: Pasted) -> tuple[bytes, ...]:
    match pasted.kind:
        case Kind.MESSAGE:
            return (UUID(pasted.values[0]).bytes,)
        case Kind.LISTING:
            listing_id: UUID | None = await queries().find_listing(
                connection, site_id=site.site_id, ref=pasted.values[0]
            )
            return (listing_id.bytes,) if listing_id else ()
        case Kind.TEXT:
            near = await near_clusters(connection, site, pasted.values[0])
            return tuple(cluster_id.bytes for _, cluster_id in near)
        case _:
            return tuple(site.hash(pasted.kind.value, value) for value in pasted.values)


COLUMNS = {
    Kind.PHONE: "phone_hash",
    Kind.MAILBOX: "mailbox_hash",
    Kind.IP: "ip_hash",
    Kind.NETWORK: "net_hash",
    Kind.BROWSER: "browser_hash",
}
