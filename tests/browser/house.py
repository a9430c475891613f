"""The real application on a free port, its site, and a page of the site on another origin."""

import base64
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from aiohttp import ClientSession, web

from relay import administration, desk, listings, parties
from relay.administration import KeyPair
from relay.catalogue import Advertiser, Listing
from relay.contacts import Origin
from relay.context import Context, open_context
from relay.desk import Category, Decision, Notice, Ruling, Source, Statement
from relay.exchange import NewMessage, read_exchange
from relay.links import Link, Side
from relay.looks import Look
from relay.outgoing import answer_url, buyer_url
from relay.outgoing.urls import decision_url
from relay.sealing import new_id
from relay.settings import read_settings
from relay.sites import Site
from relay.visits import Visit
from relay.web.app import make_app
from tests.relays import POLICIES

LIMITS = "\n[limits]\nper_ip = 100000\nper_sender = 100000\nper_listing = 100000\n"
BIKE = Listing(
    ref="48213",
    title="Vélo de ville 28 pouces",
    details="120 €, Rennes",
    url="https://annonces.example/48213",
    language="fr",
    show_phone=False,
    advertiser=Advertiser("Camille", "camille@annonceur.example", "+33639980123"),
)
CONTACT = {
    "listing": "48213",
    "email": "lea@acheteuse.example",
    "phone": "06 39 98 04 56",
    "name": "Léa",
    "message": "Bonjour, le vélo est-il toujours disponible ?",
}
REASONS = Statement(
    decision_facts="Le message demande un paiement par mandat, hors du site.",
    decision_ground="terms",
    clause="Conditions, article 4",
    decision_visibility="message_refused",
)
EMBED = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Vélo de ville</title>
<style>body {{ font: 16px/1.5 Georgia, serif; margin: 2rem }}</style>
<script src="{relay}/static/relay-form.js" defer></script>
</head>
<body><main><h1>Vélo de ville</h1>
<relay-form src="{relay}/f/{key}" listing="{ref}">
  <a href="{relay}/f/{key}?listing={ref}">Contacter l’annonceur</a>
</relay-form>
</main></body></html>"""
PLAIN = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Vélo</title></head><body>
<form method="post" action="{relay}/f/{key}">
  <input type="hidden" name="listing" value="{ref}">
  <input type="hidden" name="next" value="{site}/merci">
  <label>Votre adresse e-mail <input name="email" type="email" autocomplete="email"></label>
  <label>Votre téléphone <input name="phone" type="tel" autocomplete="tel"></label>
  <label>Votre message <textarea name="message"></textarea></label>
  <button>Envoyer le message à l’annonceur</button>
</form>
</body></html>"""


