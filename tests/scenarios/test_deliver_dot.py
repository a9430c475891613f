"""Around the final dot: what may have arrived is said to be so, and copies stay within bounds."""

import asyncio
import signal
from pathlib import Path

import pytest

from relay.context import open_context
from relay.settings import Settings
from tests.relays import QUICK, Relay, courier
from tests.rig.deliveries import (
    SHORT_LEASE,
    attempts,
    database_proxy,
    notices,
    reach,
    row,
    worker,
    write,
)
from tests.rig.ledger import check_wire
from tests.rig.scale import scale
from tests.rig.smtp_sink import Phase, SmtpSink, cut, delay

RETRY_S = 200.0  # past the first two back-offs
CUTS = scale(10, 100)


@pytest.mark.parametrize("copies", [2, 1])
async def test_f33_cut_after_the_dot(relay: Relay, copies: int) -> None:
    """F33: a cut after the dot is ambiguous once and resent once with the same Message-ID."""
    ids = await write(relay, CUTS)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        cuts = cut(keeps_mail=copies == 2, times=CUTS)
        sink.behave(Phase.DOT, cuts)
        await reach(relay, ids, "deferred")
        await relay.travel(RETRY_S)
        await reach(relay, ids, "delivered")
        found = sink.by_message_id()
        assert {len(mails) for mails in found.values()} == {copies}
        assert len(found) == CUTS
        await check_wire(relay, sink)
    for message_id in ids:
        assert [a["outcome"] for a in await attempts(relay, message_id)] == [
            "ambiguous",
            "delivered",
        ]


async def test_f33_a_second_cut_ends_unconfirmed(relay: Relay) -> None:
    """F33: after two ambiguous attempts the mail is unconfirmed, told to its sender, not resent."""
    [message_id] = await write(relay)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        sink.behave(Phase.DOT, cut(keeps_mail=True, times=2))
        await reach(relay, [message_id], "deferred")
        await relay.travel(RETRY_S)
        await reach(relay, [message_id], "unconfirmed")
        assert (await row(relay, message_id))["ambiguous"] == 2
        await relay.travel(10 * RETRY_S)
        await sink.wait_for(3, timeout_s=30)  # two copies and the notice
        await asyncio.sleep(3 * QUICK.sweep_s)
        assert len(sink.mails) == 3
        assert await notices(relay) == ["unconfirmed:ambiguous"]
        await check_wire(relay, sink)


async def test_f34_the_answer_to_the_dot_comes_late(relay: Relay) -> None:
    """F34: an answer later than the lease is waited for, the lease is kept: one copy."""
    [message_id] = await write(relay)
    async with (
        SmtpSink() as sink,
        courier(relay.context, sink.port, timing=SHORT_LEASE),
        courier(relay.context, sink.port, timing=SHORT_LEASE),
    ):
        sink.behave(Phase.DOT, delay(SHORT_LEASE.lease_s + 1.5))
        await reach(relay, [message_id], "delivered", timeout_s=12)
        assert len(sink.mails) == 1
        assert len(await attempts(relay, message_id)) == 1
        await check_wire(relay, sink)


@pytest.mark.parametrize(
    ("to", "state", "reason"),
    [("dot4xx", "deferred", "server_busy"), ("dot5xx", "bounced", "content_refused")],
)
async def test_f35_a_refusal_after_the_dot(relay: Relay, to: str, state: str, reason: str) -> None:
    """F35: 4xx after the dot retries, 5xx bounces; no copy is kept and nothing is ambiguous."""
    [message_id] = await write(relay, to=to)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await reach(relay, [message_id], state)
        found = await row(relay, message_id)
        assert (found["reason"], found["ambiguous"]) == (reason, 0)
        assert not [mail for mail in sink.mails if to in mail.recipients[0]]
        await relay.travel(RETRY_S)
        await reach(relay, [message_id], "delivered" if state == "deferred" else "bounced")
        await check_wire(relay, sink)


async def test_f36_killed_between_dot_and_answer(
    relay: Relay, settings: Settings, tmp_path: Path
) -> None:
    """F36: a worker killed after the dot twice: ambiguous once, resent once, then unconfirmed."""
    [message_id] = await write(relay)
    log = tmp_path / "worker.log"
    async with (
        SmtpSink() as sink,
        worker(settings, sink.port, log, kill=("deliver.dot_sent", 1)) as killed,
    ):
        for copies in (1, 2):
            assert await killed.wait(timeout_s=10) == -signal.SIGKILL
            await sink.wait_for(copies, timeout_s=30)
            assert (await row(relay, message_id))["state"] == "sending"
            await relay.travel(QUICK.lease_s)
            async with courier(relay.context, sink.port):
                await reach(relay, [message_id], "deferred", "unconfirmed")
            assert (await row(relay, message_id))["ambiguous"] == copies
            if copies == 1:
                assert len(sink.mails) == 1, "resent before the back-off"
                await relay.travel(RETRY_S)
                killed.start()
        assert (await relay.states())[message_id] == "unconfirmed"
        to_camille = [mail for mail in sink.mails if mail.recipients[0].startswith("camille")]
        assert len({mail.message_id for mail in to_camille}) == 1
        outcomes = [a["outcome"] for a in await attempts(relay, message_id)]
        assert outcomes.count("delivered") == 0
        await check_wire(relay, sink)


async def test_f36_database_away_at_the_dot(relay: Relay, settings: Settings) -> None:
    """F36: a result that cannot be written is kept until PostgreSQL is back: one copy."""
    [message_id] = await write(relay)
    async with (
        SmtpSink() as sink,
        database_proxy(settings) as (proxy, far),
        open_context(far) as context,
        courier(context, sink.port),
    ):
        sink.behave(Phase.DOT, delay(0.5))
        await sink.wait_for(1, timeout_s=30)
        await proxy.pause()
        await asyncio.sleep(1)
        assert (await relay.states())[message_id] == "sending"
        await proxy.restore()
        await reach(relay, [message_id], "delivered")
        assert len(sink.mails) == 1
        await check_wire(relay, sink)


@pytest.mark.parametrize("to", ["hangquit", "cutquit"])
async def test_f37_quit_hangs_or_is_cut(relay: Relay, to: str) -> None:
    """F37: whatever happens at QUIT, the mail is delivered already and the worker can stop."""
    [message_id] = await write(relay, to=to)
    async with SmtpSink() as sink:
        async with courier(relay.context, sink.port):
            await reach(relay, [message_id], "delivered")
        await sink.wait_closed(timeout_s=30)
        assert len(sink.mails) == 1
        await check_wire(relay, sink)
