"""Which live blocks a message meets: asked where messages are accepted, for a whole batch at once.

One query probes an index for each key; a second one is sent only for sites that block texts.
What follows is a score, a hold, or of who is suspended a refusal they were told of; never a
silent drop.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from relay.database import Connection, Record, queries, rows_of
from relay.near import SAME, bands, likeness, sketch
from relay.sites import Site

BLOCK_POINTS = 3  # of the score of a message that meets a block
ANY_TEXT = b"text"  # a key of every block of texts: says that a site has some


@dataclass(frozen=True, slots=True)
class Arriving:
    """The keys of one message on its way in.

    Args:
        hashes: Of phone, mailbox, address and network, as they are stored.
    """

    site: Site
    hashes: tuple[bytes, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A block that a message meets; *effect* is ``score``, ``hold`` or ``refuse``."""

    block_id: UUID
    kind: str
    effect: str


async def find_blocked(connection: Connection, asked: Sequence[Arriving]) -> list[tuple[Hit, ...]]:
    """Return, for each message, the blocks that it meets."""
    plain = [(one.site.site_id, value) for one in asked for value in one.hashes]
    signs = [(site_id, ANY_TEXT) for site_id in {one.site.site_id for one in asked}]
    rows = await _find(connection, {*plain, *signs})
    with_texts = {site_id for site_id, value in rows if value == ANY_TEXT}
    texts = await _find_texts(connection, [one for one in asked if one.site.site_id in with_texts])
    found = []
    for one in asked:
        met = [row for value in one.hashes for row in rows.get((one.site.site_id, value), ())]
        met += texts.get(id(one), [])
        hits = {row["block_id"]: Hit(row["block_id"], row["kind"], row["effect"]) for row in met}
        found.append(tuple(hits.values()))
    return found


def holds(hits: Sequence[Hit]) -> bool:
    """Tell whether a message that meets these blocks waits for a person."""
    return any(hit.effect in ("hold", "refuse") for hit in hits)


def refuses(hits: Sequence[Hit]) -> bool:
    """Tell whether a message that meets these blocks is of somebody who is suspended."""
    return any(hit.effect == "refuse" for hit in hits)


def signals_of(hits: Sequence[Hit]) -> list[str]:
    """Return the signals that blocks add to a score."""
    return sorted({f"blocked_{hit.kind}" for hit in hits})


def near_key(site: Site) -> bytes:
    """Return the key of the site's text sketches."""
    return site.hash("near", "texts")


async def _find(
    connection: Connection, keys: set[tuple[UUID, bytes]]
) -> dict[tuple[UUID, bytes], list[Record]]:
    rows = await rows_of(
        queries().find_blocks(
            connection,
            site_ids=[site_id for site_id, _ in keys],
            key_hashes=[value for _, value in keys],
        )
    )
    found: dict[tuple[UUID, bytes], list[Record]] = {}
    for row in rows:
        found.setdefault((row["site_id"], row["key_hash"]), []).append(row)
    return found


async def _find_texts(connection: Connection, asked: Sequence[Arriving]) -> dict[int, list[Record]]:
    """Return the blocks of texts near those asked for, by the identity of who asks."""
    if not asked:
        return {}
    by_asked = {id(one): bands(one.text, near_key(one.site)) for one in asked}
    keys = {(one.site.site_id, band) for one in asked for band in by_asked[id(one)]}
    rows = await _find(connection, keys)
    met = {
        id(one): [
            row for band in by_asked[id(one)] for row in rows.get((one.site.site_id, band), ())
        ]
        for one in asked
    }
    return {id(one): _near(one, met[id(one)]) for one in asked if met[id(one)]}


def _near(asked: Arriving, met: Sequence[Record]) -> list[Record]:
    """Return those of some blocks whose text is really near: a band is shared by chance, too."""
    minima = sketch(asked.text, near_key(asked.site)).minima
    return [row for row in met if likeness(minima, row["sketch"]) >= SAME]
