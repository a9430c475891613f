"""Access: from the public page to the ZIP, with a real mailbox between."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from relay import parties
from relay.consents import Circumstances, Use, give
from relay.contacts import Origin
from relay.links import Link, Side
from relay.looks import record_look
from relay.parties import Visit
from relay.rights import decisions
from relay.rights.round import attend
from relay.rights.standing import Ground, State
from relay.sealing import read_public_id
from tests.relays import HIDDEN, Relay
from tests.rig.deliveries import pass_time
from tests.rights import CAMILLE, LEA, Person, code_in, link_in, quiet, text_of, unpack
from tests.scenarios import test_arrivals as arrivals
from tests.scenarios.test_replies import come_in


@pytest.fixture
async def person(relay: Relay) -> Person:
    """Léa, who wrote to Camille once."""
    assert (await relay.post())[0] == 202
    await quiet(relay)
    return Person(relay)


async def test_from_the_page_to_the_zip(relay: Relay, person: Person) -> None:
    """A person asks, proves by code, an officer accepts, and the ZIP holds all that is theirs."""
    page = await person.ask("access")
    assert page.path.startswith("/rights/code/")
    own = await person.prove(page)
    assert (own.status, own.path[:3]) == (200, "/r/")
    [request_id] = await person.requests()
    assert await person.state(request_id) is State.RECEIVED
    look = await person.look()
    await decisions.accept(relay.context, relay.site, request_id, look)
    mails = await person.collect()
    ready = next(mail for mail in mails if "prêtes" in mail["Subject"])
    packet = await person.post(f"{link_in(ready)}/download")
    files = unpack(packet.body)
    readable = files["lisez-moi.html"]
    assert "samedi matin" in readable
    assert LEA in readable
    assert "06 39 98 04 56" in readable or "+33639980456" in readable
    held = json.loads(files["donnees.json"])
    assert held["said"][0]["text"].startswith("Bonjour, le vélo")
    assert held["traces"][0]["ip"] == "127.0.0.1"
    assert "essai" not in files["consultations.csv"]  # a look at the request, not at the person
    assert await person.state(request_id) is State.DELIVERED


async def test_a_large_packet_stops_nobody_else(relay: Relay, person: Person) -> None:
    """While long texts made of nearly a number are redacted for a ZIP, others are served."""
    to = await arrivals.alias_of(relay, "buyer")
    for n in range(4):
        text = f"{n} {'0-6-3-9-9-8-0-1-2-' * 1100}"
        await come_in(relay, to, arrivals.mail(to, text, Message_ID=f"<{n}@annonceur.example>"))
    await quiet(relay)
    own = await person.prove(await person.ask("access"))
    [request_id] = await person.requests()
    await decisions.accept(relay.context, relay.site, request_id, await person.look())
    clock = asyncio.get_running_loop().time
    packed = asyncio.create_task(person.post(f"{own.path}/download"))
    begun = last = clock()
    longest = 0.0
    while not packed.done():
        await asyncio.sleep(0)
        longest, last = max(longest, clock() - last), clock()
    assert (await packed).status == 200
    assert longest < (last - begun) / 2


async def test_the_other_party_is_redacted(relay: Relay, person: Person) -> None:
    """What was received is shown without name, number or address of who wrote it."""
    message_id = read_public_id("msg", relay.accepted[0])
    [row] = await relay.fetch("select advertiser_id from listing")
    until = (relay.context.clock() + timedelta(days=1)).date()
    assert message_id
    link = Link(Side.ADVERTISER, relay.site.site_id, message_id, until, row["advertiser_id"])
    text = f"Oui, appelez Camille au 06 39 98 01 23 ou écrivez à {CAMILLE}, à samedi."
    origin = Origin("192.0.2.77", 40000, "", "Browser", "fr")
    await parties.write(relay.context, Visit(relay.site, link), text, origin)
    await quiet(relay)
    own = await person.prove(await person.ask("access"))
    [request_id] = await person.requests()
    await decisions.accept(relay.context, relay.site, request_id, await person.look())
    everything = "\n".join(unpack((await person.post(f"{own.path}/download")).body).values())
    assert "à samedi" in everything
    for secret in ("Camille", CAMILLE, "06 39 98 01 23", HIDDEN, "192.0.2.77"):
        assert secret not in everything


@pytest.mark.parametrize(
    "state", ["delivered", "unconfirmed", "cancelled", "refused", "held", "bounced"]
)
async def test_what_never_came_is_its_writers(relay: Relay, person: Person, state: str) -> None:
    """GDPR 15(4): what was cancelled, refused or held its reader does not get by a request."""
    is_shown = state in ("delivered", "unconfirmed")
    await relay.fetch("update outbox set state = $1 where kind = 'contact' returning 1", state)
    for who, sees in ((person, True), (Person(relay, CAMILLE), is_shown)):
        own = await who.prove(await who.ask("access"))
        request_id = (await who.requests())[-1]
        await decisions.accept(relay.context, relay.site, request_id, await who.look())
        files = unpack((await who.post(f"{own.path}/download")).body)
        assert ("samedi matin" in "".join(files.values())) is sees


async def test_a_foreign_address_gets_no_hint(relay: Relay, person: Person) -> None:
    """A39: asking for a known or an unknown address gives the same answers, and no data."""
    known = await person.ask("access")
    unknown = await Person(relay, "nobody@ailleurs.example").ask("access")
    assert (known.status, known.path[:14]) == (unknown.status, unknown.path[:14])
    assert known.text.split("/rights/code/")[0] == unknown.text.split("/rights/code/")[0]
    wrong = [(await person.post(one.path, code="12345678")) for one in (known, unknown)]
    assert {one.status for one in wrong} == {422}
    for request_id in await person.requests():
        assert await person.state(request_id) is State.IDENTITY_PENDING
    mails = await person.collect()
    for mail in mails:  # the letter itself holds nothing of the person either
        assert "samedi" not in text_of(mail)
        assert "Camille" not in text_of(mail)


async def test_a_code_is_tried_few_times(relay: Relay, person: Person) -> None:
    """A39: after five wrong codes the right one is refused too; another code opens."""
    page = await person.ask("access")
    [mail] = await person.collect()
    for _ in range(5):
        assert (await person.post(page.path, code="00000000")).status == 422
    assert (await person.post(page.path, code=code_in(mail))).status == 422
    await person.post(f"{page.path}/again")
    assert (await person.prove(page)).path.startswith("/r/")


async def test_a_code_lives_half_an_hour(relay: Relay, person: Person) -> None:
    """A39: a code given too late is refused, by the same words as a wrong one."""
    page = await person.ask("access")
    [mail] = await person.collect()
    pass_time(relay.context, timedelta(minutes=31))
    late = await person.post(page.path, code=code_in(mail))
    wrong = await person.post(page.path, code="00000000")
    assert late.status == wrong.status == 422
    assert late.text == wrong.text


async def test_the_clock_stands_still_for_proof(relay: Relay, person: Person) -> None:
    """Days during which proof is awaited are added to the month; without proof it ends after 30."""
    page = await person.ask("access")
    [before] = await relay.fetch("select due_on from data_request")
    await person.collect()
    pass_time(relay.context, timedelta(days=3))
    await person.post(f"{page.path}/again")
    await person.prove(page)
    [after] = await relay.fetch("select due_on, paused_days, state from data_request")
    assert (after["state"], after["paused_days"]) == ("received", 3)
    assert after["due_on"] > before["due_on"]
    await Person(relay, "nobody@ailleurs.example").ask("erasure")
    pass_time(relay.context, timedelta(days=35))
    await attend(relay.context, relay.site)
    states = await relay.fetch("select state from data_request order by request_id")
    assert [row["state"] for row in states] == ["received", "expired"]


async def test_a_refusal_names_the_remedies(relay: Relay, person: Person) -> None:
    """A refusal tells its ground, the officer's words, the CNIL and the court, and is contested."""
    await person.prove(await person.ask("access"))
    [request_id] = await person.requests()
    await decisions.refuse(
        relay.context,
        relay.site,
        request_id,
        Ground.EXCESSIVE,
        await person.look("Déjà reçu hier."),
        "Déjà reçu hier, appelez le 01 99 00 12 34.",
    )
    refusal = next(mail for mail in await person.collect() if "refusée" in mail["Subject"])
    said = text_of(refusal)
    for part in (
        "RGPD 12(5)",
        "Déjà reçu hier, appelez le 01 99 00 12 34.",
        "cnil.fr",
        "tribunal",
        relay.site.policy.controller.name,
    ):
        assert part in said
    page = await person.post(f"{link_in(refusal)}/contest")
    assert page.status == 200
    assert await person.state(request_id) is State.RECEIVED


