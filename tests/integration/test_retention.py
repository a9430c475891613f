"""The purge on a real database: what is over goes, whole; what is not, or is held, stays."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from relay import administration
from relay.database import count_ledger
from relay.database.months import drop_leaving
from relay.errors import Refused
from relay.looks import Look
from relay.permissions import Role
from relay.policy import PolicyInvalid
from relay.retention import (
    Pace,
    Purged,
    Run,
    Scope,
    Wish,
    approve_hold,
    ask_lift,
    count_due,
    find_overdue,
    lift_hold,
    list_holds,
    place_hold,
    purge,
    purge_site,
    read_last_report,
    read_oldest,
)
from relay.retention.clocks import read_time
from relay.sealing import new_id
from tests.desk import seat
from tests.relays import ORIGIN, POLICIES, Relay, until
from tests.rig.past import add_contacts, add_listing, make_months

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
TABLES = (
    "message",
    "sender_trace",
    "outbox",
    "attempt",
    "conversation",
    "reply_address",
    "person",
    "listing",
)


async def purged(relay: Relay, as_of: datetime = NOW, pace: Pace = Pace(rest=0)) -> Purged:  # noqa: B008
    """Purge the relay's site at a time."""
    found = await purge_site(Run(relay.context, relay.site, as_of, pace, lambda *_: None))
    assert found is not None
    return found


async def by(relay: Relay, role: Role) -> Look:
    """Return an act of the one person with a role, who is made at the first."""
    name = f"one-{role.value}"
    if not await relay.fetch("select 1 from staff where name = $1", name):
        await seat(relay.context, relay.site, role)
        await relay.fetch("update staff set name = $1 where name ~ '^p[0-9a-f]{12}$'", name)
    [row] = await relay.fetch("select staff_id from staff where name = $1", name)
    return Look(relay.site.site_id, row["staff_id"], "act", "", "PV 2027/118", datetime.now(UTC))


async def rows(relay: Relay, *tables: str) -> dict[str, int]:
    """Count the rows of tables."""
    return {
        table: (await relay.fetch(f"select count(*) as n from {table}"))[0]["n"]
        for table in tables or TABLES
    }


@pytest.fixture
async def listing_id(relay: Relay) -> UUID:
    """The listing of the relay under test."""
    return (await relay.fetch("select listing_id from listing"))[0]["listing_id"]


async def test_what_is_over_goes_whole(relay: Relay, listing_id: UUID) -> None:
    """A message past its year goes with trace, mails, attempts, conversation, alias and buyer."""
    before = await rows(relay)
    await add_contacts(relay, [NOW - 366 * DAY], listing_id=listing_id)
    await purged(relay)
    assert await rows(relay) == before


async def test_what_is_not_over_stays(relay: Relay, listing_id: UUID) -> None:
    """A message one minute short of its year stays, with everything that belongs to it."""
    await add_contacts(relay, [NOW - 365 * DAY + timedelta(minutes=1)], listing_id=listing_id)
    before = await rows(relay)
    done = await purged(relay)
    assert await rows(relay) == before
    assert done.counts == {}


async def test_the_ledger_holds(relay: Relay, listing_id: UUID) -> None:
    """Accepted is the sum of the states before, between batches and after."""
    await add_contacts(relay, [NOW - 400 * DAY] * 5, listing_id=listing_id, state="queued")
    await add_contacts(relay, [NOW - 400 * DAY] * 5, listing_id=listing_id)
    await add_contacts(relay, [NOW - 4 * DAY] * 5, listing_id=listing_id)
    pace = Pace(batch=3, ceiling=4, rest=0)
    for left in (9, 5, 5):  # a ceiling of 4 stops after the second batch of 3
        await purged(relay, pace=pace)
        async with relay.context.database.connection() as connection:
            ledger = await count_ledger(connection)
        assert sum(ledger.accepted.values()) == left
        assert set(ledger.unaccounted().values()) == {0}


