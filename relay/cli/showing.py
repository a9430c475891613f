"""What ``relay demo`` shows: one real message through the form, its mail, and the answer to it."""

import asyncio
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.utils import make_msgid
from html import unescape
from pathlib import Path
from smtplib import LMTP
from typing import Any
from urllib.parse import urljoin

import aiohttp
import click
import structlog
from aiohttp import web

from relay import administration, listings, staff
from relay.catalogue import Advertiser, Listing
from relay.catcher import Catcher, Caught
from relay.cli.common import configured, show
from relay.cli.telling import told
from relay.context import Context, open_context
from relay.errors import Refused
from relay.permissions import Role
from relay.settings import Listen, Settings

log = structlog.get_logger()
POLICY = Path(__file__).parents[2] / "policies" / "demo.toml"
SLUG = "exemple"
STAFF = "demo"
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
ANSWER = """Bonjour Léa,
oui, il est toujours disponible. Samedi matin me va très bien.
Appelez-moi au 06 39 98 01 23 avant de partir.

--\u0020
Camille Dupont
camille@annonceur.example · 06 39 98 01 23

Le {day}, {writer} a écrit :
"""


@click.command("show-demo", hidden=True)
@click.option("--once", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@click.argument("postgres_version")
@click.argument("valkey_version")
@told
def show_demo(*, once: bool, as_json: bool, postgres_version: str, valkey_version: str) -> None:
    """Send a message through the demo's processes and print what happened (`relay demo` does)."""
    versions = {"postgresql": postgres_version, "valkey": valkey_version}
    asyncio.run(_show_all(configured(), versions, once=once, as_json=as_json))


async def _show_all(
    settings: Settings, versions: dict[str, str], *, once: bool, as_json: bool
) -> None:
    """Send a message, print what happened; stay, with the inbox, unless *once*."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with _caught(settings.smtp_url[0].port) as (catcher, inbox_port):
        public_key, is_new = await _prepare(settings)
        form = f"{settings.public_url}/f/{public_key}?listing={LISTINGS[0].ref}"
        try:
            result, mail = await _send_one(form, catcher, again=not is_new)
            result["reply"] = await _answer(settings, catcher, mail)
        except TimeoutError:
            raise click.ClickException(f"no mail came within {WAIT_S:.0f} s") from None
        result |= {"engines": versions, "form": form, "console": await _invite(settings)}
        result |= {"inbox": f"http://127.0.0.1:{inbox_port}/"}
        show(as_json, result, _told(result))
        if not once:
            if not as_json:
                click.echo("\nCtrl-C ends the demo.")
            putting_on = asyncio.create_task(_put_on(settings))  # nobody waits for it
            await stopped.wait()
            putting_on.cancel()
            await asyncio.gather(putting_on, return_exceptions=True)


async def _put_on(settings: Settings) -> None:
    """Give the console three months of messages to look at."""
    from relay.cast import put_on

    try:
        async with open_context(settings, pool_size=2) as context:
            await put_on(context, await administration.find_site(context, SLUG))
    except Exception:
        log.exception("demo.not_put_on")


@asynccontextmanager
async def _caught(smtp_port: int) -> AsyncIterator[tuple[Catcher, int]]:
    """Run the mail catcher, and its inbox on a free port."""
    catcher = Catcher()
    smtp = await asyncio.get_running_loop().create_server(catcher.smtp, "127.0.0.1", smtp_port)
    runner = web.AppRunner(catcher.inbox(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield catcher, runner.addresses[0][1]
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


async def _invite(settings: Settings) -> str:
    """Give somebody every page of the console; return the link that opens the account, once."""
    async with open_context(settings, pool_size=2) as context:
        site = await administration.find_site(context, SLUG)
        try:
            token = await staff.add_staff(context, STAFF)
        except Refused:  # on data kept from before
            token = await staff.new_link(context, STAFF)
        for role in (Role.LEAD, Role.PRIVACY, Role.ADMIN, Role.AUDITOR):
            await staff.set_role(context, STAFF, site, role, held=True)
    return f"{settings.console_origin}/welcome/{token}"


async def _put_listings(context: Context) -> None:
    site = await administration.find_site(context, SLUG)
    for listing in LISTINGS:
        await listings.put_listing(context, site, listing)


async def _send_one(form: str, catcher: Catcher, *, again: bool) -> tuple[dict[str, Any], Caught]:
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
    }, mail


async def _answer(settings: Settings, catcher: Catcher, mail: Caught) -> dict[str, Any]:
    """Press «Répondre» as the advertiser's mail program does, and wait for the buyer's mail."""
    writer = mail.message["From"].addresses[0]
    answer = EmailMessage()
    answer["From"] = f"Camille Dupont <{mail.recipient}>"
    answer["To"] = str(mail.message["From"])
    answer["Subject"] = f"Re: {mail.message['Subject']}"
    answer["In-Reply-To"] = answer["References"] = mail.message["Message-ID"]
    answer["Message-ID"] = make_msgid(domain="annonceur.example")
    quoted = "".join(f"> {line}\n" for line in mail.part("plain").splitlines())
    day = time.strftime("%d/%m/%Y à %H:%M")
    answer.set_content(ANSWER.format(day=day, writer=str(mail.message["From"])) + quoted)
    started = time.perf_counter()
    await asyncio.to_thread(_hand_over, settings.lmtp_listen, answer, writer.addr_spec)
    arrived = await catcher.wait_for(MESSAGE["email"], WAIT_S, subject="Re: ")
    return {
        "delivered_ms": round((time.perf_counter() - started) * 1000, 1),
        "subject": str(arrived.message["Subject"]),
        "from": str(arrived.message["From"]),
        "to": arrived.recipient,
        "text": arrived.part("plain"),
    }


def _hand_over(door: Listen, answer: EmailMessage, recipient: str) -> None:
    """Give a mail to the relay's door, as the mail server in front of it would."""
    for pause_s in (0.1, 0.2, 0.5, 1.0, 2.0, 0.0):  # a queue's retries, while the door opens
        try:
            with LMTP(door.host, door.port) as session:
                session.send_message(answer, to_addrs=[recipient])
        except ConnectionRefusedError:
            time.sleep(pause_s)
        else:
            return
    raise click.ClickException("the mail door does not answer")


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
    mail, reply, engines = result["mail"], result["reply"], result["engines"]
    return f"""
A buyer filled the form; {result["accepted_ms"]} ms later the relay had stored the message,
{result["delivered_ms"]} ms after the click the advertiser's server had the mail:

  From:    {mail["from"]}
  To:      {mail["to"]}
  Subject: {mail["subject"]}

{_quoted(result["text"])}

The advertiser hides a number; written in the message, it was masked. The advertiser pressed
«Répondre», wrote that number twice and signed; {reply["delivered_ms"]} ms later the buyer's server
had the answer:

  From:    {reply["from"]}
  To:      {reply["to"]}
  Subject: {reply["subject"]}

{_quoted(reply["text"])}

Neither side has seen the other's address.

  the form      {result["form"]}
  the inbox     {result["inbox"]}
  the message   {result["status"]}
  the console   {result["console"]}
                (works once; asks for a password and a code application)

PostgreSQL {engines["postgresql"]}, Valkey {engines["valkey"]}, both embedded."""


def _quoted(text: str) -> str:
    return "\n".join(f"  | {line}" for line in text.strip().splitlines())
