"""The service is restarted under load, and nobody's message is lost."""

import asyncio
from pathlib import Path

import asyncpg
from aiohttp import ClientError

from tests.relays import Relay, until
from tests.rig.scale import scale
from tests.rig.serving import Door, serving, without_limits


async def test_f52_sigterm_under_load(relay: Relay, tmp_path: Path) -> None:
    """F52: SIGTERM under load ends within 25 s; with a client that retries, nothing fails."""
    await without_limits(relay)
    async with serving(relay, tmp_path / "serve.log") as door:
        stop = asyncio.Event()
        clients = [asyncio.create_task(_client(door, name, stop)) for name in range(4)]
        for _ in range(scale(2, 100)):
            await asyncio.sleep(0.5)
            assert await door.child.terminate(25) == 0
            await door.restart()
        await asyncio.sleep(0.3)
        stop.set()
        posted = sum(await asyncio.gather(*clients))
        assert "request.failed" not in door.child.output
    states = await relay.states()
    assert set(relay.accepted) == set(states)
    assert len(states) == posted > len(clients)  # there was a load to speak of


async def _client(door: Door, name: int, stop: asyncio.Event) -> int:
    """Post one contact after the other, each with its key until it is taken; return how many."""
    n = 0
    while not stop.is_set():
        n += 1
        async with asyncio.timeout(15):
            while True:
                try:
                    key = {"Idempotency-Key": f"{name}-{n}"}
                    status, _ = await door.post(key, message=f"Question {name}-{n} ?")
                except ClientError:
                    await asyncio.sleep(0.05)
                    continue
                assert status == 202
                break
    return n


async def test_f52_in_flight_is_answered(relay: Relay, tmp_path: Path) -> None:
    """F52: a contact under way when SIGTERM comes is stored and answered before the end."""
    async with serving(relay, tmp_path / "serve.log") as door:
        url = relay.context.settings.database_url
        holder = await asyncpg.connect(url.get_secret_value() if url else "")
        async with holder.transaction():
            await holder.execute("lock table outbox in access exclusive mode")
            posting = asyncio.create_task(door.post())

            async def waits() -> bool:
                return bool(
                    await holder.fetchval("select count(*) from pg_locks where not granted")
                )

            await until(waits)
            ending = asyncio.create_task(door.child.terminate(25))
            await asyncio.sleep(0.3)
        await holder.close()
        assert (await posting)[0] == 202
        assert await ending == 0
