"""A PostgreSQL of the test's own behind a proxy, so that it can be killed and come back.

The engines choose a new port at every start; the proxy keeps the address the relay knows.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from relay.database import migrate
from relay.engines import Engines, start_engines
from relay.settings import Settings
from tests.rig.listener import HOST
from tests.rig.proxy import Proxy
from tests.rig.users import logins_of


@dataclass(slots=True)
class Cluster:
    """Engines on a state directory, reached through a proxy."""

    state: Path
    engines: Engines
    proxy: Proxy

    @property
    def url(self) -> str:
        """The database as the relay is told of it."""
        return through(self.engines.database_url, self.proxy)

    def kill9(self) -> None:
        """Kill the postmaster; its backends end by themselves."""
        os.kill(self.engines.pids[0], signal.SIGKILL)

    async def stop(self) -> None:
        """Stop the engines."""
        await asyncio.to_thread(self.engines.stop)

    async def start(self) -> None:
        """Start the engines again on their data, and lead the proxy to them."""
        await self.stop()
        self.engines = await asyncio.to_thread(start_engines, self.state)
        self.proxy._target = (HOST, urlsplit(self.engines.database_url).port or 0)

    async def execute(self, *statements: str) -> None:
        """Run statements on a connection of their own, beside the proxy."""
        connection = await asyncpg.connect(self.engines.database_url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


def through(database_url: str, proxy: Proxy) -> str:
    """Return *database_url* with the proxy in the place of the server, TLS off."""
    parts = urlsplit(database_url)
    place = f"{parts.username}:{parts.password}@{HOST}:{proxy.port}"
    return parts._replace(netloc=place, query="sslmode=disable").geturl()


def settings_with(settings: Settings, database_url: str) -> Settings:
    """Return *settings* on another database."""
    return Settings.model_validate(dict(settings) | {"database_url": database_url})


@asynccontextmanager
async def own_cluster(state: Path) -> AsyncIterator[Cluster]:
    """Run a migrated cluster in *state*."""
    started = await asyncio.to_thread(start_engines, state)
    async with Proxy(HOST, urlsplit(started.database_url).port or 0) as proxy:
        cluster = Cluster(state, started, proxy)
        try:
            owner = cluster.engines.database_url
            await migrate(owner, logins=logins_of(owner))
            yield cluster
        finally:
            await cluster.stop()
