"""Small paced transactions, each of them complete, until nothing more of a class is due."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

import structlog

from relay import checkpoints
from relay.context import Context
from relay.database import Connection, queries, rows_of
from relay.policy.clock import Version, due_windows
from relay.retention.shelves import FLEETING, SHELVES
from relay.retention.state import Due, all_due
from relay.sealing import FIRST_ID, first_id
from relay.sites import Site

BATCH = 1000
CEILING = 500_000  # rows of one class and site in one run: more is a fault until somebody looked
REST = 1.0  # of a batch's own time, between two batches

Tell = Callable[[str, str, int], None]
Counts = dict[str, int]
Result = TypeVar("Result")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How many rows at once, how many at most, and how long to rest between, in batch times."""

    batch: int = BATCH
    ceiling: int = CEILING
    rest: float = REST


@dataclass(slots=True)
class Run:
    """One run on one site: what it goes by, and what it did so far."""

    context: Context
    site: Site
    as_of: datetime
    pace: Pace
    tell: Tell
    counts: Counter[str] = field(default_factory=Counter)
    stopped: list[str] = field(default_factory=list)

    async def transact(self, act: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Run *act* in a transaction during which no hold is placed or lifted; rest afterwards."""
        began = time.monotonic()

        async def whole(connection: Connection) -> Result:
            async with connection.transaction():
                await queries().heed_holds(connection, site_id=self.site.site_id)
                return await act(connection)

        result = await self.context.database.run(whole)
        checkpoints.reached("purge.batch")
        await asyncio.sleep((time.monotonic() - began) * self.pace.rest)
        return result

    def took(self, name: str, rows: int, counts: Counts) -> None:
        """Note what a batch deleted: *rows* of a class, and all that hung on them by table."""
        self.counts.update(counts)
        self.tell(self.site.slug, name, rows)


async def clear_shelves(run: Run, versions: Sequence[Version]) -> None:
    """Delete everything that is due of a site; what waits for a class that stopped goes later."""
    await _end_mails(run, versions)
    taken: Counter[str] = Counter()
    for due in all_due(versions, run.as_of):
        name = due.shelf.name
        if due.shelf.after in run.stopped:
            continue
        taken[name] += await _clear(run, due, run.pace.ceiling - taken[name])


async def sweep_persons(run: Run) -> None:
    """Delete the persons nothing names any more, and with their rows their keys."""
    after = FIRST_ID
    while page := await _page_persons(run, after):
        counts = await run.transact(partial(_delete_persons, run, page))
        if counts:
            run.took("persons", counts["person"], counts)
        after = page[-1]


async def forget_fleeting(context: Context, now: datetime) -> None:
    """Delete what lives for hours or days only, of all sites."""
    for query, life in FLEETING:
        async with context.database.connection() as connection:
            await getattr(queries(), query)(connection, oldest=now - life)


async def _end_mails(run: Run, versions: Sequence[Version]) -> None:
    """End the mails under way whose message is past its time, so that no worker sends them."""
    for window in due_windows(versions, SHELVES[0].kept, run.as_of):
        ended = run.pace.batch
        while ended == run.pace.batch:
            ended = await run.transact(
                partial(
                    queries().end_mails,
                    site_id=run.site.site_id,
                    after_id=first_id(window.after),
                    before_id=first_id(window.before),
                    as_of=run.as_of,
                    most=run.pace.batch,
                )
            )


async def _clear(run: Run, due: Due, most: int) -> int:
    """Delete batch after batch of what is due, *most* rows at most; return how many."""
    taken, after = 0, due.start
    while taken < most:
        ids, counts = await run.transact(partial(_take, run, due, after))
        if counts:
            run.took(due.shelf.name, len(ids), counts)
        taken += len(ids)
        if len(ids) < run.pace.batch:
            return taken
        after = ids[-1]
    run.stopped.append(due.shelf.name)
    log.error("purge.ceiling", site=run.site.slug, shelf=due.shelf.name)
    return taken


async def _take(
    run: Run, due: Due, after: UUID, connection: Connection
) -> tuple[list[UUID], Counts]:
    ids = await due.find(connection, run.site, after, run.pace.batch)
    return ids, await _delete(connection, run.site, due.shelf.delete, ids)


async def _delete(connection: Connection, site: Site, query: str, ids: list[UUID]) -> Counts:
    if not ids:
        return {}
    return dict(await getattr(queries(), query)(connection, site_id=site.site_id, ids=ids))


async def _page_persons(run: Run, after: UUID) -> list[UUID]:
    async with run.context.database.connection() as connection:
        rows = await rows_of(
            queries().page_persons(
                connection, site_id=run.site.site_id, after_id=after, most=run.pace.batch
            )
        )
    return [row["id"] for row in rows]


async def _delete_persons(run: Run, page: list[UUID], connection: Connection) -> Counts:
    rows = await rows_of(
        queries().due_persons(connection, site_id=run.site.site_id, ids=page, as_of=run.as_of)
    )
    return await _delete(connection, run.site, "delete_persons", [row["id"] for row in rows])
