"""Takes whole months from partitioned tables, without making a writer wait for long."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import date

import asyncpg

from relay.database.terms import Connection

DETACH_TRIES = 4
DROP_TIMEOUT_S = 600.0  # counting and deleting a large month takes longer than a command may


async def detach_month(
    connection: Connection,
    tables: Sequence[str],
    month: date,
    *,
    may: Callable[[Connection], Awaitable[bool]],
) -> bool:
    """Take *month* from *tables* together, if *may* says so in the transaction.

    A writer that waits behind us waits two tenths of a second per table at most: then we step
    back and try again (F50).

    Returns:
        Whether it was taken; False also when other sessions kept the tables busy.
    """
    for attempt in range(1, DETACH_TRIES + 1):
        try:
            async with connection.transaction():
                if not await may(connection):
                    return False
                await connection.execute("set local lock_timeout = '200ms'")
                await connection.fetchval("select detach_month($1, $2)", list(tables), month)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            if attempt < DETACH_TRIES:
                await asyncio.sleep(attempt * (0.5 + random.random()))  # noqa: S311 (jitter)
        else:
            return True
    return False


async def drop_leaving(connection: Connection, name: str) -> None:
    """Count what a table of a month that was taken holds, for a report to tell, and drop it.

    Both or neither: cut short it is done again, and counted once.
    """
    await connection.execute("select drop_leaving($1)", name, timeout=DROP_TIMEOUT_S)
