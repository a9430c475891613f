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


async def test_a_role_taken_back_ends_the_stream(browser: Browser, desk: Desk) -> None:
    """Who may no longer see the queue hears no more of it."""
    page = await sit(browser, desk, Role.AUDITOR)
    async with page.expect_event("response", lambda one: one.url.endswith("/live")) as waited:
        await page.goto(f"{desk.url}/s/demo/journal")
    assert (await waited.value).status == 200
    page = await sit(browser, desk, Role.PRIVACY)
    async with page.expect_event("response", lambda one: one.url.endswith("/live")) as waited:
        await page.goto(f"{desk.url}/s/demo/journal")
    assert (await waited.value).status == 403
    await page.context.close()
