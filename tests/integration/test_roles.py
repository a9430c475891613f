"""The users of the database: none of the relay's processes may do more than its work."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from relay.context import open_context
from relay.database import DatabaseRole, Login, may_change_schema, migrate
from relay.engines import url_as
from relay.retention import purge
from relay.settings import Settings
from tests.integration.test_sql import NAMES, text_of
from tests.relays import Relay
from tests.rig.past import add_contacts, make_months
from tests.rig.users import logins_of, settings_as

DDL = (
    "create table mine (n integer)",
    "create temporary table mine (n integer)",
    "create function mine() returns integer language sql as 'select 1'",
    "alter table message add column mine text",
    "drop table sender_trace",
    "truncate person",
    "create index on message (language)",
    "alter table look disable trigger all",
    "alter table site_policy disable trigger policy_is_final",
    "create role mine superuser",
    "set role relais_looks",
    "set session_replication_role = replica",
)
OF_THE_PURGE = (
    "delete from message",
    "delete from person",
    "delete from sender_trace",
    "delete from data_request",
    "delete from request_proof",
    "delete from request_event",
    "update request_event set actor = ''",
    "delete from erasure_certificate",
    "update erasure_certificate set body = ''",
    "delete from erasure_log",
    "update erasure_log set erased_at = now()",
    "delete from objection",
    "delete from confirmation",
    "delete from rule_hit",
    "delete from site_event",
    "delete from key_rotation",
    "insert into purge_report select site_id, site_id, '', '' from site",
    "select detach_month(array['message'], '2020-01-01')",
    "select drop_leaving('leaving_message_2020_01')",
    "insert into unreported select site_id, 'message', 1 from site",
    "delete from unreported",
    "select ensure_partitions('2020-01-01', 1)",
)
OF_NOBODY = (
    "delete from site",
    "delete from site_policy",
    "update site_policy set source = ''",
    "delete from legal_hold",
    "delete from purge_report",
    "update purge_report set body = ''",
    "delete from look",
    "update look set reason = ''",
    "insert into migration values (9999, 'x', 'x')",
)
# Named queries that only workers and `relay purge` run.
PURGING = re.compile(
    r"(delete|forget|end_mails|end_conversations|destroy_keys|keep_clock|note_sweep|add_purge_report)\w*"
)


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A session of the user that serves."""
    await migrate(database_url)  # a copied database does not bring its own rights
    connection = await asyncpg.connect(url_as(database_url, DatabaseRole.APP.value))
    yield connection
    await connection.close()


@pytest.fixture
async def purger(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A session of the user that purges."""
    await migrate(database_url)
    connection = await asyncpg.connect(url_as(database_url, DatabaseRole.PURGE.value))
    yield connection
    await connection.close()


async def allowed(session: asyncpg.Connection, *statements: str) -> list[str]:
    """Return the statements that a session may run; none of them is kept."""
    found = []
    for statement in statements:
        change = session.transaction()
        await change.start()
        try:
            await session.execute(statement)
        except asyncpg.InsufficientPrivilegeError:
            pass
        else:
            found.append(statement)
        finally:
            await change.rollback()
    return found


async def test_a45_no_ddl_by_who_serves(app: asyncpg.Connection) -> None:
    """A45: the user that serves changes nothing of the schema, and becomes nobody else."""
    assert await allowed(app, *DDL) == []


async def test_a45_no_ddl_by_the_purge(purger: asyncpg.Connection) -> None:
    """A45: the user of the purge changes nothing of the schema, and becomes nobody else."""
    assert await allowed(purger, *DDL) == []


async def test_a45_nobody_rewrites_what_proves(
    app: asyncpg.Connection, purger: asyncpg.Connection
) -> None:
    """A45: sites, policies, holds, reports, looks and migrations are rewritten by neither user."""
    assert await allowed(app, *OF_NOBODY) + await allowed(purger, *OF_NOBODY) == []


async def test_a45_who_serves_deletes_nothing(app: asyncpg.Connection) -> None:
    """A45: what was accepted is deleted by the user of the purge, not by the one that serves."""
    assert await allowed(app, *OF_THE_PURGE) == []


async def test_the_schema_may_not_be_changed(
    app: asyncpg.Connection, purger: asyncpg.Connection
) -> None:
    """What `relay doctor` asks is true of the owner only."""
    assert [await may_change_schema(one) for one in (app, purger)] == [False, False]


async def test_who_serves_may_run_what_is_served(app: asyncpg.Connection) -> None:
    """A45: the user that serves may run every named query but those of the purge."""
    explained = {name: f"explain (generic_plan) {text_of(name)}" for name in NAMES}
    may = await allowed(app, *explained.values())
    refused = {name for name, statement in explained.items() if statement not in may}
    assert {name for name in refused if not PURGING.fullmatch(name)} == set()


async def test_the_purge_may_run_every_query(purger: asyncpg.Connection) -> None:
    """A45: the user of the purge may run every named query."""
    explained = [f"explain (generic_plan) {text_of(name)}" for name in NAMES]
    assert len(await allowed(purger, *explained)) == len(NAMES)


async def test_months_are_dropped_as_the_purge(relay: Relay, settings: Settings) -> None:
    """A45: the user of the purge drops a month that is over, without any right to other DDL."""
    old = datetime.now(UTC) - timedelta(days=500)
    [row] = await relay.fetch("select listing_id from listing")
    await make_months(relay, old, 1)
    await add_contacts(relay, [old] * 3, listing_id=row["listing_id"])
    async with open_context(settings_as(settings, DatabaseRole.PURGE)) as context:
        [purged] = await purge(context, [relay.site])
    assert purged.counts["message"] == 3
    name = f"message_{old:%Y_%m}"
    assert await relay.fetch("select 1 from pg_class where relname = $1", name) == []


async def test_what_is_leaving_is_out_of_reach(
    relay: Relay, app: asyncpg.Connection, purger: asyncpg.Connection, database_url: str
) -> None:
    """A45: a month that was taken away is read by neither user, not after a migration either."""
    old = datetime.now(UTC) - timedelta(days=500)
    await make_months(relay, old, 1)
    await relay.fetch("select detach_month(array['message'], $1)", old.date().replace(day=1))
    await migrate(database_url)
    read = f"select 1 from leaving_message_{old:%Y_%m}"
    assert await allowed(app, read) + await allowed(purger, read) == []


async def test_users_may_come_later(database_url: str) -> None:
    """A database first migrated with one URL gets its users when they are named."""
    owner = await asyncpg.connect(database_url)
    await owner.execute("alter role relais_app nologin password null")
    await migrate(database_url, logins=logins_of(database_url))
    await owner.close()
    connection = await asyncpg.connect(url_as(database_url, DatabaseRole.APP.value))
    assert not await may_change_schema(connection)
    await connection.close()


async def test_migrating_again_takes_nothing_away(database_url: str) -> None:
    """Rights are the same after another migration, and a login is not given a new password."""
    other = tuple(
        Login(one.role, one.url.replace("@", "wrong@")) for one in logins_of(database_url)
    )
    await migrate(database_url, logins=other)
    connection = await asyncpg.connect(url_as(database_url, DatabaseRole.APP.value))
    assert await connection.fetchval("select count(*) from message") == 0
    await connection.close()