async def test_looks_at_the_person_are_told(relay: Relay, person: Person) -> None:
    """The ZIP holds when and why staff looked, and never who."""
    look = replace(
        await person.look("dossier 7"), action="open", subject=f"{relay.accepted[0]} text"
    )
    async with relay.context.database.connection() as connection:
        await record_look(connection, look)
    own = await person.prove(await person.ask("portability"))
    [request_id] = await person.requests()
    await decisions.accept(relay.context, relay.site, request_id, await person.look())
    files = unpack((await person.post(f"{own.path}/download")).body)
    assert "dossier 7" in files["consultations.csv"]
    [name] = await relay.fetch("select name from staff where staff_id = $1", look.staff_id)
    assert not any(name["name"] in one for one in files.values())


@pytest.mark.parametrize(("kind", "has_objections"), [("access", True), ("portability", False)])
async def test_choices_are_told(relay: Relay, kind: str, *, has_objections: bool) -> None:
    """Consents stand in what a person is given, with their proof; objections in an access."""
    [row] = await relay.fetch("select advertiser_id from listing")
    here = Circumstances("198.51.100.0/24", "Firefox", "PC", "/a/…/delay", "FR")
    await give(relay.context, relay.site, row["advertiser_id"], Use.ANSWERING_TIME, here)
    camille = Person(relay, CAMILLE)
    await camille.prove(await camille.ask("objection", purpose_statistics="1"))
    [first] = await camille.requests()
    await decisions.accept(relay.context, relay.site, first, await camille.look())
    await camille.collect()
    own = await camille.prove(await camille.ask(kind))
    second = (await camille.requests())[-1]
    await decisions.accept(relay.context, relay.site, second, await camille.look())
    files = unpack((await camille.post(f"{own.path}/download")).body)
    [consent] = json.loads(files["donnees.json"])["consents"]
    assert (consent["network"], consent["browser"]) == ("198.51.100.0/24", "Firefox")
    assert consent["withdrawn_at"] is not None
    assert "198.51.100.0/24" in files["accords.csv"]
    assert "Vos accords" in files["lisez-moi.html"]
    assert ("Vos oppositions" in files["lisez-moi.html"]) == has_objections
    assert ("oppositions.csv" in files) == has_objections
