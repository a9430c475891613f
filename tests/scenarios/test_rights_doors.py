"""The other doors: the mailbox of the desk, the private pages, staff; and the measures."""

from datetime import timedelta
from uuid import UUID

import pytest

from relay import moderation
from relay.errors import Refused
from relay.listings import read_listing
from relay.mail.reading.values import Unreadable
from relay.outgoing import buyer_url
from relay.outgoing.rights_letters import privacy_local_part
from relay.reader import Reader
from relay.rights import decisions, documents, proof
from relay.rights.letterbox import Letterbox
from relay.rights.mailbox import Mailbox, keep_mail, list_unread, take_mail
from relay.rights.proof import CODES_A_DAY
from relay.rights.round import attend
from relay.rights.standing import State
from relay.sealing import read_public_id
from tests.relays import Relay
from tests.rig.deliveries import pass_time
from tests.rights import CAMILLE, LEA, Answer, Person, code_in, link_in, quiet, text_of, unpack
from workers.rights import attend_site

LETTER = """From: Léa <lea@acheteuse.example>
To: privacy-demo@relais.example
Subject: =?utf-8?q?Droit_d=27acc=C3=A8s?=
Message-ID: <un@acheteuse.example>
Content-Type: text/plain; charset=utf-8

Madame, Monsieur,
en application du RGPD, je souhaite une copie des données que vous gardez sur moi.
Léa
"""


@pytest.fixture
async def person(relay: Relay) -> Person:
    """Léa, who wrote to Camille once."""
    assert (await relay.post())[0] == 202
    await quiet(relay)
    return Person(relay)


async def mail(relay: Relay, letter: str = LETTER) -> None:
    """Bring a mail to the desk's mailbox, and have it read."""
    address = f"{privacy_local_part(relay.site)}@{relay.context.settings.mail_domain}"
    found = await Letterbox(relay.context).expect(address, "lea@acheteuse.example")
    assert isinstance(found, Mailbox)
    raw = letter.replace("\n", "\r\n").encode()
    await keep_mail(relay.context, found, "lea@acheteuse.example", raw)
    await keep_mail(relay.context, found, "lea@acheteuse.example", raw)  # the server repeats itself
    reader = Reader()
    try:
        await attend_site(relay.context, relay.site, reader)
    finally:
        await reader.close()


async def test_a_request_by_mail(relay: Relay, person: Person) -> None:
    """A mail becomes one request of the kind it names; its code goes to the address of From:."""
    await mail(relay)
    [row] = await relay.fetch("select state, kind, door, sealed_mail from data_request")
    assert tuple(row) == ("identity_pending", "access", "mailbox", None)
    [letter] = await person.collect()
    page = text_of(letter).split("https://relais.example")[1].split()[0]
    own = await person.post(page.split("?")[0], code=code_in(letter))
    assert own.path.startswith("/r/")
    assert "en attente" in own.text.lower()


async def test_programs_ask_nothing(relay: Relay, person: Person) -> None:
    """An absence notice makes no request and gets no code; a bounce is not even taken."""
    await mail(relay, LETTER.replace("To:", "Auto-Submitted: auto-replied\nTo:"))
    [row] = await relay.fetch("select state from data_request")
    assert row["state"] == "closed"
    assert await relay.fetch("select 1 from outbox where reason like 'letter:%'") == []
    assert await Letterbox(relay.context).expect("privacy-demo@relais.example", "") is None


async def test_a_mail_nobody_can_read_is_a_request_too(relay: Relay, person: Person) -> None:
    """F46: what cannot be read is not lost: its sender is asked to say what it was about."""
    address = f"{privacy_local_part(relay.site)}@{relay.context.settings.mail_domain}"
    found = await Letterbox(relay.context).expect(address, LEA)
    assert isinstance(found, Mailbox)
    await keep_mail(relay.context, found, LEA, LETTER.encode())
    [unread] = await list_unread(relay.context, relay.site)
    await take_mail(relay.context, relay.site, unread, Unreadable("crashed"))
    [row] = await relay.fetch("select state, kind from data_request")
    assert tuple(row) == ("identity_pending", None)
    assert len(await person.collect()) == 1


