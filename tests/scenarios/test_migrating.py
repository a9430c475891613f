"""Migrations that are cut off, that meet a busy table, that run while an older version serves."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from relay.database import Migration, MigrationFailed, is_current, migrate, migrations
from relay.errors import Unavailable
from tests.integration.test_migrations import empty
from tests.relays import Relay, until
from tests.rig.serving import Door, serving, without_limits

__all__ = ["empty"]  # a fixture

# Ends the migrating session after its n-th change to the schema, as a kill would.
CUT = """
create schema rig;
create table rig.cut (at integer not null);
insert into rig.cut values (0);
create sequence rig.seen;
create function rig.cut_off() returns event_trigger language plpgsql security definer as $$
begin
    if nextval('rig.seen') = (select at from rig.cut) then
        perform pg_terminate_backend(pg_backend_pid());
    end if;
end $$;
create event trigger cut_off on ddl_command_end execute function rig.cut_off();
"""
SHAPE = """
select relname, attname, format_type(atttypid, atttypmod) as kind, attnotnull, relacl::text
from pg_attribute join pg_class on pg_class.oid = attrelid
where relnamespace = 'public'::regnamespace and attnum > 0 and not attisdropped
order by relname, attnum
"""
NEXT = Migration(
    9999,
    "9999_next",
    "alter table message add column later text; create table later (site_id uuid primary key);"
    " create index on sender_trace (site_id, received_at);",
)


async def shape(url: str) -> list[tuple[object, ...]]:
    """Return every column of a database with the rights on its table."""
    connection = await asyncpg.connect(url)
    rows = [tuple(row) for row in await connection.fetch(SHAPE)]
    await connection.close()
    return rows


async def newest_of(connection: asyncpg.Connection) -> int:
    """Return the number of the last migration that was kept."""
    if not await connection.fetchval("select to_regclass('migration') is not null"):
        return 0
    return await connection.fetchval("select coalesce(max(number), 0) from migration")


@pytest.mark.timeout(300)
async def test_f51_cut_off_at_every_statement(empty: str, database_url: str) -> None:
    """F51: a migration cut off after any statement leaves nothing of it; the next run ends it."""
    rig = await asyncpg.connect(empty)
    await rig.execute(CUT)
    last, at, cuts, kept = migrations()[-1].number, 0, 0, 0
    while True:
        newest = await newest_of(rig)
        at = 1 if newest != kept else at + (10 if newest == last else 1)
        kept = newest
        await rig.execute("select setval('rig.seen', 1, false)")
        await rig.execute("update rig.cut set at = $1", at)
        try:
            await migrate(empty)
        except Unavailable:
            cuts += 1
        else:
            break
    assert cuts > 50
    assert await is_current(rig)
    await rig.execute("drop event trigger cut_off; drop schema rig cascade")
    await rig.close()
    await migrate(database_url)
    assert await shape(empty) == await shape(database_url)


@asynccontextmanager
async def posting(door: Door) -> AsyncIterator[list[tuple[int, float]]]:
    """Post contacts one after another; gives their statuses and how long each took."""
    answers: list[tuple[int, float]] = []

    async def post() -> None:
        for number in range(10_000):
            began = time.monotonic()
            status, _ = await door.post(
                email=f"lea{number}@acheteuse.example", message=f"Bonjour, essai {number}."
            )
            answers.append((status, time.monotonic() - began))

    task = asyncio.create_task(post())
    try:
        yield answers
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_f51_two_versions_at_once(relay: Relay, database_url: str, tmp_path: Path) -> None:
    """F51: while and after a later version migrates, this one accepts everything."""
    await without_limits(relay)
    async with serving(relay, tmp_path / "serve.log") as door, posting(door) as answers:
        await _while(answers, 5)
        await migrate(database_url, todo=(*migrations(), NEXT))
        await _while(answers, 10)
        async with door.http.get(f"{door.url}/readyz") as ready:
            assert ready.status == 200
    assert {status for status, _ in answers} == {202}


async def test_f51_a_busy_table_stops_the_migration_not_the_senders(
    relay: Relay, database_url: str, tmp_path: Path
) -> None:
    """F51: behind a long reader a migration gives up after two seconds, and leaves nothing; senders
    wait that long at most, and lose nothing.
    """
    await without_limits(relay)
    reader = await asyncpg.connect(database_url)
    reading = reader.transaction()
    await reading.start()
    await reader.fetch("select 1 from message")
    async with serving(relay, tmp_path / "serve.log") as door, posting(door) as answers:
        await _while(answers, 3)
        with pytest.raises(MigrationFailed, match="Another session"):
            await migrate(database_url, todo=(*migrations(), NEXT))
        await _while(answers, len(answers) + 3)
        await reading.rollback()
        assert await migrate(database_url, todo=(*migrations(), NEXT)) == [NEXT.name]
    await reader.close()
    assert {status for status, _ in answers} <= {202, 503}
    assert [status for status, _ in answers][-1] == 202


async def _while(answers: list[tuple[int, float]], count: int) -> None:
    """Wait until there are so many answers."""

    async def are_there() -> bool:
        return len(answers) >= count

    await until(are_there, 60)