async def test_mails_under_way_end_first(relay: Relay, listing_id: UUID) -> None:
    """A mail whose message's time is over is ended as purged, so that no worker sends it."""
    await add_contacts(relay, [NOW - 400 * DAY], listing_id=listing_id, state="deferred")
    await purged(relay, pace=Pace(ceiling=0, rest=0))
    assert set((await relay.states()).values()) == {"purged"}


async def test_the_receipt_of_a_gone_message_ends(relay: Relay, listing_id: UUID) -> None:
    """A young mail about a message that is gone is ended, not kept waiting for a person."""
    [old] = await add_contacts(relay, [NOW - 400 * DAY], listing_id=listing_id)
    await relay.fetch(
        "insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at)"
        " values ($1, $2, $3, 'notice', 'queued', 'x', now(), now() + interval '1 day')",
        relay.site.site_id,
        new_id(NOW),
        old.message_id,
    )
    await purged(relay)
    await purged(relay)
    found = await relay.fetch("select state from outbox where kind = 'notice'")
    assert [row["state"] for row in found] == ["purged"]


async def test_the_ceiling_stops_and_says_so(relay: Relay, listing_id: UUID) -> None:
    """F49: more than the ceiling is not deleted in one run; the report names the class."""
    await add_contacts(relay, [NOW - 400 * DAY] * 10, listing_id=listing_id)
    done = await purged(relay, pace=Pace(batch=2, ceiling=4, rest=0))
    assert "messages" in done.stopped
    assert (await rows(relay, "message"))["message"] == 6


async def test_what_waits_for_a_class_waits_with_it(relay: Relay, listing_id: UUID) -> None:
    """F49: while messages are left by the ceiling, neither receipts nor conversations are looked
    through for what has no message: among millions that took longer than a batch may. They follow.
    """
    await add_contacts(relay, [NOW - 400 * DAY] * 6, listing_id=listing_id)
    await relay.fetch(
        "insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at)"
        " values ($1, $2, $2, 'receipt', 'delivered', 'old', now(), now()) returning 1",
        relay.site.site_id,
        new_id(NOW - 400 * DAY),
    )
    pace = Pace(batch=2, ceiling=4, rest=0)
    assert "messages" in (await purged(relay, pace=pace)).stopped
    assert len(await relay.fetch("select 1 from outbox where reason = 'old'")) == 1
    assert (await rows(relay, "message"))["message"] == 2
    await purged(relay)
    assert await relay.fetch("select 1 from outbox where reason = 'old'") == []


async def test_two_purgers(relay: Relay, listing_id: UUID) -> None:
    """F49: while one purger is at a site, another leaves it alone."""
    await add_contacts(relay, [NOW - 400 * DAY], listing_id=listing_id)
    async with relay.context.database.connection() as connection:
        lock = "select pg_advisory_lock(hashtextextended('purge ' || $1::text, 0))"
        await connection.execute(lock, str(relay.site.site_id))
        run = Run(relay.context, relay.site, NOW, Pace(), lambda *_: None)
        assert await purge_site(run) is None
    assert (await rows(relay, "message"))["message"] == 1


async def test_a_clock_ahead_deletes_nothing(relay: Relay, listing_id: UUID) -> None:
    """F49: an application clock a year ahead changes nothing: the earlier of two clocks counts."""
    await add_contacts(relay, [NOW - 10 * DAY], listing_id=listing_id)
    relay.context.clock = lambda: NOW + 370 * DAY
    await purge(relay.context, [relay.site])
    assert (await rows(relay, "message"))["message"] == 1


