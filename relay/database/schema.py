"""The migrations of ``sql/migrations`` and the months' partitions."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import asyncpg

from relay.database.roles import Login, grant_rights, make_login
from relay.database.terms import AGAIN, AWAY, COMMAND_TIMEOUT_S, READ_WRITE, SQL, Connection
from relay.errors import Unavailable

MIGRATION_LOCK = 0x52454C41  # "RELA": one migrator at a time
PARTITION_TRIES = 5


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


async def migrate(
    url: str, *, todo: tuple[Migration, ...] | None = None, logins: tuple[Login, ...] = ()
) -> list[str]:
    """Apply what is missing, each migration in its own transaction; several may run at once.

    Args:
        url: As whom: the owner of the tables.
        logins: Users as whom the processes work; they may not change the schema.

    Returns:
        The names of the migrations applied now.

    Raises:
        MigrationFailed: A file that was applied has changed since, the database is newer, or
            another session holds a table.
        Unavailable: No writable server can be reached, or it was lost.
    """
    async with _migrating(url) as connection:
        for login in logins:
            await make_login(connection, login)
        done = await _migrate(connection, migrations() if todo is None else todo)
        await grant_rights(connection, logins)
    return done


@asynccontextmanager
async def _migrating(url: str) -> AsyncIterator[Connection]:
    """Lend the one connection that migrates; what somebody can mend is said in a sentence."""
    connection: Connection | None = None
    try:
        connection = await asyncpg.connect(
            url, timeout=COMMAND_TIMEOUT_S, target_session_attrs=READ_WRITE
        )
        await connection.execute("select pg_advisory_lock($1)", MIGRATION_LOCK)
        yield connection
    except AGAIN:
        raise MigrationFailed(
            "Another session keeps a table locked; what was applied stays. Run it again."
        ) from None
    except asyncpg.InsufficientPrivilegeError:
        raise MigrationFailed(
            "The owner may not do this here. Where it may not make roles, have an administrator"
            " make the users of RELAY_DATABASE_URL and RELAY_PURGE_URL: see docs/operating.md."
        ) from None
    except AWAY:
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
    for attempt in range(1, PARTITION_TRIES):
        try:
            return await _make_partitions(connection, now)
        except asyncpg.LockNotAvailableError:
            await asyncio.sleep(attempt * (0.5 + random.random()))  # noqa: S311 (jitter)
    return await _make_partitions(connection, now)


async def _make_partitions(connection: Connection, now: datetime) -> int:
    async with connection.transaction():
        await connection.execute("set local lock_timeout = '500ms'")
        return int(await connection.fetchval("select ensure_partitions($1, 4)", now.date()))


async def is_current(connection: Connection) -> bool:
    """Tell whether every migration this code knows is applied."""
    found = await connection.fetchval("select to_regclass('migration')::text")
    if found is None:
        return False
    newest = await connection.fetchval("select max(number) from migration")
    return newest is not None and int(newest) >= migrations()[-1].number
