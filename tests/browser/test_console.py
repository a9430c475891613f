"""The console in a browser: axe on every page, large text, no JavaScript."""

import pytest
from playwright.async_api import Browser, Page

from relay.permissions import Role
from tests.browser.desk import Desk, sit
from tests.browser.eyes import AXE_RUN, OVERFLOW, WIDTHS, load_axe, photograph

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_axe_finds_nothing(moderator: Page, desk: Desk) -> None:
    """No page breaks WCAG 2.2 AA or scrolls sideways: light, dark, narrow, wide."""
    found: dict[str, list[str]] = {}
    for name, path in desk.pages().items():
        await moderator.goto(desk.url + path)
        await load_axe(moderator)
        for scheme in ("light", "dark"):
            for width in WIDTHS:
                await moderator.emulate_media(color_scheme=scheme)
                await moderator.set_viewport_size({"width": width, "height": 800})
                faults = await moderator.evaluate(AXE_RUN)
                if await moderator.evaluate(OVERFLOW) > 0:
                    faults.append("scrolls sideways")
                found |= {f"{name} {scheme} {width}": faults} if faults else {}
            await photograph(moderator, f"{name}-{scheme}")
            await moderator.set_viewport_size({"width": 1280, "height": 800})
    assert found == {}


async def test_axe_finds_nothing_at_the_door(browser: Browser, desk: Desk) -> None:
    """The page to log in is as clean, for somebody unknown."""
    context = await browser.new_context(locale="fr-FR")
    page = await context.new_page()
    await page.goto(desk.url + "/")
    await load_axe(page)
    faults = await page.evaluate(AXE_RUN)
    await photograph(page, "console-login-light")
    await context.close()
    assert faults == []


async def test_twice_as_large(moderator: Page, desk: Desk) -> None:
    """With text at 200 % no page scrolls sideways."""
    await moderator.set_viewport_size({"width": 1280, "height": 800})
    wide = []
    for name, path in desk.pages().items():
        await moderator.goto(desk.url + path)
        await moderator.evaluate("document.documentElement.style.fontSize = '200%'")
        wide += [name] if await moderator.evaluate(OVERFLOW) > 0 else []
    assert wide == []


async def test_everything_works_without_javascript(browser: Browser, desk: Desk) -> None:
    """A message is opened, let go and held again without a script."""
    page = await sit(browser, desk, Role.MODERATOR, script=False)
    await page.goto(f"{desk.url}/s/demo/messages/{desk.held}")
    await page.get_by_label("Motif de la lecture").fill("dossier 12")
    await page.get_by_role("button", name="Lire").click()
    assert await page.get_by_text("samedi matin").count() == 1
    for button in ("Laisser partir", "Retenir"):
        await page.get_by_label("Motif", exact=True).fill("dossier 12")
        await page.get_by_role("button", name=button).click()
        await page.get_by_text("C’est fait").wait_for()
    await page.context.close()
