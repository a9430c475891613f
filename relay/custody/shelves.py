"""Where wrapped keys lie: one entry per table that has any."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from relay.context import Context
from relay.database import Connection, queries, rows_of
from relay.sealing import FIRST_ID

PAGE = 500


@dataclass(frozen=True, slots=True)
class Shelf:
    """One table with wrapped keys.

    Args:
        table: Its name, and what its keys are wrapped for (``person:<id>``).
        page, rewrap: Names of its queries in ``sql/queries/keys.sql``.
        is_by_site: Its rows belong to sites; else to the operator.
    """

    table: str
    page: str
    rewrap: str
    is_by_site: bool = True


SHELVES = (
    Shelf("site", "page_wrapped_sites", "rewrap_sites"),
    Shelf("staff", "page_wrapped_staff", "rewrap_staff", is_by_site=False),
    Shelf("person", "page_wrapped_persons", "rewrap_persons"),
    Shelf("data_request", "page_wrapped_requests", "rewrap_requests"),
)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """One wrapped key, as it lies there."""

    row_id: UUID
    value: bytes


@dataclass(frozen=True, slots=True)
class Stock:
    """The keys of one table, and of one site where it has any."""

    shelf: Shelf
    site_id: UUID | None

    def owner(self, row_id: UUID) -> str:
        """Return what a key is wrapped for."""
        return f"{self.shelf.table}:{row_id}"

    async def pages(self, context: Context) -> AsyncIterator[list[Wrapped]]:
        """Read the keys page by page, each on a connection of its own."""
        after = FIRST_ID
        while True:
            async with context.database.connection() as connection:
                ask = getattr(queries(), self.shelf.page)
                rows = await rows_of(ask(connection, after_id=after, most=PAGE, **self._scope))
            if not rows:
                return
            yield [Wrapped(row["id"], row["wrapped_key"]) for row in rows]
            after = rows[-1]["id"]

    async def replace(self, connection: Connection, keys: list[Wrapped], news: list[bytes]) -> int:
        """Put *news* in the place of *keys*, where those are still there; return how many were."""
        change = getattr(queries(), self.shelf.rewrap)
        return int(
            await change(
                connection,
                ids=[key.row_id for key in keys],
                olds=[key.value for key in keys],
                news=news,
                **self._scope,
            )
        )

    @property
    def _scope(self) -> dict[str, UUID]:
        return {"site_id": self.site_id} if self.site_id else {}


async def read_stocks(context: Context) -> list[Stock]:
    """Return every stock of keys there is: those of sites and staff before those of persons.

    The sites are asked of the database: one whose own key cannot be opened counts, too.
    """
    async with context.database.connection() as connection:
        sites = [row["site_id"] for row in await rows_of(queries().all_sites(connection))]
    return [
        Stock(shelf, site_id)
        for shelf in SHELVES
        for site_id in (sites if shelf.is_by_site else [None])
    ]
