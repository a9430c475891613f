"""What a worker writes: marks before content, leases kept, outcomes guarded by their token."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from relay.context import open_context
from relay.database import queries, rows_of
from relay.sealing import first_id
from relay.settings import Settings
from tests.relays import QUICK, Relay
from tests.rig.deliveries import attempts, database_proxy, row, write
from workers import decisions
from workers.decisions import Claim, MailOutcome
from workers.deliver import OLDEST, _claim
from workers.journal import Journal


async def _claims(
    relay: Relay, most: int = 10, lease_s: float = 60, *, suspects: bool = False
) -> list[Claim]:
    async with relay.context.database.connection() as connection:
        found = await rows_of(
            queries().claim(
                connection,
                site_limit=most,
                total_limit=most,
                lease_s=lease_s,
                oldest_id=first_id(relay.context.clock() - OLDEST),
                route="test",
                suspects=suspects,
            )
        )
    return [_claim(one) for one in found]


async def _held(relay: Relay, journal: Journal) -> Claim:
    await write(relay)
    [claim] = await _claims(relay)
    journal.hold([claim], time.monotonic())
    return claim


def _delivered(claim: Claim) -> MailOutcome:
    return decisions.bounce(claim, "suppressed")._replace(
        state="delivered", outcome="delivered", reason="delivered", notice=None
    )


async def test_a_mark_is_written_before_content_leaves(relay: Relay) -> None:
    """F36: the phase says that content may have left before it does."""
    journal = Journal(relay.context, QUICK)
    claim = await _held(relay, journal)
    assert await journal.mark_leaving(claim)
    [attempt] = await relay.fetch("select phase from attempt")
    assert attempt["phase"] == "data"


async def test_without_a_lease_nothing_may_be_sent(relay: Relay) -> None:
    """F19: a lease that is over by our own clock is not even asked about."""
    journal = Journal(relay.context, replace(QUICK, lease_s=0.0))
    claim = await _held(relay, journal)
    assert not await journal.mark_leaving(claim)
    [attempt] = await relay.fetch("select phase from attempt")
    assert attempt["phase"] == "claimed"


async def test_a_lease_that_was_dropped_allows_nothing(relay: Relay) -> None:
    """F19: what was given up cannot be sent any more."""
    journal = Journal(relay.context, QUICK)
    claim = await _held(relay, journal)
    journal.drop([claim])
    assert not await journal.mark_leaving(claim)


async def test_a_stale_token_is_refused(relay: Relay) -> None:
    """F19: the outcome of a claim that was taken over changes neither mail nor attempt."""
    journal = Journal(relay.context, QUICK)
    old = await _held(relay, journal)
    await relay.travel(QUICK.lease_s)
    [new] = await _claims(relay, suspects=True)
    assert new.token > old.token
    assert not await journal.mark_leaving(old)
    assert not await journal.settle(_delivered(old))
    [found] = await relay.fetch("select state, token from outbox")
    assert (found["state"], found["token"]) == ("sending", new.token)
    assert await journal.settle(_delivered(new))


async def test_an_end_is_final(relay: Relay) -> None:
    """A second outcome of the same claim is refused."""
    journal = Journal(relay.context, QUICK)
    claim = await _held(relay, journal)
    assert await journal.settle(_delivered(claim))
    assert not await journal.settle(decisions.hold(claim, "egress"))
    [found] = await relay.fetch("select state from outbox")
    assert found["state"] == "delivered"


async def test_a_crash_closes_its_attempt_with_the_next_outcome(relay: Relay) -> None:
    """F36: the attempt that was cut is ambiguous in the same commit that counts the doubt."""
    journal = Journal(relay.context, QUICK)
    claim = await _held(relay, journal)
    await journal.mark_leaving(claim)
    await relay.travel(QUICK.lease_s)
    [again] = await _claims(relay, suspects=True)
    assert again.cut_phase == "data"
    open_ones = await relay.fetch("select 1 from attempt where outcome is null")
    assert len(open_ones) == 2
    early = decisions.before_sending(again, 0.5)
    assert early is not None
    assert await journal.settle(early)
    [message_id] = relay.accepted
    assert [one["outcome"] for one in await attempts(relay, message_id)] == [
        "ambiguous",
        "recovered",
    ]
    assert (await row(relay, message_id))["ambiguous"] == 1


async def test_heartbeats_keep_a_lease(relay: Relay) -> None:
    """F34: while a mail is under way its lease does not end, and stops to grow once it is."""
    timing = replace(QUICK, lease_s=6.0, heartbeat_s=0.1)
    journal = Journal(relay.context, timing)
    claim = await _held(relay, journal)
    async with _beating(journal):
        await relay.travel(58)
        await asyncio.sleep(0.5)
        assert await _claims(relay, suspects=True) == []
        assert await journal.mark_leaving(claim)
        journal.drop([claim])
        await asyncio.sleep(0.3)  # a heartbeat under way at that moment may still extend it once
        await relay.travel(58)
        assert len(await _claims(relay, suspects=True)) == 1


@asynccontextmanager
async def _beating(journal: Journal) -> AsyncIterator[None]:
    task = asyncio.create_task(journal.keep_leases())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_outcomes_wait_for_the_database(relay: Relay, settings: Settings) -> None:
    """F36: while PostgreSQL is away an outcome is kept, a mark says no; then it is written."""
    async with database_proxy(settings) as (proxy, far), open_context(far) as context:
        journal = Journal(context, QUICK)
        claim = await _held(relay, journal)
        await proxy.pause()
        assert not await journal.mark_leaving(claim)
        settling = asyncio.create_task(journal.settle(_delivered(claim)))
        await asyncio.sleep(0.3)
        assert not settling.done()
        await proxy.restore()
        assert await asyncio.wait_for(settling, 10)


@pytest.mark.parametrize("count", [1, 40])
async def test_outcomes_of_one_moment_share_a_commit(relay: Relay, count: int) -> None:
    """Each of many outcomes written together gets its own answer."""
    journal = Journal(relay.context, QUICK)
    await write(relay, count)
    claims = await _claims(relay, most=count)
    journal.hold(claims, time.monotonic())
    stale = replace(claims[0], token=claims[0].token + 1000)
    outcomes = [_delivered(claim) for claim in [*claims[1:], stale]]
    taken = await asyncio.gather(*map(journal.settle, outcomes))
    assert taken == [True] * (count - 1) + [False]
