"""Marks of texts: which of them are near the same, and stand together in a cluster.

A text joins the cluster it is likest to, and begins one when there is none. Only its sketch is
kept, made with a key of the site. Its purpose is security (CPCE L32-3 III): nothing else reads it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from relay.blocks import near_key
from relay.database import Connection, queries, rows_of
from relay.near import SAME, Sketch, likeness, sketch
from relay.sites import Site

BAND_MOST = 40  # clusters of one band


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

    def likest(self, text: Sketch) -> UUID | None:
        """Return the cluster of a text; a band is shared by chance, too."""
        near = {one for band in text.bands for one in self.by_band.get(band, ())}
        ranked = sorted((-likeness(text.minima, self.sketches[one]), one) for one in near)
        return ranked[0][1] if ranked and -ranked[0][0] >= SAME else None

    def place(self, message_id: UUID, text: Sketch) -> UUID:
        """Return the cluster of a text, a new one when none is near."""
        known = self.likest(text)
        if known is None:
            self.begun[message_id] = text
            self.add(text.bands, message_id, text.minima)
        return known or message_id


def sketch_of(site: Site, text: str | None) -> Sketch:
    """Return a text's sketch under the site's key; one that was erased is like no other."""
    return sketch(text, near_key(site)) if text else Sketch(b"", ())


async def mark(
    connection: Connection,
    site: Site,
    sketches: Mapping[UUID, Sketch],
    *,
    unmarked: Collection[UUID] = (),
) -> dict[UUID, UUID | None]:
    """Mark the texts of messages; return the cluster of each.

    To be called under the lock of the site's marks (``wait_marks``, ``lock_marks``), in its
    transaction: two who mark at once would begin two clusters of one text.

    Args:
        sketches: By message (``sketch_of``).
        unmarked: Of these the cluster is only looked up, None when there is none: their sender
            objected to being kept here (GDPR 21).
    """
    clusters = await _known(connection, site, sketches.values())
    marks = {one: clusters.place(one, sketches[one]) for one in sketches if one not in unmarked}
    await _write(connection, site, clusters.begun)
    await queries().add_marks(
        connection,
        site_id=site.site_id,
        message_ids=list(marks),
        cluster_ids=list(marks.values()),
        shorts=[not sketches[one].minima for one in marks],
    )
    return {**marks, **{one: clusters.likest(sketches[one]) for one in unmarked}}


async def _write(connection: Connection, site: Site, begun: Mapping[UUID, Sketch]) -> None:
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


async def _known(connection: Connection, site: Site, texts: Iterable[Sketch]) -> _Clusters:
    bands = sorted({band for text in texts for band in text.bands})
    rows = await rows_of(
        queries().find_clusters(connection, site_id=site.site_id, bands=bands, most=BAND_MOST)
    )
    clusters = _Clusters()
    for row in rows:
        clusters.add([row["band"]], row["cluster_id"], row["sketch"])
    return clusters
