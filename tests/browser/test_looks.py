"""Large text and forced colours; and that axe, which looks at every page, sees."""

import pytest
from playwright.async_api import Page

from tests.browser.eyes import AXE_RUN, BORDERLESS, OVERFLOW, WIDTHS, load_axe, photograph
from tests.browser.house import House
from tests.browser.scenes import SCENES

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("name", ["form-faults", "state-deferred", "answer-report", "notice"])
async def test_text_can_be_twice_as_large(page: Page, house: House, name: str) -> None:
    """With text at 200 % nothing scrolls sideways, narrow or wide."""
    await SCENES[name](page, house)
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        assert await page.evaluate(OVERFLOW) <= 0
        await photograph(page, f"{name}-large-{width}")


@pytest.mark.parametrize("name", ["form-faults", "state-bounced", "answer-pause-done", "closed"])
async def test_forced_colours_keep_the_shapes(page: Page, house: House, name: str) -> None:
    """In forced colours every field, button and box keeps a border."""
    await SCENES[name](page, house)
    await page.emulate_media(forced_colors="active")
    await photograph(page, f"{name}-forced")
    assert await page.evaluate(BORDERLESS) == []


async def test_axe_finds_what_is_wrong(page: Page, house: House) -> None:
    """The instrument works: a field that loses its label is found."""
    await SCENES["form"](page, house)
    await load_axe(page)
    await page.evaluate("document.querySelector('label[for=relay-email]').remove()")
    assert "label" in [fault.split(":")[0] for fault in await page.evaluate(AXE_RUN)]
