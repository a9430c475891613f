"""The links of a mail: opening one changes nothing, its button does, and can be undone."""

from dataclasses import dataclass

import pytest
from playwright.async_api import Page, expect

from tests.browser.house import House

pytestmark = pytest.mark.asyncio(loop_scope="session")

STATE = "select state from listing where ref = $1"
PHONE = "select show_phone::text from listing where ref = $1"
BLOCKED = """select (blocked_at is not null)::text from conversation
join listing using (site_id, listing_id) where ref = $1"""


@dataclass(frozen=True, slots=True)
class Trip:
    """A link, what it changes in the database, and the button that takes it back."""

    answer: str
    query: str
    before: str
    after: str
    undo: str


TRIPS = [
    Trip("pause", STATE, "open", "paused", "Reprendre l’annonce"),
    Trip("show-phone", PHONE, "false", "true", "Masquer mon téléphone"),
    Trip("block", BLOCKED, "false", "true", "Débloquer"),
]


@pytest.mark.parametrize("trip", TRIPS, ids=lambda trip: trip.answer)
async def test_a_link_acts_only_by_its_button(page: Page, house: House, trip: Trip) -> None:
    """GET changes nothing, POST does it, and the button that follows takes it back."""
    ref = f"trip-{trip.answer}"
    await house.put_listing(ref)
    await page.goto(house.action_url(await house.contact(listing=ref), trip.answer))
    assert await house.ask(trip.query, ref) == trip.before
    await page.get_by_role("button").click()
    await expect(page.get_by_role("heading", name="C’est fait")).to_be_visible()
    assert await house.ask(trip.query, ref) == trip.after
    await page.get_by_role("button", name=trip.undo).click()
    await expect(page.get_by_role("heading", name="C’est fait")).to_be_visible()
    assert await house.ask(trip.query, ref) == trip.before


async def test_a_report_is_stored_with_its_note(scriptless: Page, house: House) -> None:
    """A report needs no script, is stored once, and offers to block the sender."""
    message_id = await house.contact()
    count = "select count(*) from report where message_id = $1"
    await scriptless.goto(house.action_url(message_id, "report"))
    assert await house.ask(count, message_id) == 0
    await scriptless.get_by_label("Que se passe-t-il").fill("On me demande de payer")
    await scriptless.get_by_role("button").click()
    await expect(scriptless.get_by_role("link", name="Bloquer Léa")).to_be_visible()
    assert await house.ask(count, message_id) == 1


async def test_a_link_that_was_cut_is_explained(page: Page, house: House) -> None:
    """A broken link says what to do, and nothing of what it was for."""
    url = house.action_url(await house.contact(), "sold")
    answer = await page.goto(url.replace("/sold", "x/sold"))
    assert answer is not None
    assert answer.status == 404
    await expect(page.get_by_role("heading")).to_contain_text("Copiez-le en entier")


async def test_why_leads_to_the_choices(page: Page, house: House) -> None:
    """The page of the reasons leads to pausing, blocking and reporting."""
    await house.put_listing("why")
    await page.goto(house.action_url(await house.contact(listing="why"), "why"))
    await page.get_by_role("link", name="Mettre l’annonce en pause").click()
    await expect(page.get_by_role("button", name="Mettre en pause")).to_be_visible()
