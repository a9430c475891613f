"""When a party is frozen or erased: every page and door of the other party still answers."""

from dataclasses import asdict
from uuid import UUID

import pytest

from relay.outgoing import buyer_url
from relay.rights import decisions
from relay.rights.erasure import erase_persons
from relay.rights.requests import read_request
from relay.rights.subjects import find_subjects
from tests.relays import LISTING, Relay
from tests.rights import CAMILLE, LEA, Person, quiet

PAGES = ("answer", "number", "confirm", "report", "end", "why", "data")
LINKS = ("available", "sold", "pause", "show-phone", "block", "report", "why", "answer", "data")


async def gone(relay: Relay, address: str, how: str) -> None:
    """Freeze or erase whoever has an address."""
    person = Person(relay, address)
    await person.prove(await person.ask("restriction"))
    request_id = (await person.requests())[-1]
    context, site = relay.context, relay.site
    if how == "frozen":
        await decisions.accept(context, site, request_id, await person.look())
        return
    async with context.database.connection() as connection, connection.transaction():
        request = await read_request(context, connection, site, request_id)
        subjects = await find_subjects(context, connection, site, request)
        await erase_persons(context, connection, site, subjects, request_id)


@pytest.mark.parametrize("how", ["frozen", "erased"])
@pytest.mark.parametrize("address", [LEA, CAMILLE])
async def test_no_page_breaks(relay: Relay, address: str, how: str) -> None:
    """F48: forms, private pages, links of mails and the API answer, and never with a fault."""
    _, accepted = await relay.post()
    await quiet(relay)
    message_id = UUID(accepted["id"].removeprefix("msg_"))
    own = buyer_url(relay.context, relay.site, message_id)
    own = relay.url + own.removeprefix(relay.context.settings.public_url)
    links = await relay.answers(accepted["id"])
    await gone(relay, address, how)
    if (address, how) == (LEA, "erased"):
        relay.accepted.clear()
    page = {"Accept": "text/html"}
    asked = [own, *(f"{own}/{name}" for name in PAGES), *(f"{links}/{name}" for name in LINKS)]
    asked += [f"{relay.form}?listing=48213", f"{relay.url}/v1/listings/48213"]
    for url in asked:
        headers = relay.secret if "/v1/" in url else page
        async with relay.http.get(url, headers=headers) as answer:
            assert answer.status < 500, url
    for url in (f"{own}/answer", f"{links}/answer", f"{links}/sold", f"{links}/report"):
        fields = {"message": "Bonjour", "note": "Rien"}
        async with relay.http.post(url, data=fields, headers=page) as answer:
            assert answer.status < 500, url
    status, _ = await relay.post(email="marc@acheteur.example", message="Encore disponible ?")
    assert status < 500

    body = {key: value for key, value in asdict(LISTING).items() if key not in ("ref", "state")}
    async with relay.http.put(
        f"{relay.url}/v1/listings/48213", json=body, headers=relay.secret
    ) as answer:
        assert answer.status < 500, await answer.text()
