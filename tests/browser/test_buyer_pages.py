"""The pages of buyers, in every face: accessible, legible, at ease on a narrow screen."""

import pytest
from playwright.async_api import Page

from tests.browser.eyes import look
from tests.browser.house import House
from tests.browser.scenes import SCENES

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    "name", [name for name in SCENES if not name.startswith(("answer-", "advertiser-"))]
)
async def test_buyer_pages_are_accessible(page: Page, house: House, name: str) -> None:
    """No axe violation, no sideways scroll, no small target: light and dark, narrow and wide."""
    assert await look(page, house, name) == {}
