"""The rights desk under test: a person with a browser and a mailbox, an officer who decides."""

import email
import email.policy
import io
import re
import zipfile
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID

from relay.looks import Look
from relay.rights import decisions
from relay.rights.requests import read_request
from relay.rights.round import attend
from relay.rights.standing import State
from relay.sealing import new_id
from tests.relays import Relay, courier, until
from tests.rig.deliveries import pass_time
from tests.rig.smtp_sink import SmtpSink

CODE = re.compile(r"^\s*(\d{4}) (\d{4})\s*$", re.MULTILINE)
LINK = re.compile(r"https://relais\.example(/r/[\w.-]+)")
LEA = "lea@acheteuse.example"
CAMILLE = "camille@annonceur.example"
WAITING = "select 1 from outbox where state = 'sending' or state = 'queued' and due_at <= now()"
QUARTER = timedelta(minutes=16)  # an acceptance cannot be taken back any more


@dataclass(slots=True)
class Answer:
    """What a page answered."""

    status: int
    text: str
    path: str
    body: bytes = b""


@dataclass(slots=True)
class Person:
    """Somebody at the public pages, who reads the mails of one address."""

    relay: Relay
    address: str = LEA
    read: int = 0
    officer: UUID | None = None
    mails: list[EmailMessage] = field(default_factory=list)

    async def post(self, path: str, **fields: str) -> Answer:
        """Send a form as a browser does, and follow where it leads."""
        headers = {"Accept": "text/html"}
        async with self.relay.http.post(
            self.relay.url + path, data=fields, headers=headers
        ) as answer:
            body = await answer.read()
            return Answer(answer.status, body.decode(errors="replace"), answer.url.path, body)

    async def get(self, path: str) -> Answer:
        """Open a page."""
        async with self.relay.http.get(
            self.relay.url + path, headers={"Accept": "text/html"}
        ) as answer:
            return Answer(answer.status, await answer.text(), answer.url.path)

    async def ask(self, kind: str, **fields: str) -> Answer:
        """Fill in the form of rights; returns the page of the code."""
        given = {"kind": kind, "email": self.address, **fields}
        return await self.post(f"/rights/{self.relay.site.slug}?lang=fr", **given)

    async def collect(self) -> list[EmailMessage]:
        """Have all that waits sent; return the mails to this address that were not read before."""

        async def left() -> bool:
            return not await self.relay.fetch(WAITING)

        async with SmtpSink() as sink, courier(self.relay.context, sink.port):
            await until(left, timeout_s=30)
            came = [one for one in sink.mails if self.address in one.recipients]
        fresh = [email.message_from_bytes(one.content, policy=email.policy.default) for one in came]
        self.mails += fresh
        return fresh

    async def prove(self, page: Answer) -> Answer:
        """Read the code in the mail and give it; returns the page of the request."""
        [mail] = [one for one in await self.collect() if one["Subject"] == "Votre code"]
        return await self.post(page.path, code=code_in(mail))

    async def requests(self) -> list[UUID]:
        """Return the ids of all requests, oldest first."""
        rows = await self.relay.fetch("select request_id from data_request order by request_id")
        return [row["request_id"] for row in rows]

    async def state(self, request_id: UUID) -> State:
        """Return where a request stands."""
        context, site = self.relay.context, self.relay.site
        async with context.database.connection() as connection:
            return (await read_request(context, connection, site, request_id)).standing.state

    async def look(self, reason: str = "essai") -> Look:
        """Return what the journal says of an officer's act."""
        context = self.relay.context
        if self.officer is None:
            self.officer = new_id(context.clock())
            async with context.database.connection() as connection:
                await connection.execute(
                    "insert into staff (staff_id, name, wrapped_key) values ($1, $2, $3)",
                    self.officer,
                    "o" + self.officer.hex[-12:],
                    context.keyring.new_key(f"staff:{self.officer}")[1],
                )
        now = context.clock()
        return Look(self.relay.site.site_id, self.officer, "act", "req_essai", reason, now)


def text_of(mail: EmailMessage) -> str:
    """Return the plain part of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def code_in(mail: EmailMessage) -> str:
    """Return the code of a letter."""
    found = CODE.search(text_of(mail))
    assert found, text_of(mail)
    return found[1] + found[2]


def link_in(mail: EmailMessage) -> str:
    """Return the path of the request's page that a letter leads to."""
    found = LINK.search(text_of(mail).replace("=\n", ""))
    assert found, text_of(mail)
    return found[1]


def unpack(body: bytes) -> dict[str, str]:
    """Return the files of a ZIP as text."""
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        return {name: packed.read(name).decode(errors="replace") for name in packed.namelist()}


async def quiet(relay: Relay) -> None:
    """Let nothing wait that is not a letter of the desk: contacts have left already."""
    async with relay.context.database.connection() as connection:
        await connection.execute(
            "update outbox set state = 'delivered', settled_at = now()"
            " where kind in ('contact', 'receipt', 'reply')"
        )


async def asked(person: Person) -> UUID:
    """Ask for erasure and prove it; returns the request."""
    await person.prove(await person.ask("erasure"))
    return (await person.requests())[-1]


async def erased(person: Person) -> UUID:
    """Ask, accept, and let the quarter of an hour pass."""
    request_id = await asked(person)
    relay = person.relay
    await decisions.accept(relay.context, relay.site, request_id, await person.look())
    pass_time(relay.context, QUARTER)
    await attend(relay.context, relay.site)
    pass_time(relay.context, timedelta(0))
    return request_id
