"""The purge of a site, and of all of them.

It may be killed anywhere and be started again anywhere: what a transaction deleted is gone with
all that hung on it, and the rest is found again.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from prometheus_client import Gauge

from relay.context import Context
from relay.database import Connection, queries, rows_of
from relay.retention.batches import (
    BATCH,
    Pace,
    Run,
    Tell,
    clear_shelves,
    forget_fleeting,
    sweep_persons,
)
from relay.retention.clocks import read_time
from relay.retention.months import drop_months
from relay.retention.reports import Purged, read_last_report, write_report
from relay.retention.state import all_due, gauge_oldest, read_oldest, read_versions
from relay.sites import Site

DAILY = timedelta(hours=20)

ceiling_reached = Gauge(
    "relay_purge_ceiling_reached", "Whether the last purge stopped at its ceiling", ["site"]
)
log = structlog.get_logger()


def _silent(_site: str, _class: str, _rows: int) -> None:
    """Tell nobody."""


async def purge(context: Context, sites: Sequence[Site], *, tell: Tell = _silent) -> list[Purged]:
    """Delete what is due of *sites*; a site that another purger works on is left to it.

    Args:
        tell: Hears of every batch: site, class, rows of that class.

    Raises:
        Exception: What kept a site from being purged, once all others were.
    """
    times: dict[UUID, datetime] = {}
    for site in sites:
        async with context.database.connection() as connection:
            times[site.site_id] = await read_time(context, connection, site)
    await _drop_months(context, sites, times)
    await forget_fleeting(context, min(times.values(), default=context.clock()))
    done, faults = [], []
    for site in sites:
        try:
            purged = await purge_site(Run(context, site, times[site.site_id], Pace(), tell))
            await gauge_oldest(context, site)
        except Exception as fault:
            log.exception("purge.site_left", site=site.slug)
            faults.append(fault)
        else:
            done += [purged] if purged else []
    if faults:
        raise faults[0]
    return done


async def _drop_months(
    context: Context, sites: Sequence[Site], times: dict[UUID, datetime]
) -> None:
    """Drop whole months; what cannot be dropped now goes row by row, or in the next run."""
    try:
        await drop_months(context, sites, times)
    except Exception:
        log.exception("purge.months_left")


async def purge_site(run: Run) -> Purged | None:
    """Delete what is due of one site; None when another purger is at it."""
    started_at = run.context.clock()
    async with _alone(run.context, run.site) as mine:
        if mine is None:
            return None
        await clear_shelves(run, await read_versions(mine, run.site))
        if await _is_sweep_due(run, mine):
            await sweep_persons(run)
            await queries().note_sweep(mine, site_id=run.site.site_id, swept_at=run.as_of)
        async with mine.transaction():
            purged = await _report(run, mine, started_at)
    ceiling_reached.labels(run.site.slug).set(bool(purged.stopped))
    log.info("purge.site", site=run.site.slug, **purged.counts)
    return purged


async def count_due(context: Context, site: Site) -> dict[str, int]:
    """Count by class what a purge now would delete, and delete nothing."""
    async with context.database.connection() as connection:
        as_of = await read_time(context, connection, site)
        versions = await read_versions(connection, site)
        counts: Counter[str] = Counter()
        for due in all_due(versions, as_of):
            after: UUID | None = due.start
            while after is not None:
                ids = await due.find(connection, site, after, BATCH)
                counts[due.shelf.name] += len(ids)
                after = ids[-1] if len(ids) == BATCH else None
    return dict(counts)


@asynccontextmanager
async def _alone(context: Context, site: Site) -> AsyncIterator[Connection | None]:
    """Lend the connection that keeps other purgers off a site; None when one is at work."""
    async with context.database.connection() as connection:
        if not await queries().start_purge(connection, site_id=site.site_id):
            yield None
            return
        try:
            yield connection
        finally:
            if not connection.is_closed():
                await queries().end_purge(connection, site_id=site.site_id)


async def _is_sweep_due(run: Run, connection: Connection) -> bool:
    """Tell whether the persons were not looked at for a day."""
    row = await queries().read_clock(connection, site_id=run.site.site_id)
    return row["swept_at"] is None or run.as_of - row["swept_at"] >= DAILY


async def _report(run: Run, connection: Connection, started_at: datetime) -> Purged:
    """Store a report when something went, and once a day in any case."""
    site = run.site
    for row in await rows_of(queries().delete_unreported(connection, site_id=site.site_id)):
        run.counts[row["name"]] += row["rows"]
    oldest = await read_oldest(connection, site, run.as_of)
    purged = Purged(
        site=site.slug,
        as_of=run.as_of,
        started_at=started_at,
        ended_at=run.context.clock(),
        counts={table: rows for table, rows in sorted(run.counts.items()) if rows},
        oldest={aged.name: aged.since for aged in oldest},
        stopped=tuple(dict.fromkeys(run.stopped)),
    )
    last = await read_last_report(run.context, connection, site)
    if purged.counts or last is None or purged.ended_at - last.ended_at >= DAILY:
        await write_report(run.context, connection, site, purged)
    return purged
