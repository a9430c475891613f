"""The log of looks: written before, only added to, and every change behind its back is found."""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest

from relay import looks
from relay.database import migrate
from relay.engines import Engines
from relay.looks import ACTIONS, Look, Verdict, record_look, verify
from relay.sealing import new_id
from tests.relays import Relay
from tests.rig.commands import relay as command
from tests.rig.serving import environment


async def staff_of(relay: Relay) -> UUID:
    """Add somebody who looks."""
    staff_id = new_id(relay.context.clock())
    await relay.fetch(
        "insert into staff (staff_id, name, wrapped_key) values ($1, $2, '')",
        staff_id,
        f"lea{staff_id.hex[-8:]}",
    )
    return staff_id


async def look_at(relay: Relay, *subjects: str, age: timedelta = timedelta()) -> UUID:
    """Write one look for each subject."""
    staff_id = await staff_of(relay)
    at = relay.context.clock() - age
    async with relay.context.database.connection() as connection:
        for subject in subjects:
            look = Look(relay.site.site_id, staff_id, "open", subject, "dossier n° 12 : é", at)
            await record_look(connection, look)
    return staff_id


async def behind_its_back(relay: Relay, statement: str) -> None:
    """Change the log as the owner of the whole server could."""
    async with relay.context.database.connection() as connection, connection.transaction():
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(statement)


async def check(relay: Relay) -> Verdict:
    """Check the site's chain."""
    return await verify(relay.context, relay.site)


async def test_a_whole_chain_has_no_fault(relay: Relay) -> None:
    """Looks of several pages follow each other without a fault."""
    await look_at(relay, *(f"msg_{n}" for n in range(looks.PAGE_ROWS + 5)))
    verdict = await check(relay)
    assert (verdict.looks, verdict.faults) == (looks.PAGE_ROWS + 5, ())


async def test_no_look_is_no_fault(relay: Relay) -> None:
    """A site at which nobody looked has an empty chain."""
    assert await check(relay) == Verdict(0, "", ())


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ("update look set reason = 'autre' where number = 2", ("2:altered",)),
        ("update look set at = at + interval '1 microsecond' where number = 3", ("3:altered",)),
        ("update look set digest = sha256('') where number = 2", ("2:altered", "3:broken")),
        ("delete from look where number = 2", ("2:missing",)),
        ("delete from look where number = 1", ("1:missing",)),
        ("delete from look where number = 3", ("3:missing",)),
        ("delete from look", ("1:missing",)),
        ("update look_chain set last_number = 2", ("3:unknown",)),
    ],
)
async def test_every_change_is_found(relay: Relay, change: str, faults: tuple[str, ...]) -> None:
    """A row that was altered, removed or added without its chain is named."""
    await look_at(relay, "msg_1", "msg_2", "msg_3")
    await behind_its_back(relay, change)
    assert (await check(relay)).faults == faults


@pytest.mark.parametrize(
    "change",
    [
        "update look set reason = ''",
        "delete from look",
        "truncate look",
        "update look_chain set last_number = 0",
        "delete from look_chain",
        "truncate look_chain",
    ],
)
async def test_the_database_refuses_changes(relay: Relay, change: str) -> None:
    """No statement of the relay's own role changes or removes a look."""
    await look_at(relay, "msg_1")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await relay.fetch(change)


async def test_the_log_has_an_owner_of_its_own(relay: Relay) -> None:
    """The table and the functions that write it belong to a role nobody logs in with."""
    rows = await relay.fetch(
        "select rolname, rolcanlogin from pg_class join pg_roles on pg_roles.oid = relowner"
        " where relname in ('look', 'look_chain')"
    )
    assert [tuple(row) for row in rows] == [("relais_looks", False)] * 2


async def test_a_look_outlives_a_failed_reading(relay: Relay) -> None:
    """What was about to be read is logged, though the reading then fails."""
    await look_at(relay, "msg_1")
    with pytest.raises(ZeroDivisionError):
        async with relay.context.database.connection() as connection:
            await record_look(
                connection,
                Look(
                    relay.site.site_id,
                    await staff_of(relay),
                    "open",
                    "msg_2",
                    "",
                    relay.context.clock(),
                ),
            )
            raise ZeroDivisionError
    assert (await check(relay)).looks == 2


