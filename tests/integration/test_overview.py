"""A site as a whole, against a real database: counts that agree with what happened."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from relay import lookup, overview, retention
from relay.desk import Action
from relay.looks import Look
from relay.overview import Deliveries, Fate
from tests.moderators import Clock, look_of, order, set_state, write
from tests.relays import Relay, courier, until
from tests.rig.smtp_sink import SmtpSink
from tests.traffic import two_days


async def listing(relay: Relay) -> Look:
    """Return a look at a list."""
    return replace(await look_of(relay), action="list")


async def deliveries(relay: Relay) -> Deliveries:
    """Return what the page of deliveries shows."""
    return await overview.read_deliveries(relay.context, relay.site, await listing(relay))


async def try_to_send(
    relay: Relay,
    message_id: UUID,
    outcome: str,
    reason: str,
    *,
    ms: int = 100,
    route: str = "mx:25",
) -> None:
    """Note an attempt that took a while."""
    await relay.fetch(
        "insert into attempt (site_id, mail_id, token, number, route, phase, started_at, ended_at,"
        " outcome, reason, code, enhanced) select $1, $2, count(*), 1, $3, 'done', now(),"
        " now() + make_interval(secs => $4), $5, $6, 250, '2.0.0' from attempt",
        relay.site.site_id, message_id, route, ms / 1000, outcome, reason,
    )  # fmt: skip


async def test_hours_add_up(relay: Relay) -> None:
    """Every message of two days stands in its hour, under its fate; no hour is missing."""
    for number, state in enumerate(("delivered", "held", "deferred", "bounced", "cancelled")):
        await set_state(relay, await write(relay, number), state)
    hours = (await deliveries(relay)).hours
    total = {fate: sum(hour.fates[fate] for hour in hours) for fate in Fate}
    assert total == {Fate.DELIVERED: 1, Fate.WAITING: 1, Fate.HELD: 1, Fate.FAILED: 2}
    assert len(hours) == 48
    assert {after.at - before.at for before, after in pairwise(hours)} == {timedelta(hours=1)}


async def test_routes_are_timed(relay: Relay) -> None:
    """Each next hop shows how its attempts ended, its median, its slowest of twenty, its pause."""
    ids = [await write(relay, number) for number in range(4)]
    for message_id, ms in zip(ids, (100, 200, 300, 5000), strict=True):
        await try_to_send(relay, message_id, "delivered", "delivered", ms=ms)
    await try_to_send(relay, ids[0], "ambiguous", "ambiguous", route="secours:25")
    await relay.fetch(
        "insert into route (route, paused_until, reason) values"
        " ('secours:25', now() + interval '1 hour', 'rate_limited')"
    )
    first, second = (await deliveries(relay)).routes
    assert (first.route, first.attempts, first.delivered, first.median_ms) == ("mx:25", 4, 4, 250)
    assert first.p95_ms > 4000
    assert first.paused_until is None
    assert (second.ambiguous, second.pause_reason) == (1, "rate_limited")
    assert second.paused_until is not None


async def test_mails_are_timed_by_provider(relay: Relay) -> None:
    """How long mails took to be handed over, by whose mailbox; a small domain is not named."""
    await write(relay)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await sink.wait_for(1, timeout_s=20)
        await until(lambda: is_settled(relay), 20)
    [small] = (await deliveries(relay)).providers
    assert (small.provider, small.delivered, small.deferred) == ("others", small.attempts, 0)
    assert 0 < small.median_s <= small.p95_s < 60
    await relay.fetch("update attempt set provider = 'orange'")
    [named] = (await deliveries(relay)).providers
    assert named.provider == "orange"


async def is_settled(relay: Relay) -> bool:
    """Tell whether nothing is under way."""
    return not await relay.fetch("select 1 from outbox where state in ('queued', 'sending')")


async def test_answers_are_counted(relay: Relay) -> None:
    """The same answer of the same server is one line, the most frequent first."""
    ids = [await write(relay, number) for number in range(3)]
    await try_to_send(relay, ids[0], "bounced", "mailbox_unknown")
    for message_id in ids[1:]:
        await try_to_send(relay, message_id, "delivered", "delivered")
    answers = (await deliveries(relay)).answers
    assert [(one.reason, one.answers) for one in answers] == [
        ("delivered", 2),
        ("mailbox_unknown", 1),
    ]


async def test_what_waits_is_shown_oldest_first(relay: Relay) -> None:
    """The oldest waiting mails come first; held and ambiguous ones are counted."""
    ids = [await write(relay, number) for number in range(3)]
    await set_state(relay, ids[1], "held")
    await relay.fetch("update outbox set ambiguous = 1 where mail_id = $1", ids[2])
    found = await deliveries(relay)
    waiting = [one.message_id for one in found.oldest]
    assert waiting[0] == ids[0]
    assert ids[1] not in waiting
    assert (found.backlog.held, found.backlog.ambiguous) == (1, 1)


async def test_rules_are_counted(relay: Relay) -> None:
    """What raised a score shows at how many messages it pointed, and how many are still held."""
    ids = [await write(relay, number) for number in range(2)]
    await relay.fetch("update message set signals = array['r05_carrier']")
    await set_state(relay, ids[0], "held")
    [rule] = (await deliveries(relay)).rules
    assert (rule.signal, rule.messages, rule.held) == ("r05_carrier", 2, 1)


async def test_live_rules_are_counted_with_the_signals(relay: Relay) -> None:
    """What a live rule saw is counted beside the signals; what one in shadow saw is not."""
    ids = [await write(relay, number) for number in range(2)]
    await set_state(relay, ids[0], "held")
    await relay.fetch("update message set signals = '{}'")
    await relay.fetch(
        "insert into rule_hit select site_id, message_id, rule, 8, rule = 'r07_mandate', true"
        " from message, unnest(array['r07_mandate', 'r08_coupon']) as rule"
    )
    found = (await deliveries(relay)).rules
    assert [(one.signal, one.messages, one.held) for one in found] == [("r07_mandate", 2, 1)]


async def test_another_sites_mails_do_not_count(relay: Relay) -> None:
    """A24: counts are of one site."""
    await write(relay)
    other = replace(relay.site, site_id=UUID(int=7))
    found = await overview.read_deliveries(relay.context, other, await listing(relay))
    assert sum(sum(hour.fates.values()) for hour in found.hours) == 0
    assert found.oldest == ()


async def test_all_is_well_at_a_fresh_site(relay: Relay) -> None:
    """Nothing is wrong where nothing happened, and the worst is found where something did."""
    signs = await overview.read_signs(relay.context, relay.site, await listing(relay))
    assert [sign.name for sign in signs if not sign.is_well] == []
    message_id = await write(relay)
    await relay.fetch("update outbox set due_at = now() - interval '1 hour'")
    await relay.fetch("insert into route values ('mx:25', now() + interval '1 hour', 'x', 1)")
    await relay.fetch(
        "update outbox set mail_id = gen_random_uuid() where mail_id = $1", message_id
    )
    signs = await overview.read_signs(relay.context, relay.site, await listing(relay))
    ill = {sign.name: sign.values for sign in signs if not sign.is_well}
    assert set(ill) == {"ledger", "queue", "routes"}
    assert (ill["ledger"]["n"], ill["routes"]["routes"]) == (1, "mx:25")
    await relay.fetch("update outbox set mail_id = message_id where kind = 'contact'")


async def test_the_calendar_says_when(relay: Relay, clock: Clock) -> None:
    """A message of today goes on the day its year is over, and stands there beforehand."""
    await write(relay)
    clock.now += timedelta(days=363, hours=23)
    calendar = await retention.read_calendar(relay.context, relay.site, await listing(relay))
    due = [day.counts["messages"] for day in calendar.days]
    assert (sum(due), due.index(1), len(due)) == (1, 1, 14)
    assert [day.counts["traces"] for day in calendar.days] == due
    assert calendar.overdue == []


@pytest.mark.parametrize("begin", ["2027-10-30T22:30", "2027-03-27T22:30"])
async def test_the_calendar_has_each_day_once(relay: Relay, clock: Clock, begin: str) -> None:
    """When the clocks change no day stands there twice, and none is left out."""
    clock.now = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    calendar = await retention.read_calendar(relay.context, relay.site, await listing(relay))
    days = [one.day for one in calendar.days]
    assert days == [days[0] + timedelta(days=place) for place in range(14)]


async def test_keys_and_versions_are_shown(relay: Relay) -> None:
    """A site shows its keys by how they begin, its versions, and which master key wraps it."""
    setup = await overview.read_setup(relay.context, relay.site, await listing(relay))
    assert sorted(key.kind for key in setup.keys) == ["public", "secret"]
    assert not any(relay.keys.secret == key.label for key in setup.keys)
    assert [version for version, _ in setup.versions] == [1]
    assert (setup.master_ids, setup.wrapped_by) == (("k1",), "k1")


async def test_counts_of_the_queue_follow(relay: Relay) -> None:
    """What waits is counted, and its mark changes with every new line."""
    before = await overview.count_waiting(relay.context, relay.site)
    await set_state(relay, await write(relay), "held")
    after = await overview.count_waiting(relay.context, relay.site)
    assert (before.held, after.held) == (0, 1)
    assert before.newest_held != after.newest_held


async def test_a_hold_is_dated_by_what_happened(relay: Relay) -> None:
    """The way of a held message ends when it was held, not when its hold will; it names the act."""
    message_id = await write(relay)
    await order(relay, Action.HOLD, message_id)
    way = await lookup.read_delivery(
        relay.context, relay.site, message_id, "fr", await listing(relay)
    )
    now = relay.context.clock()
    assert [step.what for step in way.steps] == ["received", "hold", "held"]
    assert all(step.at <= now for step in way.steps)


async def test_a_fortnight_of_traffic_stays_quick_to_read(relay: Relay) -> None:
    """Everything of two busy days is read, and the figures of the page agree with each other."""
    [held] = (await write(relay),)
    await two_days(relay, f"msg_{held.hex}")
    found = await deliveries(relay)
    counted = await overview.count_waiting(relay.context, relay.site)
    held_hours = sum(hour.fates[Fate.HELD] for hour in found.hours)
    assert found.backlog.held == held_hours == counted.held > 0
    assert sum(route.attempts for route in found.routes) == sum(
        answer.answers for answer in found.answers
    )
    relay.accepted.clear()
