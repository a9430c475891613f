"""Large text and forced colours; and that axe, which looks at every page, sees."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.eyes import AXE_RUN, BORDERLESS, OVERFLOW, WIDTHS, load_axe, photograph
from tests.browser.house import House
from tests.browser.scenes import SCENES

pytestmark = pytest.mark.asyncio(loop_scope="session")
SHIFTS = """window.shifted = 0;
new PerformanceObserver(seen => seen.getEntries().forEach(one => window.shifted += one.value))
    .observe({type: "layout-shift", buffered: true});"""


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


async def test_a_letter_prints_as_one(page: Page, house: House) -> None:
    """A decision on paper is dark on light, whatever the screen, and has no form to fill in."""
    await SCENES["decision"](page, house)
    await page.emulate_media(media="print", color_scheme="dark")
    await expect(page.get_by_role("button")).to_be_hidden()
    await expect(page.locator("body")).to_have_css("color", "rgb(23, 33, 43)")
    await expect(page.locator("main")).to_have_css("background-color", "rgb(255, 255, 255)")


async def test_what_the_script_says_moves_nothing(page: Page, house: House) -> None:
    """There is room for how the check against robots goes before it is said (CLS below 0.1)."""
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.add_init_script(SHIFTS)
    await SCENES["proof"](page, house)
    assert await page.evaluate("window.shifted") < 0.1


async def test_two_buttons_do_not_touch(page: Page, house: House) -> None:
    """On a telephone «C’est bien moi» and «Ce n’est pas moi» have room between them."""
    await SCENES["advertiser-confirm"](page, house)
    await page.set_viewport_size({"width": 360, "height": 740})
    boxes = [await one.bounding_box() for one in await page.get_by_role("button").all()]
    yes, no = (box for box in boxes if box is not None)
    assert no["y"] - (yes["y"] + yes["height"]) >= 8


async def test_axe_finds_what_is_wrong(page: Page, house: House) -> None:
    """The instrument works: a field that loses its label is found."""
    await SCENES["form"](page, house)
    await load_axe(page)
    await page.evaluate("document.querySelector('label[for=relay-email]').remove()")
    assert "label" in [fault.split(":")[0] for fault in await page.evaluate(AXE_RUN)]
