"""The console in a browser: axe on every page, large text, no JavaScript."""

import pytest
from playwright.async_api import Browser, Page

from relay.permissions import Role
from tests.browser.desk import NAMES, Desk, sit
from tests.browser.eyes import AXE_RUN, OVERFLOW, WIDTHS, load_axe, photograph

pytestmark = pytest.mark.asyncio(loop_scope="session")
PAGE_BYTES = 60_000
BORDERLESS = """[...document.querySelectorAll("main button, main input:not([type=hidden]), select")]
    .filter(e => e.checkVisibility() && parseFloat(getComputedStyle(e).borderTopWidth) < 1)
    .filter(e => e.type !== "checkbox").map(e => e.outerHTML)"""


async def tables(page: Page, desk: Desk) -> None:
    """The figures behind the pictures."""
    await page.goto(f"{desk.url}/s/demo/delivery")
    for one in await page.locator("summary").all():
        await one.click()


async def commands(page: Page, desk: Desk) -> None:
    """Everything a page can do."""
    await page.goto(f"{desk.url}/s/demo/messages/{desk.held}")
    await page.keyboard.press("?")
    await page.get_by_role("dialog").wait_for()


async def effect(page: Page, desk: Desk) -> None:
    """The effect of a block that needs two."""
    await page.goto(desk.url + desk.key)
    await page.get_by_label("Durée").select_option("90")
    await page.get_by_label("Motif du blocage").fill("mandat")
    await page.get_by_role("button", name="Bloquer").click()
    await page.get_by_role("heading", name="Effet de cette action").wait_for()


async def check(page: Page, desk: Desk) -> None:
    """The check of the journal."""
    await page.goto(f"{desk.url}/s/demo/journal")
    await page.get_by_role("button", name="Vérifier").click()
    await page.get_by_role("heading", name="relues").wait_for()


async def words(page: Page, desk: Desk) -> None:
    """A text that was opened with everything else."""
    await page.goto(f"{desk.url}/s/demo/messages/{desk.held}")
    for box in await page.get_by_role("checkbox").all():
        await box.check()
    await page.get_by_label("Motif de la lecture").fill("dossier 12")
    await page.get_by_role("button", name="Lire").click()


async def asked(page: Page, desk: Desk) -> None:
    """A request that waits for another person."""
    await effect(page, desk)
    await page.get_by_role("button", name="Demander l’accord").click()
    await page.wait_for_url("**/confirmations")


OPENED = {
    "tables": tables,
    "commands": commands,
    "effect": effect,
    "check": check,
    "words": words,
    "asked": asked,
}


@pytest.mark.parametrize("name", NAMES)
async def test_axe_finds_nothing(moderator: Page, desk: Desk, name: str) -> None:
    """No page breaks WCAG 2.2 AA, scrolls sideways or is heavy: light, dark, narrow, wide."""
    found: dict[str, list[str]] = {}
    answer = await moderator.goto(desk.url + desk.pages()[name])
    assert answer is not None
    assert len(await answer.body()) < PAGE_BYTES
    await load_axe(moderator)
    for scheme in ("light", "dark"):
        for width in WIDTHS:
            await moderator.emulate_media(color_scheme=scheme)
            await moderator.set_viewport_size({"width": width, "height": 800})
            faults = await moderator.evaluate(AXE_RUN)
            if await moderator.evaluate(OVERFLOW) > 0:
                faults.append("scrolls sideways")
            found |= {f"{name} {scheme} {width}": faults} if faults else {}
            if (scheme, width) == ("light", WIDTHS[0]):
                await photograph(moderator, f"{name}-narrow")
        await photograph(moderator, f"{name}-{scheme}")
    assert found == {}


async def test_axe_finds_nothing_in_what_opens(moderator: Page, desk: Desk) -> None:
    """Tables behind pictures, the list of commands, an effect and a check are as clean."""
    found: dict[str, list[str]] = {}
    for scheme in ("light", "dark"):
        await moderator.emulate_media(color_scheme=scheme)
        for name, scene in OPENED.items():
            await scene(moderator, desk)
            await load_axe(moderator)
            faults = await moderator.evaluate(AXE_RUN)
            found |= {f"{name} {scheme}": faults} if faults else {}
            await photograph(moderator, f"console-{name}-{scheme}")
    assert found == {}


async def test_nothing_is_cut_off_or_spread_out(moderator: Page, desk: Desk) -> None:
    """Each name of the menu is whole, and a choice is as wide as its words."""
    for width in (1024, 1280):
        await moderator.set_viewport_size({"width": width, "height": 800})
        await moderator.goto(desk.url + desk.pages()["console-holds"])
        menu = moderator.get_by_role("navigation")
        assert await menu.evaluate("it => it.scrollWidth - it.clientWidth") <= 0
        for choice in await moderator.get_by_role("radio").all():
            box = await choice.bounding_box()
            assert box is not None
            assert box["width"] <= 24


async def test_a_long_title_hides_no_column(moderator: Page, desk: Desk) -> None:
    """In the queue a title without a space breaks: what is urgent beside it stays in sight."""
    await moderator.goto(desk.url + desk.pages()["console-queue"])
    titles = moderator.locator("td.title")
    assert await titles.count() >= 2
    for title in await titles.all():
        await title.evaluate("it => it.textContent = 'Donaudampfschifffahrt'.repeat(9)")
    for table in await moderator.locator(".wide").all():
        assert await table.evaluate("it => it.scrollWidth - it.clientWidth") <= 0


async def test_forced_colours_keep_the_shapes(moderator: Page, desk: Desk) -> None:
    """In forced colours every button and field keeps a border, and pictures their colours."""
    await moderator.emulate_media(forced_colors="active")
    for name in ("console-case", "console-delivery"):
        await moderator.goto(desk.url + desk.pages()[name])
        await photograph(moderator, f"{name}-forced")
        assert await moderator.evaluate(BORDERLESS) == []


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
    await page.goto(f"{desk.url}/s/demo/queue")
    boxes = page.locator("input[form=selected]")
    await boxes.first.check()
    await page.get_by_label("Motif pour les messages choisis").fill("dossier 12")
    await page.locator("#selected").get_by_role("button", name="Laisser partir").click()
    await page.get_by_text("Laisse partir 1 message").wait_for()
    await page.goto(f"{desk.url}/s/demo/listings/{desk.listing}")
    await page.get_by_label("Motif pour montrer ces données").fill("dossier 12")
    await page.get_by_role("button", name="Montrer en clair").click()
    assert await page.get_by_text("+33639980123").count() == 1
    await page.context.close()
