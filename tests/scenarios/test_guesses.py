"""A7: who guesses addresses learns nothing, from no answer and no clock."""

import asyncio
import random
import statistics
import time
from datetime import datetime, timedelta

from relay.addresses import bounce_address, new_local_part, probe_address
from relay.arrivals import Keeper
from relay.inbound import UNKNOWN, open_doors
from relay.sealing import new_id
from tests.relays import Relay
from tests.rig.scale import scale
from tests.scenarios.test_arrivals import Dialogue, alias, dialogue, listening, spoken_to

GUESSES = scale(2_000, 1_000_000)
AT_ONCE = 100
PAIRS = 40
SIGNS = "abcdefghijklmnopqrstuvwxyz234567"
DOMAIN = "relais.example"
# Standard deviations: chance alone passes this once in two million runs.
CHANCE = 5.0


def guess(real: str, now: datetime, dice: random.Random) -> str:
    """Return what somebody would try who knows the form of addresses, and one that is real."""
    local_part = real.partition("@")[0]
    at = dice.randrange(2, len(local_part))
    other = dice.choice([sign for sign in SIGNS if sign != local_part[at]])
    forged = [bytes(dice.randbytes(32))]
    mail_id = new_id(now)
    tries = (
        new_local_part(dice.randbytes(16)),
        new_local_part(dice.randbytes(32)),
        local_part[:at] + other + local_part[at + 1 :],
        local_part[:at] + local_part[at + 1 :],
        local_part[:at],
        local_part + dice.choice(SIGNS),
        f"b-{local_part[2:]}",
        bounce_address(
            mail_id, domain=DOMAIN, keys=forged, expires_on=(now + timedelta(days=9)).date()
        ).partition("@")[0],
        probe_address(mail_id, domain=DOMAIN, keys=forged).partition("@")[0],
    )
    return f"{dice.choice(tries)}@{DOMAIN}"


async def test_a07_no_guess_hits(relay: Relay) -> None:
    """A7: of guesses made by who knows the form, and a real address, none hits (CHAOS=1: 10^6)."""
    real, dice, keeper = await alias(relay), random.Random(7), Keeper(relay.context)
    for _ in range(GUESSES // AT_ONCE):
        guesses = [guess(real, relay.context.clock(), dice) for _ in range(AT_ONCE)]
        found = await asyncio.gather(*(keeper.expect(one) for one in guesses if one != real))
        assert not any(found)
    assert await keeper.expect(real)


async def asked(spoken: Dialogue, address: str) -> tuple[str, float]:
    """Ask for an address; return the answer, and how long it took."""
    begun = time.perf_counter()
    answer = await spoken.say(f"RCPT TO:<{address}>")
    return answer, time.perf_counter() - begun


async def test_a07_no_clock_tells_what_once_was(relay: Relay) -> None:
    """A7: what has ended is refused after as long as what never was, in the same words.

    Mann and Whitney's test over pairs asked by turns, so that a busy machine weighs on both.
    """
    ended, dice = await alias(relay), random.Random(7)
    await relay.fetch("update conversation set blocked_at = now() returning 1")
    took: dict[bool, list[float]] = {True: [], False: []}
    async with dialogue(relay) as spoken:
        await spoken.say("MAIL FROM:<a@b.example>")
        for turn in range(2 * PAIRS):
            once_was = turn % 2 == 0
            address = ended if once_was else f"{new_local_part(dice.randbytes(16))}@{DOMAIN}"
            answer, seconds = await asked(spoken, address)
            assert answer == UNKNOWN
            took[once_was].append(seconds)
    assert abs(deviations(took[True], took[False])) < CHANCE
    print({was: statistics.median(seconds) for was, seconds in took.items()})


async def test_a07_sessions_are_slowed_apart(relay: Relay) -> None:
    """A7: who writes to a real address does not wait for who guesses."""
    real = await alias(relay)
    async with (
        open_doors(relay.context, listening(relay)) as ports,
        spoken_to(ports[0]) as guessing,
        spoken_to(ports[0]) as writing,
    ):
        for one in (guessing, writing):
            await one.say("MAIL FROM:<a@b.example>")
        guessing.send("".join(f"RCPT TO:<x{n}@{DOMAIN}>\r\n" for n in range(40)).encode())
        assert (await writing.say(f"RCPT TO:<{real}>")).startswith("250")
        assert await guessing.heard() == UNKNOWN  # and most of the others are still to come


def deviations(first: list[float], second: list[float]) -> float:
    """Return by how many standard deviations Mann and Whitney's U is from chance."""
    wins = sum((a > b) + (a == b) / 2 for a in first for b in second)
    pairs = len(first) * len(second)
    spread = (pairs * (len(first) + len(second) + 1) / 12) ** 0.5
    return (wins - pairs / 2) / spread
