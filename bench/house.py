"""Everything a measurement runs against: engines, a site, its processes, a sink."""

import asyncio
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.http_load import post
from relay import administration, listings
from relay.catalogue import Advertiser, Listing
from relay.cli.common import environment_of, new_master_key
from relay.context import Context, open_context
from relay.database import migrate
from relay.engines import engines
from relay.settings import Settings, read_settings

ROOT = Path(__file__).parent.parent
LISTINGS = 50
WIDE = """
[limits]
per_ip = 1000000000
per_sender = 1000000000
per_listing = 1000000000
per_site = 1000000000
"""
TEXT = "Bonjour, le vélo est-il toujours disponible ? Je peux passer samedi matin, ou dimanche. {}"


@dataclass(frozen=True, slots=True)
class House:
    """A relay prepared to be measured."""

    settings: Settings
    environment: dict[str, str]
    public_key: str
    database_url: str
    postgres: int
    port: int
    numbers: Iterator[int]

    def contact(self) -> bytes:
        """Return the body of a contact no other equals."""
        number = next(self.numbers)
        return json.dumps(
            {
                "listing": f"L{number % LISTINGS}",
                "email": f"buyer{number}@acheteuse.example",
                "phone": f"06{12000000 + number % 80000000:08d}",
                "name": "Léa",
                "message": TEXT.format(number),
            }
        ).encode()

    def request(self) -> bytes:
        """Return a contact as the form posts it by fetch."""
        return post(f"/f/{self.public_key}", self.contact())

    def bare_request(self) -> bytes:
        """Return the same for the bare handler."""
        return post("/", self.contact())


@asynccontextmanager
async def house(smtp_port: int) -> AsyncIterator[House]:
    """Start engines in a directory of their own, migrate, open a site with listings."""
    state = Path(tempfile.mkdtemp(prefix="relais-bench-"))
    state.chmod(0o755)
    port = free_port()
    with engines(state) as running:
        await migrate(running.database_url)
        settings = read_settings(
            {},
            database_url=running.database_url,
            redis_url=running.redis_url,
            master_key=new_master_key(),
            smtp_url=f"smtp://127.0.0.1:{smtp_port}?tls=none",
            http_listen=f"127.0.0.1:{port}",
            public_url=f"http://127.0.0.1:{port}",
        )
        environment = environment_of(settings) | {
            "RELAY_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}?tls=none",
            "RELAY_HTTP_LISTEN": str(settings.http_listen),
            "RELAY_PUBLIC_URL": settings.public_url,
        }
        async with open_context(settings) as context:
            key = await _open_site(context)
        yield House(
            settings,
            environment,
            key,
            running.database_url,
            running.pids[0],
            port,
            itertools.count(1),
        )
    shutil.rmtree(state, ignore_errors=True)


async def _open_site(context: Context) -> str:
    source = (ROOT / "policies" / "demo.toml").read_text("utf-8") + WIDE
    pair = await administration.open_site(context, "bench", source, origins=[], test=True)
    site = await administration.find_site(context, "bench")
    for number in range(LISTINGS):
        advertiser = Advertiser("Camille", f"ad{number}@annonceur.example", "+33639980123")
        await listings.put_listing(
            context,
            site,
            Listing(f"L{number}", "Vélo de ville", "120 €", None, "fr", False, advertiser),
        )
    return pair.public


@contextmanager
def process(*command: str, environment: dict[str, str] | None = None) -> Iterator[psutil.Popen]:
    """Run ``python -m command`` for the length of a block."""
    child = psutil.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(20)
        except psutil.TimeoutExpired:
            child.kill()
            child.wait()
        for pipe in (child.stdin, child.stdout):
            pipe.close()


def said(child: psutil.Popen) -> int:
    """Return the number a child prints next."""
    return int(child.stdout.readline())


def sunk(sink: psutil.Popen) -> int:
    """Return how many mails the sink has."""
    sink.stdin.write(b"count\n")
    sink.stdin.flush()
    return said(sink)


def cpu_s(*pids: int) -> float:
    """Return the CPU seconds of processes and all their children, living ones."""
    total = 0.0
    for pid in pids:
        parent = psutil.Process(pid)
        for one in (parent, *parent.children(recursive=True)):
            try:
                times = one.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
    return total


def free_port() -> int:
    """Return a port nobody listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def up(port: int) -> None:
    """Wait until somebody listens on a port."""
    async with asyncio.timeout(60):  # the machine may be busy
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
