"""Short ways to fill the outbox, to run workers beside each other and to ask what became of it."""

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from relay.catalogue import Advertiser
from relay.contact_rows import ContactRequest
from relay.contacts import Contact, Fields, Origin, read_contact
from relay.context import Context
from relay.conversations import ContactDesk
from relay.database import DatabaseRole, Record
from relay.sealing import public_id
from relay.settings import Settings, Smarthost
from tests.relays import CONTACT, HIDDEN, QUICK, Relay, courier, until
from tests.rig.armed import POISON, TIMING, kill_at
from tests.rig.processes import Child
from tests.rig.proxy import Proxy
from tests.rig.users import settings_as
from workers.deliver import Courier
from workers.journal import Timing
from workers.transport import Transport

SHORT_LEASE = replace(QUICK, lease_s=6.0, heartbeat_s=0.4)
"""Content leaves only while more than five seconds of the lease are left (mark_data)."""
GONE = replace(SHORT_LEASE, lease_s=0.5, heartbeat_s=60.0)
"""Leases that are over at once: what a claim leaves behind is found by the next sweep."""


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """Write settings as the variables of a child process."""
    written = {
        "RELAY_MAIL_DOMAIN": settings.mail_domain,
        "RELAY_PUBLIC_URL": settings.public_url,
        "RELAY_MASTER_KEY": " ".join(
            f"{key.key_id}:{key.key.get_secret_value()}" for key in settings.master_key
        ),
        "RELAY_DATABASE_URL": settings.database_url.get_secret_value()
        if settings.database_url
        else "",
        "RELAY_REDIS_URL": settings.redis_url.get_secret_value() if settings.redis_url else "",
    }
    return {name: value for name, value in {**written, **more}.items() if value}


def worker(
    settings: Settings,
    port: int,
    log: Path,
    *,
    timing: Timing = QUICK,
    kill: tuple[str, int] | None = None,
    poison: str = "",
) -> Child:
    """Return a worker process towards the smarthost on *port*; *kill* is point and passage."""
    env = environment(
        settings_as(settings, DatabaseRole.PURGE),
        RELAY_SMTP_URL=f"smtp://127.0.0.1:{port}?tls=none",
        **{TIMING: json.dumps(asdict(timing))},
    )
    env |= {POISON: poison} if poison else {}
    return Child("tests.rig.armed", "worker", env=env | (kill_at(*kill) if kill else {}), log=log)


async def write(
    relay: Relay, count: int = 1, *, to: str = "camille", receipt: bool = False, **fields: str
) -> list[str]:
    """Accept contacts of different buyers for an advertiser at *to*; give the ids.

    *to* is a local part, or an address where the host matters.

    The local part chooses how the SMTP sink behaves. They are accepted behind the door, which
    would refuse so many from one address.
    """
    await list_for(relay, to)
    desk = ContactDesk(relay.context)
    now = relay.context.clock()
    requests = [
        ContactRequest(
            site=relay.site,
            contact=_contact(relay, {"listing": _ref(to), "email": _buyer(), **fields}),
            origin=Origin("127.0.0.1", 40000, "", "rig", "fr"),
            key=None,
            request_hash=b"",
            policy_version=relay.site.policy.version,
            received_at=now,
            held_for=None,
            receipt=receipt,
        )
        for _ in range(count)
    ]
    accepted = await asyncio.gather(*map(desk.accept, requests))
    ids = [public_id("msg", one.message_id) for one in accepted]
    relay.accepted += ids
    return ids


def _contact(relay: Relay, fields: dict[str, str]) -> Contact:
    given = Fields(**{**CONTACT, **fields})
    return read_contact(given, relay.site.policy, language="fr", sandbox=True, form=None)


def _buyer() -> str:
    return f"lea-{secrets.token_hex(4)}@acheteuse.example"


async def list_for(relay: Relay, to: str, **changes: Any) -> None:
    """Register the listing of an advertiser at *to*: a local part, or a whole address."""
    address = to if "@" in to else f"{to}@annonceur.example"
    advertiser = Advertiser("Camille", address, HIDDEN)
    await relay.put_listing(**{"ref": _ref(to), "advertiser": advertiser, **changes})


def _ref(to: str) -> str:
    return to.replace("+", "-").replace("@", "-")[:40]


async def row(relay: Relay, message_id: str) -> Record:
    """Return the outbox row of a contact."""
    [found] = await relay.fetch(
        "select * from outbox where kind = 'contact' and message_id = $1::text::uuid",
        message_id.removeprefix("msg_"),
    )
    return found


async def attempts(relay: Relay, message_id: str) -> Sequence[Record]:
    """Return the attempts of a contact, oldest first."""
    return await relay.fetch(
        "select * from attempt where mail_id = $1::text::uuid order by token",
        message_id.removeprefix("msg_"),
    )


async def notices(relay: Relay) -> list[str]:
    """Return what senders were told, by the reasons of the notices."""
    rows = await relay.fetch("select reason from outbox where kind = 'notice' order by mail_id")
    return [found["reason"] for found in rows]


async def reach(
    relay: Relay, ids: Sequence[str], *states: str, timeout_s: float = 30.0
) -> Mapping[str, str]:
    """Wait until every contact of *ids* is in one of *states*."""

    async def reached() -> bool:
        now = await relay.states()
        return all(now[message_id] in states for message_id in ids)

    try:
        await until(reached, timeout_s)
    except TimeoutError:
        now = await relay.states()
        raise AssertionError(dict(Counter(now[message_id] for message_id in ids))) from None
    return await relay.states()


def pass_time(context: Context, delta: timedelta) -> None:
    """Set the relay's clock off by *delta*, as seen from the true time."""
    context.clock = lambda: datetime.now(UTC) + delta


@asynccontextmanager
async def route(context: Context, *urls: str, timing: Timing = QUICK) -> AsyncIterator[Courier]:
    """Run a courier towards smarthosts given as an operator would write them."""
    smarthosts = [Smarthost.parse(url) for url in urls]
    running = Courier(
        context,
        Transport(smarthosts, hostname="relais.example"),
        route=smarthosts[0].name,
        timing=timing,
    )
    task = asyncio.create_task(running.run())
    try:
        yield running
    finally:
        running.stop()
        await task


@asynccontextmanager
async def couriers(
    context: Context, count: int, port: int, timing: Timing = QUICK
) -> AsyncIterator[list[Courier]]:
    """Run several couriers beside each other towards one smarthost."""
    async with AsyncExitStack() as stack:
        running: list[AbstractAsyncContextManager[Courier]] = [
            courier(context, port, timing=timing) for _ in range(count)
        ]
        yield list(await asyncio.gather(*map(stack.enter_async_context, running)))


@asynccontextmanager
async def database_proxy(settings: Settings) -> AsyncIterator[tuple[Proxy, Settings]]:
    """Put a proxy before PostgreSQL; gives it and settings whose database is behind it."""
    url = urlsplit(settings.database_url.get_secret_value() if settings.database_url else "")
    async with Proxy(url.hostname or "", url.port or 5432) as proxy:
        place = f"{url.netloc.rpartition('@')[0]}@{proxy.host}:{proxy.port}"
        far = SecretStr(url._replace(netloc=place, query="sslmode=disable").geturl())
        yield proxy, settings.model_copy(update={"database_url": far})