async def test_no_proof_is_asked_of_a_mail_nobody_read(relay: Relay, person: Person) -> None:
    """A mail that waits to be read is read: until then nobody knows where a code would go."""
    address = f"{privacy_local_part(relay.site)}@{relay.context.settings.mail_domain}"
    found = await Letterbox(relay.context).expect(address, LEA)
    assert isinstance(found, Mailbox)
    await keep_mail(relay.context, found, LEA, LETTER.encode())
    [request_id] = await person.requests()
    with pytest.raises(Refused, match="request_state"):
        await decisions.ask_proof(relay.context, relay.site, request_id, await person.look())
    assert len(await list_unread(relay.context, relay.site)) == 1


async def test_an_answer_to_a_letter_is_no_second_request(relay: Relay, person: Person) -> None:
    """Who answers a letter of the desk has one request, not two."""
    await person.prove(await person.ask("access"))
    await mail(relay, LETTER.replace("Droit_d=27acc=C3=A8s", "Re:_Votre_demande"))
    states = await relay.fetch("select state from data_request order by request_id")
    assert [row["state"] for row in states] == ["received", "duplicate"]


async def test_a_request_nobody_proved_stands_for_no_mail(relay: Relay, person: Person) -> None:
    """A39: who names somebody else's address on the page does not silence what they write."""
    await person.ask("portability")
    await person.collect()
    await mail(relay)
    states = await relay.fetch("select state from data_request order by request_id")
    assert [row["state"] for row in states] == ["identity_pending", "identity_pending"]
    [letter] = await person.collect()
    page = text_of(letter).split("https://relais.example")[1].split()[0]
    assert (await person.post(page.split("?")[0], code=code_in(letter))).path.startswith("/r/")


async def test_a_mail_that_asks_for_another_right_is_a_request(
    relay: Relay, person: Person
) -> None:
    """GDPR 12(3): an erasure asked by mail while an access waits is answered, not passed over."""
    await person.prove(await person.ask("access"))
    await mail(relay, LETTER.replace("Droit_d=27acc=C3=A8s", "Effacement").replace("copie", "fin"))
    rows = await relay.fetch("select state, kind from data_request order by request_id")
    assert [tuple(row) for row in rows] == [
        ("received", "access"),
        ("identity_pending", "erasure"),
    ]


@pytest.mark.parametrize(
    ("kind", "first", "second", "state"),
    [
        ("rectification", {"change_name": "Léa M."}, {"change_phone": "0639981011"}, "received"),
        ("rectification", {"change_name": "Léa M."}, {"change_name": "Léa N."}, "received"),
        ("rectification", {"change_name": "Léa M."}, {"change_name": "Léa M."}, "duplicate"),
        ("objection", {"purpose_mail": "1"}, {"purpose_security": "1"}, "received"),
        ("objection", {"purpose_mail": "1", "purpose_security": "1"}, {}, "duplicate"),
        ("access", {"details": "Tout."}, {"details": "Tout, vite."}, "duplicate"),
    ],
)
async def test_only_the_same_is_a_second_time(
    relay: Relay, person: Person, kind: str, first: dict[str, str], second: dict[str, str],
    state: str,
) -> None:  # fmt: skip
    """Who asks for something else of the same kind is not told that it is asked for already."""
    for fields in (first, second):
        await person.prove(await person.ask(kind, **fields))
    states = await relay.fetch("select state from data_request order by request_id")
    assert [row["state"] for row in states] == ["received", state]


def private(relay: Relay) -> str:
    """Return the path of Léa's private pages."""
    message_id = read_public_id("msg", relay.accepted[0])
    assert message_id
    url = buyer_url(relay.context, relay.site, message_id)
    return url.removeprefix(relay.context.settings.public_url)


async def test_my_data_from_a_private_page(relay: Relay, person: Person) -> None:
    """From one's own link, an access still asks for a code; it goes to the known address."""
    path = f"{private(relay)}/data"
    assert "Mes données" in (await person.get(path)).text
    page = await person.post(path, kind="access")
    assert page.path.startswith("/rights/code/")
    assert (await person.prove(page)).path.startswith("/r/")
    [row] = await relay.fetch("select door from data_request")
    assert row["door"] == "link"