@dataclass(slots=True)
class House:
    """A relay in use.

    Args:
        url: Origin of the relay.
        other: Origin of the site's own pages, which is in the site's list.
    """

    context: Context
    site: Site
    keys: KeyPair
    url: str
    other: str
    http: ClientSession
    sent: int = 0
    advertiser_id: UUID | None = None

    @property
    def form(self) -> str:
        """Address of the hosted form of the listing."""
        return f"{self.url}/f/{self.keys.public}?listing=48213"

    async def put_listing(self, ref: str, **changes: Any) -> None:
        """Register a listing like BIKE under another number."""
        await listings.put_listing(self.context, self.site, replace(BIKE, ref=ref, **changes))

    async def contact(self, **fields: str) -> UUID:
        """Post a contact that no other test posts; return its message."""
        self.sent += 1
        text = f"Bonjour, est-il toujours disponible ? Question {self.sent}."
        body = {**CONTACT, "message": text, **fields}
        async with self.http.post(f"{self.url}/f/{self.keys.public}", json=body) as answer:
            assert answer.status == 202, await answer.text()
            return UUID((await answer.json())["id"].removeprefix("msg_"))

    def status_url(self, message_id: UUID) -> str:
        """Address of the private page of a message's sender."""
        return buyer_url(self.context, self.site, message_id)

    def action_url(self, message_id: UUID, answer: str) -> str:
        """Address of a link of the advertiser's mail."""
        page = answer_url(self.context, self.site, message_id, self.advertiser_id)
        return f"{page}/{answer}"

    async def reply(self, message_id: UUID, text: str) -> None:
        """Answer a message as its advertiser, from the page."""
        until = (self.context.clock() + timedelta(days=1)).date()
        link = Link(Side.ADVERTISER, self.site.site_id, message_id, until, self.advertiser_id)
        origin = Origin("192.0.2.1", 40000, "", "Browser", "fr")
        await parties.write(self.context, Visit(self.site, link), text, origin)

    async def stranger(self, message_id: UUID, text: str) -> None:
        """Have a reply wait that came from an address nobody knows."""
        database = self.context.database
        async with database.connection() as connection, connection.transaction():
            conversation_id = await connection.fetchval(
                "select conversation_id from message where message_id = $1", message_id
            )
            exchange = await read_exchange(self.context, connection, self.site, conversation_id)
            content = {"text": text, "sender": "autre@ailleurs.example"}
            await exchange.add(NewMessage("advertiser", content, held_for="stranger"))

    async def settle(self, message_id: UUID, state: str, reason: str) -> None:
        """Put a message into a state, as a worker would."""
        ended = state in ("delivered", "bounced", "expired", "refused", "cancelled", "unconfirmed")
        await self.ask(
            "update outbox set state = $2, reason = $3,"
            " settled_at = case when $4 then now() end where mail_id = $1 returning mail_id",
            message_id, state, reason, ended,
        )  # fmt: skip

    async def decide(self, message_id: UUID) -> str:
        """Have a message reported and decided; return where its author reads that."""
        now, staff_id = self.context.clock(), new_id(self.context.clock())
        await self.ask(
            "insert into staff (staff_id, name, wrapped_key) values ($1, $2, '') returning name",
            staff_id, f"p{staff_id.hex[-12:]}",
        )  # fmt: skip
        notice = Notice(
            message_id=message_id, category=Category.SCAM, source=Source.STAFF, why="Mandat."
        )
        receipt = await desk.file_report(self.context, self.site, notice)
        seen = Look(self.site.site_id, staff_id, "act", "case", "essai", now)
        ruling = Ruling(Decision.ACTION, REASONS)
        await desk.decide(self.context, self.site, receipt.case_id, ruling, seen)
        author = await self.ask("select sender_id from message where message_id = $1", message_id)
        await self.ask(
            "update report_case set decided_at = decided_at - interval '1 minute'"
            " where case_id = $1 returning case_id", receipt.case_id,
        )  # fmt: skip
        return decision_url(self.context, self.site, message_id, author, now)

    async def ask(self, query: str, *values: object) -> Any:
        """Return the first value that the database answers."""
        async with self.context.database.connection() as connection:
            return await connection.fetchval(query, *values)


@asynccontextmanager
async def open_house(database_url: str, redis_url: str) -> AsyncIterator[House]:
    """Serve a relay with one site, and the site's own pages on another port."""
    door, shop = _listen(), _listen()
    url, other = (f"http://127.0.0.1:{port.getsockname()[1]}" for port in (door, shop))
    settings = read_settings(
        {},
        database_url=database_url,
        redis_url=redis_url,
        master_key="k1:" + base64.b64encode(os.urandom(32)).decode(),
        mail_domain="relais.example",
        public_url=url,
    )
    async with open_context(settings) as context, ClientSession() as http:
        policy = (POLICIES / "demo.toml").read_text("utf-8") + LIMITS
        keys = await administration.open_site(context, "demo", policy, origins=[other], test=True)
        site = await administration.find_site(context, "demo")
        house = House(context, site, keys, url, other, http)
        await house.put_listing("48213")
        house.advertiser_id = await house.ask("select advertiser_id from listing")
        async with _served(make_app(context), door), _served(_shop(house), shop):
            yield house


def _shop(house: House) -> web.Application:
    """The listing site: a page with the component, one with ten lines of HTML, and the thanks."""
    pages = {"/embed": EMBED, "/plain": PLAIN, "/merci": "<title>Merci</title><h1>Merci</h1>"}

    async def show(request: web.Request) -> web.Response:
        text = pages[request.path].format(
            relay=house.url,
            site=house.other,
            key=house.keys.public,
            ref=request.query.get("listing", "48213"),
            lang=request.query.get("lang", "fr"),
        )
        return web.Response(text=text, content_type="text/html")

    app = web.Application()
    for path in pages:
        app.router.add_get(path, show)
    return app


def _listen() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


@asynccontextmanager
async def _served(app: web.Application, listener: socket.socket) -> AsyncIterator[None]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    try:
        yield
    finally:
        await runner.cleanup()
