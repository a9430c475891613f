"""The row of mails beside Postfix: both hand what they took to the same sink."""

import asyncio
import time

import psutil

from bench.house import House, cpu_s, process, sunk, up
from bench.rows import Row, batch, deliver_one, median
from tests.rig.postfix import Postfix, missing, postfix, relay_to

SESSIONS = (1, 16, 64)
MAILS = 500


async def rows(place: House, sink: psutil.Popen, rounds: int) -> list[Row]:
    """Mails from the form to the next hop, against Postfix from its load program to the same."""
    name, why = "mails, against Postfix", missing()
    if why:
        return [{"row": name, "figure": f"skipped: {why}"}]
    ours, theirs = [], []
    with (
        process("relay", "serve", environment=place.environment) as serve,
        process("workers", environment=place.environment) as worker,
        postfix(relay_to(place.settings.smtp_url[0].port)) as other,
    ):
        await up(place.port)
        await deliver_one(place, sink)
        for turn in range(rounds + 1):
            rate, cost = await batch(place, sink, (serve.pid, worker.pid, place.postgres))
            best = max([await _relayed(other, sink, one) for one in SESSIONS])
            if turn:  # the first round warms both up
                # A contact is two mails, the receipt included.
                ours.append((2 * rate, sum(cost) / 2))
                theirs.append(best)
    return [
        {
            "row": name,
            "figure": f"{median([a for a, _ in ours])} mails/s, {median([b for b, _ in theirs])}",
            "ratio": f"{median([a / b for (a, _), (b, _) in zip(ours, theirs, strict=True)])}×",
            "target": "≥ 3×",
        },
        {
            "row": "CPU per mail, against Postfix",
            "figure": f"{median([a for _, a in ours])} µs, {median([b for _, b in theirs])} µs",
        },
    ]


async def _relayed(other: Postfix, sink: psutil.Popen, sessions: int) -> tuple[float, float]:
    """Return mails per second and µs of CPU per mail of Postfix."""
    before, used, started = sunk(sink), cpu_s(other.master), time.perf_counter()
    await asyncio.to_thread(other.load, sessions, MAILS)
    async with asyncio.timeout(120):
        while sunk(sink) < before + MAILS:
            await asyncio.sleep(0.01)
    took = time.perf_counter() - started
    return MAILS / took, (cpu_s(other.master) - used) / MAILS * 1e6
