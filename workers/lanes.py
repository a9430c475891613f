"""How many mails are under way at once, so that slow servers hold up nobody else."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import structlog

LANES = 20
CLAIMED_MOST = 100
REFILL_BELOW = 60
TOTAL_MOST = 500
SLOW_PER_HOST = 20
SLOW_S = 2.0

log = structlog.get_logger()


@dataclass(slots=True)
class Lane:
    """One delivery's place.

    Args:
        domain: Where its mail goes, once that is known; never logged.
        slow_as: The domain it counts as slow for; None while it does not take long.
    """

    domain: str = ""
    slow_as: str | None = None


class Lanes:
    """Runs deliveries side by side; one that takes long gives its lane to the next.

    Args:
        lanes: Hand-overs at a time, slow ones not counted.
        slow_s: Seconds after which a hand-over counts as slow.
    """

    def __init__(self, *, lanes: int = LANES, slow_s: float = SLOW_S) -> None:
        self._permits = asyncio.Semaphore(lanes)
        self._slow_s = slow_s
        self._slow: Counter[str] = Counter()  # mails under way that take long, by their domain
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._is_closed = False

    def close(self) -> None:
        """Let nobody wait for room or calm any more."""
        self._is_closed = True
        self._changed.set()

    async def room(self) -> int:
        """Wait until a claim is worth its statement; return how many mails it may take.

        None once closed.
        """
        while (
            len(self._tasks) - self._slow.total() > REFILL_BELOW or len(self._tasks) >= TOTAL_MOST
        ):
            if self._is_closed:
                return 0
            self._changed.clear()
            await self._changed.wait()
        if self._is_closed:
            return 0
        slow = self._slow.total()
        return min(CLAIMED_MOST - len(self._tasks) + slow, TOTAL_MOST - len(self._tasks))

    async def calm(self) -> None:
        """Wait until nothing is under way but what is slow, ``slow_s`` seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._slow_s):
                while len(self._tasks) > self._slow.total() and not self._is_closed:
                    self._changed.clear()
                    await self._changed.wait()

    def start(self, delivery: Coroutine[Any, Any, None]) -> None:
        """Run *delivery*; its lane is taken with ``lane``."""
        task = asyncio.create_task(delivery)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def is_clogged(self, domain: str) -> bool:
        """Tell whether enough slow mails to *domain* are under way that another has to wait.

        When half of what may be under way is slow, one of each domain is enough: two hundred
        slow hosts together leave room for everybody else.
        """
        crowded = self._slow.total() >= TOTAL_MOST // 2
        return self._slow[domain] >= (1 if crowded else SLOW_PER_HOST)

    @asynccontextmanager
    async def lane(self) -> AsyncIterator[Lane]:
        """Hold one of the lanes, for ``slow_s`` seconds at most."""
        await self._permits.acquire()
        lane = Lane()
        timer = asyncio.get_running_loop().call_later(self._slow_s, self._turn_slow, lane)
        try:
            yield lane
        finally:
            timer.cancel()
            if lane.slow_as is None:
                self._permits.release()
            else:
                self._slow -= Counter((lane.slow_as,))

    async def finish(self, timeout_s: float) -> None:
        """Wait for what is under way, at most *timeout_s* seconds; the rest is cancelled."""
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=timeout_s)
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left)

    def _turn_slow(self, lane: Lane) -> None:
        lane.slow_as = lane.domain
        self._slow[lane.domain] += 1
        self._permits.release()
        self._changed.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changed.set()
        if not task.cancelled() and task.exception():
            log.error("delivery.failed", exc_info=task.exception())
