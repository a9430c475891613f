"""Whole months that go at once: no row of them is young, held or under way."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.database.months import drop_month
from relay.policy.clock import over_before
from relay.retention.shelves import MONTHS, Month
from relay.retention.state import read_versions
from relay.sites import Site

MOST = 3  # months of a table in one run: more is a fault until somebody looked
FILES = 1000
COUNT_TIMEOUT_S = 600.0

Dropped = dict[UUID, Counter[str]]
log = structlog.get_logger()


async def drop_months(
    context: Context, sites: Sequence[Site], times: Mapping[UUID, datetime]
) -> Dropped:
    """Drop the months in which every row of every site is past its time.

    Returns:
        The rows that went, by site and table.
    """
    dropped: Dropped = {site.site_id: Counter() for site in sites}
    for kind in MONTHS:
        async with context.database.connection() as connection:
            overs = [
                over_before(await read_versions(connection, site), kind.kept, times[site.site_id])
                for site in sites
            ]
            ids = [site.site_id for site in sites]
            over = getattr(queries(), kind.over)
            months = await rows_of(over(connection, site_ids=ids, overs=overs))
        for month in months[:MOST]:
            await _drop(context, kind, month, times, dropped)
    return dropped


async def _drop(
    context: Context,
    kind: Month,
    month: Record,
    times: Mapping[UUID, datetime],
    dropped: Dropped,
) -> None:
    """Count a month, empty what hangs on it, and drop it."""
    span = {"first_id": month["first_id"], "end_id": month["end_id"]}
    may = partial(_may_go, times, span)
    async with context.database.connection() as connection:
        async with connection.transaction():
            if not await may(connection):
                return
        counts = await _count(connection, kind, span)
        if kind.has_files:
            for site_id in times:
                dropped[site_id]["message_file"] += await _delete_files(connection, site_id, span)
        if await drop_month(connection, kind.tables, month["month"], may=may):
            for site_id, rows in counts.items():
                dropped[site_id][kind.tables[0]] += rows
            log.info("purge.month_dropped", month=str(month["month"]), tables=kind.tables)
        else:
            log.warning("purge.month_busy", month=str(month["month"]), tables=kind.tables)


async def _may_go(
    times: Mapping[UUID, datetime], span: Mapping[str, UUID], connection: Connection
) -> bool:
    """Tell whether no hold keeps a row of the month and no mail of it is under way."""
    ids = sorted(times)
    for site_id in ids:
        await queries().heed_holds(connection, site_id=site_id)
    is_held = await queries().is_month_held(
        connection, site_ids=ids, as_of=min(times.values()), **span
    )
    return not is_held and not await queries().is_month_live(connection, site_ids=ids, **span)


async def _count(connection: Connection, kind: Month, span: Mapping[str, UUID]) -> dict[UUID, int]:
    """Count the rows of a month by site, reading it whole."""
    async with connection.transaction(readonly=True):
        await connection.execute("set local enable_seqscan = on")
        # One core is enough for what nobody waits for.
        await connection.execute("set local max_parallel_workers_per_gather = 0")
        sql = getattr(queries(), kind.count).sql  # a whole month takes longer than a command may
        rows = await connection.fetch(
            sql, span["first_id"], span["end_id"], timeout=COUNT_TIMEOUT_S
        )
    return {row["site_id"]: row["found"] for row in rows}


async def _delete_files(connection: Connection, site_id: UUID, span: Mapping[str, UUID]) -> int:
    total, gone = 0, FILES
    while gone == FILES:
        gone = await queries().delete_month_files(connection, site_id=site_id, most=FILES, **span)
        total += gone
    return total
