"""Claims: each mail has one holder, who loses it when he stalls, dies or sees no database."""

import asyncio
import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from relay.context import open_context
from relay.settings import Settings
from tests.relays import QUICK, Relay, courier
from tests.rig.deliveries import (
    SHORT_LEASE,
    attempts,
    couriers,
    database_proxy,
    notices,
    pass_time,
    reach,
    row,
    worker,
    write,
)
from tests.rig.ledger import check_wire
from tests.rig.scale import scale
from tests.rig.smtp_sink import Phase, SmtpSink, delay


async def test_f17_eight_couriers_on_one_outbox(relay: Relay) -> None:
    """F17, R14: eight couriers claim each mail once: one attempt row and one copy of each."""
    count = scale(120, 1000)
    ids = await write(relay, count)
    async with SmtpSink() as sink, couriers(relay.context, 8, sink.port):
        await reach(relay, ids, "delivered", timeout_s=scale(12, 60))
        assert len(sink.mails) == count
        [counted] = await relay.fetch("select count(*) as rows, max(number) as most from attempt")
        assert (counted["rows"], counted["most"]) == (count, 1)
        await check_wire(relay, sink)


@pytest.mark.parametrize("point", ["deliver.claimed", "deliver.before_connect"])
async def test_f18_killed_after_the_claim(
    relay: Relay, settings: Settings, tmp_path: Path, point: str
) -> None:
    """F18: a claim that died before connecting is retried when its lease ends, without doubt."""
    ids = await write(relay, 3)
    log = tmp_path / "worker.log"
    async with SmtpSink() as sink:
        async with worker(settings, sink.port, log, kill=(point, 1), timing=SHORT_LEASE) as killed:
            assert await killed.wait(timeout_s=10) == -signal.SIGKILL
        assert sink.mails == []
        await relay.travel(SHORT_LEASE.lease_s)
        async with courier(relay.context, sink.port):
            await reach(relay, ids, "delivered")
        assert len(sink.mails) == 3
        for message_id in ids:
            assert (await row(relay, message_id))["ambiguous"] == 0
            outcomes = [attempt["outcome"] for attempt in await attempts(relay, message_id)]
            assert outcomes == ["crashed", "delivered"]
        await check_wire(relay, sink)


async def test_f19_stalled_past_its_lease(relay: Relay, settings: Settings, tmp_path: Path) -> None:
    """F19, R14: a worker that wakes past its lease writes nothing and sends nothing more."""
    [message_id] = await write(relay)
    async with (
        SmtpSink() as sink,
        worker(settings, sink.port, tmp_path / "worker.log", timing=SHORT_LEASE) as stalled,
    ):
        sink.behave(Phase.RCPT, delay(1.5, times=1))
        await stalled.wait_ready(lambda: _reached(sink, Phase.RCPT), timeout_s=30)
        stalled.sigstop()
        async with courier(relay.context, sink.port):
            await reach(relay, [message_id], "delivered", timeout_s=SHORT_LEASE.lease_s + 4)
        token = (await row(relay, message_id))["token"]
        stalled.sigcont()
        await stalled.wait_output(r"mail\.(lease_lost|outcome_refused)", timeout_s=30)
        assert len(sink.mails) == 1
        found = await row(relay, message_id)
        assert (found["state"], found["token"]) == ("delivered", token)
        await check_wire(relay, sink)


async def test_f19_stalled_at_the_dot(relay: Relay, settings: Settings, tmp_path: Path) -> None:
    """F19: the late 250 of a worker that stalled is refused by its token; the doubt is counted."""
    [message_id] = await write(relay)
    async with (
        SmtpSink() as sink,
        worker(settings, sink.port, tmp_path / "worker.log", timing=SHORT_LEASE) as stalled,
    ):
        sink.behave(Phase.DOT, delay(1, times=1))
        await stalled.wait_ready(lambda: _reached(sink, Phase.DOT), timeout_s=30)
        stalled.sigstop()
        async with courier(relay.context, sink.port):
            await reach(relay, [message_id], "deferred", timeout_s=SHORT_LEASE.lease_s + 4)
            stalled.sigcont()
            await stalled.wait_output(r"mail\.outcome_refused", timeout_s=30)
            found = await row(relay, message_id)
            assert (found["state"], found["ambiguous"]) == ("deferred", 1)
            outcomes = [attempt["outcome"] for attempt in await attempts(relay, message_id)]
            assert outcomes == ["ambiguous", "recovered"]
        await check_wire(relay, sink)


