"""The bell's connection to Redis: one, and closed whatever happened to it."""

import asyncio
import gc

from relay.bell import Bell
from relay.engines import Engines


async def test_who_asks_at_once_shares_a_connection_pool(engines: Engines) -> None:
    """Rings and questions that come before the first connection leave none open."""
    bell = Bell(engines.redis_url)
    bell.ring()
    assert await asyncio.gather(*(bell.is_heard() for _ in range(5))) == [True] * 5
    await bell.close()
    gc.collect()  # what was left open would warn now, which is an error here


async def test_nothing_stays_open_to_a_redis_that_hangs() -> None:
    """A ring cut short in the middle of a connection leaves none once the bell is closed."""
    left = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        left.set()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    bell = Bell(f"redis://127.0.0.1:{port}/0")
    assert not await bell.is_heard()
    bell.ring()
    await bell.close()
    gc.collect()
    async with asyncio.timeout(5):
        await left.wait()
    server.close()
    await server.wait_closed()
