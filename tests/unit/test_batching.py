"""Writes that arrive together share one batch; each caller has its own result."""

import asyncio
from collections.abc import Sequence

import pytest

from relay.batching import Batcher
from relay.errors import Unavailable


class Writer:
    """Writes numbers slowly enough that others arrive meanwhile; 13 is a fault."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def write(self, items: Sequence[int]) -> Sequence[int | BaseException]:
        """Double every number."""
        self.batches.append(list(items))
        await self.gate.wait()
        if 99 in items:
            raise Unavailable
        return [ValueError(item) if item == 13 else item * 2 for item in items]


async def test_alone() -> None:
    """A lone item is written at once."""
    writer = Writer()
    assert await Batcher(writer.write).submit(4) == 8
    assert writer.batches == [[4]]


async def test_together() -> None:
    """What arrives while a batch is written goes with the next, in order, at most so many."""
    writer = Writer()
    writer.gate.clear()
    batcher = Batcher(writer.write, most=3)
    tasks = [asyncio.create_task(batcher.submit(n)) for n in range(1)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(batcher.submit(n)) for n in range(1, 8)]
    await asyncio.sleep(0)
    writer.gate.set()
    assert await asyncio.gather(*tasks) == [n * 2 for n in range(8)]
    assert writer.batches == [[0], [1, 2, 3], [4, 5, 6], [7]]


async def test_faults_are_apart() -> None:
    """One item's fault is its own caller's; a batch's fault is every caller's."""
    writer = Writer()
    batcher = Batcher(writer.write)
    found = await asyncio.gather(*(batcher.submit(n) for n in (1, 13, 2)), return_exceptions=True)
    assert (found[0], type(found[1]), found[2]) == (2, ValueError, 4)
    found = await asyncio.gather(*(batcher.submit(n) for n in (1, 99)), return_exceptions=True)
    assert [type(one) for one in found] == [Unavailable, Unavailable]
    assert await batcher.submit(5) == 10


async def test_a_caller_who_leaves() -> None:
    """A caller who goes away takes nothing from the others, and the write stands."""
    writer = Writer()
    writer.gate.clear()
    batcher = Batcher(writer.write)
    leaving = asyncio.create_task(batcher.submit(1))
    staying = asyncio.create_task(batcher.submit(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    leaving.cancel()
    writer.gate.set()
    assert await staying == 4
    assert [item for batch in writer.batches for item in batch] == [1, 2]


async def test_full() -> None:
    """Beyond the room there is, a caller is refused at once; memory does not grow."""
    writer = Writer()
    writer.gate.clear()
    batcher = Batcher(writer.write, most=1, waiting=2)
    tasks = [asyncio.create_task(batcher.submit(0))]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(batcher.submit(n)) for n in (1, 2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await batcher.submit(3)
    writer.gate.set()
    assert await asyncio.gather(*tasks) == [0, 2, 4]


async def test_drain() -> None:
    """Draining ends when everything submitted is written, at once when there is nothing."""
    writer = Writer()
    batcher = Batcher(writer.write)
    await batcher.drain()
    tasks = [asyncio.create_task(batcher.submit(n)) for n in range(5)]
    await asyncio.sleep(0)
    await batcher.drain()
    assert await asyncio.gather(*tasks) == [0, 2, 4, 6, 8]


async def test_a_crowd_does_not_wait() -> None:
    """From so many waiting items on, one more batch goes beside the first, and never a third."""
    writer = Writer()
    writer.gate.clear()
    batcher = Batcher(writer.write, crowd=3)
    tasks: list[asyncio.Task[int]] = []
    for arriving in ([0], [1, 2], [3], [4, 5, 6, 7]):
        tasks += [asyncio.create_task(batcher.submit(n)) for n in arriving]
        await asyncio.sleep(0.01)
    assert writer.batches == [[0], [1, 2, 3]]
    writer.gate.set()
    assert await asyncio.gather(*tasks) == [n * 2 for n in range(8)]
    assert writer.batches[2:] == [[4, 5, 6, 7]]


async def test_a_crowd_that_the_first_batch_takes_is_written_once() -> None:
    """When the batch under way ends just as a second is to begin, nothing is written twice."""
    writer = Writer()
    batcher = Batcher(writer.write, crowd=2)
    numbers = list(range(20, 70))
    assert await asyncio.gather(*map(batcher.submit, numbers)) == [n * 2 for n in numbers]
    assert sorted(n for batch in writer.batches for n in batch) == numbers
    assert all(writer.batches)