async def test_both_clocks_ahead_for_a_minute_delete_nothing(relay: Relay) -> None:
    """F49: a leap of both clocks is not believed the first time, nor after they went back."""
    site = relay.site
    await relay.fetch("select 1")
    async with relay.context.database.connection() as connection:
        await read_time(relay.context, connection, site)
        # Both clocks a year ahead of what was believed is the belief a year behind both clocks.
        await connection.execute(
            "update purge_clock set believed_at = believed_at - interval '1 year'"
        )
        first = await read_time(relay.context, connection, site)
        again = await read_time(relay.context, connection, site)
        assert max(first, again) < NOW - 364 * DAY
        await connection.execute(
            "update purge_clock set leapt_at = leapt_at - interval '11 minutes'"
        )
        assert await read_time(relay.context, connection, site) >= NOW - DAY


async def test_a_listing_goes_with_its_advertiser(relay: Relay) -> None:
    """A listing that ended and that nobody writes about goes after its days, and its advertiser."""
    before = await rows(relay)
    await add_listing(relay, "old", NOW - 90 * DAY, ended_at=NOW - 31 * DAY)
    await add_listing(relay, "young", NOW - 90 * DAY, ended_at=NOW - 29 * DAY)
    done = await purged(relay)
    left = await rows(relay)
    assert (left["listing"], left["person"]) == (before["listing"] + 1, before["person"] + 1)
    assert (done.counts["listing"], done.counts["person"]) == (1, 1)


async def test_a_conversation_that_goes_on_stays(relay: Relay, listing_id: UUID) -> None:
    """An old conversation with a young message keeps its row, its alias and its buyer."""
    [old] = await add_contacts(relay, [NOW - 400 * DAY], listing_id=listing_id)
    await relay.fetch(
        "insert into message select site_id, $1, conversation_id, sender_id, language,"
        " sealed_content, mailbox_hash, phone_hash, text_hash, policy_version, score, signals, $2"
        " from message where message_id = $3",
        new_id(NOW),
        NOW,
        old.message_id,
    )
    await relay.fetch(
        "insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at)"
        " select site_id, message_id, message_id, 'contact', 'delivered', 'x', now(), now()"
        " from message where message_id <> $1",
        old.message_id,
    )
    await purged(relay)
    left = await rows(relay, "message", "conversation", "reply_address")
    assert left == {"message": 1, "conversation": 1, "reply_address": 1}


async def test_a_message_never_loses_its_conversation(relay: Relay) -> None:
    """A message for a conversation that was purged is refused by the database, not orphaned."""
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await relay.fetch(
            "insert into message (site_id, message_id, conversation_id, sender_id, language,"
            " sealed_content, mailbox_hash, text_hash, policy_version, score, signals, received_at)"
            " values ($1, $2, $3, $3, 'fr', '', '', '', 1, 0, '{}', now())",
            relay.site.site_id,
            new_id(NOW),
            new_id(NOW),
        )


@pytest.mark.parametrize("scope", list(Scope))
async def test_a_hold_keeps_exactly_its_subject(
    relay: Relay, listing_id: UUID, scope: Scope
) -> None:
    """A40: a held thread survives the purge; its neighbours do not, and at lift it goes too."""
    kept, _ = await add_contacts(relay, [NOW - 400 * DAY] * 2, listing_id=listing_id)
    second, _ = await add_listing(relay, "second", NOW - 400 * DAY)
    [else_] = await add_contacts(relay, [NOW - 400 * DAY], listing_id=second)
    subject = {
        Scope.MESSAGE: kept.message_id,
        Scope.CONVERSATION: kept.conversation_id,
        Scope.PERSON: kept.buyer_id,
        Scope.LISTING: second,
    }[scope]
    wish = Wish(scope, subject, "PV 2027/118", NOW + 60 * DAY)
    hold_id = await place_hold(relay.context, relay.site, wish, await by(relay, Role.CLERK))
    await purged(relay)
    survivor = else_ if scope is Scope.LISTING else kept
    found = await relay.fetch("select message_id from message")
    assert {row["message_id"] for row in found} == {survivor.message_id}
    traces = await relay.fetch("select message_id from sender_trace")
    assert {row["message_id"] for row in traces} == {survivor.message_id}
    assert await relay.fetch("select 1 from person where person_id = $1", survivor.buyer_id)
    await ask_lift(relay.context, relay.site, hold_id, await by(relay, Role.CLERK))
    await lift_hold(relay.context, relay.site, hold_id, await by(relay, Role.APPROVER))
    await purged(relay, datetime.now(UTC))
    assert await rows(relay, "message", "sender_trace") == {"message": 0, "sender_trace": 0}


