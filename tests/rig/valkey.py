"""RD: a Valkey of the test's own, which may be stopped, started again, filled and paused."""

import asyncio
import tempfile
from pathlib import Path
from typing import Self

from redis.asyncio import Redis
from redis.exceptions import RedisError

from relay.engines.launch import free_port
from relay.engines.wheels import find_programs
from tests.relays import until


class OwnValkey:
    """The server on one port of 127.0.0.1; an async context manager. Nothing is kept on disk."""

    def __init__(self) -> None:
        self.port = free_port()
        self._server: asyncio.subprocess.Process | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="relais-valkey-")

    @property
    def url(self) -> str:
        """The address for ``RELAY_REDIS_URL``."""
        return f"redis://127.0.0.1:{self.port}/0"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        self._folder.cleanup()

    async def start(self) -> None:
        """Start, and wait until it answers."""
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no"}
        command = [str(find_programs().valkey_server)]
        for name, value in (options | {"dir": self._folder.name}).items():
            command += [f"--{name}", str(value)]
        with (Path(self._folder.name) / "log").open("ab") as log:
            self._server = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
        await until(self._answers)

    async def stop(self) -> None:
        """Kill it: whatever it held is lost."""
        if self._server:
            self._server.kill()
            await self._server.wait()
            self._server = None

    async def ask(self, *command: object) -> object:
        """Run one command, e.g. ``ask("FLUSHALL")``."""
        redis = Redis.from_url(self.url, socket_timeout=5)
        try:
            return await redis.execute_command(*command)
        finally:
            await redis.aclose()

    async def _answers(self) -> bool:
        try:
            return bool(await self.ask("PING"))
        except RedisError:
            return False
