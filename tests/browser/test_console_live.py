"""The console as it happens: what is new appears by itself, and nothing needs it to."""

import pytest
from playwright.async_api import Browser, Page, expect

from relay.permissions import Role
from tests.browser.desk import Desk, sit
from tests.desk import held_message, reported

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_new_lines_appear_by_themselves(moderator: Page, desk: Desk) -> None:
    """A report that comes in appears in an open queue, marked, with focus and page kept."""
    await moderator.goto(f"{desk.url}/s/demo/queue")
    await expect(moderator.locator("[data-count=queue]")).not_to_be_empty()
    await moderator.keyboard.press("j")
    first = await moderator.evaluate("document.activeElement.getAttribute('href')")
    message = await held_message(desk.relay, message="Un message de plus, à lire.")
    case = await reported(desk.relay, message)
    fresh = moderator.locator(f"tr.fresh a[href$='{case}']")
    await expect(fresh).to_be_visible(timeout=15_000)
    assert await moderator.evaluate("document.activeElement.getAttribute('href')") == first
    await expect(moderator.locator("[data-said]")).to_contain_text("La file vient de changer")


async def test_counts_are_told_on_every_page(moderator: Page, desk: Desk) -> None:
    """How much waits stands beside the menu, wherever one is, and follows."""
    await moderator.goto(f"{desk.url}/s/demo/journal")
    badge = moderator.locator("[data-count=queue]")
    await expect(badge).not_to_be_empty()
    before = int(await badge.inner_text())
    await held_message(desk.relay, message="Encore un message, à lire.")
    await expect(badge).to_have_text(str(before + 1), timeout=15_000)


async def test_who_may_not_see_the_queue_asks_for_nothing(browser: Browser, desk: Desk) -> None:
    """A page of somebody without the queue opens no stream, and meets no refusal."""
    page = await sit(browser, desk, Role.PRIVACY)
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    for place in ("journal", "delivery", "health", "settings"):
        answer = await page.goto(f"{desk.url}/s/demo/{place}")
        assert answer is not None
        assert answer.status == 200
    assert faults == []
    assert await page.locator("a[href*='/messages/']").count() == 0
    await page.context.close()


async def test_who_sees_the_queue_goes_on_from_what_waits(moderator: Page, desk: Desk) -> None:
    """From what has waited the longest a moderator goes to the message."""
    await moderator.goto(f"{desk.url}/s/demo/delivery")
    assert await moderator.locator("#oldest a[href*='/messages/']").count() > 0
