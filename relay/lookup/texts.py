"""Marks of texts that are near the same: made after messages were accepted, by a worker.

A text joins the cluster it is likest to, and begins one when there is none. Only the sketch is
kept, made with a key of the site. Its purpose is security (CPCE L32-3 III): nothing else reads it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from relay.blocks import near_key
from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.lookup.keys import BAND_MOST
from relay.lookup.sealed import content_of
from relay.near import SAME, Sketch, likeness, sketch
from relay.sealing import FIRST_ID, first_id, id_time
from relay.sites import Site

BATCH = 200
LATE = timedelta(minutes=5)  # ids are made before they are committed, on doors with other clocks


@dataclass(slots=True)
class _Clusters:
    """Clusters known to a batch, those of the database and those it begins."""

    sketches: dict[UUID, bytes] = field(default_factory=dict)
    by_band: dict[bytes, set[UUID]] = field(default_factory=dict)
    begun: dict[UUID, Sketch] = field(default_factory=dict)

    def add(self, bands: Iterable[bytes], cluster_id: UUID, minima: bytes) -> None:
        self.sketches[cluster_id] = minima
        for band in bands:
            self.by_band.setdefault(band, set()).add(cluster_id)

    def place(self, message_id: UUID, text: Sketch) -> UUID:
        """Return the cluster of a text, a new one when none is near."""
        near = {one for band in text.bands for one in self.by_band.get(band, ())}
        likest = sorted((-likeness(text.minima, self.sketches[one]), one) for one in near)
        if likest and -likest[0][0] >= SAME:
            return likest[0][1]
        self.begun[message_id] = text
        self.add(text.bands, message_id, text.minima)
        return message_id


async def mark_texts(context: Context, site: Site, *, most: int = BATCH) -> int:
    """Mark the texts of new messages; return how many there were, *most* when more may wait.

    Safe to run at any time and twice at once; a text not marked yet is only not found yet.
    """
    async with context.database.connection() as connection, connection.transaction():
        if not await queries().lock_marks(connection, site_id=site.site_id):
            return 0
        last: UUID | None = await queries().last_mark(connection, site_id=site.site_id)
        first = first_id(id_time(last) - LATE) if last else FIRST_ID
        rows = await rows_of(
            queries().list_unmarked(connection, site_id=site.site_id, first_id=first, most=most)
        )
        if rows:
            await _mark(context, connection, site, rows)
    return len(rows)


async def _mark(context: Context, connection: Connection, site: Site, rows: list[Record]) -> None:
    key = near_key(site)
    texts = {
        row["message_id"]: _sketch(content_of(context.keyring, row).get("text"), key)
        for row in rows
    }
    clusters = await _known(connection, site, texts.values())
    marks = {message_id: clusters.place(message_id, text) for message_id, text in texts.items()}
    begun = clusters.begun
    await queries().add_clusters(
        connection,
        site_id=site.site_id,
        cluster_ids=list(begun),
        sketches=[text.minima for text in begun.values()],
    )
    bands = [(band, cluster_id) for cluster_id, text in begun.items() for band in text.bands]
    await queries().add_bands(
        connection,
        site_id=site.site_id,
        bands=[band for band, _ in bands],
        cluster_ids=[cluster_id for _, cluster_id in bands],
    )
    await queries().add_marks(
        connection,
        site_id=site.site_id,
        message_ids=list(marks),
        cluster_ids=list(marks.values()),
        shorts=[not texts[message_id].minima for message_id in marks],
    )


def _sketch(text: str | None, key: bytes) -> Sketch:
    """Return a text's sketch; one that was erased is like no other."""
    return sketch(text, key) if text else Sketch(b"", ())


async def _known(connection: Connection, site: Site, texts: Iterable[Sketch]) -> _Clusters:
    bands = sorted({band for text in texts for band in text.bands})
    rows = await rows_of(
        queries().find_clusters(connection, site_id=site.site_id, bands=bands, most=BAND_MOST)
    )
    clusters = _Clusters()
    for row in rows:
        clusters.add([row["band"]], row["cluster_id"], row["sketch"])
    return clusters


async def forget_texts(context: Context, site: Site, *, page: int = 1000) -> int:
    """Forget the marks of messages that are purged; return how many."""
    after, gone = FIRST_ID, 0
    while True:
        async with context.database.connection() as connection:
            rows = await rows_of(
                queries().page_marks(connection, site_id=site.site_id, after_id=after, most=page)
            )
            if not rows:
                return gone
            stale = [row["message_id"] for row in rows if not row["is_kept"]]
            if stale:
                await queries().forget_marks(connection, site_id=site.site_id, message_ids=stale)
        after, gone = rows[-1]["message_id"], gone + len(stale)
