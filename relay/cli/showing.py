"""What ``relay demo`` shows: the processes, one real message through the form, and its mail."""

import asyncio
import os
import re
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import aiohttp
import click
from aiohttp import web

from relay import administration, listings
from relay.catalogue import Advertiser, Listing
from relay.catcher import Catcher
from relay.cli.common import completed, environment_of, show
from relay.cli.run import PROCESSES
from relay.context import Context, open_context
from relay.database import migrate
from relay.engines import Engines
from relay.errors import Refused
from relay.settings import PREFIX, Settings, read_settings
from relay.supervisor import Family

POLICY = Path(__file__).parents[2] / "policies" / "demo.toml"
SLUG = "exemple"
WAIT_S = 20.0
LISTINGS = (
    Listing(
        ref="48213",
        title="Vélo de ville 28 pouces",
        details="120 €, Rennes",
        url="http://annonces.example/48213",
        language="fr",
        show_phone=False,
        advertiser=Advertiser("Camille", "camille@annonceur.example", "+33639980123"),
    ),
    Listing(
        ref="48214",
        title="Table de ferme en chêne",
        details="250 €, Saint-Malo",
        url="http://annonces.example/48214",
        language="fr",
        show_phone=True,
        advertiser=Advertiser("Erwan", "erwan@annonceur.example", "+33639980145"),
    ),
    Listing(
        ref="48215",
        title="Electric piano, 88 keys",
        details="480 €, Dinard",
        url="http://annonces.example/48215",
        language="en",
        show_phone=False,
        advertiser=Advertiser("Harriet", "harriet@annonceur.example", None),
    ),
)
MESSAGE = {
    "email": "lea@acheteuse.example",
    "phone": "06 39 98 04 56",
    "name": "Léa",
    "message": "Bonjour, le vélo est-il toujours disponible ? Je peux passer samedi matin.\n"
    "Je vous appelle au 06 39 98 01 23 ?",
}


async def show_all(
    engines: Engines, family: Family, state: Path, *, once: bool, as_json: bool
) -> None:
    """Run everything on *engines*, send a message, print what happened; stay unless *once*."""
    stopped = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stopped.set)
    async with _caught() as (catcher, smtp_port, inbox_port):
        settings = _settings(engines, state, smtp_port)
        with (state / "relay.log").open("ab") as errors:

            def start(name: str) -> None:
                family.start(name, PROCESSES[name], _environment(settings), errors)

            # Who needs longest starts first; who is not on the message's way, last.
            start("serve")
            await migrate(engines.database_url)
            start("worker")
            public_key, is_new = await _prepare(settings)
            form = f"{settings.public_url}/f/{public_key}?listing={LISTINGS[0].ref}"
            try:
                result = await _send_one(form, catcher, again=not is_new)
            except TimeoutError:
                raise click.ClickException(_why_silent(family, state)) from None
            start("inbound")
        result["engines"] = {
            "postgresql": engines.postgres_version,
            "valkey": engines.valkey_version,
        }
        result |= {"form": form, "inbox": f"http://127.0.0.1:{inbox_port}/"}
        show(as_json, result, _told(result))
        if not once:
            click.echo("\nCtrl-C ends the demo.", err=as_json)
            await stopped.wait()


def _settings(engines: Engines, state: Path, smtp_port: int) -> Settings:
    """Return the settings of the demo: free ports, and the catcher as the next hop."""
    http, lmtp = _free_port(), _free_port()
    named = read_settings(
        {},
        state_dir=state,
        smtp_url=f"smtp://127.0.0.1:{smtp_port}?tls=none",
        http_listen=f"127.0.0.1:{http}",
        lmtp_listen=f"127.0.0.1:{lmtp}",
        public_url=f"http://127.0.0.1:{http}",
    )
    return completed(named, engines)


def _environment(settings: Settings) -> dict[str, str]:
    """Return all variables of the demo's processes: of the shell's settings, none."""
    smarthost = settings.smtp_url[0]
    shell = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {
        **shell,
        **environment_of(settings),
        "RELAY_SMTP_URL": f"smtp://{smarthost.name}?tls={smarthost.tls}",
        "RELAY_HTTP_LISTEN": str(settings.http_listen),
        "RELAY_LMTP_LISTEN": str(settings.lmtp_listen),
        "RELAY_PUBLIC_URL": settings.public_url,
        "RELAY_STATE_DIR": str(settings.state_dir),
    }


