"""The pages of rights, in every face a person sees."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from playwright.async_api import FilePayload, Page

from relay.context import Context
from relay.looks import Look
from relay.outgoing import request_url
from relay.rights import decisions, documents, intake
from relay.rights.intake import Asked
from relay.rights.requests import PERSON, Content, advance, read_request
from relay.rights.standing import Door, Event, Ground, Kind, Step
from relay.sealing import new_id
from relay.sites import Site
from tests.browser.house import House

Scene = Callable[[Page, House], Awaitable[None]]
LEA = "lea@acheteuse.example"


async def form(page: Page, house: House) -> None:
    """What can be asked."""
    await page.goto(f"{house.url}/rights/demo")


async def form_faults(page: Page, house: House) -> None:
    """A request with things to correct, its two folded parts open."""
    await page.goto(f"{house.url}/rights/demo")
    await page.get_by_label("Corriger mes données").check()
    await page.get_by_label("Votre adresse e-mail").fill("lea")
    await page.get_by_role("button").click()
    await page.get_by_role("alert").wait_for()


async def code(page: Page, house: House) -> None:
    """Where the code is written."""
    await page.goto(f"{house.url}/rights/demo")
    await page.get_by_label("Voir mes données").check()
    await page.get_by_label("Votre adresse e-mail").fill(f"lea{house.sent}@acheteuse.example")
    house.sent += 1
    await page.get_by_role("button").click()
    await page.wait_for_url("**/rights/code/**")


async def code_fault(page: Page, house: House) -> None:
    """A code that does not fit."""
    await code(page, house)
    await page.get_by_label("Code", exact=True).fill("0000 0000")
    await page.get_by_role("button", name="Continuer").click()
    await page.get_by_role("alert").wait_for()


async def data(page: Page, house: House) -> None:
    """One's own data, from a private page."""
    await page.goto(f"{house.status_url(await house.contact())}/data")


async def proved(house: House, kind: Kind | None, **said: dict[str, str]) -> UUID:
    """Have somebody ask, and prove it."""
    house.sent += 1
    content = Content(f"lea{house.sent}@acheteuse.example", **said)
    return await prove(house.context, house.site, kind, content)


async def prove(context: Context, site: Site, kind: Kind | None, content: Content) -> UUID:
    """Take a request in, and note the proof of it."""
    request_id = await intake.ask(context, site, Asked(Door.PAGE, kind, "fr", content))
    async with context.database.connection() as connection, connection.transaction():
        request = await read_request(context, connection, site, request_id, lock=True)
        await advance(connection, site, request, Step(Event.PROVED, context.clock(), PERSON))
    return request_id


async def look(house: House) -> Look:
    """Return an officer's act, by an officer of its own."""
    now, staff_id = house.context.clock(), new_id(house.context.clock())
    await house.ask(
        "insert into staff (staff_id, name, wrapped_key) values ($1, $2, '') returning staff_id",
        staff_id,
        "o" + staff_id.hex[-12:],
    )
    return Look(house.site.site_id, staff_id, "act", "req_essai", "Déjà répondu hier.", now)


def own(kind: Kind | None, decide: str = "") -> Scene:
    """Return the page of a request, before or after its officer decided."""

    async def show(page: Page, house: House) -> None:
        said = {"changes": {"email": "autre@acheteuse.example"}}
        request_id = await proved(house, kind, **(said if kind is Kind.RECTIFICATION else {}))
        if decide == "accept":
            await decisions.accept(house.context, house.site, request_id, await look(house))
        if decide == "refuse":
            officer = await look(house)
            await decisions.refuse(
                house.context, house.site, request_id, Ground.EXCESSIVE, officer, officer.reason
            )
        if decide == "document":
            officer = await look(house)
            await documents.ask_document(
                house.context, house.site, request_id, officer, officer.reason
            )
        until = house.context.clock().date()
        await page.goto(request_url(house.context, house.site, request_id, until))

    return show


async def document_fault(page: Page, house: House) -> None:
    """A copy that is no picture."""
    await own(Kind.ACCESS, "document")(page, house)
    file: FilePayload = {"name": "carte.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    await page.get_by_label("Image de la pièce").set_input_files(file)
    await page.get_by_role("button", name="Envoyer l’image").click()
    await page.get_by_role("alert").wait_for()


RIGHTS: dict[str, Scene] = {
    "rights-form": form,
    "rights-form-faults": form_faults,
    "rights-code": code,
    "rights-code-fault": code_fault,
    "rights-data": data,
    "rights-own": own(Kind.ERASURE),
    "rights-own-unsaid": own(None),
    "rights-own-new-address": own(Kind.RECTIFICATION),
    "rights-own-document": own(Kind.ACCESS, "document"),
    "rights-own-document-fault": document_fault,
    "rights-own-accepted": own(Kind.ERASURE, "accept"),
    "rights-own-ready": own(Kind.ACCESS, "accept"),
    "rights-own-frozen": own(Kind.RESTRICTION, "accept"),
    "rights-own-refused": own(Kind.ACCESS, "refuse"),
}
