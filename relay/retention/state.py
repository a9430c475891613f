"""What is there: the versions a site was under, the oldest row of each class, what is overdue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from prometheus_client import Gauge

from relay.context import Context
from relay.database import Connection, queries, rows_of
from relay.policy import read_policy
from relay.policy.clock import Version, Window, over_before
from relay.retention.shelves import MONTHS, OLDEST, SHELVES, Shelf
from relay.sealing import FIRST_ID, first_id
from relay.sites import Site

oldest_personal = Gauge(
    "relay_oldest_personal_seconds", "Age of the oldest row of a class", ["site", "class"]
)


@dataclass(frozen=True, slots=True)
class Aged:
    """The oldest row of a class and the longest it may be kept; *since* is None for no row.

    A listing's age counts from its end. Rows under a hold are left out.
    """

    name: str
    since: datetime | None
    days_most: int

    def age_s(self, now: datetime) -> float:
        """Return its age in seconds; 0 for no row."""
        return max(0.0, (now - self.since).total_seconds()) if self.since else 0.0


async def read_versions(connection: Connection, site: Site) -> list[Version]:
    """Return every version a site was ever under, oldest first."""
    rows = await rows_of(queries().policy_versions(connection, site_id=site.site_id))
    return [Version(row["published_at"], read_policy(row["source"])) for row in rows]


async def read_oldest(connection: Connection, site: Site, as_of: datetime) -> list[Aged]:
    """Return the oldest row of each class."""
    versions = await read_versions(connection, site)
    found = []
    for name, (query, kept_of) in OLDEST.items():
        ask = getattr(queries(), query)
        since = await ask(connection, site_id=site.site_id, as_of=as_of)
        days = max(kept_of(version.policy).days_from_receipt for version in versions)
        found.append(Aged(name, since, days))
    return found


async def gauge_oldest(context: Context, site: Site) -> None:
    """Set the metric ``relay_oldest_personal_seconds`` of every class of a site."""
    now = context.clock()
    async with context.database.connection() as connection:
        for aged in await read_oldest(connection, site, now):
            oldest_personal.labels(site.slug, aged.name).set(aged.age_s(now))


@dataclass(frozen=True, slots=True)
class Due:
    """The rows of a shelf that are due in one window, at the time *as_of*."""

    shelf: Shelf
    window: Window
    as_of: datetime

    @property
    def start(self) -> UUID:
        """The id after which its rows are looked for."""
        return FIRST_ID if self.shelf.is_by_time else first_id(self.window.after)

    async def find(self, connection: Connection, site: Site, after: UUID, most: int) -> list[UUID]:
        """Return the ids of its next rows, in their order."""
        rows = await rows_of(
            getattr(queries(), self.shelf.due)(
                connection,
                site_id=site.site_id,
                after_id=after,
                before_id=first_id(self.window.before),
                after_at=self.window.after,
                before_at=self.window.before,
                ended_before=self.window.ended_before,
                as_of=self.as_of,
                most=most,
            )
        )
        return [row["id"] for row in rows]


def all_due(versions: Sequence[Version], as_of: datetime) -> list[Due]:
    """Return everything that is due at a time, in the order in which it goes."""
    return [
        Due(shelf, window, as_of)
        for shelf in SHELVES
        for window in shelf.spans(versions, shelf.kept, as_of)
    ]


async def find_overdue(
    connection: Connection, site: Site, as_of: datetime, grace: timedelta
) -> list[str]:
    """Return the classes in which a row is past its time by more than *grace*.

    A month that was taken from its tables counts until its files are gone.
    """
    versions = await read_versions(connection, site)
    found = {
        due.shelf.name
        for due in all_due(versions, as_of - grace)
        if await due.find(connection, site, due.start, 1)
    }
    for table in await rows_of(queries().leaving_tables(connection)):
        kind = next(kind for kind in MONTHS if table["parent"] in kind.tables)
        if table["end_id"] <= first_id(over_before(versions, kind.kept, as_of - grace)):
            found.add(kind.name)
    return sorted(found)