async def _reached(sink: SmtpSink, phase: Phase) -> bool:
    return sink.reached[phase] > 0


@pytest.mark.parametrize(
    "jump",
    [timedelta(hours=1), timedelta(hours=-1), timedelta(days=1), timedelta(days=-1)],
    ids=str,
)
async def test_f54_one_clock_jumps(relay: Relay, settings: Settings, jump: timedelta) -> None:
    """F54: with one of two clocks off, nothing is claimed twice, told too early or stuck."""
    ids = await write(relay, 40) + await write(relay, to="greylist+1")
    async with (
        SmtpSink() as sink,
        open_context(settings) as skewed,
        courier(skewed, sink.port, timing=SHORT_LEASE),
        courier(relay.context, sink.port, timing=SHORT_LEASE),
    ):
        pass_time(skewed, jump)
        more = await write(relay, 20)
        await reach(relay, [*ids[:-1], *more], "delivered")
        await reach(relay, ids[-1:], "deferred")
        await relay.travel(100)
        await reach(relay, ids, "delivered")
        assert {len(copies) for copies in sink.by_message_id().values()} == {1}
        await check_wire(relay, sink)


async def test_f55_a_worker_cut_off_from_the_database(relay: Relay, settings: Settings) -> None:
    """F55: a worker that sees SMTP and no PostgreSQL sends nothing new; another takes over."""
    quick = replace(QUICK, lease_s=7.0)
    ids = await write(relay, 15)
    async with (
        SmtpSink() as sink,
        database_proxy(settings) as (proxy, far),
        open_context(far) as context,
    ):
        sink.behave(Phase.RCPT, delay(0.5))
        async with courier(context, sink.port, timing=quick):
            await reach(relay, ids[:1], "sending")
            proxy.blackhole()
            await asyncio.sleep(2)
            assert sink.mails == []
            sink.behave_normally()
            async with courier(relay.context, sink.port):
                await reach(relay, ids, "delivered", timeout_s=quick.lease_s + 4)
            assert len(sink.mails) == 15
            await proxy.restore()
        assert len(sink.mails) == 15
        assert set((await relay.states()).values()) == {"delivered"}
        await check_wire(relay, sink)


async def test_f55_the_database_is_lost_right_after_a_claim(
    relay: Relay, settings: Settings
) -> None:
    """F55: claims whose mails could not be read are given back, and not taken for a crash."""
    ids = await write(relay, 3)
    async with (
        SmtpSink() as sink,
        database_proxy(settings) as (proxy, far),
        open_context(far) as context,
    ):
        proxy.swallow_after(b"as earlier_ids")
        async with courier(context, sink.port):
            await proxy.wait_swallowed(1, timeout_s=30)
            await reach(relay, ids, "delivered")
        assert len(sink.mails) == 3
        for message_id in ids:
            outcomes = [attempt["outcome"] for attempt in await attempts(relay, message_id)]
            assert outcomes == ["given_back", "delivered"]
            assert (await row(relay, message_id))["tries"] == 1
        await check_wire(relay, sink)


_ENDS = {
    "expired": "update outbox set expires_at = now() returning 1",
    "unconfirmed": "with doubt as (update outbox set ambiguous = 1 returning site_id, mail_id)"
    " insert into attempt (site_id, mail_id, token, number, route, phase)"
    " select site_id, mail_id, 0, 1, 'rig', 'data' from doubt returning 1",
}


@pytest.mark.parametrize("end", _ENDS)
async def test_f55_an_end_is_told_however_it_was_read(
    relay: Relay, settings: Settings, end: str
) -> None:
    """F55: who wrote a mail that ends while the database gives nothing is told of it."""
    ids = await write(relay)
    await relay.fetch(_ENDS[end])
    async with (
        SmtpSink() as sink,
        database_proxy(settings) as (proxy, far),
        open_context(far) as context,
    ):
        proxy.swallow_after(b"as earlier_ids")
        async with courier(context, sink.port, timing=SHORT_LEASE):
            await proxy.wait_swallowed(1, timeout_s=30)
            await reach(relay, ids, end, timeout_s=SHORT_LEASE.lease_s + 4)
    assert [one.partition(":")[0] for one in await notices(relay)] == [end]
