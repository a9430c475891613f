"""Grouping of concurrent writes: what arrives while one batch is written goes with the next.

A commit costs more than the rows in it, so many requests share one; nobody waits for
company: a lone item is written at once.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from relay.errors import Unavailable

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Hands items to *write* in batches and gives each caller its own result.

    Args:
        write: Takes a batch, returns one result or exception per item, in order.
        most: Largest batch.
        waiting: Most items that may wait; one more is refused at once, so that a database
            that is away does not fill the memory.
        crowd: From so many waiting items on, they are written beside a batch under way.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], Awaitable[Sequence[Result | BaseException]]],
        *,
        most: int = 100,
        waiting: int = 2000,
        crowd: int | None = None,
    ) -> None:
        self._write = write
        self._most = most
        self._waiting = waiting
        self._queue: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._crowd = waiting + 1 if crowd is None else crowd
        self._writing = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Result:
        """Write *item* with the next batch.

        Raises:
            Unavailable: Too many items wait already.
        """
        if len(self._queue) >= self._waiting:
            raise Unavailable
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        self._begin()
        return await future

    async def drain(self) -> None:
        """Wait until everything that was submitted is written."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _begin(self) -> None:
        """Begin the batch that is due: alone at once, beside another one for a crowd."""
        wait = len(self._queue)
        if (wait and not self._writing) or (wait >= self._crowd and self._writing == 1):
            self._writing += 1
            task = asyncio.create_task(self._run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self) -> None:
        try:
            await self._write_next()
        finally:
            self._writing -= 1
            self._begin()

    async def _write_next(self) -> None:
        batch = [self._queue.popleft() for _ in range(min(self._most, len(self._queue)))]
        if not batch:
            return  # the batch beside this one took them
        try:
            results = await self._write([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 (handed to every caller of the batch)
            results = [error] * len(batch)
        for (_, future), result in zip(batch, results, strict=True):
            if future.done():
                continue  # the caller went away; the write stands
            if isinstance(result, BaseException):
                future.set_exception(result)
            else:
                future.set_result(result)
