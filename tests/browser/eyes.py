"""How a page is looked at: by axe, at two widths, light and dark."""

import json
from pathlib import Path

from playwright.async_api import Page

from tests.browser.house import House
from tests.browser.install import AXE
from tests.browser.scenes import SCENES

SHOTS = Path(__file__).parent / "screenshots"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
OPTIONS = json.dumps({"runOnly": RULES, "resultTypes": ["violations"]})
AXE_RUN = f"""async () => (await axe.run({OPTIONS})).violations
    .map(v => v.id + ": " + v.nodes.map(n => n.html).join(" | "))"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL_TARGETS = """[...document.querySelectorAll("a, button, input:not([type=hidden]), textarea")]
    .filter(e => !e.closest(".relay-trap") && e.getBoundingClientRect().height < 43.9)
    .map(e => e.outerHTML)"""
BORDERLESS = """[...document.querySelectorAll(
    "main, button, .button, .state, textarea, .relay-summary"
)].filter(e => parseFloat(getComputedStyle(e).borderTopWidth) < 1).map(e => e.outerHTML)"""
WIDTHS = (360, 1280)
SHOWN = (("light", 1280), ("dark", 360))


async def load_axe(page: Page) -> None:
    """Put axe-core into the page, past its content security policy."""
    await page.evaluate(AXE.read_text("utf-8"))


async def look(page: Page, house: House, name: str) -> dict[str, list[str]]:
    """Return what is wrong with a scene, by colour scheme and width."""
    await SCENES[name](page, house)
    await load_axe(page)
    found: dict[str, list[str]] = {}
    for scheme in ("light", "dark"):
        for width in WIDTHS:
            await page.emulate_media(color_scheme=scheme)
            await page.set_viewport_size({"width": width, "height": 800})
            faults = await page.evaluate(AXE_RUN)
            if await page.evaluate(OVERFLOW) > 0:
                faults.append("scrolls sideways")
            if name != "embedded":  # there the site's own style decides
                faults += await page.evaluate(SMALL_TARGETS)
            found |= {f"{scheme} {width}": faults} if faults else {}
            if (scheme, width) in SHOWN:
                await photograph(page, f"{name}-{scheme}")
    return found


async def photograph(page: Page, name: str) -> None:
    """Keep a picture of the page for people to look at."""
    SHOTS.mkdir(exist_ok=True)
    await page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