@pytest.mark.parametrize("scope", [Scope.CONVERSATION, Scope.PERSON, Scope.LISTING])
async def test_a_hold_keeps_the_mails_that_came(
    relay: Relay, listing_id: UUID, scope: Scope
) -> None:
    """A40: what came in to a held thread, buyer or listing stays, and raises no alarm."""
    kept, other = await add_contacts(relay, [NOW - 400 * DAY] * 2, listing_id=listing_id)
    second, _ = await add_listing(relay, "second", NOW - 400 * DAY)
    await relay.fetch(
        "update conversation set listing_id = $1 where conversation_id = $2",
        second,
        other.conversation_id,
    )
    for one in (kept, other):
        await relay.fetch(
            "insert into inbound (site_id, inbound_id, conversation_id, side, owner_id, copy_hash,"
            " state, reason, received_at) select $1, $2, conversation_id, 'advertiser',"
            " advertiser_id, uuid_send($2), 'held', 'stranger', $4 from conversation"
            " join listing using (site_id, listing_id) where conversation_id = $3",
            relay.site.site_id,
            new_id(NOW - 400 * DAY),
            one.conversation_id,
            NOW - 400 * DAY,
        )
    await relay.fetch(
        "insert into report (site_id, report_id, message_id, sealed_note, created_at)"
        " values ($1, $2, $3, '', $4)",
        relay.site.site_id,
        new_id(NOW - 400 * DAY),
        kept.message_id,
        NOW - 400 * DAY,
    )
    subject = {
        Scope.CONVERSATION: kept.conversation_id,
        Scope.PERSON: kept.buyer_id,
        Scope.LISTING: listing_id,
    }[scope]
    wish = Wish(scope, subject, "PV 2027/118", NOW + 60 * DAY)
    await place_hold(relay.context, relay.site, wish, await by(relay, Role.CLERK))
    await purged(relay)
    [left] = await relay.fetch("select conversation_id from inbound")
    assert left["conversation_id"] == kept.conversation_id
    async with relay.context.database.connection() as connection:
        found = await read_oldest(connection, relay.site, datetime.now(UTC))
    ages = {one.name: one.since for one in found}
    assert (ages["inbound"], ages["reports"]) == (None, None)


async def test_a_hold_needs_two_persons(relay: Relay, listing_id: UUID) -> None:
    """A hold ends after 72 hours unless another person approves it; nor is it lifted by one."""
    [old] = await add_contacts(relay, [NOW], listing_id=listing_id)
    wish = Wish(Scope.MESSAGE, old.message_id, "PV 2027/118", NOW + 60 * DAY)
    hold_id = await place_hold(relay.context, relay.site, wish, await by(relay, Role.CLERK))
    [hold] = await list_holds(relay.context, relay.site)
    assert hold.blocks_until <= datetime.now(UTC) + 3 * DAY
    with pytest.raises(Refused, match="hold_same_person"):
        await approve_hold(relay.context, relay.site, hold_id, await by(relay, Role.CLERK))
    await approve_hold(relay.context, relay.site, hold_id, await by(relay, Role.APPROVER))
    [hold] = await list_holds(relay.context, relay.site)
    assert hold.blocks_until == NOW + 60 * DAY
    with pytest.raises(Refused, match="hold_lift_not_asked"):
        await lift_hold(relay.context, relay.site, hold_id, await by(relay, Role.APPROVER))
    await ask_lift(relay.context, relay.site, hold_id, await by(relay, Role.CLERK))
    with pytest.raises(Refused, match="hold_same_person"):
        await lift_hold(relay.context, relay.site, hold_id, await by(relay, Role.CLERK))


