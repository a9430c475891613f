"""Objections: each ends what it is against at once, and nothing else (GDPR 21)."""

import asyncio
from datetime import timedelta
from uuid import UUID

from relay import consents, retention
from relay.consents import Circumstances, Use
from relay.context import Context
from relay.database import queries
from relay.retention import Scope, Wish
from relay.rights import decisions
from relay.rights.objections import MAIL, SECURITY, STATISTICS, TRACES, purposes_of
from relay.rights.round import attend_due
from tests.relays import Relay, open_relay
from tests.rights import CAMILLE, LEA, Person, code_in, quiet, text_of

HERE = Circumstances("127.0.0.0/24", "Firefox", "PC", "/a/…/delay", "FR")


async def object_to(person: Person, *purposes: str) -> UUID:
    """Ask, prove and have accepted an objection; returns the request."""
    fields = {f"purpose_{one}": "1" for one in purposes}
    await person.prove(await person.ask("objection", **fields))
    request_id = (await person.requests())[-1]
    relay = person.relay
    await decisions.accept(relay.context, relay.site, request_id, await person.look())
    return request_id


async def advertiser_of(relay: Relay) -> UUID:
    """Return who advertises."""
    [row] = await relay.fetch("select advertiser_id from listing")
    return UUID(str(row["advertiser_id"]))


async def consents_now(relay: Relay, person_id: UUID) -> bool:
    """Tell whether a consent to the answering time holds."""
    found = await consents.read_answering_time(relay.context, relay.site, person_id)
    return found is not None


async def test_statistics_end_with_the_objection(relay: Relay) -> None:
    """An objection to statistics ends the consent and the figure at once; the letter says so."""
    person_id = await advertiser_of(relay)
    await consents.give(relay.context, relay.site, person_id, Use.ANSWERING_TIME, HERE)
    assert await consents_now(relay, person_id)
    camille = Person(relay, CAMILLE)
    await object_to(camille, STATISTICS)
    assert not await consents_now(relay, person_id)
    [record] = await consents.list_consents(relay.context, relay.site, person_id)
    assert record.withdrawn_at is not None
    said = next(text_of(one) for one in await camille.collect() if "opposition" in one["Subject"])
    assert "Votre accord aux statistiques est retiré" in said
    assert "Plus aucun message" not in said


async def test_a_later_consent_ends_the_objection(relay: Relay) -> None:
    """Who says yes again, after an objection, has their figure again; objecting again ends it."""
    person_id = await advertiser_of(relay)
    camille = Person(relay, CAMILLE)
    await object_to(camille, STATISTICS)
    await consents.give(relay.context, relay.site, person_id, Use.ANSWERING_TIME, HERE)
    assert await consents_now(relay, person_id)
    [row] = await relay.fetch("select ended_at from objection")
    assert row["ended_at"] is not None
    await camille.collect()
    await object_to(camille, STATISTICS)
    assert not await consents_now(relay, person_id)
    [row] = await relay.fetch("select ended_at from objection")
    assert row["ended_at"] is None


async def test_consent_and_objection_at_once(relay: Relay) -> None:
    """Given and objected to in the same moment, one of both comes last, and holds alone."""
    person_id = await advertiser_of(relay)
    camille = Person(relay, CAMILLE)
    await camille.prove(await camille.ask("objection", purpose_statistics="1"))
    [request_id] = await camille.requests()
    look = await camille.look()
    await asyncio.gather(
        *(
            consents.give(relay.context, relay.site, person_id, Use.ANSWERING_TIME, HERE)
            for _ in range(3)
        ),
        decisions.accept(relay.context, relay.site, request_id, look),
    )
    [row] = await relay.fetch("select ended_at from objection")
    assert await consents_now(relay, person_id) == (row["ended_at"] is not None)


async def test_no_spelling_is_written_to(relay: Relay) -> None:
    """An objection to mail holds for every address under which its mailbox is known."""
    await relay.post()
    await relay.post(email="l.ea@acheteuse.example", message="Et le porte-bagages ?")
    mailbox_hash = relay.site.hash("mailbox", LEA)
    await relay.fetch("update message set mailbox_hash = $1 returning 1", mailbox_hash)
    await quiet(relay)
    await object_to(Person(relay), MAIL)
    rows = await relay.fetch(
        "select sender_id, suppression.reason from message"
        " join person on person_id = sender_id left join suppression using (mail_hash)"
    )
    assert len({row["sender_id"] for row in rows}) == 2
    assert {row["reason"] for row in rows} == {"objection"}


