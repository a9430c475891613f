"""``<relay-form>`` in a page of the site, on another origin than the relay."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.house import House
from tests.browser.scenes import LINKS, fill

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEND = "Envoyer le message à l’annonceur"


async def embed(page: Page, house: House, query: str = "") -> None:
    """Open the page of the site and wait for the form."""
    await page.goto(f"{house.other}/embed{query}")
    await page.get_by_role("button").wait_for()


async def test_it_names_faults_then_sends(page: Page, house: House) -> None:
    """Faults are shown beside their fields, values stay, and the corrected message leaves."""
    await embed(page, house)
    await fill(page, phone="06 39 98 04 5", message="Depuis le site")
    await page.get_by_role("button", name=SEND).click()
    await expect(page.get_by_role("alert")).to_be_focused()
    await page.get_by_role("link", name="Il manque 1 chiffre").click()
    phone = page.get_by_label("Votre téléphone")
    await expect(phone).to_be_focused()
    await expect(phone).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_label("Votre message")).to_have_value("Depuis le site")
    await phone.fill("06 39 98 04 56")
    await page.get_by_role("button", name=SEND).click()
    await expect(page.get_by_role("status")).to_be_focused()
    await page.get_by_role("link", name="Suivre ou annuler").click()
    await expect(page.get_by_role("button", name="Annuler mon message")).to_be_visible()


async def test_it_speaks_the_language_of_the_page(page: Page, house: House) -> None:
    """In an English page the form and its faults are English."""
    await embed(page, house, "?lang=en")
    await page.get_by_role("button", name="Send the message").click()
    await expect(page.get_by_role("alert")).to_contain_text("Enter your email address")


async def test_it_solves_the_proof(page: Page, house: House) -> None:
    """A suspicious message proves itself and is not held."""
    await embed(page, house)
    await fill(page, email="proof@acheteuse.example", message=LINKS)
    await page.get_by_role("button", name=SEND).click()
    await page.get_by_role("link", name="Suivre ou annuler").click(timeout=20_000)
    await expect(page.get_by_role("heading", name="En file")).to_be_visible()


async def test_it_keeps_the_text_when_the_line_is_cut(page: Page, house: House) -> None:
    """A failed request says so, keeps every value, and the next try sends."""
    await embed(page, house)
    await fill(page, message="Liaison coupée")
    await page.route("**/f/*", lambda route: route.abort())
    await page.get_by_role("button", name=SEND).click()
    await expect(page.get_by_role("alert")).to_contain_text("la liaison est coupée")
    await expect(page.get_by_label("Votre message")).to_have_value("Liaison coupée")
    await page.unroute("**/f/*")
    await page.get_by_role("button", name=SEND).click()
    await expect(page.get_by_role("status")).to_contain_text("bien reçu")


async def test_a_page_that_is_not_the_sites_keeps_its_link(page: Page, house: House) -> None:
    """Where the origin is not in the site's list, what stands between the tags stays."""
    await page.goto(house.other.replace("127.0.0.1", "localhost") + "/embed")
    await page.wait_for_load_state("networkidle")
    await expect(page.get_by_role("link", name="Contacter l’annonceur")).to_be_visible()
    await expect(page.locator("relay-form form")).to_have_count(0)


async def test_an_ended_listing_is_said(page: Page, house: House) -> None:
    """Instead of a form the component says that the listing has ended."""
    await house.put_listing("over", state="closed")
    await page.goto(f"{house.other}/embed?listing=over")
    await expect(page.locator("relay-form")).to_have_text("Cette annonce est terminée")


async def test_the_trap_is_out_of_reach(page: Page, house: House) -> None:
    """Neither keys nor a screen reader meet the trap field, though it is rendered."""
    await embed(page, house)
    trap = page.locator("[name=website]")
    assert await trap.evaluate("e => getComputedStyle(e).display") != "none"
    assert await trap.evaluate("e => e.tabIndex") == -1
    await expect(page.get_by_role("textbox")).to_have_count(4)
