"""The log of looks: written before, only added to, and every change behind its back is found."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from relay import looks
from relay.looks import ACTIONS, Look, Verdict, record_look, verify
from relay.sealing import new_id
from tests.relays import Relay

HEAD = bytes(32)


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
