"""Every page: accessible, without sideways scrolling, legible large and in forced colours."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.browser.house import House
from tests.browser.install import AXE
from tests.browser.scenes import SCENES

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHOTS = Path(__file__).parent / "screenshots"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
AXE_RUN = f"""async () => (await axe.run({{runOnly: {json.dumps(RULES)}, resultTypes: ["violations"]}}))
    .violations.map(v => v.id + ": " + v.nodes.map(n => n.html).join(" | "))"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL_TARGETS = """[...document.querySelectorAll("a, button, input:not([type=hidden]), textarea")]
    .filter(e => !e.closest(".relay-trap") && e.getBoundingClientRect().height < 43.9)
    .map(e => e.outerHTML)"""
WIDTHS = (360, 1280)
SHOWN = (("light", 1280), ("dark", 360))


@pytest.mark.parametrize("name", SCENES)
async def test_pages_are_accessible(page: Page, house: House, name: str) -> None:
    """No axe violation, no sideways scroll, no small target: light and dark, narrow and wide."""
    await SCENES[name](page, house)
    await page.evaluate(AXE.read_text("utf-8"))
    SHOTS.mkdir(exist_ok=True)
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
                await page.screenshot(path=SHOTS / f"{name}-{scheme}.png", full_page=True)
    assert found == {}


@pytest.mark.parametrize("name", ["form-faults", "state-deferred", "answer-report", "notice"])
async def test_text_can_be_twice_as_large(page: Page, house: House, name: str) -> None:
    """With text at 200 % nothing scrolls sideways, narrow or wide."""
    await SCENES[name](page, house)
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        assert await page.evaluate(OVERFLOW) <= 0
        await page.screenshot(path=SHOTS / f"{name}-large-{width}.png", full_page=True)


@pytest.mark.parametrize("name", ["form-faults", "state-bounced", "answer-pause-done", "closed"])
async def test_forced_colours_keep_the_shapes(page: Page, house: House, name: str) -> None:
    """In forced colours every field, button and box keeps a border."""
    await SCENES[name](page, house)
    await page.emulate_media(forced_colors="active")
    await page.screenshot(path=SHOTS / f"{name}-forced.png", full_page=True)
    bare = """[...document.querySelectorAll("main, button, .button, .state, textarea, .relay-summary")]
        .filter(e => parseFloat(getComputedStyle(e).borderTopWidth) < 1).map(e => e.outerHTML)"""
    assert await page.evaluate(bare) == []
