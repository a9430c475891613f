"""Every page and every face of it, as a person comes to see it."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page

from tests.browser.house import House
from tests.browser.rights_scenes import RIGHTS

Scene = Callable[[Page, House], Awaitable[None]]
REASONS = {
    "queued": "accepted",
    "held": "suspicious",
    "deferred": "greylisted",
    "sending": "accepted",
    "delivered": "delivered",
    "bounced": "mailbox_unknown",
    "expired": "expired",
    "refused": "content_refused",
    "cancelled": "by_sender",
    "unconfirmed": "ambiguous",
}
LINKS = "Regardez http://a.example et http://b.example et http://c.example"


async def form(page: Page, house: House) -> None:
    """The empty form."""
    await page.goto(house.form)


async def form_english(page: Page, house: House) -> None:
    """The empty form in English."""
    await page.goto(house.form + "&lang=en")


async def form_faults(page: Page, house: House) -> None:
    """The form with things to correct."""
    await page.goto(house.form)
    await fill(page, email="lea", phone="06 39 98 01 2", message="Bonjour")
    await page.get_by_role("button").click()
    await page.get_by_role("alert").wait_for()


async def proof(page: Page, house: House) -> None:
    """The check against robots, held still where the browser cannot solve it."""
    await page.add_init_script("delete Crypto.prototype.subtle")
    await page.goto(house.form)
    await fill(page, message=LINKS)
    await page.get_by_role("button").click()
    await page.get_by_text("n’est pas possible").wait_for()


async def closed(page: Page, house: House) -> None:
    """A listing that ended while a person wrote."""
    await house.put_listing("ended", title="Armoire", state="closed")
    await page.goto(house.form.replace("48213", "ended") + "&message=Bonjour,%20est-elle%20libre")


async def unknown(page: Page, house: House) -> None:
    """A listing nobody knows."""
    await page.goto(house.form.replace("48213", "nobody"))


async def notice(page: Page, house: House) -> None:
    """What the site does with the data."""
    await page.goto(f"{house.url}/s/{house.keys.public}/notice")


async def problem(page: Page, house: House) -> None:
    """An address that leads nowhere."""
    await page.goto(f"{house.url}/nowhere")


async def thanks(page: Page, house: House) -> None:
    """The private page right after sending."""
    await page.goto(house.status_url(await house.contact()) + "?sent")


async def replayed(page: Page, house: House) -> None:
    """The private page after the same message was sent twice."""
    await page.goto(house.status_url(await house.contact()) + "?again")


async def embedded(page: Page, house: House) -> None:
    """The component in a page of the site."""
    await page.goto(f"{house.other}/embed")
    await page.get_by_label("Votre message").wait_for()


async def fill(
    page: Page,
    email: str = "lea@acheteuse.example",
    phone: str = "06 39 98 04 56",
    message: str = "",
) -> None:
    """Fill in the form in French."""
    await page.get_by_label("Votre adresse e-mail").fill(email)
    await page.get_by_label("Votre téléphone").fill(phone)
    await page.get_by_label("Votre message").fill(message)


def state(name: str) -> Scene:
    """Return the private page of a message in a state."""

    async def show(page: Page, house: House) -> None:
        message_id = await house.contact()
        await house.settle(message_id, name, REASONS[name])
        await page.goto(house.status_url(message_id))

    return show


def answer(name: str, *, done: bool = False) -> Scene:
    """Return the page behind a link of a mail, before or after its button."""

    async def show(page: Page, house: House) -> None:
        house.sent += 1
        ref = f"answer-{house.sent}"
        await house.put_listing(ref)
        await page.goto(house.action_url(await house.contact(listing=ref), name))
        if done:
            await page.get_by_role("button").click()
            await page.wait_for_url("**?done*")

    return show


def exchange(name: str, side: str, *, press: str = "") -> Scene:
    """Return a private page of a side, after the other has written, before or after a button."""

    async def show(page: Page, house: House) -> None:
        house.sent += 1
        ref = f"exchange-{house.sent}"
        await house.put_listing(ref)
        message_id = await house.contact(listing=ref)
        await house.reply(
            message_id, "Oui, il est toujours disponible.\nPassez samedi si vous voulez."
        )
        if name == "confirm" and side == "advertiser":
            await house.stranger(message_id, "C’est moi, depuis mon autre adresse.")
        own = house.action_url(message_id, name)
        await page.goto(own if side == "advertiser" else f"{house.status_url(message_id)}/{name}")
        if press:
            await page.get_by_role("button", name=press).click()
            await page.wait_for_url("**?done*")

    return show


async def answer_faults(page: Page, house: House) -> None:
    """An answer that cannot be sent."""
    await exchange("answer", "buyer")(page, house)
    await page.get_by_role("button").click()
    await page.get_by_role("alert").wait_for()


async def decision(page: Page, house: House) -> None:
    """A decision, read by the author of the message."""
    await page.goto(await house.decide(await house.contact()))


async def decision_contested(page: Page, house: House) -> None:
    """The same, contested; first without a word."""
    await decision(page, house)
    await page.get_by_role("button").click()
    await page.get_by_label("revoir").fill("Ce n’était qu’une question.")
    await page.get_by_role("button").click()
    await page.wait_for_url("**?done*")


ANSWERS = ("available", "sold", "pause", "show-phone", "block", "report")
BUYER_PAGES = ("answer", "number", "confirm", "report", "end", "why")
SCENES: dict[str, Scene] = {
    "form": form,
    "form-english": form_english,
    "form-faults": form_faults,
    "proof": proof,
    "closed": closed,
    "unknown": unknown,
    "notice": notice,
    "problem": problem,
    "thanks": thanks,
    "replayed": replayed,
    "embedded": embedded,
    **{f"state-{name}": state(name) for name in REASONS},
    **{f"answer-{name}": answer(name) for name in (*ANSWERS, "why")},
    **{f"answer-{name}-done": answer(name, done=True) for name in ANSWERS},
    **{f"buyer-{name}": exchange(name, "buyer") for name in BUYER_PAGES},
    **{f"advertiser-{name}": exchange(name, "advertiser") for name in BUYER_PAGES[:3]},
    "advertiser-delay": exchange("delay", "advertiser"),
    "advertiser-delay-done": exchange("delay", "advertiser", press="Calculer"),
    "buyer-answer-faults": answer_faults,
    "decision": decision,
    "decision-contested": decision_contested,
    "advertiser-number-done": exchange("number", "advertiser", press="Montrer"),
    "buyer-end-done": exchange("end", "buyer", press="Terminer"),
    "buyer-report-done": exchange("report", "buyer", press="Envoyer"),
    **RIGHTS,
}