@asynccontextmanager
async def _caught() -> AsyncIterator[tuple[Catcher, int, int]]:
    """Run the mail catcher and its inbox on free ports."""
    catcher = Catcher()
    smtp = await asyncio.get_running_loop().create_server(catcher.smtp, "127.0.0.1", 0)
    runner = web.AppRunner(catcher.inbox(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield catcher, smtp.sockets[0].getsockname()[1], runner.addresses[0][1]
    finally:
        smtp.close()
        await runner.cleanup()


async def _prepare(settings: Settings) -> tuple[str, bool]:
    """Open the demonstration site and its listings; on data kept from before, give it new keys.

    Returns:
        Its public key, and whether the site is new.
    """
    async with open_context(settings, pool_size=2) as context:
        is_new = True
        try:
            source = POLICY.read_text("utf-8")
            pair = await administration.open_site(context, SLUG, source, origins=[], test=True)
        except Refused:
            is_new = False
            site = await administration.find_site(context, SLUG)
            pair = await administration.rotate_keys(context, site)
        await _put_listings(context)
        return pair.public, is_new


async def _put_listings(context: Context) -> None:
    site = await administration.find_site(context, SLUG)
    for listing in LISTINGS:
        await listings.put_listing(context, site, listing)


async def _send_one(form: str, catcher: Catcher, *, again: bool) -> dict[str, Any]:
    """Fill the form as a browser would, and wait for the mail."""
    browser = {"Accept": "text/html", "Accept-Language": "fr", "User-Agent": "relay demo"}
    async with aiohttp.ClientSession(headers=browser) as session:
        page = await _when_up(session, form)
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
        fields = {name: unescape(value) for name, value in hidden} | MESSAGE
        if again:  # on kept data: another message, not the same one sent twice
            fields["message"] += f"\n({time.strftime('%H:%M:%S')})"
        started = time.perf_counter()
        async with session.post(
            form.partition("?")[0], data=fields, allow_redirects=False
        ) as answer:
            status_url = urljoin(form, answer.headers.get("Location", ""))
            accepted_s = time.perf_counter() - started
            if answer.status != 303:  # noqa: PLR2004 (see other)
                raise click.ClickException(f"the form answered {answer.status}")
        mail = await catcher.wait_for(LISTINGS[0].advertiser.email, WAIT_S)
        delivered_s = time.perf_counter() - started
        status = await _settled(session, status_url)
    return {
        "message_id": status["id"],
        "state": status["state"],
        "accepted_ms": round(accepted_s * 1000, 1),
        "delivered_ms": round(delivered_s * 1000, 1),
        "mail": {
            "subject": str(mail.message["Subject"]),
            "from": str(mail.message["From"]),
            "to": mail.recipient,
        },
        "status": status_url.partition("?")[0],
        "text": mail.part("plain"),
    }


def _why_silent(family: Family, state: Path) -> str:
    """Say which process ended, or that none answered, with the end of the log."""
    lines = (state / "relay.log").read_text("utf-8", "replace").strip().splitlines()
    ended = family.ended()
    said = f"`{ended}` ended" if ended else "no mail came"
    return f"{said} within {WAIT_S:.0f} s. The last it said: {lines[-1] if lines else 'nothing'}"


async def _when_up(session: aiohttp.ClientSession, url: str) -> str:
    """Return a page as soon as its server is up."""
    async with asyncio.timeout(WAIT_S):
        while True:
            try:
                async with session.get(url) as answer:
                    return await answer.text()
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)


async def _settled(session: aiohttp.ClientSession, status_url: str) -> dict[str, str]:
    """Return the message's state once the worker has written its outcome."""
    page = status_url.partition("?")[0]
    async with asyncio.timeout(WAIT_S):
        while True:
            async with session.get(page, headers={"Accept": "application/json"}) as answer:
                status: dict[str, str] = await answer.json()
            if status["state"] not in ("queued", "sending"):
                return status
            await asyncio.sleep(0.02)


def _told(result: dict[str, Any]) -> str:
    quoted = "\n".join(f"  | {line}" for line in str(result["text"]).strip().splitlines())
    mail, engines = result["mail"], result["engines"]
    return f"""
A buyer filled the form; {result["accepted_ms"]} ms later the relay had stored the message,
{result["delivered_ms"]} ms after the click the advertiser's server had the mail:

  From:    {mail["from"]}
  To:      {mail["to"]}
  Subject: {mail["subject"]}

{quoted}

The advertiser hides a number; written in the message, it was masked.

  the form      {result["form"]}
  the inbox     {result["inbox"]}
  the message   {result["status"]}

PostgreSQL {engines["postgresql"]}, Valkey {engines["valkey"]}, both embedded."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
