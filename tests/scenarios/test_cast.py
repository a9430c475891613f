"""The demonstration's past: a ring of fraud among two thousand messages, for the desk to find."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from relay import desk, lookup
from relay.cast import put_on
from relay.cast.script import LINES, RING_LINES, write_play
from relay.lookup import Kind, read_pasted
from tests.moderators import look_of
from tests.relays import Relay

NOW = datetime(2027, 3, 14, 12, tzinfo=UTC)


def test_a_seed_is_a_play() -> None:
    """The same seed gives the same people, words and hours; another gives others."""
    assert write_play(7, NOW) == write_play(7, NOW)
    assert write_play(7, NOW) != write_play(8, NOW)


def test_the_play_is_of_three_months() -> None:
    """Everything came before now and within three months; the ring is of the last two days."""
    lines = write_play(7, NOW).lines
    assert len(lines) == LINES
    assert all(timedelta(0) < line.ago <= timedelta(days=91) for line in lines)
    ring = [line for line in lines if line.is_ring]
    assert len(ring) == RING_LINES
    assert max(line.ago for line in ring) < timedelta(days=2)


def test_the_people_are_invented() -> None:
    """Addresses are on reserved domains, numbers of fiction, networks of documentation."""
    for line in write_play(7, NOW).lines:
        assert line.email.endswith(".example")
        assert line.phone.startswith("+3363998")
        assert line.ip.startswith(("192.0.2.", "198.51.100.", "203.0.113."))


async def test_the_desk_has_something_to_find(relay: Relay) -> None:
    """After it the queue has reports and held messages, one phone leads to the ring, the ledger is
    whole, and doing it again adds nothing.
    """
    assert await put_on(relay.context, relay.site) == LINES
    look = replace(await look_of(relay), action="list")
    assert len(await desk.list_cases(relay.context, relay.site, look)) == 3
    [counted] = await relay.fetch(
        "select count(*) filter (where state = 'held') as held, count(*) as mails from outbox"
        " where kind = 'contact'"
    )
    assert counted["mails"] == LINES
    assert 5 <= counted["held"] <= 30
    pasted = read_pasted("06 39 98 77 00")[0]
    key = await lookup.find_key(relay.context, relay.site, pasted, look)
    sender = await lookup.read_sender(relay.context, relay.site, key, look)
    kinds = {one.key.kind for one in sender.linked}
    assert {Kind.MAILBOX, Kind.IP, Kind.BROWSER, Kind.TEXT} <= kinds
    assert sender.messages > RING_LINES / 5
    assert any(one.is_shared for one in sender.linked)
    answers = await relay.fetch("select 1 from message where side = 'advertiser'")
    assert len(answers) > 300
    rules = await desk.list_rules(relay.context, relay.site, look)
    assert {rule.mode for rule in rules} == {desk.Mode.LIVE}
    assert sum(rule.held for rule in rules) > 0
    await relay.check_ledger()
    assert await put_on(relay.context, relay.site) == 0


async def test_figures_of_an_empty_database_slow_nothing(relay: Relay) -> None:
    """F39: texts of thousands of messages are marked in time though PostgreSQL knows its tables
    only as they were before any message came.
    """
    await relay.fetch("vacuum (analyze)")
    assert await put_on(relay.context, relay.site) == LINES
    await relay.check_ledger()