async def test_a_freeze_and_its_end(relay: Relay, person: Person) -> None:
    """A restriction asked by link is proved by it; frozen data opens for nobody until it ends."""
    page = await person.post(f"{private(relay)}/data", kind="restriction")
    assert page.path.startswith("/r/")
    [request_id] = await person.requests()
    await decisions.accept(relay.context, relay.site, request_id, await person.look())
    [row] = await relay.fetch("select wrapped_key from person where frozen_key is not null")
    assert row["wrapped_key"] is None
    status, _ = await relay.post(message="Encore une question.")
    assert status == 409  # frozen at their own wish: nothing new is taken
    frozen = next(one for one in await person.collect() if "gelées" in one["Subject"])
    pass_time(relay.context, timedelta(days=20))
    await attend(relay.context, relay.site)  # it does not end by itself
    assert await person.state(request_id) is State.READY
    pass_time(relay.context, timedelta(0))
    ended = await person.post(f"{link_in(frozen)}/unfreeze")
    assert ended.status == 200
    assert await relay.fetch("select 1 from person where frozen_key is not null") == []
    assert (await relay.post(message="Encore une autre question."))[0] == 202


async def test_mails_wait_while_frozen(relay: Relay, person: Person) -> None:
    """A mail of a frozen person does not leave; it does once the restriction ends."""
    page = await person.post(f"{private(relay)}/data", kind="restriction")
    [request_id] = await person.requests()
    _, late = await relay.post(message="Partie juste avant le gel.")
    await decisions.accept(relay.context, relay.site, request_id, await person.look())
    await person.collect()
    assert (await relay.states())[late["id"]] == "held"
    [held] = await relay.fetch("select reason from outbox where state = 'held'")
    assert held["reason"] == "frozen"  # nobody is told that anything was erased
    assert await moderation.list_held(relay.context, relay.site) == []
    await person.post(f"{page.path}/unfreeze")
    camille = Person(relay, CAMILLE)
    [mail] = await camille.collect()
    assert "juste avant le gel" in text_of(mail)


async def test_access_is_had_while_frozen(relay: Relay, person: Person) -> None:
    """Whose data is frozen may still see all of it."""
    await person.post(f"{private(relay)}/data", kind="restriction")
    [first] = await person.requests()
    await decisions.accept(relay.context, relay.site, first, await person.look())
    await person.collect()
    own = await person.prove(await person.ask("access"))
    second = (await person.requests())[-1]
    await decisions.accept(relay.context, relay.site, second, await person.look())
    files = unpack((await person.post(f"{own.path}/download")).body)
    assert "samedi matin" in files["lisez-moi.html"]


async def test_an_objection_to_mail(relay: Relay, person: Person) -> None:
    """Who objects to mail gets none through the relay any more, but for letters of the desk."""
    page = await person.ask("objection", purpose_mail="1", purpose_security="1")
    await person.prove(page)
    [request_id] = await person.requests()
    await decisions.accept(relay.context, relay.site, request_id, await person.look())
    rows = await relay.fetch("select purpose from objection order by purpose")
    assert [row["purpose"] for row in rows] == ["mail", "security"]
    assert [row["reason"] for row in await relay.fetch("select reason from suppression")] == [
        "objection"
    ]
    assert any("opposition" in one["Subject"] for one in await person.collect())


async def test_a_correction_waits_for_the_new_address(relay: Relay, person: Person) -> None:
    """A new address is written only once it gave its own code; name and phone follow with it."""
    fresh = "lea.martin@acheteuse.example"
    page = await person.ask(
        "rectification", change_email=fresh, change_phone="06 39 98 07 77", change_name="Léa M."
    )
    own = await person.prove(page)
    [request_id] = await person.requests()
    with pytest.raises(Refused, match="new_address_unproved"):
        await decisions.accept(relay.context, relay.site, request_id, await person.look())
    assert await person.state(request_id) is State.RECEIVED
    other = Person(relay, fresh)
    [letter] = await other.collect()
    assert (await person.post(f"{own.path}/new-code", code=code_in(letter))).status == 200
    await decisions.accept(relay.context, relay.site, request_id, await person.look())
    [row] = await relay.fetch(
        "select mailbox_hash from message where message_id = $1",
        UUID(relay.accepted[0].removeprefix("msg_")),
    )
    assert row["mailbox_hash"] == relay.site.hash("mailbox", fresh)
    await quiet(relay)
    found = await other.prove(await other.ask("access"))
    latest = (await person.requests())[-1]
    await decisions.accept(relay.context, relay.site, latest, await person.look())
    files = unpack((await other.post(f"{found.path}/download")).body)
    assert "Léa M." in files["donnees.json"]
    assert "+33639980777" in files["donnees.json"]