async def test_no_look_within_a_transaction(relay: Relay) -> None:
    """A look that a rollback could take back is refused; an act may share its transaction."""
    staff_id = await staff_of(relay)
    async with relay.context.database.connection() as connection, connection.transaction():
        for action in ACTIONS[:-1]:
            with pytest.raises(RuntimeError):
                await record_look(
                    connection,
                    Look(relay.site.site_id, staff_id, action, "x", "", relay.context.clock()),
                )
        await record_look(
            connection, Look(relay.site.site_id, staff_id, "act", "x", "", relay.context.clock())
        )
    assert (await check(relay)).looks == 1


async def test_old_looks_go_from_the_front(relay: Relay) -> None:
    """After twelve months looks are deleted, and what is left is still a whole chain."""
    await look_at(relay, "msg_1", "msg_2", age=timedelta(days=370))
    await look_at(relay, "msg_3")
    [gone] = await relay.fetch("select forget_looks($1)", relay.site.site_id)
    assert gone[0] == 2
    assert (await check(relay)).faults == ()


async def test_the_command_finds_what_was_changed(relay: Relay) -> None:
    """`relay audit verify` ends with 0 on a whole chain, and with 1 on one that was changed."""
    await look_at(relay, "msg_1", "msg_2")
    env = environment(relay.context.settings)
    code, output, errors = await command(env, "audit", "verify", "--json")
    assert (code, json.loads(output)["sites"]["demo"]["faults"]) == (0, []), errors
    await behind_its_back(relay, "update look set subject = 'msg_9' where number = 1")
    code, output, _ = await command(env, "audit", "verify", "--json")
    assert (code, json.loads(output)["sites"]["demo"]["faults"]) == (1, ["1:altered"])


async def test_the_command_tells_of_triggers_switched_off(relay: Relay) -> None:
    """`relay audit verify` ends with 1 while the database would let a look be changed."""
    await relay.fetch("alter table look disable trigger look_is_final")
    code, output, _ = await command(environment(relay.context.settings), "audit", "verify")
    assert (code, "switched off" in output) == (1, True)


@asynccontextmanager
async def owned(engines: Engines, *rights: str) -> AsyncIterator[asyncpg.Connection]:
    """A migrated database whose owner is a role with these rights only; connected as it."""
    name = "role_" + uuid.uuid4().hex[:12]
    parts = urlsplit(engines.database_url)
    chief = await asyncpg.connect(engines.database_url)
    await chief.execute(f"create role {name} login password 'x'")
    await chief.execute(f"create database {name} owner {name}")
    for right in rights:
        await chief.execute(right.format(name))
    url = f"postgresql://{name}:x@{parts.hostname}:{parts.port}/{name}"
    await migrate(url)
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()
    await chief.execute(f"drop database {name} with (force)")
    await chief.execute(f"drop role {name}")
    await chief.close()


@pytest.mark.usefixtures("template")
async def test_a_role_without_rights_keeps_the_triggers(engines: Engines) -> None:
    """Where the relay may not make roles, it migrates all the same, and the triggers refuse."""
    async with owned(engines) as connection:
        own = "select tableowner = current_user from pg_tables where tablename = 'look'"
        assert await connection.fetchval(own)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("truncate look")


@pytest.mark.usefixtures("template")
async def test_a_role_that_makes_roles_gives_the_log_away(engines: Engines) -> None:
    """Where the relay may make roles without ruling the server, it keeps no right to change it."""
    may_make = "grant relais_looks to {} with admin true, inherit false, set false"
    async with owned(engines, "alter role {} createrole", may_make) as connection:
        rights = await connection.fetchrow(
            "select has_table_privilege('look', 'select'), has_table_privilege('look', 'insert'),"
            " has_table_privilege('look', 'update'), has_table_privilege('look', 'delete')"
        )
        site_id, staff_id = uuid.uuid4(), uuid.uuid4()
        site = "insert into site (site_id, slug, mode, wrapped_key, policy_version, origins)"
        await connection.execute(f"{site} values ($1, 'demo', 'test', '', 1, '{{}}')", site_id)
        staff = "insert into staff (staff_id, name, wrapped_key) values ($1, 'lea', '')"
        await connection.execute(staff, staff_id)
        look = Look(site_id, staff_id, "list", "queue", "", datetime.now(UTC))
        await record_look(connection, look)
        assert await connection.fetchval("select count(*) from look") == 1
    assert tuple(rights) == (True, False, False, False)
