"""Load and ends: slow hosts, floods of one site, a worker that is asked to stop."""

import time
from pathlib import Path

import pytest

from relay.context import Context
from relay.settings import Settings
from tests.relays import QUICK, Relay, courier, open_relay, until
from tests.rig.deliveries import attempts, reach, worker, write
from tests.rig.ledger import check_wire
from tests.rig.scale import scale
from tests.rig.smtp_sink import Action, Event, Phase, SmtpSink, delay
from workers import lanes


def _at(sink: SmtpSink, recipient: str) -> list[float]:
    return [mail.at for mail in sink.mails if mail.recipients[0].startswith(recipient)]


async def test_f38_slow_hosts_delay_nobody_else(relay: Relay) -> None:
    """F38: forty hosts at one byte a second keep nobody waiting behind them for long."""
    hosts = range(scale(40, 200))
    slow = [(await write(relay, to=f"slow-1@host-{number}.example"))[0] for number in hosts]
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await until(lambda: _reached(sink, Phase.RCPT, 20))
        started = time.monotonic()
        quick = await write(relay, 20)
        await reach(relay, quick, "delivered")
        waited = max(_at(sink, "camille")) - started
        assert waited < scale(12, 15), f"{waited:.1f} s behind slow hosts"
        assert "delivered" not in {(await relay.states())[message_id] for message_id in slow}
        await check_wire(relay, sink)
        await sink.pause()


async def test_f38_one_slow_host_has_its_share(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F38: beyond its share, mails to a slow host wait without a try; nobody else does."""
    monkeypatch.setattr(lanes, "SLOW_PER_HOST", 5)
    slow = await write(relay, 40, to="slow-1")
    async with SmtpSink() as sink, courier(relay.context, sink.port):

        async def put_off() -> bool:
            return bool(await relay.fetch("select 1 from outbox where reason = 'server_busy'"))

        await until(put_off)
        quick = await write(relay, 20, to="camille@vif.example")
        await reach(relay, quick, "delivered")
        waiting = await relay.fetch("select state, tries from outbox where reason = 'server_busy'")
        assert {tuple(row) for row in waiting} == {("deferred", 0)}
        assert len(waiting) <= len(slow) - lanes.SLOW_PER_HOST
        await check_wire(relay, sink)
        await sink.pause()


async def _reached(sink: SmtpSink, phase: Phase, times: int) -> bool:
    return sink.reached[phase] >= times


async def test_f38_slow_hosts_do_not_stop_what_a_crash_left(
    relay: Relay, settings: Settings, tmp_path: Path
) -> None:
    """F18, F38: mails whose worker died are sent although slow hosts are never done."""
    async with SmtpSink() as sink:
        ids = await write(relay, 3)
        log = tmp_path / "worker.log"
        async with worker(settings, sink.port, log, kill=("deliver.claimed", 1)) as killed:
            await killed.wait(timeout_s=10)
        await write(relay, 5, to="slow-1")
        async with courier(relay.context, sink.port):
            await until(lambda: _reached(sink, Phase.RCPT, 5))
            await relay.travel(QUICK.lease_s)
            await reach(relay, ids, "delivered", timeout_s=12)
            await check_wire(relay, sink)
            await sink.pause()


async def test_f39_one_site_floods(relay: Relay, context: Context) -> None:
    """F39: while one site has two thousand mails waiting, the one mail of another leaves in 5 s."""
    count = scale(2000, 10_000)
    await write(relay, count)
    async with open_relay(context, "1000-annonces") as other, SmtpSink() as sink:
        async with courier(context, sink.port):
            await until(lambda: _reached(sink, Phase.DOT, 20))
            started = time.monotonic()
            [message_id] = await write(other, to="rare")
            await reach(other, [message_id], "delivered")
            assert _at(sink, "rare")[0] - started < 5
        assert len(sink.mails) < count
        other.accepted.clear()


async def test_f52_a_worker_is_asked_to_stop(
    relay: Relay, settings: Settings, tmp_path: Path
) -> None:
    """F52: at SIGTERM the dots under way are awaited, the rest is released at once, no copies."""
    rounds = scale(2, 30)

    def script(event: Event) -> Action | None:
        return delay(0.4) if event.phase is Phase.DOT else None

    async with SmtpSink(script=script) as sink:
        for number in range(rounds):
            ids = await write(relay, 50)
            log = tmp_path / f"worker-{number}.log"
            async with worker(settings, sink.port, log) as child:
                before = sink.reached[Phase.DOT]
                await until(lambda before=before: _reached(sink, Phase.DOT, before + 5))
                started = time.monotonic()
                assert await child.terminate(timeout_s=25) == 0
                assert time.monotonic() - started < 10
            states = await relay.states()
            assert {states[message_id] for message_id in ids} <= {
                "delivered",
                "queued",
                "deferred",
            }
        everything = list(states)
        async with courier(relay.context, sink.port):
            await reach(relay, everything, "delivered", timeout_s=14)
        assert {len(copies) for copies in sink.by_message_id().values()} == {1}
        doubts = await relay.fetch("select 1 from outbox where ambiguous > 0 or crashes > 0")
        assert doubts == []
        await check_wire(relay, sink)


async def test_f52_stopping_beside_servers_that_hang(relay: Relay) -> None:
    """F52: servers that never answer hold up the end of a worker no longer than it may take."""
    ids = await write(relay, 5, to="hangrcpt-9")
    async with SmtpSink() as sink:
        async with courier(relay.context, sink.port) as running:
            await until(lambda: _reached(sink, Phase.RCPT, 5))
            running.stop()
            started = time.monotonic()
        assert time.monotonic() - started < QUICK.stop_s + 2
        assert sink.mails == []
        await relay.travel(QUICK.lease_s)
        sink.follow(lambda event: delay(0) if event.phase is Phase.RCPT else None)
        async with courier(relay.context, sink.port):
            await reach(relay, ids, "delivered")
        assert [len(await attempts(relay, one)) for one in ids] == [2] * 5
