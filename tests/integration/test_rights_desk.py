"""The privacy desk in the console: who may, what is shown, what is decided, what is logged."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape

import pytest

from relay.permissions import Role
from relay.rights.round import attend
from relay.rights.standing import State
from relay.sealing import public_id
from tests.desk import Browser, open_browser, open_console, seat
from tests.relays import Relay
from tests.rig.deliveries import pass_time
from tests.rights import Person, link_in, quiet, text_of, unpack


@pytest.fixture
async def browser(relay: Relay) -> AsyncIterator[Browser]:
    """A browser at the console."""
    async with open_console(relay.context) as url, open_browser(url) as opened:
        yield opened


async def enter(relay: Relay, browser: Browser, *roles: Role) -> None:
    """Sit down with these roles."""
    browser.keep(await seat(relay.context, relay.site, *roles))
    assert (await browser.get("/account")).status == 200


async def asked(relay: Relay, kind: str) -> tuple[Person, str]:
    """Have Léa write once and ask; returns her and the path of her request."""
    await relay.post()
    await quiet(relay)
    person = Person(relay)
    await person.prove(await person.ask(kind, phone="06 39 98 04 56"))
    return person, f"/s/demo/requests/{public_id('req', (await person.requests())[-1])}"


async def test_two_clicks_answer_an_access(relay: Relay, browser: Browser) -> None:
    """The officer opens the register, the request, and accepts: three pages, no word typed."""
    person, path = await asked(relay, "access")
    await enter(relay, browser, Role.PRIVACY)
    register = await browser.get("/s/demo/requests")
    assert path in register.text
    page = unescape((await browser.get(path)).text)
    assert "1 message" in page
    assert "samedi matin" not in page  # counted, never read
    assert (await browser.post(f"{path}/accept")).status == 303
    assert await person.state((await person.requests())[0]) is State.READY


async def test_an_erasure_is_counted_and_taken_back(relay: Relay, browser: Browser) -> None:
    """Before the button stands what it erases; after it, how to take it back."""
    person, path = await asked(relay, "erasure")
    await enter(relay, browser, Role.PRIVACY)
    page = unescape((await browser.get(path)).text)
    assert "Efface 1 message, 1 conversation, 1 donnée de connexion." in page
    await browser.post(f"{path}/accept")
    assert "Reprendre" in (await browser.get(path)).text
    assert (await browser.post(f"{path}/take-back")).status == 303
    pass_time(relay.context, timedelta(minutes=20))
    await attend(relay.context, relay.site)
    assert await relay.fetch("select 1 from message")
    assert await person.state((await person.requests())[0]) is State.RECEIVED


async def test_extension_and_refusal_need_reasons(relay: Relay, browser: Browser) -> None:
    """Without a reason neither goes; with one the person reads it in a letter."""
    person, path = await asked(relay, "access")
    await enter(relay, browser, Role.PRIVACY)
    assert (await browser.post(f"{path}/extend")).status == 422
    assert (await browser.post(f"{path}/extend", reason="Très nombreux messages.")).status == 303
    assert (await browser.post(f"{path}/refuse", reason="Non.", ground="x")).status == 422
    sent = await browser.post(f"{path}/refuse", reason="Déjà répondu hier.", ground="excessive")
    assert sent.status == 303
    letters = {mail["Subject"].split(" ")[-1]: text_of(mail) for mail in await person.collect()}
    assert "Très nombreux messages." in letters["temps"]
    assert "Déjà répondu hier." in letters["refusée"]


async def test_support_registers_and_sees_no_more(relay: Relay, browser: Browser) -> None:
    """Support registers a request for a person; only the officer opens it."""
    await enter(relay, browser, Role.SUPPORT)
    sent = await browser.post("/s/demo/requests", kind="erasure", email="lea@acheteuse.example")
    assert sent.status == 303
    page = await browser.get("/s/demo/requests")
    assert "Effacer mes données" in unescape(page.text)
    assert "lea@acheteuse" not in page.text
    [row] = await relay.fetch("select request_id, state, door from data_request")
    assert (row["state"], row["door"]) == ("identity_pending", "staff")
    path = f"/s/demo/requests/{public_id('req', row['request_id'])}"
    assert (await browser.get(path)).status == 403


async def test_the_register_as_a_table(relay: Relay, browser: Browser) -> None:
    """A21: the CSV has a row for each request, nobody's data, and no formula."""
    await asked(relay, "access")
    await enter(relay, browser, Role.PRIVACY)
    answer = await browser.get("/s/demo/requests.csv?view=all")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["kind"] for row in rows] == ["access"]
    assert "lea@" not in answer.text
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