async def test_a_hold_of_nothing_is_refused(relay: Relay) -> None:
    """What is not there cannot be held: it may be gone already."""
    wish = Wish(Scope.MESSAGE, new_id(NOW), "PV 2027/118", NOW + DAY)
    with pytest.raises(Refused, match="hold_subject_unknown"):
        await place_hold(relay.context, relay.site, wish, await by(relay, Role.CLERK))


async def test_the_report_is_signed(relay: Relay, listing_id: UUID) -> None:
    """A run leaves a signed report with counts and the oldest row left; a changed one is told."""
    young = NOW - 10 * DAY
    await add_contacts(relay, [NOW - 400 * DAY, young], listing_id=listing_id)
    await purged(relay)
    async with relay.context.database.connection() as connection:
        report = await read_last_report(relay.context, connection, relay.site)
        assert report is not None
        assert report.is_genuine
        assert report.body["counts"]["message"] == 1
        assert datetime.fromisoformat(report.body["oldest"]["messages"]) == young
        await connection.execute("update purge_report set body = replace(body, '1', '2')")
        changed = await read_last_report(relay.context, connection, relay.site)
        assert changed is not None
        assert not changed.is_genuine


async def test_a_dry_run_counts_what_would_go(relay: Relay, listing_id: UUID) -> None:
    """The dry run counts exactly what the purge then deletes, and deletes nothing itself."""
    await add_contacts(relay, [NOW - 400 * DAY] * 3, listing_id=listing_id)
    before = await rows(relay)
    counted = await count_due(relay.context, relay.site)
    assert await rows(relay) == before
    done = await purged(relay)
    assert counted["messages"] == done.counts["message"] == 3
    assert counted["traces"] == done.counts["sender_trace"] == 3


async def test_a_whole_month_is_dropped(relay: Relay, listing_id: UUID) -> None:
    """A month in which every row is over is dropped as a partition, and its rows are reported."""
    old = NOW - 500 * DAY
    await make_months(relay, old, 1)
    await add_contacts(relay, [old] * 4, listing_id=listing_id)
    name = f"message_{old:%Y_%m}"
    await relay.fetch("update purge_clock set believed_at = now()")
    [done] = await purge(relay.context, [relay.site])
    assert (await relay.fetch("select to_regclass($1)::text as name", name))[0]["name"] is None
    assert done.counts["message"] == 4
    assert await rows(relay, "message", "conversation") == {"message": 0, "conversation": 0}


SLOW_END = """
create function rest() returns trigger language plpgsql as
    $$ begin perform pg_sleep(1.5); return null; end $$;
create constraint trigger rest after insert on unreported
    deferrable initially deferred for each row execute function rest()
"""


async def test_the_end_of_a_drop_may_take_long(
    relay: Relay, database_url: str, listing_id: UUID
) -> None:
    """A month whose files take longer to delete than a statement may is dropped, and said to be."""
    old = NOW - 500 * DAY
    await make_months(relay, old, 1)
    await add_contacts(relay, [old], listing_id=listing_id)
    name = f"message_{old:%Y_%m}"
    await relay.fetch("select detach_month(array['message'], $1)", old.date().replace(day=1))
    connection = await asyncpg.connect(database_url, command_timeout=0.5)
    await connection.execute(SLOW_END)  # the commit takes as long as that of a large month
    await drop_leaving(connection, f"leaving_{name}")
    await connection.close()
    assert await relay.fetch("select 1 from leaving_tables()") == []
    assert (await purged(relay)).counts["message"] == 1


