"""The console under test: people with roles, and a browser that keeps cookies and sends forms."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

from aiohttp import ClientSession, CookieJar
from yarl import URL

from relay.context import Context
from relay.desk import Category, Notice, Source, file_report
from relay.permissions import Role
from relay.sealing import new_id, public_id, token_hash
from relay.sites import Site
from relay.staff import SESSION_LIFE
from relay.web.console import make_console
from tests.relays import Relay, served

COOKIE = "__Host-relais"
_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]{48})"')


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    text: str
    headers: dict[str, str]


@dataclass(slots=True)
class Browser:
    """One browser at the console; *token* is that of the last page's forms."""

    http: ClientSession
    url: str
    token: str = ""

    async def get(self, path: str, **headers: str) -> Answer:
        """Open a page, without following where it sends."""
        return await self._ask("GET", path, None, headers)

    async def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> Answer:
        """Send a form of the last page."""
        sent = {"Origin": self.url, **(headers or {})}
        return await self._ask("POST", path, {"csrf": self.token, **fields}, sent)

    async def _ask(
        self, method: str, path: str, data: dict[str, str] | None, headers: dict[str, str]
    ) -> Answer:
        async with self.http.request(
            method, self.url + path, data=data, headers=headers, allow_redirects=False
        ) as answer:
            is_stream = answer.content_type == "text/event-stream"  # it has no end
            text = "" if is_stream else await answer.text()
            found = _TOKEN.search(text)
            self.token = found.group(1) if found else self.token
            return Answer(answer.status, text, dict(answer.headers))

    @property
    def cookie(self) -> str:
        """What the browser's cookie holds."""
        kept = self.http.cookie_jar.filter_cookies(URL(self.url)).get(COOKIE)
        return kept.value if kept else ""

    def keep(self, value: str) -> None:
        """Have the browser hold this cookie."""
        secure = {COOKIE: value}
        self.http.cookie_jar.update_cookies(secure, URL(self.url))


@asynccontextmanager
async def open_console(context: Context) -> AsyncIterator[str]:
    """Serve the console; gives its address."""
    async with served(make_console(context)) as url:
        yield url


@asynccontextmanager
async def open_browser(url: str) -> AsyncIterator[Browser]:
    """Open a browser, which takes the console's address for a safe one."""
    jar = CookieJar(unsafe=True, treat_as_secure_origin=URL(url))
    async with ClientSession(cookie_jar=jar) as http:
        yield Browser(http, url)


async def seat(context: Context, site: Site, *roles: Role) -> str:
    """Give somebody new these roles at a site and a session; returns its token."""
    now, token = context.clock(), uuid4().hex + "abcdefghijk"
    staff_id = new_id(now)
    async with context.database.connection() as connection:
        await connection.execute(
            "insert into staff (staff_id, name, wrapped_key) values ($1, $2, '')",
            staff_id,
            "p" + staff_id.hex[-12:],
        )
        for role in roles:
            await connection.execute(
                "insert into staff_role (site_id, staff_id, role) values ($1, $2, $3)",
                site.site_id,
                staff_id,
                role.value,
            )
        await connection.execute(
            "insert into staff_session values ($1, $2, $3, $4, $5)",
            token_hash(token),
            uuid4(),
            staff_id,
            now,
            now + SESSION_LIFE,
        )
    return token


async def enter(relay: Relay, browser: Browser, *roles: Role) -> None:
    """Sit down with these roles, at a page that has a form."""
    browser.keep(await seat(relay.context, relay.site, *roles))
    assert (await browser.get("/account")).status == 200


async def held_message(relay: Relay, headers: dict[str, str] | None = None, **fields: str) -> str:
    """Post a contact that waits for a person; returns its public id."""
    status, body = await relay.post(headers, **fields)
    assert status == 202, body
    async with relay.context.database.connection() as connection:
        await connection.execute(
            "update outbox set state = 'held', reason = 'suspicious',"
            " due_at = now() + interval '30 days' where message_id = $1::uuid",
            body["id"].removeprefix("msg_"),
        )
    return str(body["id"])


async def reported(relay: Relay, message: str) -> str:
    """Report a message; returns the public id of its case."""
    notice = Notice(
        message_id=UUID(message.removeprefix("msg_")),
        category=Category.SCAM,
        source=Source.STAFF,
        why="Demande un mandat.",
    )
    receipt = await file_report(relay.context, relay.site, notice)
    return public_id("case", receipt.case_id)
