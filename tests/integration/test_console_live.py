"""The stream of a queue's counts: what it tells, to whom, and how it ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar
from yarl import URL

from relay.permissions import Role
from relay.web.console import make_console
from relay.web.console.live import WATCH, Pace
from tests.desk import COOKIE, held_message, seat
from tests.relays import Relay, served, until


class Stream:
    """The events of one browser."""

    def __init__(self, lines: AsyncIterator[bytes]) -> None:
        self._lines = lines

    async def next(self) -> dict[str, Any]:
        """Return what the next event tells."""
        async with asyncio.timeout(10):
            async for line in self._lines:
                if line.startswith(b"data: "):
                    told: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
                    return told
        raise EOFError

    async def end(self) -> None:
        """Wait for the end."""
        async with asyncio.timeout(10):
            async for _ in self._lines:
                pass


@asynccontextmanager
async def console(relay: Relay) -> AsyncIterator[str]:
    """Serve a console that looks often."""
    app = make_console(relay.context)
    app[WATCH].pace = Pace(pause_s=0.05, check_s=0.1)
    async with served(app) as url:
        yield url


@asynccontextmanager
async def listening(relay: Relay, url: str, *roles: Role) -> AsyncIterator[Stream]:
    """Listen as somebody with these roles."""
    jar = CookieJar(unsafe=True, treat_as_secure_origin=URL(url))
    async with ClientSession(cookie_jar=jar) as http:
        token = await seat(relay.context, relay.site, *roles)
        http.cookie_jar.update_cookies({COOKIE: token}, URL(url))
        async with http.get(f"{url}/s/demo/live") as answer:
            assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
            yield Stream(answer.content)


async def test_counts_are_told_at_once_and_when_they_change(relay: Relay) -> None:
    """The first event says how much waits, the next that there is more; no word of a message."""
    async with console(relay) as url, listening(relay, url, Role.MODERATOR) as stream:
        first = await stream.next()
        message = await held_message(relay)
        later = await stream.next()
    assert (first["queue"], later["queue"]) == (0, 1)
    assert message.removeprefix("msg_") in later["mark"].replace("-", "")
    assert set(later) == {"queue", "confirmations", "mark"}


@pytest.mark.parametrize(
    "statement", ["delete from staff_session", "delete from staff_role"], ids=["session", "role"]
)
async def test_it_ends_with_the_right_to_know(relay: Relay, statement: str) -> None:
    """A session that ends, or a role taken back, ends the stream (A23)."""
    async with console(relay) as url, listening(relay, url, Role.MODERATOR) as stream:
        await stream.next()
        await relay.fetch(statement)
        await stream.end()


async def test_it_ends_when_the_console_stops(relay: Relay) -> None:
    """No stream keeps the service from stopping: the browser sees its end."""
    async with AsyncExitStack() as stopping:
        url = await stopping.enter_async_context(console(relay))
        async with listening(relay, url, Role.MODERATOR) as stream:
            await stream.next()
            async with asyncio.timeout(10):
                await stopping.aclose()
            await stream.end()


async def test_listening_is_logged_once(relay: Relay) -> None:
    """Who listens has looked once, however much is told."""
    async with console(relay) as url, listening(relay, url, Role.MODERATOR) as stream:
        await stream.next()
        await held_message(relay)
        await stream.next()
    rows = await relay.fetch("select subject from look")
    assert [row["subject"] for row in rows] == ["queue live"]


async def test_a_page_left_at_once_is_no_failure(
    relay: Relay, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who leaves before the first word fails nothing: no error is logged."""
    async with console(relay) as url:
        token = await seat(relay.context, relay.site, Role.MODERATOR)
        _, writer = await asyncio.open_connection(URL(url).host, URL(url).port)
        writer.write(
            f"GET /s/demo/live HTTP/1.1\r\nHost: x\r\nCookie: {COOKIE}={token}\r\n\r\n".encode()
        )
        writer.transport.abort()

        async def looked() -> bool:
            return bool(await relay.fetch("select 1 from look"))

        await until(looked)
    assert "request.failed" not in capsys.readouterr().out