async def test_a_month_counts_until_its_files_are_gone(relay: Relay) -> None:
    """What was taken away and never deleted is overdue, though nobody can read it."""
    old = NOW - 500 * DAY
    await make_months(relay, old, 1)
    await relay.fetch("select detach_month(array['message'], $1)", old.date().replace(day=1))
    async with relay.context.database.connection() as connection:
        at = (connection, relay.site, NOW)
        assert await find_overdue(*at, DAY) == ["messages"]
        assert await find_overdue(*at, 200 * DAY) == []
        await drop_leaving(connection, f"leaving_message_{old:%Y_%m}")
        assert await find_overdue(*at, DAY) == []


async def test_a_month_that_cannot_go_keeps_nothing_else(relay: Relay, listing_id: UUID) -> None:
    """A table that the server will not drop is overdue; all the others, and rows, go as usual."""
    old = NOW - 500 * DAY
    await make_months(relay, old, 1)
    await add_contacts(relay, [NOW - 400 * DAY], listing_id=listing_id)
    await relay.fetch("select detach_month(array['message'], $1)", old.date().replace(day=1))
    await relay.fetch(f"create view leftover as select * from leaving_message_{old:%Y_%m}")
    [done] = await purge(relay.context, [relay.site])
    assert done.counts["message"] == 1
    async with relay.context.database.connection() as connection:
        assert await find_overdue(connection, relay.site, NOW, DAY) == ["messages"]


async def test_a_site_that_cannot_be_purged_keeps_no_other(relay: Relay) -> None:
    """A past policy of one site that this version cannot read is said, after all others' rows went
    and what hangs on no policy was done.
    """
    source = (POLICIES / "demo.toml").read_text("utf-8")
    await administration.open_site(relay.context, "autre", source, origins=[ORIGIN], test=True)
    other = await administration.find_site(relay.context, "autre")
    await relay.fetch(
        "insert into site_policy (site_id, version, source, published_at)"
        " values ($1, 0, 'version = 0', now() - interval '2 years') returning 1",
        relay.site.site_id,
    )
    with pytest.raises(PolicyInvalid):
        await purge(relay.context, [relay.site, other])
    async with relay.context.database.connection() as connection:
        assert await read_last_report(relay.context, connection, other) is not None
        assert await read_last_report(relay.context, connection, relay.site) is None


async def test_a_held_row_keeps_its_month(relay: Relay, listing_id: UUID) -> None:
    """A month with one held row is not dropped; its other rows go one by one."""
    old = NOW - 500 * DAY
    await make_months(relay, old, 1)
    kept, _ = await add_contacts(relay, [old] * 2, listing_id=listing_id)
    wish = Wish(Scope.MESSAGE, kept.message_id, "PV 2027/118", NOW + DAY)
    await place_hold(relay.context, relay.site, wish, await by(relay, Role.CLERK))
    await purge(relay.context, [relay.site])
    found = await relay.fetch("select message_id from message")
    assert [row["message_id"] for row in found] == [kept.message_id]


async def test_a_buyer_who_writes_while_the_purge_deletes(
    relay: Relay, database_url: str, listing_id: UUID
) -> None:
    """A message that comes in while its old conversation is deleted is accepted, in a new one."""
    assert (await relay.post())[0] == 202
    [old] = await relay.fetch("select conversation_id from conversation")
    await relay.fetch("delete from message")
    await relay.fetch("delete from outbox")
    await relay.fetch("delete from idempotency")
    relay.accepted.clear()
    purger = await asyncpg.connect(database_url)
    deleting = purger.transaction()
    await deleting.start()
    await purger.execute("delete from conversation")
    posting = asyncio.create_task(relay.post(message="Bonjour, est-il encore disponible ?"))
    await until(lambda: relay.fetch("select 1 from pg_locks where not granted"))
    await deleting.commit()
    await purger.close()
    assert (await posting)[0] == 202
    [new] = await relay.fetch("select conversation_id from conversation")
    assert new["conversation_id"] != old["conversation_id"]