async def test_a_text_marked_at_the_same_moment_is_forgotten(relay: Relay) -> None:
    """An objection to comparison waits for whoever is marking texts, and leaves none of theirs."""
    _, body = await relay.post()
    await quiet(relay)
    lea = Person(relay)
    await lea.prove(await lea.ask("objection", purpose_security="1"))
    [request_id] = await lea.requests()
    look = await lea.look()
    async with relay.context.database.connection() as connection:
        async with connection.transaction():
            await queries().wait_marks(connection, site_id=relay.site.site_id)
            accepted = asyncio.create_task(
                decisions.accept(relay.context, relay.site, request_id, look)
            )
            await asyncio.sleep(0.5)
            message_id = UUID(body["id"].removeprefix("msg_"))
            await queries().add_marks(
                connection,
                site_id=relay.site.site_id,
                message_ids=[message_id],
                cluster_ids=[message_id],
                shorts=[False],
            )
        await accepted
    assert await relay.fetch("select 1 from text_mark") == []


async def test_an_objection_follows_its_person(relay: Relay) -> None:
    """Who corrects their address has objected there as well: to mail, and to comparison."""
    await relay.post()
    await quiet(relay)
    lea, fresh = Person(relay), Person(relay, "lea.martin@acheteuse.example")
    await object_to(lea, MAIL, SECURITY)
    await lea.collect()
    own = await lea.prove(await lea.ask("rectification", change_email=fresh.address))
    code = next(code_in(one) for one in await fresh.collect())
    await lea.post(f"{own.path}/new-code", code=code)
    request_id = (await lea.requests())[-1]
    await decisions.accept(relay.context, relay.site, request_id, await lea.look())
    rows = await relay.fetch(
        "select purpose from objection where mailbox_hash = $1 and ended_at is null",
        relay.site.hash("mailbox", fresh.address),
    )
    assert {row["purpose"] for row in rows} == {MAIL, SECURITY}
    [row] = await relay.fetch(
        "select reason from person join suppression using (site_id, mail_hash)"
    )
    assert row["reason"] == "objection"


async def test_connection_data_goes_and_stays_away(relay: Relay) -> None:
    """An objection to connection data ends what is kept and what later messages bring, of one."""
    await relay.post()
    await relay.post(email="marc@acheteur.example", message="Bonjour, c’est Marc.")
    await quiet(relay)
    lea = Person(relay)
    await object_to(lea, TRACES)
    await relay.post(message="Et le porte-bagages, est-il compris ?")
    await attend_due(relay.context, relay.site)
    rows = await relay.fetch(
        "select message.mailbox_hash from sender_trace join message using (site_id, message_id)"
    )
    assert [row["mailbox_hash"] for row in rows] == [
        relay.site.hash("mailbox", "marc@acheteur.example")
    ]
    assert len(await relay.fetch("select 1 from message")) == 3


async def test_held_connection_data_stays(relay: Relay) -> None:
    """A40: an objection destroys no evidence: what a hold keeps goes when it is lifted."""
    _, body = await relay.post()
    await quiet(relay)
    lea = Person(relay)
    message_id = UUID(body["id"].removeprefix("msg_"))
    wish = Wish(Scope.MESSAGE, message_id, "PV 3", relay.context.clock() + timedelta(days=2))
    await retention.place_hold(relay.context, relay.site, wish, await lea.look())
    await object_to(lea, TRACES)
    await attend_due(relay.context, relay.site)
    assert len(await relay.fetch("select 1 from sender_trace")) == 1
    await relay.fetch("update legal_hold set blocks_until = now() returning 1")
    await attend_due(relay.context, relay.site)
    assert await relay.fetch("select 1 from sender_trace") == []


async def test_connection_data_that_outlived_its_message_goes(relay: Relay) -> None:
    """Where connection data is kept for longer than messages, an objection ends it all the same."""
    await relay.post()
    await quiet(relay)
    await relay.fetch("with gone as (delete from message) delete from outbox")
    relay.accepted.clear()
    lea = Person(relay)
    await object_to(lea, TRACES)
    await attend_due(relay.context, relay.site)
    assert await relay.fetch("select 1 from sender_trace") == []


async def test_what_the_law_asks_has_no_objection(context: Context) -> None:
    """Where a policy owes connection data to the law nobody is offered to object to it."""
    async with open_relay(context, "1000-annonces") as relay:
        assert purposes_of(relay.site.policy) == (MAIL, STATISTICS, SECURITY)
        page = await Person(relay, LEA).get(f"/rights/{relay.site.slug}")
        assert "purpose_security" in page.text
        assert "purpose_traces" not in page.text
        await relay.post()
        await quiet(relay)
        person = Person(relay)
        await object_to(person, TRACES)  # not offered: it counts as none named
        await attend_due(context, relay.site)
        assert len(await relay.fetch("select 1 from sender_trace")) == 1
        assert [row["purpose"] for row in await relay.fetch("select purpose from objection")] == [
            MAIL
        ]