async def test_an_advertiser_is_corrected(relay: Relay, person: Person) -> None:
    """An advertiser's new phone stands in their listing."""
    camille = Person(relay, CAMILLE)
    await camille.prove(await camille.ask("rectification", change_phone="06 39 98 08 88"))
    request_id = (await camille.requests())[-1]
    await decisions.accept(relay.context, relay.site, request_id, await camille.look())

    listing = await read_listing(relay.context, relay.site, "48213")
    assert listing.advertiser.phone == "+33639980888"
    assert listing.advertiser.email == CAMILLE


async def test_the_officer_is_reminded(relay: Relay, person: Person) -> None:
    """Seven days before, two days before and once it is late the controller is written to."""
    await person.prove(await person.ask("access"))
    for days in (10, 24, 24, 29, 40, 41):
        pass_time(relay.context, timedelta(days=days))
        await attend(relay.context, relay.site)
    rows = await relay.fetch("select reason from outbox where reason like 'letter:remind%'")
    assert len(rows) == 3


async def proved(relay: Relay) -> tuple[Person, Answer, UUID]:
    """Have somebody ask for access and prove it; return them, the page of the code, the request."""
    person = Person(relay)
    page = await person.ask("access")
    await person.prove(page)
    [request_id] = await person.requests()
    return person, page, request_id


async def test_proof_is_asked_again(relay: Relay) -> None:
    """A39: where an officer asks for proof again another code goes out, and proves once more."""
    person, page, request_id = await proved(relay)
    at = (relay.context, relay.site, request_id)
    await decisions.ask_proof(*at, await person.look())
    assert await person.state(request_id) is State.IDENTITY_PENDING
    [mail] = [one for one in await person.collect() if one["Subject"] == "Votre code"]
    await person.post(page.path, code=code_in(mail))
    assert await person.state(request_id) is State.RECEIVED
    assert (await decisions.accept(*at, await person.look())).standing.state is State.READY


async def test_no_proof_is_asked_without_a_letter(relay: Relay) -> None:
    """Where a mailbox had all codes of a day the officer is told, and the clock runs on."""
    person, page, request_id = await proved(relay)
    at = (relay.context, relay.site, request_id)
    for _ in range(CODES_A_DAY - 1):
        await decisions.ask_proof(*at, await person.look())
        await person.prove(page)
    with pytest.raises(Refused, match="codes_spent"):
        await decisions.ask_proof(*at, await person.look())
    assert await person.state(request_id) is State.RECEIVED


async def test_an_older_request_sends_no_more_codes(relay: Relay) -> None:
    """A mailbox gets five codes a day, though the request that asks for them is older than that:
    anybody may have begun it, from many households, and each code may be tried five times.
    """
    await Person(relay).ask("access")
    await relay.fetch("update data_request set received_at = received_at - interval '2 days'")
    [request_id] = await Person(relay).requests()
    for n in range(2 * CODES_A_DAY):
        await proof.ask_code(relay.context, relay.site, request_id, f"198.51.100.{n}")
    codes = await relay.fetch("select 1 from outbox where reason = 'letter:code'")
    assert len(codes) == CODES_A_DAY


async def test_a_code_is_no_document(relay: Relay) -> None:
    """Whoever is asked for a document does not get round it by asking for another code."""
    person, page, request_id = await proved(relay)
    look = await person.look("Deux personnes.")
    await documents.ask_document(relay.context, relay.site, request_id, look, "Deux personnes.")
    await person.post(f"{page.path}/again")
    reasons = await relay.fetch("select reason from outbox where kind = 'notice' order by mail_id")
    assert [row["reason"] for row in reasons][1:] == ["letter:receipt", "letter:document"]
