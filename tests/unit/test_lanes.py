"""Lanes: how many deliveries run at once, and that slow ones make room."""

import asyncio

import pytest

from tests.relays import until
from workers import lanes
from workers.lanes import Lanes


class Gauge:
    """Counts deliveries that hold a lane."""

    def __init__(self, running: Lanes) -> None:
        self.lanes = running
        self.now = 0
        self.most = 0
        self.open = asyncio.Event()

    async def deliver(self) -> None:
        """Hold a lane until the gate is open."""
        async with self.lanes.lane():
            self.now += 1
            self.most = max(self.most, self.now)
            await self.open.wait()
            self.now -= 1


async def _is(gauge: Gauge, count: int) -> bool:
    return gauge.now == count


async def _settle_down() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_no_more_run_than_there_are_lanes() -> None:
    """Deliveries beyond the number of lanes wait for their turn, and get it."""
    running = Lanes(lanes=3)
    gauge = Gauge(running)
    for _ in range(10):
        running.start(gauge.deliver())
    await _settle_down()
    assert gauge.most == 3
    gauge.open.set()
    await running.finish(1)
    assert not running._tasks
    assert gauge.most == 3


async def test_a_slow_delivery_gives_its_lane_away() -> None:
    """F38: after its time a slow delivery goes on without its lane."""
    running = Lanes(lanes=1, slow_s=0.02)
    gauge = Gauge(running)
    for _ in range(3):
        running.start(gauge.deliver())
    await until(lambda: _is(gauge, 3), 2)
    gauge.open.set()
    await running.finish(1)
    assert not running._tasks


async def test_a_lane_is_never_given_twice() -> None:
    """F38: when slow deliveries end, there are as many lanes as before and no more."""
    running = Lanes(lanes=2, slow_s=0.01)
    slow = Gauge(running)
    for _ in range(6):
        running.start(slow.deliver())
    await until(lambda: _is(slow, 6), 2)
    slow.open.set()
    await running.finish(1)
    after = Gauge(running)
    for _ in range(6):
        running.start(after.deliver())
    await _settle_down()
    assert after.most == 2
    after.open.set()
    await running.finish(1)


async def test_room_shrinks_with_what_is_under_way() -> None:
    """A claim takes what there is room for; with enough under way it waits for an end."""
    running = Lanes()
    assert await running.room() == lanes.CLAIMED_MOST
    gauge = Gauge(running)
    for _ in range(lanes.REFILL_BELOW + 1):
        running.start(gauge.deliver())
    waiting = asyncio.create_task(running.room())
    await _settle_down()
    assert not waiting.done()
    gauge.open.set()
    assert await asyncio.wait_for(waiting, 1) > 0
    await running.finish(1)


async def test_calm_comes_when_only_slow_ones_are_left() -> None:
    """F20: a suspect waits for what is quick, and not for what is slow."""
    running = Lanes(slow_s=0.05)
    gauge = Gauge(running)
    running.start(gauge.deliver())
    await asyncio.wait_for(running.calm(), 1)
    assert gauge.now == 1
    gauge.open.set()
    await running.finish(1)
    await running.calm()


async def test_nobody_waits_for_room_that_is_closed() -> None:
    """F52: a worker that stops is not held up by lanes that are full."""
    running = Lanes()
    gauge = Gauge(running)
    for _ in range(lanes.REFILL_BELOW + 1):
        running.start(gauge.deliver())
    waiting = asyncio.create_task(running.room())
    await _settle_down()
    running.close()
    assert await asyncio.wait_for(waiting, 1) == 0
    await running.finish(0)


async def test_finish_cancels_what_outlives_the_time() -> None:
    """F52: a worker that stops does not wait longer than it may."""
    running = Lanes()
    gauge = Gauge(running)
    running.start(gauge.deliver())
    await running.finish(0.05)
    assert not running._tasks


async def test_one_that_fails_takes_nobody_with_it() -> None:
    """A fault in one delivery frees its lane and leaves the others alone."""

    async def fail() -> None:
        async with running.lane():
            raise RuntimeError

    running = Lanes(lanes=1)
    gauge = Gauge(running)
    running.start(fail())
    running.start(gauge.deliver())
    await _settle_down()
    assert gauge.now == 1
    gauge.open.set()
    await running.finish(1)


async def _slow_ones(
    running: Lanes, domain: str, count: int, end: asyncio.Event, before: int = 0
) -> None:
    async def deliver() -> None:
        async with running.lane() as lane:
            lane.domain = domain
            await end.wait()

    for _ in range(count - before):
        running.start(deliver())
    await until(lambda: _counts(running, domain, count), 5)


async def _counts(running: Lanes, domain: str, count: int) -> bool:
    return running._slow[domain] == count


async def test_a_slow_host_has_a_limit_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """F38: a host slow with as many mails as its share makes further ones wait, no other host's."""
    monkeypatch.setattr(lanes, "SLOW_PER_HOST", 3)
    running, end = Lanes(slow_s=0.01), asyncio.Event()
    await _slow_ones(running, "slow.example", 2, end)
    assert not running.is_clogged("slow.example")
    await _slow_ones(running, "slow.example", 3, end, 2)
    assert running.is_clogged("slow.example")
    assert not running.is_clogged("other.example")
    end.set()
    await running.finish(1)
    assert not running.is_clogged("slow.example")
    assert not running._slow


async def test_many_slow_hosts_leave_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """F38: once half of all is slow, one mail of a slow host is enough."""
    monkeypatch.setattr(lanes, "TOTAL_MOST", 8)
    monkeypatch.setattr(lanes, "SLOW_PER_HOST", 3)
    running, end = Lanes(slow_s=0.01), asyncio.Event()
    for number in range(4):
        assert not running.is_clogged(f"slow-{number}.example")
        await _slow_ones(running, f"slow-{number}.example", 1, end)
    assert all(running.is_clogged(f"slow-{number}.example") for number in range(4))
    assert not running.is_clogged("fifth.example")
    end.set()
    await running.finish(1)
