"""Erasure at its edges: listings that changed hands, holds on little, and neighbours that fail."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from relay import retention
from relay.catalogue import Advertiser
from relay.database import queries
from relay.errors import Refused
from relay.lookup.listings import hash_listings
from relay.retention import Scope, Wish
from relay.rights import decisions
from relay.rights.certificate import read_certificate
from relay.rights.mailbox import Mailbox, keep_mail, list_unread
from relay.rights.round import attend
from relay.rights.standing import Kind, State
from tests.relays import Relay
from tests.rig.deliveries import pass_time
from tests.rights import CAMILLE, LEA, QUARTER, Person, asked, erased, link_in, quiet

DOMINIQUE = Advertiser("Dominique", "dominique@annonceur.example", None)
MAIL = b"From: <lea@acheteuse.example>\r\nSubject: effacement\r\n\r\nBonjour\r\n"


async def answered(relay: Relay) -> None:
    """Have Léa write and Camille answer; then the listing is Dominique's."""
    _, accepted = await relay.post()
    page = await relay.answers(accepted["id"])
    async with relay.http.post(f"{page}/answer", data={"message": "Oui, samedi."}) as answer:
        assert answer.status == 200, await answer.text()
    await quiet(relay)
    await relay.put_listing(advertiser=DOMINIQUE)


async def hold(relay: Relay, scope: Scope, subject_id: UUID) -> None:
    """Hold something, for two days."""
    wish = Wish(scope, subject_id, "PV 7", relay.context.clock() + timedelta(days=2))
    await retention.place_hold(relay.context, relay.site, wish, await Person(relay).look())


async def person_of(relay: Relay, address: str) -> UUID:
    """Return the person with an address."""
    [row] = await relay.fetch(
        "select person_id from person where mail_hash = $1", relay.site.hash("mail", address)
    )
    person_id: UUID = row["person_id"]
    return person_id


async def test_a_former_advertiser_is_erased(relay: Relay) -> None:
    """What an advertiser answered goes with them, though the listing is another's by now."""
    await answered(relay)
    assert await Person(relay, CAMILLE).state(await erased(Person(relay, CAMILLE))) is State.READY
    rows = await relay.fetch("select side from message")
    assert [row["side"] for row in rows] == ["buyer"]


async def test_a_held_former_advertiser(relay: Relay) -> None:
    """A40: a hold on a former advertiser keeps what they answered, readable, under another key."""
    await answered(relay)
    camille = await person_of(relay, CAMILLE)
    await hold(relay, Scope.PERSON, camille)
    request_id = await erased(Person(relay, CAMILLE))
    assert await Person(relay, CAMILLE).state(request_id) is State.PARTLY_HELD
    [kept] = await relay.fetch(
        "select sender_id, wrapped_key from message join person on person_id = sender_id"
        " where side = 'advertiser'"
    )
    assert kept["sender_id"] != camille
    assert kept["wrapped_key"] is not None
    [gone] = await relay.fetch("select wrapped_key from person where person_id = $1", camille)
    assert gone["wrapped_key"] is None


async def test_a_hold_on_a_name_alone(relay: Relay) -> None:
    """A40: a hold on a person of whom nothing else is left keeps their record, and stops nobody."""
    camille = await person_of(relay, CAMILLE)
    await relay.put_listing(advertiser=DOMINIQUE)
    await hold(relay, Scope.PERSON, camille)
    request_id = await erased(Person(relay, CAMILLE))
    assert await Person(relay, CAMILLE).state(request_id) is State.PARTLY_HELD
    [kept] = await relay.fetch(
        "select wrapped_key, sealed_mail from person join legal_hold on subject_id = person_id"
    )
    assert None not in tuple(kept)
    await relay.fetch("update legal_hold set blocks_until = now() returning 1")
    await attend(relay.context, relay.site)
    assert await Person(relay, CAMILLE).state(request_id) is State.READY


