"""How many mails are under way at once, so that slow servers hold up nobody else."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog

LANES = 20
CLAIMED_MOST = 100
REFILL_BELOW = 60
TOTAL_MOST = 300
SLOW_S = 2.0

log = structlog.get_logger()


class Lanes:
    """Runs deliveries side by side; one that takes long gives its lane to the next.

    Args:
        lanes: Hand-overs at a time, slow ones not counted.
        slow_s: Seconds after which a hand-over counts as slow.
    """

    def __init__(self, *, lanes: int = LANES, slow_s: float = SLOW_S) -> None:
        self._permits = asyncio.Semaphore(lanes)
        self._slow_s = slow_s
        self._slow = 0
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
        while len(self._tasks) - self._slow > REFILL_BELOW or len(self._tasks) >= TOTAL_MOST:
            if self._is_closed:
                return 0
            self._changed.clear()
            await self._changed.wait()
        if self._is_closed:
            return 0
        return min(CLAIMED_MOST - len(self._tasks) + self._slow, TOTAL_MOST - len(self._tasks))

    async def calm(self) -> None:
        """Wait until nothing is under way but what is slow, ``slow_s`` seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._slow_s):
                while len(self._tasks) > self._slow and not self._is_closed:
                    self._changed.clear()
                    await self._changed.wait()

    def start(self, delivery: Coroutine[Any, Any, None]) -> None:
        """Run *delivery*; its lane is taken with ``lane``."""
        task = asyncio.create_task(delivery)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    @asynccontextmanager
    async def lane(self) -> AsyncIterator[None]:
        """Hold one of the lanes, for ``slow_s`` seconds at most."""
        await self._permits.acquire()
        slow = asyncio.Event()
        timer = asyncio.get_running_loop().call_later(self._slow_s, self._turn_slow, slow)
        try:
            yield
        finally:
            timer.cancel()
            if slow.is_set():
                self._slow -= 1
            else:
                self._permits.release()

    async def finish(self, timeout_s: float) -> None:
        """Wait for what is under way, at most *timeout_s* seconds; the rest is cancelled."""
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=timeout_s)
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left)

    def _turn_slow(self, slow: asyncio.Event) -> None:
        slow.set()
        self._slow += 1
        self._permits.release()
        self._changed.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changed.set()
        if not task.cancelled() and task.exception():
            log.error("delivery.failed", exc_info=task.exception())
