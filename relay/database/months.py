"""Drops whole months of partitioned tables, without making a writer wait for long."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date

import asyncpg

from relay.database.terms import Connection

DROP_TRIES = 4
DROP_TIMEOUT_S = 30.0
COMMIT_TIMEOUT_S = 600.0


async def drop_month(
    connection: Connection,
    tables: Sequence[str],
    month: date,
    *,
    may: Callable[[Connection], Awaitable[bool]],
) -> bool:
    """Drop the partitions of *month* of *tables* together, if *may* says so in the transaction.

    A writer that waits behind us waits two tenths of a second per table at most: then we step
    back and try again (F50).

    Returns:
        Whether they were dropped; False also when other sessions kept the tables busy.
    """
    for attempt in range(1, DROP_TRIES + 1):
        try:
            async with _transaction(connection):
                if not await may(connection):
                    return False
                await connection.execute("set local lock_timeout = '200ms'")
                await connection.fetchval(
                    "select drop_month($1, $2)", list(tables), month, timeout=DROP_TIMEOUT_S
                )
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            if attempt < DROP_TRIES:
                await asyncio.sleep(attempt * (0.5 + random.random()))  # noqa: S311 (jitter)
        else:
            return True
    return False


@asynccontextmanager
async def _transaction(connection: Connection) -> AsyncIterator[None]:
    """A transaction whose end may take long: files of a large month are deleted by its commit.

    No lock is held any more by then, so nobody waits with us.
    """
    await connection.execute("begin")
    try:
        yield
    except BaseException:
        if not connection.is_closed():
            await connection.execute("rollback")
        raise
    await connection.execute("commit", timeout=COMMIT_TIMEOUT_S)