async def test_two_spellings_that_are_both_held(relay: Relay) -> None:
    """A40: two spellings of one mailbox that wrote about one held listing are kept apart."""
    await relay.post()
    await relay.post(email="l.ea@acheteuse.example", message="Et le porte-bagages ?")
    await relay.fetch(
        "update message set mailbox_hash = $1 returning 1",
        relay.site.hash("mailbox", "lea@acheteuse.example"),
    )
    await quiet(relay)
    [listing] = await relay.fetch("select listing_id from listing")
    await hold(relay, Scope.LISTING, listing["listing_id"])
    person = Person(relay)
    request_id = await erased(person)
    assert await person.state(request_id) is State.PARTLY_HELD
    rows = await relay.fetch("select distinct sender_id from message")
    [kept] = await relay.fetch("select kept_ids from data_request")
    assert {row["sender_id"] for row in rows} == set(kept["kept_ids"])
    assert len(rows) == 2
    await relay.fetch("update legal_hold set blocks_until = now() returning 1")
    await attend(relay.context, relay.site)
    assert await person.state(request_id) is State.READY
    assert await relay.fetch("select 1 from message") == []
    relay.accepted.clear()


async def everything(relay: Relay) -> list[tuple[object, ...]]:
    """Return what is held of persons, as it is sealed."""
    rows = await relay.fetch(
        "select person_id, wrapped_key, sealed_mail, sealed_content, message.sender_id"
        " from person left join message on sender_id = person_id order by person_id"
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("address", [LEA, CAMILLE])
async def test_a_second_erasure_moves_nothing(relay: Relay, address: str) -> None:
    """A40: what an erasure had to keep stays as it is whoever asks again, and ends for both."""
    await answered(relay)
    [listing] = await relay.fetch("select listing_id from listing")
    await hold(relay, Scope.LISTING, listing["listing_id"])
    person = Person(relay, address)
    first = await erased(person)
    await person.collect()
    kept = await everything(relay)
    second = await erased(person)
    assert await everything(relay) == kept
    rows = await relay.fetch("select kept_ids, state from data_request order by request_id")
    assert [row["state"] for row in rows] == ["partly_held", "partly_held"]
    assert rows[0]["kept_ids"] == rows[1]["kept_ids"] != []
    letter = next(one for one in await person.collect() if "en partie" in one["Subject"])
    assert "gel légal" in (await person.post(f"{link_in(letter)}/certificate")).text
    await relay.fetch("update legal_hold set blocks_until = now() returning 1")
    pass_time(relay.context, timedelta(hours=1))
    await attend(relay.context, relay.site)
    for request_id in (first, second):
        assert await person.state(request_id) is State.READY
        async with relay.context.database.connection() as connection:
            stored = await read_certificate(relay.context, connection, relay.site, request_id)
        assert stored is not None
        assert stored.certificate.kept == ()
    assert (
        await relay.fetch(
            "select 1 from person where person_id = any($1::uuid[]) and wrapped_key is not null",
            rows[0]["kept_ids"],
        )
        == []
    )
    relay.accepted.clear()


async def test_what_came_since_goes_at_the_second_erasure(relay: Relay) -> None:
    """A40: what a person wrote after a partly held erasure goes by the next; the rest stays."""
    _, body = await relay.post()
    await quiet(relay)
    await hold(relay, Scope.MESSAGE, UUID(body["id"].removeprefix("msg_")))
    person = Person(relay)
    await erased(person)
    await person.collect()
    kept = [row for row in await everything(relay) if row[3]]
    await relay.post(message="Bonjour, une nouvelle question.")
    await quiet(relay)
    second = await erased(person)
    assert [row for row in await everything(relay) if row[3]] == kept
    async with relay.context.database.connection() as connection:
        stored = await read_certificate(relay.context, connection, relay.site, second)
    assert stored is not None
    assert stored.certificate.gone["messages"] == stored.certificate.gone["persons"] == 1
    assert [line.what for line in stored.certificate.kept] == ["messages", "traces"]
    relay.accepted.clear()


async def test_a_request_that_fails_stops_no_other(relay: Relay) -> None:
    """What cannot be carried out of one request is logged; the next one is carried out."""
    await relay.post()
    await quiet(relay)
    lea = Person(relay)
    first = await asked(Person(relay, CAMILLE))
    second = await asked(lea)
    look = await lea.look()
    for request_id in (first, second):
        await decisions.accept(relay.context, relay.site, request_id, look)
    await relay.fetch(
        "update data_request set wrapped_key = '\\x00' where request_id = $1 returning 1", first
    )
    pass_time(relay.context, QUARTER)
    await attend(relay.context, relay.site)
    assert await lea.state(second) is State.READY
    relay.accepted.clear()


async def test_a_mail_that_cannot_be_opened_stops_no_other(relay: Relay) -> None:
    """A request by mail whose key is damaged is logged; those behind it are read."""
    for n in range(2):
        await keep_mail(relay.context, Mailbox(relay.site), "", MAIL + bytes([48 + n]))
    first, second = await Person(relay).requests()
    await relay.fetch(
        "update data_request set wrapped_key = '\\x00' where request_id = $1 returning 1", first
    )
    unread = await list_unread(relay.context, relay.site)
    assert [one.request_id for one in unread] == [second]


async def test_the_frozen_are_held_too(relay: Relay) -> None:
    """A40: the database refuses to destroy the key that was set aside, while a hold needs it."""
    await relay.post()
    lea = await person_of(relay, "lea@acheteuse.example")
    await hold(relay, Scope.PERSON, lea)
    await relay.fetch("update person set frozen_key = wrapped_key, wrapped_key = null returning 1")
    with pytest.raises(asyncpg.ObjectInUseError):
        await relay.fetch("update person set frozen_key = null where person_id = $1", lea)


async def test_a_reminder_is_written_once(relay: Relay) -> None:
    """Two workers that go round at the same moment write one reminder."""
    await asked(Person(relay))
    [row] = await relay.fetch("update data_request set due_on = now()::date + 2 returning due_on")
    await asyncio.gather(*(attend(relay.context, relay.site) for _ in range(4)))
    letters = await relay.fetch("select reason from outbox where reason like 'letter:remind%'")
    assert len(letters) == 1, row


async def test_an_erased_advertiser_has_no_phone(relay: Relay) -> None:
    """What finds a listing by its advertiser's phone goes with the advertiser."""
    await erased(Person(relay, CAMILLE))
    [listing] = await relay.fetch("select phone_hash from listing")
    assert listing["phone_hash"] == b""


async def test_a_corrected_phone_is_found(relay: Relay) -> None:
    """A listing is found by the phone its advertiser corrected, and no more by the old one."""
    person = Person(relay, CAMILLE)
    await person.prove(await person.ask("rectification", change_phone="06 39 98 09 99"))
    [request_id] = await person.requests()
    [before] = await relay.fetch("select phone_hash from listing")
    await decisions.accept(relay.context, relay.site, request_id, await person.look())
    [listing] = await relay.fetch("select phone_hash from listing")
    assert listing["phone_hash"] == relay.site.hash("phone", "+33639980999") != before["phone_hash"]


async def test_who_is_frozen_waits_to_be_hashed(relay: Relay) -> None:
    """A listing of before is not taken for one without a phone while its advertiser is frozen."""
    await relay.fetch("update listing set phone_hash = null returning 1")
    await relay.fetch("update person set frozen_key = wrapped_key, wrapped_key = null returning 1")
    assert await hash_listings(relay.context, relay.site) == 0
    [listing] = await relay.fetch("select phone_hash from listing")
    assert listing["phone_hash"] is None


async def test_an_objection_is_not_shortened(relay: Relay) -> None:
    """A bounce after an objection to mail does not end it sooner, nor gives it another reason."""
    now = relay.context.clock()
    async with relay.context.database.connection() as connection:
        for reason, days in (("objection", 3650), ("bounced", 90)):
            await queries().suppress(
                connection,
                site_id=relay.site.site_id,
                mail_hash=b"1" * 16,
                reason=reason,
                expires_at=now + timedelta(days=days),
            )
    [row] = await relay.fetch("select reason, expires_at from suppression")
    assert tuple(row) == ("objection", now + timedelta(days=3650))


async def test_what_was_said_is_not_said_again(relay: Relay) -> None:
    """A39: an officer does not make an erasure of what was proved as another kind."""
    person = Person(relay)
    await person.prove(await person.ask("objection"))
    [request_id] = await person.requests()
    with pytest.raises(Refused, match="request_state"):
        await decisions.say_kind(
            relay.context, relay.site, request_id, Kind.ERASURE, await person.look()
        )


async def test_a_changed_certificate_is_not_handed_over(relay: Relay) -> None:
    """A certificate that is not as it was signed is nobody's: neither shown nor offered."""
    person = Person(relay)
    await relay.post()
    await quiet(relay)
    request_id = await erased(person)
    relay.accepted.clear()
    context, site = relay.context, relay.site
    async with context.database.connection() as connection:
        assert await read_certificate(context, connection, site, request_id)
        await connection.execute("update erasure_certificate set body = replace(body, '1', '2')")
        assert await read_certificate(context, connection, site, request_id) is None
