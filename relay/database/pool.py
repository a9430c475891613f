"""The pool and the named queries of ``sql/queries``."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, TypeVar, cast

import aiosql
import asyncpg
import structlog
from aiosql.adapters.asyncpg import AsyncPGAdapter
from aiosql.types import AsyncDriverAdapterProtocol

from relay.database.terms import (
    AGAIN,
    AWAY,
    COMMAND_TIMEOUT_S,
    READ_WRITE,
    SQL,
    Connection,
    Record,
)
from relay.errors import Unavailable

KEEPALIVE_S = 30.0
TRIES = 3

PLAN_S = 5  # a plan serves many times, but not for long: it is made for the sizes of its moment

# Joins are done in the order they are written, row by row over primary keys: fresh or fast growing
# tables have no statistics to plan from, and plans made without were a thousand times too slow.
SESSION = {
    "lock_timeout": "2000",
    "join_collapse_limit": "1",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",  # such plans are thought dear: compiling one takes longer than running it
}

Result = TypeVar("Result")

log = structlog.get_logger()


class UniqueConflict(Exception):
    """Another transaction made the same row first: read again and retry."""


class _Driver(AsyncPGAdapter):
    """The library's, but for lists of rows.

    Before each statement the library looks through all names of a connection, whether it is a
    pool; that takes longer than sending the statement.
    """

    async def select(
        self, conn: Connection, query_name: str, sql: str, parameters: Any, _kind: Any = None
    ) -> AsyncIterator[Record]:
        """Yield the rows of a query."""
        in_order: Callable[[str, Any], Sequence[object]] = self.maybe_order_params
        for row in await conn.fetch(sql, *in_order(query_name, parameters)):
            yield row


@cache
def queries() -> Any:
    """Load the named queries once: ``rows_of(queries().claim(connection, …))``."""
    return aiosql.from_path(
        SQL / "queries", cast("Callable[..., AsyncDriverAdapterProtocol]", _Driver)
    )


async def rows_of(found: AsyncIterator[Record]) -> list[Record]:
    """Return every row of a named query that selects many."""
    return [row async for row in found]


class Database:
    """A pool that replaces dead connections and answers ``Unavailable`` in bounded time."""

    def __init__(self, url: str, *, size: int = 10, name: str = "relais") -> None:
        self._url = url
        self._session = SESSION | {"application_name": name}
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
            except AWAY:
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
                    max_cached_statement_lifetime=PLAN_S,
                    server_settings=self._session,
                    target_session_attrs=READ_WRITE,
                    reset=_keep_session,
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
        except AGAIN as error:
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
        except AWAY as error:
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
            except AGAIN as error:
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
        except AWAY:
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
        except AWAY:
            pass
        finally:
            connection.terminate()
        raise Unavailable


async def _keep_session(_connection: Connection) -> None:
    """Give a connection back without asking the server to reset it, as the pool would each time.

    Nothing lent leaves a trace to reset: settings are local to transactions, listening has a
    connection of its own, and the one lock of a session is let go by who took it. The pool still
    rolls an open transaction back.
    """


async def _within(seconds: float, event: asyncio.Event) -> bool:
    """Tell whether *event* happens within *seconds*."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
