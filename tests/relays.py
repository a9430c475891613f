"""A relay under test: a site with a listing, its HTTP application, and a worker on demand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from operator import methodcaller
from pathlib import Path
from typing import Any
from uuid import UUID

from aiohttp import ClientSession, web

from relay import administration, listings
from relay.administration import KeyPair
from relay.catalogue import Advertiser, Listing
from relay.context import Context
from relay.database import queries, rows_of
from relay.outgoing import answer_url
from relay.settings import Smarthost
from relay.sites import Site
from relay.web.app import make_app
from workers.deliver import Courier
from workers.intake import Intake
from workers.journal import Timing
from workers.transport import Transport

POLICIES = Path(__file__).parent.parent / "policies"
ORIGIN = "https://annonces.example"
HIDDEN = "+33639980123"
LISTING = Listing(
    ref="48213",
    title="Vélo de ville 28 pouces",
    details="120 €, Rennes",
    url="https://annonces.example/48213",
    language="fr",
    show_phone=False,
    advertiser=Advertiser("Camille", "camille@annonceur.example", HIDDEN),
)
CONTACT = {
    "listing": "48213",
    "email": "lea@acheteuse.example",
    "phone": "06 39 98 04 56",
    "name": "Léa",
    "message": "Bonjour, le vélo est-il toujours disponible ? Je peux passer samedi matin.",
}
QUICK = Timing(
    lease_s=60, heartbeat_s=0.5, sweep_s=0.2, pause_s=0.3, pause_most_s=1, stop_s=5, retry_s=0.1
)


@dataclass(slots=True)
class Relay:
    """One relay with one site, reachable over HTTP."""

    context: Context
    site: Site
    keys: KeyPair
    url: str
    http: ClientSession
    accepted: list[str] = field(default_factory=list)

    @property
    def form(self) -> str:
        """Address of the site's form."""
        return f"{self.url}/f/{self.keys.public}"

    @property
    def secret(self) -> dict[str, str]:
        """Headers of the site's own programs."""
        return {"Authorization": f"Bearer {self.keys.secret}"}

    async def post(
        self, headers: dict[str, str] | None = None, **fields: str
    ) -> tuple[int, dict[str, Any]]:
        """Post the form by fetch; return status and body, noting what was accepted."""
        body = {**CONTACT, **fields}
        async with self.http.post(self.form, json=body, headers=headers or {}) as answer:
            read = await answer.json(content_type=None)
            if answer.status == 202:
                self.accepted.append(read["id"])
            return answer.status, read

    async def put_listing(self, **changes: Any) -> None:
        """Register a listing like LISTING, with changes."""
        await listings.put_listing(self.context, self.site, replace(LISTING, **changes))

    async def states(self) -> dict[str, str]:
        """Return the state of every contact by its public id."""
        async with self.context.database.connection() as connection:
            rows = await connection.fetch(
                "select message_id, state from outbox where kind = 'contact'"
            )
        return {f"msg_{row['message_id'].hex}": row["state"] for row in rows}

    async def answers(self, message: str) -> str:
        """Return where the advertiser's pages begin for a message, named by its public id."""
        [row] = await self.fetch("select advertiser_id from listing order by listing_id limit 1")
        url = answer_url(
            self.context, self.site, UUID(message.removeprefix("msg_")), row["advertiser_id"]
        )
        return self.url + url.removeprefix(self.context.settings.public_url)

    async def fetch(self, query: str, *values: object) -> list[Any]:
        """Ask the database directly."""
        async with self.context.database.connection() as connection:
            return list(await connection.fetch(query, *values))

    async def travel(self, seconds: float) -> None:
        """Let time pass for the outbox: everything that waits is due that much sooner."""
        waits = "state in ('queued', 'deferred', 'sending', 'held')"
        for shift in (
            f"update outbox set due_at = due_at - make_interval(secs => $1) where {waits}",
            "update route set paused_until = paused_until - make_interval(secs => $1)",
        ):
            # Again after a deadlock: couriers may be at the same rows.
            await self.context.database.run(methodcaller("execute", shift, seconds))

    async def check_ledger(self) -> None:
        """LD: every accepted id has one row in a legal state, and nothing is unaccounted."""
        states = await self.states()
        missing = set(self.accepted) - set(states)
        assert not missing, f"{len(missing)} accepted messages have no state"
        async with self.context.database.connection() as connection:
            counted = await rows_of(queries().count_states(connection))
            accepted = await rows_of(queries().count_accepted(connection))
        assert sum(row["mails"] for row in counted) == sum(row["messages"] for row in accepted)


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    """Serve an application on a free port; gives its address."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def open_relay(context: Context, policy: str = "demo") -> AsyncIterator[Relay]:
    """Open a site with a listing on *context* and serve it."""
    source = (POLICIES / f"{policy}.toml").read_text("utf-8")
    keys = await administration.open_site(context, policy, source, origins=[ORIGIN], test=True)
    site = await administration.find_site(context, policy)
    await listings.put_listing(context, site, LISTING)
    async with served(make_app(context)) as url, ClientSession() as http:
        yield Relay(context, site, keys, url, http)


@asynccontextmanager
async def courier(
    context: Context, *ports: int, timing: Timing = QUICK, tls: str = "none"
) -> AsyncIterator[Courier]:
    """Run a courier towards smarthosts on loopback ports."""
    smarthosts = [Smarthost.parse(f"smtp://127.0.0.1:{port}?tls={tls}") for port in ports]
    transport = Transport(smarthosts, hostname="relais.example")
    running = Courier(context, transport, route=smarthosts[0].name, timing=timing)
    task = asyncio.create_task(running.run())
    listening = asyncio.create_task(_listen(context, running))
    try:
        yield running
    finally:
        running.stop()
        listening.cancel()
        await task
        await asyncio.gather(listening, return_exceptions=True)


@asynccontextmanager
async def intake(context: Context, timing: Timing = QUICK) -> AsyncIterator[Intake]:
    """Read what came in, with a reader process of its own."""
    running = Intake(context, timing=timing)
    task = asyncio.create_task(running.run())
    try:
        yield running
    finally:
        running.stop()
        await task


async def _listen(context: Context, running: Courier) -> None:
    await context.database.listen("outbox", running.ring)


async def until(check: Any, timeout_s: float = 30.0) -> Any:
    """Wait until the coroutine function *check* returns something true, and return it."""
    async with asyncio.timeout(timeout_s):
        while True:
            found = await check()
            if found:
                return found
            await asyncio.sleep(0.02)
