"""The hosted form, as people use it: without scripts, by keyboard, with a slow or odd browser."""

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.house import House
from tests.browser.scenes import LINKS, fill, form_faults

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEND = "Envoyer le message à l’annonceur"


async def test_the_whole_way_without_scripts(scriptless: Page, house: House) -> None:
    """With JavaScript off: faults named, values kept, corrected, sent, cancelled."""
    page = scriptless
    await page.goto(house.form)
    await fill(page, email="nora@acheteuse.example", phone="06 39 98 04 5", message="Sans script")
    await page.get_by_role("button", name=SEND).click()
    await expect(page).to_have_title("Erreur\u00a0: Contacter l’annonceur – Exemple Annonces")
    await expect(page.get_by_role("alert")).to_contain_text("Il manque 1 chiffre")
    await expect(page.get_by_label("Votre adresse e-mail")).to_have_value("nora@acheteuse.example")
    await expect(page.get_by_label("Votre message")).to_have_value("Sans script")
    await page.get_by_label("Votre téléphone").fill("06 39 98 04 56")
    await page.get_by_role("button", name=SEND).click()
    await expect(page.get_by_role("status")).to_contain_text("Merci, votre message est bien reçu")
    await page.get_by_role("button", name="Annuler mon message").click()
    await expect(page.get_by_role("heading", name="Annulé")).to_be_visible()
    await expect(page.get_by_role("button")).to_have_count(0)


async def test_the_whole_way_by_keyboard(page: Page, house: House) -> None:
    """With keys alone: each field in order, the summary's link leads to the field, sent."""
    keys = page.keyboard
    await page.goto(house.form)
    for typed in (None, "Kim", "kim@acheteuse.example", "0639980", "Au clavier"):
        await keys.press("Tab")
        await keys.type(typed or "")
    await keys.press("Tab")  # the link to the rights
    await keys.press("Tab")
    await expect(page.get_by_role("button", name=SEND)).to_be_focused()
    await keys.press("Enter")
    await expect(page.get_by_role("alert")).to_be_focused()
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(page.get_by_label("Votre téléphone")).to_be_focused()
    await keys.press("End")
    await keys.type("456")
    await keys.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Merci")


async def test_faults_are_tied_to_their_fields(page: Page, house: House) -> None:
    """A wrong field is marked, and described by its fault and its hint; a right one is not."""
    await form_faults(page, house)
    phone = page.get_by_label("Votre téléphone")
    await expect(phone).to_have_attribute("aria-invalid", "true")
    await expect(phone).to_have_accessible_description(
        "Il manque 1 chiffre\u00a0: un numéro français en compte 10 "
        "06\u00a039\u00a098\u00a001\u00a02_ L’annonceur le verra. Exemple\u00a0: "
        "06\u00a039\u00a098\u00a001\u00a023 ou +32\u00a0470\u00a012\u00a034\u00a056."
    )
    await expect(page.get_by_label("Votre message")).not_to_have_attribute("aria-invalid", "true")


async def test_the_counter_counts_as_the_relay_does(page: Page, house: House) -> None:
    """An emoji is one character, outer blanks are none, and what is too much is said."""
    await page.goto(house.form)
    await page.get_by_label("Votre message").fill("  😀" + "é" * 9 + " ")
    await expect(page.locator(".relay-count")).to_have_text("Caractères restants\u00a0: 1\u202f990")
    await page.get_by_label("Votre message").fill("x" * 2003)
    await expect(page.locator(".relay-count")).to_have_text("Caractères en trop\u00a0: 3")


async def test_the_button_sends_once(page: Page, house: House) -> None:
    """While sending, the button says so, stays reachable, and a second press sends nothing."""
    await page.goto(house.form)
    await fill(page, message="Une seule fois")
    posts: list[str] = []

    async def hold(route: Route) -> None:
        posts.append(route.request.method)
        await route.fulfill(status=204)

    await page.route("**/f/*", hold)
    button = page.get_by_role("button")
    await button.click()
    await expect(button).to_have_text("Envoi en cours…")
    await expect(button).to_have_attribute("aria-disabled", "true")
    await button.press("Enter")
    assert posts == ["POST"]


async def test_a_suspicious_message_proves_itself(page: Page, house: House) -> None:
    """The proof of work is found and sent without a click."""
    await page.goto(house.form)
    await fill(page, message=LINKS + " et ceci")
    await page.get_by_role("button", name=SEND).click()
    await expect(page.get_by_role("status").first).to_contain_text("Merci", timeout=20_000)
    await expect(page.get_by_role("heading", name="En file")).to_be_visible()


async def test_without_scripts_a_person_reads_first(scriptless: Page, house: House) -> None:
    """Where no proof can be made, one button sends the message to a person's eyes."""
    await scriptless.goto(house.form)
    await fill(scriptless, message=LINKS + " et cela")
    await scriptless.get_by_role("button", name=SEND).click()
    await expect(scriptless.get_by_label("Votre texte")).to_have_value(LINKS + " et cela")
    await expect(scriptless.locator("[data-working]")).to_be_hidden()  # nothing will be said there
    await scriptless.get_by_role("button", name="une personne lira d’abord").click()
    await expect(scriptless.get_by_role("heading", name="Retenu")).to_be_visible()


async def test_a_filled_trap_is_held(scriptless: Page, house: House) -> None:
    """What a robot sends at once, with the trap filled, is never dropped: a person reads."""
    await scriptless.goto(house.form)
    await fill(scriptless, message="Le piège est rempli")
    await scriptless.locator("[name=website]").fill("https://a.example", force=True)
    await scriptless.get_by_role("button", name=SEND).click()
    await expect(scriptless.get_by_role("heading", name="Retenu")).to_be_visible()


async def test_text_for_an_ended_listing_can_be_copied(page: Page, house: House) -> None:
    """A listing that ends while someone writes costs no word of the text."""
    await house.put_listing("ending")
    await page.goto(house.form.replace("48213", "ending"))
    await fill(page, message="\nDeux lignes\n à garder")
    await house.put_listing("ending", state="closed")
    await page.get_by_role("button", name=SEND).click()
    await expect(page.get_by_role("heading", name="Cette annonce est terminée")).to_be_visible()
    await expect(page.get_by_label("Votre texte")).to_have_value("\nDeux lignes\n à garder")


async def test_a_repeated_message_says_so(page: Page, house: House) -> None:
    """The same text twice within ten minutes is one message, and its sender is told."""
    for heading in ("Votre message", "Message déjà reçu"):
        await page.goto(house.form)
        await fill(page, message="Deux fois le même")
        await page.get_by_role("button", name=SEND).click()
        await expect(page.get_by_role("heading", name=heading)).to_be_visible()


async def test_ten_lines_of_html_are_enough(page: Page, house: House) -> None:
    """A plain form in a page of the site sends, and returns to the site's own page."""
    await page.goto(f"{house.other}/plain")
    await fill(page, email="plain@acheteuse.example", message="Dix lignes suffisent")
    await page.get_by_role("button").click()
    await expect(page).to_have_url(f"{house.other}/merci")


async def test_the_private_page_does_not_name_the_advertiser(page: Page, house: House) -> None:
    """Neither name, address nor number of the advertiser stands on a page of the buyer."""
    for url in (house.form, house.status_url(await house.contact())):
        await page.goto(url)
        source = await page.content()
        for secret in ("Camille", "annonceur.example", "39980123", "39 98 01 23</"):
            assert secret not in source
