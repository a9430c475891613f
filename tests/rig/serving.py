"""The HTTP service and the worker as real processes, on the database of the test.

async with serving(relay, tmp_path / "serve.log", kill_at("accept.committed")) as door:
    status, body = await door.post(message="…")
"""

import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientTimeout

from relay import administration
from relay.cli.common import environment_of
from relay.database import DatabaseRole
from relay.settings import Settings
from tests.relays import CONTACT, Relay
from tests.rig.listener import HOST
from tests.rig.processes import Child
from tests.rig.users import settings_as

START_S = 20.0
READINESS = "/livez"  # a database that is away must not keep a test from starting


@dataclass(slots=True)
class Door:
    """A served relay: its process, its address, and the client's notes of what it accepted."""

    child: Child
    url: str
    relay: Relay
    http: ClientSession

    @property
    def form(self) -> str:
        """Address of the site's form at this process."""
        return f"{self.url}/f/{self.relay.keys.public}"

    async def post(
        self, headers: Mapping[str, str] | None = None, **fields: str
    ) -> tuple[int, dict[str, Any]]:
        """Post a contact; raises what the network raises."""
        body = {**CONTACT, **fields}
        async with self.http.post(self.form, json=body, headers=headers) as answer:
            read = await answer.json(content_type=None)
            if answer.status == 202:
                self.relay.accepted.append(read["id"])
            return answer.status, read

    async def restart(self) -> None:
        """Start the process again without whatever it was armed with, as a supervisor would."""
        self.child._env.pop("RIG_KILL", None)
        self.child.start()
        await self.child.wait_http(f"{self.url}{READINESS}", START_S)


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """Return the environment of a process with *settings*; *more* are ``RELAY_*`` names."""
    found = environment_of(settings) | {
        "RELAY_MAIL_DOMAIN": settings.mail_domain,
        "RELAY_PUBLIC_URL": settings.public_url,
    }
    return found | {f"RELAY_{name.upper()}": value for name, value in more.items()}


def free_port() -> int:
    """Return a port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def serving(
    relay: Relay,
    log: Path,
    armed: Mapping[str, str] | None = None,
    *,
    settings: Settings | None = None,
    **more: str,
) -> AsyncIterator[Door]:
    """Serve the relay's database from a process of its own."""
    port = free_port()
    used = settings_as(settings or relay.context.settings, DatabaseRole.APP)
    variables = environment(used, http_listen=f"{HOST}:{port}", **more) | dict(armed or {})
    url = f"http://{HOST}:{port}"
    timeout = ClientTimeout(total=20)
    async with (
        Child("tests.rig.armed", "serve", env=variables, log=log) as child,
        ClientSession(timeout=timeout) as http,
    ):
        await child.wait_http(f"{url}{READINESS}", START_S)
        yield Door(child, url, relay, http)


@asynccontextmanager
async def working(
    relay: Relay,
    log: Path,
    *ports: int,
    armed: Mapping[str, str] | None = None,
    **more: str,
) -> AsyncIterator[Child]:
    """Run a worker process towards smarthosts on loopback ports."""
    hosts = " ".join(f"smtp://{HOST}:{port}?tls=none" for port in ports)
    timing = {"RIG_TIMING": os.environ.get("RIG_TIMING", '{"sweep_s": 0.2, "heartbeat_s": 0.5}')}
    used = settings_as(relay.context.settings, DatabaseRole.PURGE)
    variables = environment(used, smtp_url=hosts, **more)
    async with Child(
        "tests.rig.armed", "worker", env={**timing, **variables, **(armed or {})}, log=log
    ) as child:
        await child.wait_output("worker.started", START_S)
        yield child


@asynccontextmanager
async def receiving(
    relay: Relay, log: Path, armed: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[Child, int]]:
    """Run a mail door as a process; gives it and its LMTP port."""
    port = free_port()
    used = settings_as(relay.context.settings, DatabaseRole.APP)
    variables = environment(used, lmtp_listen=f"{HOST}:{port}")
    async with Child(
        "tests.rig.armed", "inbound", env={**variables, **(armed or {})}, log=log
    ) as child:
        await child.wait_output("inbound.started", START_S)
        yield child, port


async def without_limits(relay: Relay) -> None:
    """Publish a version of the site's policy that lets a test post as much as it likes."""
    [row] = await relay.fetch("select source from site_policy where version = 1")
    limits = "\n".join(f"per_{name} = 1000000" for name in ("ip", "sender", "listing", "site"))
    source = row["source"].replace("version = 1", "version = 2") + f"\n[limits]\n{limits}\n"
    await administration.publish_policy(relay.context, relay.site, source)
    relay.site = await administration.find_site(relay.context, relay.site.slug)
