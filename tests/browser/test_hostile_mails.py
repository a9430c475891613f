"""A19: what a hostile mail becomes asks nobody anything."""

import re
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route

from relay.mail import read
from relay.mail.forwarded import compose_reply
from relay.mail.reading.values import Reply
from tests.unit.reply_samples import to_buyer

pytestmark = pytest.mark.asyncio(loop_scope="session")

MAILS = tomllib.loads(
    (Path(__file__).parents[1] / "data/mail/hostile_html.toml").read_text("utf-8")
)
WORDS = "Oui, samedi."


@dataclass(slots=True)
class Watch:
    """What a page did: whom it asked, and whether a script of it ran."""

    asked: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


def hostile(name: str) -> str:
    """Return the HTML of a hostile mail, as its author's program wrote it."""
    bad = MAILS[name].replace("{x}", f"{name.replace('_', '-')}.evil.example")
    return f"<html><body><p>{WORDS}</p>{bad}</body></html>"


def passed_on(name: str) -> str:
    """Return the HTML of the mail that brings it to the other side."""
    raw = "From: a@b.example\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n"
    reply = read((raw + hostile(name)).encode())
    assert isinstance(reply, Reply)
    content = compose_reply(to_buyer(text=f"{reply.text}\n{reply.doubtful}")).content
    parsed = message_from_bytes(content, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    part = parsed.get_body(("html",))
    assert part is not None
    return str(part.get_content())


@asynccontextmanager
async def opened(browser: Browser) -> AsyncIterator[tuple[Page, Watch]]:
    """A page on which a mail is opened as a careless webmail would, and what it did."""
    context = await browser.new_context(locale="fr-FR")
    page, watch = await context.new_page(), Watch()

    async def note(route: Route) -> None:
        watch.asked.append(route.request.url)
        await route.abort()

    async def dismiss(dialog: object) -> None:
        watch.dialogs.append(str(dialog))
        await dialog.dismiss()  # type: ignore[attr-defined]  # the library exports no such type

    await page.route(re.compile(r"^https?://"), note)
    page.on("dialog", dismiss)
    yield page, watch
    await context.close()


async def test_there_are_sixty() -> None:
    """A19: sixty hostile mails, and each still says its author's words."""
    assert len(MAILS) >= 60
    for name in MAILS:
        assert WORDS in unescape(passed_on(name)), name


async def test_a19_what_is_passed_on_asks_nobody(browser: Browser) -> None:
    """A19: sixty hostile mails, passed on and opened: no request, no dialog, no script."""
    async with opened(browser) as (page, watch):
        for name in MAILS:
            await page.set_content(passed_on(name))
            assert await page.locator("script, img, svg, form, iframe, base, object").count() == 0
        await page.wait_for_timeout(500)
    assert watch == Watch()


async def test_the_mails_themselves_do_ask(browser: Browser) -> None:
    """A19: opened as they came, most of them do ask or run, or the test above shows nothing."""
    harmful = []
    for name in MAILS:
        async with opened(browser) as (page, watch):
            await page.set_content(hostile(name), wait_until="commit")
            await page.wait_for_timeout(50)
        if watch != Watch():
            harmful.append(name)
    assert len(harmful) >= 40