async def test_filters(relay: Relay, browser: Browser) -> None:
    """The register shows what is asked for: by state and by right."""
    _, path = await asked(relay, "access")
    await enter(relay, browser, Role.PRIVACY)
    for query, is_there in (("", True), ("?view=ended", False), ("?kind=erasure", False)):
        page = await browser.get(f"/s/demo/requests{query}")
        assert (path in page.text) == is_there, query


async def test_the_filter_stays_on_older_requests(relay: Relay, browser: Browser) -> None:
    """Past fifty, the link to older requests keeps the state and the right that were chosen."""
    await asked(relay, "access")
    await relay.fetch(
        "insert into data_request select (jsonb_populate_record(one,"
        " jsonb_build_object('request_id', gen_random_uuid()))).*"
        " from data_request as one, generate_series(1, 50)"
    )
    await enter(relay, browser, Role.PRIVACY)
    page = await browser.get("/s/demo/requests?view=all&kind=access")
    assert "?view=all&amp;kind=access&amp;before=req_" in page.text


async def test_every_look_is_written(relay: Relay, browser: Browser) -> None:
    """The journal names the request for each page and each act."""
    _, path = await asked(relay, "access")
    await enter(relay, browser, Role.PRIVACY)
    await browser.get(path)
    await browser.post(f"{path}/accept")
    rows = await relay.fetch("select action, subject from look order by number")
    named = path.rpartition("/")[2]
    assert [
        (row["action"], row["subject"]) for row in rows if row["subject"].startswith(named)
    ] == [
        ("open", named),
        ("act", f"{named} accept"),
    ]


async def test_a_shared_phone_proves_nobody(relay: Relay, browser: Browser) -> None:
    """A39: messages of another address under the same phone are counted apart, and not given."""
    await relay.post(email="marc@acheteur.example", message="Bonjour, c’est Marc.")
    person, path = await asked(relay, "access")
    await enter(relay, browser, Role.PRIVACY)
    page = unescape((await browser.get(path)).text)
    assert "1 message d’autres adresses (1)" in page
    await browser.post(f"{path}/accept")
    own = await person.collect()

    ready = next(mail for mail in own if "prêtes" in mail["Subject"])
    packet = unpack((await person.post(f"{link_in(ready)}/download")).body)
    assert not any("Marc" in one for one in packet.values())


async def test_a_copy_is_asked_and_seen_with_a_reason(relay: Relay, browser: Browser) -> None:
    """Without a reason no copy is asked for, nor shown; the form of a proved request offers it."""
    person, path = await asked(relay, "access")
    await enter(relay, browser, Role.PRIVACY)
    assert "Demander une copie" in (await browser.get(path)).text
    assert (await browser.post(f"{path}/document")).status == 422
    assert (await browser.post(f"{path}/document", reason="Deux personnes.")).status == 303
    assert await person.state((await person.requests())[0]) is State.IDENTITY_PENDING
    page = await browser.get(path)
    assert "Demandée le" in unescape(page.text)
    assert "Voir la copie" not in page.text
    assert (await browser.post(f"{path}/document/look")).status == 422
    assert (await browser.post(f"{path}/document/look", reason="nom")).status == 404
