"""A purge that is killed, or runs into others: what is left is whole, and the next run ends it."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from relay.database import DatabaseRole, count_ledger
from relay.retention import purge
from relay.settings import Settings
from tests.relays import Relay, until
from tests.rig.armed import kill_at
from tests.rig.past import add_contacts, add_listing, make_months
from tests.rig.processes import Child
from tests.rig.serving import environment
from tests.rig.users import settings_as
from workers import main as worker

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
LEFT = "select (select count(*) from message) as message, (select count(*) from outbox) as outbox"
FILE = (
    "insert into message_file (site_id, message_id, number, kind, sealed_content)"
    " values ($1, $2, 1, 'image/png', '\\x01')"
)
MONTHLY = {"message": 3, "message_file": 3, "outbox": 6, "attempt": 3, "sender_trace": 3}
WAIT_S = 30.0


@pytest.fixture
async def listing_id(relay: Relay) -> UUID:
    """The listing of the relay under test."""
    return (await relay.fetch("select listing_id from listing"))[0]["listing_id"]


async def whole(relay: Relay) -> None:
    """Assert that no row lacks what it needs, and that the ledger holds."""
    async with relay.context.database.connection() as connection:
        ledger = await count_ledger(connection)
    assert set(ledger.unaccounted().values()) <= {0}
    orphans = await relay.fetch(
        "select 1 from message where not exists (select 1 from conversation"
        "  where conversation.conversation_id = message.conversation_id)"
        " union all select 1 from conversation where not exists (select 1 from person"
        "  where person.person_id = conversation.buyer_id)"
        " union all select 1 from sender_trace where not exists (select 1 from person"
        "  where person.person_id = sender_trace.sender_id)"
    )
    assert orphans == []


@pytest.mark.parametrize("passage", [1, 2, 4, 7, 9])
async def test_f49_killed_after_any_batch(
    relay: Relay, settings: Settings, listing_id: UUID, passage: int, tmp_path: Path
) -> None:
    """F49: a purge killed after any of its batches leaves whole rows, and the next one ends it."""
    await add_contacts(relay, [NOW - 400 * DAY] * 3, listing_id=listing_id)
    await add_contacts(relay, [NOW - 4 * DAY] * 2, listing_id=listing_id)
    await add_listing(relay, "old", NOW - 90 * DAY, ended_at=NOW - 31 * DAY)
    env = environment(settings_as(settings, DatabaseRole.PURGE))
    killing = env | kill_at("purge.batch", passage)
    async with Child("tests.rig.armed_purge", env=killing, log=tmp_path / "1.log") as killed:
        assert await killed.wait(WAIT_S) == -9
    await whole(relay)
    async with Child("tests.rig.armed_purge", env=env, log=tmp_path / "2.log") as again:
        assert await again.wait(WAIT_S) == 0
    await whole(relay)
    [left] = await relay.fetch(LEFT)
    assert (left["message"], left["outbox"]) == (2, 4)


async def reported(relay: Relay) -> Counter[str]:
    """Add up what all signed reports say went."""
    told: Counter[str] = Counter()
    for row in await relay.fetch("select body from purge_report"):
        told.update(json.loads(row["body"])["counts"])
    return told


@pytest.mark.parametrize("passage", [1, 2, 3, 4, 5, 7])
async def test_f49_killed_after_any_step_of_a_month(
    relay: Relay, settings: Settings, listing_id: UUID, passage: int, tmp_path: Path
) -> None:
    """F49: a purge killed after any step of a month leaves nothing of it to be read; the next one
    deletes what is left of it, and the signed reports count every row once.
    """
    old = NOW - 500 * DAY
    await make_months(relay, old, 1)
    for one in await add_contacts(relay, [old] * 3, listing_id=listing_id):
        await relay.fetch(FILE, relay.site.site_id, one.message_id)
    env = environment(settings_as(settings, DatabaseRole.PURGE))
    killing = env | kill_at("purge.month", passage)
    async with Child("tests.rig.armed_purge", env=killing, log=tmp_path / "1.log") as killed:
        assert await killed.wait(WAIT_S) == -9
    await whole(relay)
    [left] = await relay.fetch(LEFT)
    assert (left["message"], left["outbox"]) == (0, 0)
    async with Child("tests.rig.armed_purge", env=env, log=tmp_path / "2.log") as again:
        assert await again.wait(WAIT_S) == 0
    await whole(relay)
    assert await relay.fetch("select 1 from leaving_tables()") == []
    told = await reported(relay)
    assert {name: told[name] for name in MONTHLY} == MONTHLY


async def test_f49_a_month_goes_once(relay: Relay, listing_id: UUID) -> None:
    """F49: purgers started together drop a month once, and count it once."""
    old = NOW - 500 * DAY
    await make_months(relay, old, 1)
    await add_contacts(relay, [old] * 3, listing_id=listing_id)
    await asyncio.gather(*(purge(relay.context, [relay.site]) for _ in range(3)))
    await purge(relay.context, [relay.site])  # one may have reported before another had dropped
    assert await relay.fetch("select 1 from leaving_tables()") == []
    assert (await reported(relay))["message"] == 3


async def test_f49_two_purgers_at_once(relay: Relay, listing_id: UUID) -> None:
    """F49: purgers started together delete what is due once, and nothing else."""
    await add_contacts(relay, [NOW - 400 * DAY] * 50, listing_id=listing_id)
    await add_contacts(relay, [NOW - 4 * DAY] * 2, listing_id=listing_id)
    both = await asyncio.gather(*(purge(relay.context, [relay.site]) for _ in range(3)))
    assert sum(one.counts.get("message", 0) for done in both for one in done) == 50
    await whole(relay)
    [left] = await relay.fetch(LEFT)
    assert left["message"] == 2


async def test_f50_a_long_reader_delays_the_drop_not_the_senders(
    relay: Relay, database_url: str, listing_id: UUID
) -> None:
    """F50: while a reader holds the tables and a month is to be dropped, messages are accepted;
    once the reader is gone the month is dropped, nothing young is lost.
    """
    old = NOW - 500 * DAY
    await make_months(relay, old, 1)
    await add_contacts(relay, [old] * 3, listing_id=listing_id)
    reader = await asyncpg.connect(database_url)
    hold = reader.transaction()
    await hold.start()
    await reader.fetchval("select count(*) from message")
    purging = asyncio.create_task(purge(relay.context, [relay.site]))
    number = 0
    while not purging.done():
        text = f"Bonjour, le vélo numéro {number} est-il disponible ?"
        email = f"lea{number}@acheteuse.example"
        assert (await relay.post(message=text, email=email))[0] == 202
        number += 1
        await asyncio.sleep(0.5)  # fewer than the site takes of one client in an hour
    assert number > 1  # the reader still holds: nobody waited for it
    name = f"message_{old:%Y_%m}"
    [found] = await relay.fetch("select to_regclass($1)::text as name", name)
    assert found["name"] == name
    await hold.rollback()
    await reader.close()
    await purge(relay.context, [relay.site])
    [found] = await relay.fetch("select to_regclass($1)::text as name", name)
    assert found["name"] is None
    assert set(await relay.states()) == set(relay.accepted)


async def test_f50_months_stand_ready(relay: Relay, listing_id: UUID) -> None:
    """F50: the next months stand ready, and the default partition catches what has no month."""
    ahead = [NOW + months * 31 * DAY for months in (1, 2)]
    for at in ahead:
        [found] = await relay.fetch("select to_regclass($1)::text as name", f"message_{at:%Y_%m}")
        assert found["name"]
    await add_contacts(relay, [NOW - 900 * DAY], listing_id=listing_id)
    assert await relay.fetch("select 1 from message_default")
    await purge(relay.context, [relay.site])
    assert await relay.fetch("select 1 from message_default") == []


async def test_the_worker_purges_without_redis(
    relay: Relay, listing_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker purges by its own clock, soon after its start, whether Redis is there or not."""
    await add_contacts(relay, [NOW - 400 * DAY], listing_id=listing_id)
    monkeypatch.setattr(worker, "PURGE_FIRST_S", 0.0)
    calendar = asyncio.create_task(worker._purge_hourly(relay.context))

    async def is_gone() -> bool:
        return not await relay.fetch("select 1 from message")

    await until(is_gone)
    calendar.cancel()
    await asyncio.gather(calendar, return_exceptions=True)
