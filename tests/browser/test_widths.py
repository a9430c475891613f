"""A mail or a ZIP on a small telephone: whatever is in it, it is read without going sideways."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from playwright.async_api import Page

from relay.mail.compose import compose_contact
from relay.rights.packet import readable_page
from tests.browser.eyes import OVERFLOW
from tests.unit.mail_samples import contact
from tests.unit.test_rights_packet import dossier

pytestmark = pytest.mark.asyncio(loop_scope="session")
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


def html_of(**changes: str) -> str:
    """Return the HTML of a contact mail."""
    parsed = message_from_bytes(compose_contact(contact(**changes)).content, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    part = parsed.get_body(("html",))
    assert part is not None
    return str(part.get_content())


async def test_a_long_word_breaks(page: Page) -> None:
    """A word longer than the screen, in the title, the name or the text, breaks at 320 px."""
    await page.set_viewport_size({"width": 320, "height": 600})
    await page.set_content(html_of(listing_title=LONG, buyer_name=LONG[:60], text=LONG))
    assert await page.evaluate(OVERFLOW) <= 0


async def test_a_number_stands_behind_a_name_from_right_to_left(page: Page) -> None:
    """The digits of a phone keep their order and their place after an Arabic name."""
    phone = "06\u00a039\u00a098\u00a001\u00a023"
    await page.set_content(html_of(buyer_name="أمينة", phone=phone))
    line = page.get_by_text("Téléphone de")
    places = await line.evaluate(
        """it => { const text = it.firstChild, at = text.data.indexOf("06");
        const left = n => { const range = document.createRange(); range.setStart(text, n);
            range.setEnd(text, n + 1); return range.getBoundingClientRect().left; };
        return [left(text.data.indexOf("أ")), left(at), left(at + 12)]; }"""
    )
    assert places == sorted(places)


async def test_the_page_of_a_zip_fits_a_telephone(page: Page) -> None:
    """What a person unpacks scrolls in its tables only, and no heading of theirs is broken."""
    await page.set_viewport_size({"width": 360, "height": 700})
    await page.set_content(readable_page(dossier(LONG)))
    assert await page.evaluate(OVERFLOW) <= 0
    lines = """it => { const range = document.createRange(); range.selectNodeContents(it);
        return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size; }"""
    for heading in await page.locator("thead th").all():
        words = (await heading.inner_text()).split()
        assert await heading.evaluate(lines) <= len(words)
