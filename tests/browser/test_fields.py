"""What is wrong stands beside its field, and is read out with it."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.house import House
from tests.browser.scenes import answer_faults

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_empty_request_of_rights_names_all_that_is_missing(
    page: Page, house: House
) -> None:
    """What is asked and the address are both named, each beside its field."""
    await page.goto(f"{house.url}/rights/demo")
    await page.get_by_role("button").click()
    links = page.get_by_role("alert").get_by_role("link")
    await expect(links).to_have_text(
        ["Dites ce que vous demandez", "Indiquez votre adresse e-mail"]
    )
    group = page.get_by_role("group", name="Ce que vous demandez")
    await expect(group).to_have_accessible_description("Dites ce que vous demandez")
    await expect(page.get_by_label("Votre adresse e-mail")).to_have_accessible_description(
        "Indiquez votre adresse e-mail Celle dont vous vous êtes servi sur le site."
        " Le code et la réponse y arrivent."
    )


async def test_an_answer_that_cannot_be_sent_says_why_at_its_field(
    page: Page, house: House
) -> None:
    """The field of an answer is marked, and described by its fault before its hint."""
    await answer_faults(page, house)
    field = page.get_by_label("Votre réponse")
    await expect(field).to_have_attribute("aria-invalid", "true")
    description = page.locator("#relay-message-fault")
    await expect(description).to_have_text("Écrivez votre message")
    await expect(field).to_have_attribute(
        "aria-describedby", "relay-message-fault relay-message-hint"
    )
