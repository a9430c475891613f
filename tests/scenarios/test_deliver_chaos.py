"""F57: everything at once, from a printed seed: whatever happens, the contract holds."""

import asyncio
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from relay.context import open_context
from relay.settings import Settings
from tests.relays import QUICK, Relay, courier, until
from tests.rig.deliveries import database_proxy, worker, write
from tests.rig.ledger import check_wire
from tests.rig.proxy import Proxy
from tests.rig.scale import scale
from tests.rig.smtp_sink import Action, Event, Phase, SmtpSink, cut, delay, reply

SEEDS = [int(os.environ.get("CHAOS_SEED", "1")) + n for n in range(scale(2, 500))]
ENDS = {"delivered", "bounced", "expired", "cancelled", "unconfirmed", "held"}
FAULTS = {
    Phase.GREETING: [reply(421, "4.3.2 busy"), cut()],
    Phase.EHLO: [cut(), reply(502, "5.5.1 what?")],
    Phase.MAIL: [reply(421, "4.7.0 slow down"), reply(451, "4.3.0 not now"), cut()],
    Phase.RCPT: [reply(450, "4.2.0 greylisted"), reply(552, "5.2.2 full"), cut(), delay(0.2)],
    Phase.DATA: [reply(451, "4.3.0 not now"), cut()],
    Phase.BODY: [cut()],
    Phase.DOT: [cut(keeps_mail=True), cut(), reply(451, "4.3.0 not now"), delay(0.3)],
}


class Weather:
    """Faults of the server, drawn while it storms."""

    def __init__(self, drawn: random.Random) -> None:
        self._drawn = drawn
        self.storms = True

    def __call__(self, event: Event) -> Action | None:
        """Draw the action of one moment: one in eight goes wrong."""
        if not self.storms or event.phase not in FAULTS or self._drawn.random() > 1 / 8:
            return None
        return self._drawn.choice(FAULTS[event.phase])


async def _disturb(drawn: random.Random, proxy: Proxy, sink: SmtpSink, relay: Relay) -> None:
    """Break one thing, and let time pass."""
    match drawn.choice(["cut database", "lose database", "cut servers", "server away", "time"]):
        case "cut database":
            await proxy.cut_all()
        case "lose database":
            await proxy.pause()
            await asyncio.sleep(0.2)
            await proxy.restore()
        case "cut servers":
            await sink.cut_all()
        case "server away":
            await sink.pause()
            await asyncio.sleep(0.2)
            sink.resume()
    await relay.travel(drawn.choice([1, 70, 400, 20_000]))


@pytest.mark.parametrize("seed", SEEDS)
async def test_f57_all_at_once(relay: Relay, settings: Settings, tmp_path: Path, seed: int) -> None:
    """F57: with faults drawn from a seed every contact ends once, in bounds and accounted for."""
    print(f"seed {seed}: CHAOS_SEED={seed} repeats it")
    drawn = random.Random(seed)
    weather = Weather(drawn)
    log = tmp_path / "worker.log"
    quick = replace(QUICK, lease_s=6.0)
    async with (
        SmtpSink(script=weather) as sink,
        database_proxy(settings) as (proxy, far),
        worker(
            settings, sink.port, log, timing=quick, kill=("deliver.dot_sent", drawn.randint(1, 9))
        ),
        open_context(far) as context,
        courier(context, sink.port, timing=quick),
    ):
        ids = []
        for _ in range(scale(5, 12)):
            ids += await write(relay, 8)
            await _disturb(drawn, proxy, sink, relay)
        weather.storms = False
        await proxy.restore()

        async def ended() -> bool:
            await asyncio.sleep(0.3)
            await relay.travel(20_000)
            states = await relay.states()
            return all(states[message_id] in ENDS for message_id in ids)

        await until(ended, timeout_s=60)
    [most] = await relay.fetch("select max(ambiguous) as doubts, max(tries) as tries from outbox")
    assert most["doubts"] <= 2
    await check_wire(relay, sink)
