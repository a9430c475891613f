"""What people type is text, on every page that shows it (A20)."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.house import CONTACT, House

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAYLOADS = [
    "<script>alert(1)</script>",
    "</textarea><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' autofocus onfocus=alert(1) x='",
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_typed_markup_stays_text(page: Page, house: House, payload: str) -> None:
    """A20: a payload in every field comes back as the text it is, and nothing runs."""
    alarms: list[str] = []
    page.on("dialog", lambda dialog: alarms.append(dialog.message))
    await page.goto(house.form)
    for label in ("Votre prénom", "Votre adresse e-mail", "Votre téléphone", "Votre message"):
        await page.get_by_label(label).fill(payload)
    await page.get_by_role("button").click()
    await page.get_by_role("alert").wait_for()
    await expect(page.get_by_label("Votre message")).to_have_value(payload)
    await expect(page.get_by_label("Votre adresse e-mail")).to_have_value(payload)
    assert alarms == []


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_a_hostile_title_stays_text(page: Page, house: House, payload: str) -> None:
    """A20: a payload as title and name is shown as it is, on both parties' pages."""
    alarms: list[str] = []
    page.on("dialog", lambda dialog: alarms.append(dialog.message))
    ref = f"xss-{PAYLOADS.index(payload)}"
    await house.put_listing(ref, title=payload, details=payload)
    name = "&lt;img src=x onerror=alert(1)&gt;"
    message_id = await house.contact(listing=ref, name=name)
    for url in (
        house.form.replace("48213", ref),
        house.status_url(message_id),
        house.action_url(message_id, "sold"),
        house.action_url(message_id, "why"),
    ):
        await page.goto(url)
        await expect(page.get_by_role("main")).to_contain_text(payload)
    await page.goto(house.action_url(message_id, "block"))
    await expect(page.get_by_role("main")).to_contain_text(name)
    await page.goto(f"{house.other}/embed?listing={ref}")
    await expect(page.locator("relay-form form")).to_contain_text(payload)
    assert alarms == []


async def test_a_link_to_the_form_cannot_smuggle(page: Page, house: House) -> None:
    """A20: what a link puts into the form's address is text, and lists no unknown field."""
    await page.goto(house.form + "&message=%3C/textarea%3E%3Cscript%3Ealert(1)%3C/script%3E&x=1")
    await expect(page.get_by_label("Votre message")).to_have_value(
        "</textarea><script>alert(1)</script>"
    )


async def test_pages_forbid_inline_code(house: House) -> None:
    """Every page has a policy that refuses inline scripts and styles, and framing."""
    async with house.http.get(house.form) as answer:
        policy = answer.headers["Content-Security-Policy"]
        source = await answer.text()
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert " style=" not in source
    assert "<style" not in source
    assert "Set-Cookie" not in answer.headers
    assert CONTACT["listing"] in source
