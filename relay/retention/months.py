"""Whole months that go at once: no row of them is young, held or under way.

A month is taken from its tables in one short transaction, and is gone for everybody. What it
leaves behind is then deleted table by table, whenever that is, and counted as it goes.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

import structlog

from relay import checkpoints
from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.database.months import detach_month, drop_leaving
from relay.errors import Unavailable
from relay.policy.clock import over_before
from relay.retention.shelves import MONTHS, Month
from relay.retention.state import read_versions
from relay.sites import Site

MOST = 3  # months of a table in one run: more is a fault until somebody looked
FILES = 1000
# Rests, in times of what came before. Deleting a table's files keeps many disks from writing
# meanwhile (discard), so that everybody's commits wait: it must be rare among them.
REST, LONG_REST = 1.0, 20.0

Result = TypeVar("Result")
log = structlog.get_logger()


async def drop_months(
    context: Context, sites: Sequence[Site], times: Mapping[UUID, datetime]
) -> None:
    """Drop the months in which every row of every site is past its time."""
    for kind in MONTHS:
        for month in (await _months_over(context, kind, sites, times))[:MOST]:
            await _take(context, kind, month, times)
    async with context.database.connection() as connection:
        leaving = await rows_of(queries().leaving_tables(connection))
    for table in leaving:  # those of a run that was cut short, too
        try:
            await _drop(context, table)
        except Unavailable:
            raise
        except Exception:  # one that will not go is overdue until somebody looks; the rest goes
            log.exception("purge.table_left", table=table["name"])


async def _months_over(
    context: Context, kind: Month, sites: Sequence[Site], times: Mapping[UUID, datetime]
) -> list[Record]:
    async with context.database.connection() as connection:
        overs = [
            over_before(await read_versions(connection, site), kind.kept, times[site.site_id])
            for site in sites
        ]
        over = getattr(queries(), kind.over)
        ids = [site.site_id for site in sites]
        return await rows_of(over(connection, site_ids=ids, overs=overs))


async def _take(
    context: Context, kind: Month, month: Record, times: Mapping[UUID, datetime]
) -> None:
    """Take a month from its tables, so that nobody reads it any more."""
    span = {"first_id": month["first_id"], "end_id": month["end_id"]}
    may = partial(_may_go, times, span)
    async with context.database.connection() as connection:
        taken = await detach_month(connection, kind.tables, month["month"], may=may)
    event = "purge.month_taken" if taken else "purge.month_kept"
    log.info(event, month=str(month["month"]), tables=kind.tables)
    checkpoints.reached("purge.month")


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


async def _drop(context: Context, table: Record) -> None:
    """Delete what a table that was taken leaves behind: the files of its messages, then itself."""
    if table["parent"] == "message":
        span = {"first_id": table["first_id"], "end_id": table["end_id"]}
        delete = partial(queries().delete_leaving_files, most=FILES, **span)
        while await _step(context, delete, REST) == FILES:
            pass
    await _step(context, partial(drop_leaving, name=table["name"]), LONG_REST)
    log.info("purge.month_dropped", table=table["name"])


async def _step(
    context: Context, act: Callable[[Connection], Awaitable[Result]], rest: float
) -> Result:
    """Run *act* by itself, then rest *rest* times as long."""
    began = time.monotonic()
    async with context.database.connection() as connection:
        result = await act(connection)
    checkpoints.reached("purge.month")
    await asyncio.sleep((time.monotonic() - began) * rest)
    return result
