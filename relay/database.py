"""PostgreSQL: the pool, the named queries of ``sql/queries`` and the migrations.

The only room that imports asyncpg. What can be expected of a database that restarts, fails
over or is full becomes ``Unavailable``; everything else is a fault of ours and is raised.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import aiosql
import asyncpg
import structlog

from relay.errors import Unavailable

SQL = Path(__file__).parent.parent / "sql"
COMMAND_TIMEOUT_S = 5.0
KEEPALIVE_S = 30.0
TRIES = 3
PARTITION_TRIES = 5
MIGRATION_LOCK = 0x52454C41  # "RELA": one migrator at a time

# Joins are done in the order they are written, row by row over primary keys, and planned once:
# fresh or fast growing tables have no statistics to plan from, and plans made without them, or
# while a table was small, were a thousand times too slow.
SESSION = {
    "application_name": "relais",
    "lock_timeout": "2000",
    "join_collapse_limit": "1",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
Record = asyncpg.Record
Result = TypeVar("Result")
READ_WRITE = asyncpg.connect_utils.SessionAttribute.read_write

# The statement changed nothing and may be run again at once.
_AGAIN = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
)
# The server cannot serve now, or the connection is gone; whether a commit was kept is unknown.
_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,  # only read-only servers answer; a protocol cut short
    asyncpg.InsufficientResourcesError,
    asyncpg.QueryCanceledError,
    asyncpg.PostgresSystemError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidPasswordError,
    asyncpg.InvalidCatalogNameError,
    ConnectionError,
    TimeoutError,
    OSError,
)

log = structlog.get_logger()


class UniqueConflict(Exception):
    """Another transaction made the same row first: read again and retry."""


@cache
def queries() -> Any:
    """Load the named queries once: ``rows_of(queries().claim(connection, …))``."""
    return aiosql.from_path(SQL / "queries", "asyncpg")


async def rows_of(found: AsyncIterator[Record]) -> list[Record]:
    """Return every row of a named query that selects many."""
    return [row async for row in found]


class Database:
    """A pool that replaces dead connections and answers ``Unavailable`` in bounded time."""

    def __init__(self, url: str, *, size: int = 10) -> None:
        self._url = url
        self._size = size
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def open(self, *, patience_s: float = 30.0) -> None:
        """Connect, trying again with growing pauses while the server starts or fails over.

        Raises:
            Unavailable: No writable server answered within *patience_s* seconds.
        """
        deadline = asyncio.get_running_loop().time() + patience_s
        pause_s = 0.05
        while True:
            try:
                await self._connect()
            except _AWAY:
                if asyncio.get_running_loop().time() + pause_s > deadline:
                    raise Unavailable from None
                await asyncio.sleep(pause_s * (0.5 + random.random()))  # noqa: S311 (jitter)
                pause_s = min(2.0, pause_s * 2)
            else:
                return

    async def _connect(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url,
                    min_size=1,
                    max_size=self._size,
                    timeout=COMMAND_TIMEOUT_S,
                    command_timeout=COMMAND_TIMEOUT_S,
                    max_inactive_connection_lifetime=600,
                    server_settings=SESSION,
                    target_session_attrs=READ_WRITE,
                )
            return self._pool

    async def close(self) -> None:
        """Close every connection, gracefully for five seconds, then at once."""
        if self._pool is None:
            return
        try:
            await asyncio.wait_for(self._pool.close(), 5)
        except TimeoutError:
            self._pool.terminate()
        self._pool = None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection, waiting at most the command timeout for one.

        Raises:
            Unavailable: None could be had, it was lost while it was lent, or the server asks to
                run the statements again (``run`` does).
            UniqueConflict: A unique row was already there.
        """
        try:
            async with self._lend() as connection:
                yield connection
        except _AGAIN as error:
            log.warning("database.again", fault=type(error).__name__)
            raise Unavailable from None

    @asynccontextmanager
    async def _lend(self) -> AsyncIterator[Connection]:
        try:
            pool = self._pool or await self._connect()
            async with pool.acquire(timeout=COMMAND_TIMEOUT_S) as connection:
                try:
                    yield connection
                except TimeoutError:
                    connection.terminate()  # silently dead: a polite end would wait once more
                    raise
        except asyncpg.UniqueViolationError:
            raise UniqueConflict from None
        except _AWAY as error:
            log.warning("database.away", fault=type(error).__name__)
            if self._pool and isinstance(error, asyncpg.ReadOnlySQLTransactionError):
                await self._pool.expire_connections()  # the wrong side of a failover
            raise Unavailable from None

    async def run(self, act: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Run *act* on a connection, again when the server asks to (serialization, deadlock).

        Raises:
            Unavailable: Three tries failed, or the server is away.
        """
        for attempt in range(TRIES):
            try:
                async with self._lend() as connection:
                    return await act(connection)
            except _AGAIN as error:
                log.warning("database.again", fault=type(error).__name__, attempt=attempt)
                await asyncio.sleep(0.02 * (1 + attempt) * (0.5 + random.random()))  # noqa: S311
        raise Unavailable

    async def listen(self, channel: str, heard: Callable[[], None]) -> None:
        """Call *heard* at every NOTIFY on *channel* until the connection is lost.

        Raises:
            Unavailable: The connection cannot be made or was lost.
        """
        try:
            connection = await asyncpg.connect(
                self._url,
                timeout=COMMAND_TIMEOUT_S,
                command_timeout=COMMAND_TIMEOUT_S,  # of the LISTEN and of each sign of life
                target_session_attrs=READ_WRITE,  # a standby never notifies
            )
        except _AWAY:
            raise Unavailable from None
        lost = asyncio.Event()

        def end(_connection: object) -> None:
            lost.set()

        try:
            connection.add_termination_listener(end)
            await connection.add_listener(channel, lambda *_: heard())
            heard()  # what came while nobody listened
            while not await _within(KEEPALIVE_S, lost):
                await connection.execute("select 1")  # a half-open connection says nothing
        except _AWAY:
            pass
        finally:
            connection.terminate()
        raise Unavailable


async def _within(seconds: float, event: asyncio.Event) -> bool:
    """Tell whether *event* happens within *seconds*."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was accepted and what has a state, counted at one moment."""

    accepted: dict[UUID, int]
    states: dict[tuple[UUID, str], int]

    def unaccounted(self) -> dict[UUID, int]:
        """Return by site how many accepted messages have no state: each must be 0."""
        left = dict(self.accepted)
        for (site_id, _), mails in self.states.items():
            left[site_id] = left.get(site_id, 0) - mails
        return left


async def count_ledger(connection: Connection) -> Ledger:
    """Count both sides of the ledger in one snapshot, so that traffic makes no difference."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute("set local enable_seqscan = on")  # every row is counted
        accepted = await rows_of(queries().count_accepted(connection))
        states = await rows_of(queries().count_states(connection))
    return Ledger(
        {row["site_id"]: row["messages"] for row in accepted},
        {(row["site_id"], row["state"]): row["mails"] for row in states},
    )


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file of ``sql/migrations``; *checksum* tells a file changed after the fact."""

    number: int
    name: str
    source: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, hexadecimal."""
        return sha256(self.source.encode()).hexdigest()


class MigrationFailed(Exception):
    """A migration cannot be applied; the message names the file and what to do."""


def migrations(folder: Path = SQL / "migrations") -> tuple[Migration, ...]:
    """Read the migrations in the order of their numbers."""
    return tuple(
        Migration(int(path.name[:4]), path.stem, path.read_text("utf-8"))
        for path in sorted(folder.glob("[0-9]*.sql"))
    )


async def migrate(url: str, *, todo: tuple[Migration, ...] | None = None) -> list[str]:
    """Apply what is missing, each migration in its own transaction; several may run at once.

    Returns:
        The names of the migrations applied now.

    Raises:
        MigrationFailed: A file that was applied has changed since, the database is newer, or
            another session holds a table.
        Unavailable: No writable server can be reached, or it was lost.
    """
    connection: Connection | None = None
    try:
        connection = await asyncpg.connect(
            url, timeout=COMMAND_TIMEOUT_S, target_session_attrs=READ_WRITE
        )
        await connection.execute("select pg_advisory_lock($1)", MIGRATION_LOCK)
        return await _migrate(connection, migrations() if todo is None else todo)
    except _AGAIN:
        raise MigrationFailed(
            "Another session keeps a table locked; what was applied stays. Run it again."
        ) from None
    except _AWAY:
        raise Unavailable from None
    finally:
        if connection:
            await connection.close()


async def _migrate(connection: Connection, todo: tuple[Migration, ...]) -> list[str]:
    applied = await _applied(connection)
    newest = max(migration.number for migration in (*migrations(), *todo))
    if max(applied, default=0) > newest:
        raise MigrationFailed(
            f"The database is newer than this program: it has migration {max(applied)}, and the"
            f" newest known here is {newest}. Run `relay migrate` of the newer version."
        )
    done = [one.name for one in todo if await _apply(connection, one, applied)]
    await make_partitions(connection, datetime.now(UTC))
    return done


async def _applied(connection: Connection) -> dict[int, str]:
    await connection.execute(
        "create table if not exists migration (number integer primary key, name text not null,"
        " checksum text not null, applied_at timestamptz not null default now())"
    )
    rows = await connection.fetch("select number, checksum from migration")
    return {row["number"]: row["checksum"] for row in rows}


async def _apply(connection: Connection, migration: Migration, applied: dict[int, str]) -> bool:
    known = applied.get(migration.number)
    if known == migration.checksum:
        return False
    if known is not None:
        raise MigrationFailed(
            f"{migration.name} was changed after it was applied here. Published migrations are"
            " never edited: restore the file and put the change into a new one."
        )
    async with connection.transaction():
        await connection.execute("set local lock_timeout = '2s'")
        await connection.execute(migration.source)
        await connection.execute(
            "insert into migration (number, name, checksum) values ($1, $2, $3)",
            migration.number,
            migration.name,
            migration.checksum,
        )
    return True


async def make_partitions(connection: Connection, now: datetime) -> int:
    """Make this month's and the next three months' partitions; return how many were new.

    A writer that waits behind us waits half a second at most: then we step back and try again.
    """
    for attempt in range(1, PARTITION_TRIES + 1):
        try:
            async with connection.transaction():
                await connection.execute("set local lock_timeout = '500ms'")
                return int(await connection.fetchval("select ensure_partitions($1, 4)", now.date()))
        except asyncpg.LockNotAvailableError:
            if attempt == PARTITION_TRIES:
                raise
            await asyncio.sleep(attempt * (0.5 + random.random()))  # noqa: S311 (jitter)
    raise AssertionError  # the last try returns or raises


async def is_current(connection: Connection) -> bool:
    """Tell whether every migration this code knows is applied."""
    found = await connection.fetchval("select to_regclass('migration')::text")
    if found is None:
        return False
    newest = await connection.fetchval("select max(number) from migration")
    return newest is not None and int(newest) >= migrations()[-1].number
