"""What the rooms of the database share: its types, its limits, and its faults."""

from pathlib import Path

import asyncpg

SQL = Path(__file__).parents[2] / "sql"
COMMAND_TIMEOUT_S = 5.0
READ_WRITE = asyncpg.connect_utils.SessionAttribute.read_write

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
Record = asyncpg.Record

# The statement changed nothing and may be run again at once.
AGAIN = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
)
# The server cannot serve now, or the connection is gone; whether a commit was kept is unknown.
AWAY = (
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
