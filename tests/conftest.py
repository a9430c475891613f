"""Real engines for every test that asks: one PostgreSQL and one Valkey per test process."""

import asyncio
import atexit
import base64
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest

from relay.context import Context, open_context
from relay.cpu import Overrun
from relay.database import migrate
from relay.engines import Engines, start_engines
from relay.settings import Settings, read_settings
from tests.relays import Relay, open_relay
from tests.rig.databases import Databases
from tests.rig.memory import leave_memory, take_memory
from tests.rig.stalls import Stalls
from tests.rig.users import logins_of

TEMPLATE = "relais_template"


def pytest_configure(config: pytest.Config) -> None:
    """Keep temporary files in memory; the processes of a parallel run inherit the place."""
    config.pluginmanager.register(Stalls())
    if made := take_memory():
        atexit.register(leave_memory, made)  # after what libraries keep there is gone


def pytest_sessionstart() -> None:
    """Forgive an overrun that ends nothing but a destructor: ``cpu_limit`` raises it again."""
    complain = sys.unraisablehook

    def but_overruns(unraisable: "sys.UnraisableHookArgs") -> None:
        if unraisable.exc_type is not Overrun:
            complain(unraisable)

    sys.unraisablehook = but_overruns


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """The embedded engines of this test process."""
    state = Path(tempfile.mkdtemp(prefix="relais-test-"))
    state.chmod(0o755)
    started = start_engines(state)
    yield started
    started.stop()
    shutil.rmtree(state, ignore_errors=True)


def with_database(url: str, name: str) -> str:
    """Return *url* with another database."""
    return url.rsplit("/", 1)[0] + "/" + name


@pytest.fixture(scope="session")
def template(engines: Engines) -> str:
    """A migrated database that tests are copied from."""

    async def make() -> None:
        connection = await asyncpg.connect(engines.database_url)
        await connection.execute(f"create database {TEMPLATE}")
        await connection.close()
        url = with_database(engines.database_url, TEMPLATE)
        await migrate(url, logins=logins_of(url))

    with ThreadPoolExecutor(1) as thread:  # this thread has the loop of the tests
        thread.submit(asyncio.run, make()).result()
    return TEMPLATE


@pytest.fixture(scope="session")
def databases(engines: Engines, template: str) -> Databases:
    """The databases of this test process."""
    return Databases(engines.database_url, template)


@pytest.fixture
async def database_url(databases: Databases) -> AsyncIterator[str]:
    """A migrated, empty database of this test's own."""
    url = await databases.take()
    yield url
    await databases.give_back(url)


@pytest.fixture
def settings(database_url: str, engines: Engines) -> Settings:
    """Settings of a relay on the test's own database, with no smarthost."""
    return read_settings(
        {},
        database_url=database_url,
        redis_url=engines.redis_url,
        master_key="k1:" + base64.b64encode(os.urandom(32)).decode(),
        mail_domain="relais.example",
        public_url="https://relais.example",
    )


@pytest.fixture
async def context(settings: Settings) -> AsyncIterator[Context]:
    """An open context."""
    async with open_context(settings) as opened:
        yield opened


@pytest.fixture
async def relay(context: Context) -> AsyncIterator[Relay]:
    """A relay with a site, a listing and an HTTP address; its ledger is checked at the end."""
    async with open_relay(context) as opened:
        yield opened
        await opened.check_ledger()
