"""Migrations: once, together, unchanged, with room for the months to come."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import asyncpg
import pytest

from relay.database import MigrationFailed, is_current, migrate, migrations
from relay.engines import Engines
from tests import schema
from tests.conftest import with_database
from tests.rig.users import logins_of

PARTITIONED = ("message", "sender_trace", "outbox", "attempt")


@pytest.fixture
async def empty(engines: Engines) -> AsyncIterator[str]:
    """An empty database."""
    name = "m_" + uuid.uuid4().hex[:12]
    connection = await asyncpg.connect(engines.database_url)
    await connection.execute(f"create database {name}")
    yield with_database(engines.database_url, name)
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


async def test_idempotent(empty: str) -> None:
    """A second run applies nothing and changes nothing."""
    names = [migration.name for migration in migrations()]
    assert await migrate(empty) == names
    assert await migrate(empty) == []


async def test_the_picture_is_true(empty: str) -> None:
    """sql/schema.sql shows what the migrations make; `make schema` writes it anew."""
    await migrate(empty, logins=logins_of(empty))
    connection = await asyncpg.connect(empty)
    assert schema.TARGET.read_text("utf-8") == await schema.picture(connection)
    await connection.close()


async def test_three_at_once(empty: str) -> None:
    """Of three migrators started together, each migration is applied by exactly one."""
    done = await asyncio.gather(*(migrate(empty) for _ in range(3)))
    assert sorted(name for names in done for name in names) == [m.name for m in migrations()]


async def test_a_changed_file_is_refused(empty: str) -> None:
    """A file changed after it was applied is named, and nothing of it is run."""
    await migrate(empty)
    first = replace(migrations()[0], source=migrations()[0].source + "\ndrop table site cascade;")
    with pytest.raises(MigrationFailed, match=first.name):
        await migrate(empty, todo=(first,))
    connection = await asyncpg.connect(empty)
    assert await connection.fetchval("select to_regclass('site')::text") == "site"
    await connection.close()


async def test_a_failed_migration_leaves_nothing(empty: str) -> None:
    """A migration that fails half-way is rolled back whole, and can be run again mended."""
    broken = replace(migrations()[0], source="create table half (); select 1/0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty, todo=(broken,))
    connection = await asyncpg.connect(empty)
    assert await connection.fetchval("select to_regclass('half')::text") is None
    assert not await is_current(connection)
    await connection.close()
    assert await migrate(empty)


async def test_partitions_ahead(database_url: str) -> None:
    """Partitions of this month, the next three and a default stand ready for every large table."""
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(
        "select parent.relname as parent, child.relname as child from pg_inherits"
        " join pg_class parent on parent.oid = inhparent"
        " join pg_class child on child.oid = inhrelid where parent.relkind = 'p'"
    )
    await connection.close()
    now = datetime.now(UTC)
    months = [divmod(now.year * 12 + now.month - 1 + ahead, 12) for ahead in range(4)]
    endings = {f"_{year:04}_{month + 1:02}" for year, month in months} | {"_default"}
    for parent in PARTITIONED:
        children = {row["child"] for row in rows if row["parent"] == parent}
        assert children == {parent + ending for ending in endings}
