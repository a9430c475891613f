"""Erasure: counted first, taken back for fifteen minutes, then final but for what is kept."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from relay import retention
from relay.arrivals import Keeper
from relay.context import Context
from relay.desk import Action
from relay.errors import Refused
from relay.looks import Look
from relay.retention import Scope, Wish
from relay.rights import decisions
from relay.rights.register import read_case
from relay.rights.round import attend
from relay.rights.standing import State
from relay.sealing import public_id
from tests.moderators import order
from tests.relays import CONTACT, Relay, open_relay
from tests.rig.deliveries import pass_time
from tests.rights import CAMILLE, QUARTER, Person, asked, erased, link_in, quiet
from workers.purge import purge_expired


@pytest.fixture
async def person(relay: Relay) -> Person:
    """Léa, who wrote to Camille twice."""
    await relay.post()
    await relay.post(message="Et le porte-bagages, est-il compris ?")
    await quiet(relay)
    return Person(relay)


async def count(relay: Relay, table: str) -> int:
    """Count the rows of a table."""
    [row] = await relay.fetch(f"select count(*) as n from {table}")
    return int(row["n"])


async def test_from_preview_to_certificate(relay: Relay, person: Person) -> None:
    """What the officer is shown beforehand goes, the certificate says the same, keys are gone."""
    request_id = await asked(person)
    look = await person.look()
    seen = await read_case(relay.context, relay.site, request_id, _open(look, request_id))
    assert seen.found.plan.counts == {"messages": 2, "conversations": 1, "traces": 2}
    await decisions.accept(relay.context, relay.site, request_id, look)
    await attend(relay.context, relay.site)
    assert await person.state(request_id) is State.ACCEPTED  # not yet
    assert await count(relay, "message") == 2
    pass_time(relay.context, QUARTER)
    await attend(relay.context, relay.site)
    assert await person.state(request_id) is State.READY
    for table in ("message", "sender_trace", "conversation", "reply_address"):
        assert await count(relay, table) == 0, table
    rows = await relay.fetch("select person_id from person where wrapped_key is null")
    assert len(rows) == 1
    pass_time(relay.context, timedelta(0))
    letter = next(one for one in await person.collect() if "effacées" in one["Subject"])
    page = await person.post(f"{link_in(letter)}/certificate")
    for said in ("2 messages", "1 conversation", "Rien n’est gardé", "Signature"):
        assert said in page.text
    relay.accepted.clear()


async def test_it_is_taken_back(relay: Relay, person: Person) -> None:
    """Within a quarter of an hour the officer, or the person, takes an erasure back."""
    request_id = await asked(person)
    look = await person.look()
    await decisions.accept(relay.context, relay.site, request_id, look)
    await decisions.take_back(relay.context, relay.site, request_id, look)
    pass_time(relay.context, QUARTER)
    await attend(relay.context, relay.site)
    assert await count(relay, "message") == 2
    await decisions.accept(relay.context, relay.site, request_id, look)
    await decisions.withdraw(relay.context, relay.site, request_id)
    pass_time(relay.context, 2 * QUARTER)
    await attend(relay.context, relay.site)
    assert await count(relay, "message") == 2
    assert await person.state(request_id) is State.WITHDRAWN


async def test_done_is_done(relay: Relay, person: Person) -> None:
    """An erasure that was carried out is not taken back."""
    request_id = await erased(person)
    with pytest.raises(Refused, match="request_state"):
        await decisions.take_back(relay.context, relay.site, request_id, await person.look())
    relay.accepted.clear()


async def test_the_address_begins_anew(relay: Relay, person: Person) -> None:
    """Who was erased may write again, as somebody nobody knows."""
    await erased(person)
    relay.accepted.clear()
    status, _ = await relay.post(message="Bonjour, une nouvelle question.")
    assert status == 202
    assert await count(relay, "person") == 3  # the advertiser, the erased row, the new one
    await purge_expired(relay.context)
    assert await count(relay, "person") == 2


async def test_held_evidence_survives(relay: Relay, person: Person) -> None:
    """A40: what a hold keeps survives, readable and named, under a key that opens nothing else."""
    message_id = UUID(relay.accepted[0].removeprefix("msg_"))
    now = relay.context.clock()
    marc = await Person(relay).look()  # another officer
    wish = Wish(Scope.MESSAGE, message_id, "PV 2026/12", now + timedelta(days=60))
    hold_id = await retention.place_hold(relay.context, relay.site, wish, await person.look())
    await retention.approve_hold(relay.context, relay.site, hold_id, marc)
    [before] = await relay.fetch("select sender_id from message where message_id = $1", message_id)
    request_id = await erased(person)
    assert await person.state(request_id) is State.PARTLY_HELD
    [kept] = await relay.fetch("select message_id, sender_id from message")
    assert kept["message_id"] == message_id
    assert kept["sender_id"] != before["sender_id"]
    assert await words(relay, message_id) == CONTACT["message"]
    letter = next(one for one in await person.collect() if "en partie" in one["Subject"])
    page = await person.post(f"{link_in(letter)}/certificate")
    assert "1 message, jusqu’au" in page.text
    assert "gel légal" in page.text
    assert "PV 2026/12" not in page.text  # the ground of a case is not the person's to read
    await retention.ask_lift(relay.context, relay.site, hold_id, await person.look())
    await retention.lift_hold(relay.context, relay.site, hold_id, marc)
    await attend(relay.context, relay.site)
    assert await person.state(request_id) is State.READY
    assert await count(relay, "message") == 0
    assert any("effacées" in one["Subject"] for one in await person.collect())
    relay.accepted.clear()


async def test_a_held_person_stays_whole(relay: Relay, person: Person) -> None:
    """A40: a hold on a person keeps all of them, and goes on with what is kept."""
    [row] = await relay.fetch("select buyer_id from conversation")
    wish = Wish(Scope.PERSON, row["buyer_id"], "PV 7", relay.context.clock() + timedelta(days=2))
    await retention.place_hold(relay.context, relay.site, wish, await person.look())
    request_id = await erased(person)
    assert await person.state(request_id) is State.PARTLY_HELD
    assert await count(relay, "message") == await count(relay, "sender_trace") == 2
    [hold] = await relay.fetch("select subject_id from legal_hold")
    [kept] = await relay.fetch("select buyer_id, blocked_at from conversation")
    assert hold["subject_id"] == kept["buyer_id"] != row["buyer_id"]
    assert kept["blocked_at"] is not None


async def test_nobody_begins_again_with_the_erased(relay: Relay, person: Person) -> None:
    """Neither staff nor whoever had ended the conversation before let it go on: the erased, though
    a hold keeps their address, get no mail.
    """
    [row] = await relay.fetch("select buyer_id from conversation")
    wish = Wish(Scope.PERSON, row["buyer_id"], "PV 7", relay.context.clock() + timedelta(days=2))
    await retention.place_hold(relay.context, relay.site, wish, await person.look())
    links = await relay.answers(relay.accepted[0])
    assert (await person.post(links.removeprefix(relay.url) + "/block")).status == 200
    await erased(person)
    await person.collect()
    await order(relay, Action.REOPEN, UUID(relay.accepted[0].removeprefix("msg_")))
    await person.post(links.removeprefix(relay.url) + "/unblock")
    await person.post(links.removeprefix(relay.url) + "/answer", message="Vous revoilà ?")
    assert await person.collect() == []
    [kept] = await relay.fetch("select blocked_at from conversation")
    assert kept["blocked_at"] is not None


async def test_a_duty_keeps_what_it_names(context: Context) -> None:
    """1000-annonces owes connection data to the courts: it stays, and nothing readable else."""
    async with open_relay(context, "1000-annonces") as relay:
        await relay.post()
        await quiet(relay)
        person = Person(relay)
        request_id = await erased(person)
        assert await person.state(request_id) is State.PARTLY_HELD
        assert await count(relay, "message") == 0
        assert await count(relay, "sender_trace") == 1
        letter = next(one for one in await person.collect() if "en partie" in one["Subject"])
        page = await person.post(f"{link_in(letter)}/certificate")
        assert "1 donnée de connexion, jusqu’au" in page.text
        assert "Réquisitions judiciaires" in page.text
        [keeper] = await relay.fetch(
            "select sealed_mail from person where wrapped_key is not null"
            " and person_id in (select sender_id from sender_trace)"
        )
        assert keeper["sealed_mail"] is None


async def test_each_part_goes_at_its_own_end(context: Context) -> None:
    """A40: when a hold ends, what it kept goes, though a duty keeps something else for longer."""
    async with open_relay(context, "1000-annonces") as relay:
        _, accepted = await relay.post()
        await quiet(relay)
        message_id = UUID(accepted["id"].removeprefix("msg_"))
        wish = Wish(Scope.MESSAGE, message_id, "PV 9", context.clock() + timedelta(days=2))
        await retention.place_hold(context, relay.site, wish, await Person(relay).look())
        request_id = await erased(Person(relay))
        assert await count(relay, "message") == await count(relay, "sender_trace") == 1
        pass_time(context, timedelta(days=4))
        await attend(context, relay.site)
        assert await count(relay, "message") == 0
        assert await count(relay, "sender_trace") == 1
        assert await Person(relay).state(request_id) is State.PARTLY_HELD
        pass_time(context, timedelta(days=732))
        await attend(context, relay.site)
        assert await count(relay, "sender_trace") == 0
        assert await Person(relay).state(request_id) is State.READY


async def test_an_advertiser_is_erased(relay: Relay, person: Person) -> None:
    """An advertiser's listing ends and is blank; whoever wrote to them keeps their own message."""
    alias = relay.site.reply_local_part(UUID(relay.accepted[0].removeprefix("msg_")), "buyer")
    address = f"{alias}@{relay.context.settings.mail_domain}"
    assert await Keeper(relay.context).expect(address)
    camille = Person(relay, CAMILLE)
    await erased(camille)
    [listing] = await relay.fetch("select title, details, url, state from listing")
    assert tuple(listing) == ("", "", None, "closed")
    assert await count(relay, "message") == 2
    assert await Keeper(relay.context).expect(address) is None


async def words(relay: Relay, message_id: UUID) -> str:
    """Open a message with its sender's key."""
    [row] = await relay.fetch(
        "select sender_id, sealed_content, wrapped_key from message join person"
        " on person_id = sender_id where message_id = $1",
        message_id,
    )
    key = relay.context.keyring.unwrap(row["wrapped_key"], f"person:{row['sender_id']}")
    opened = key.open(row["sealed_content"], f"message.sealed_content:{message_id}")
    return str(json.loads(opened)["text"])


def _open(look: Look, request_id: UUID) -> Look:
    return replace(look, action="open", subject=public_id("req", request_id))
