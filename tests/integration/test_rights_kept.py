"""What the desk itself keeps: the register without content, and for how long."""

from datetime import UTC, datetime, timedelta

from relay.retention import count_due, purge
from relay.rights import decisions, documents
from relay.rights.register import Wanted, read_register
from relay.rights.round import attend
from relay.sealing import new_id
from tests.relays import Relay
from tests.rig.deliveries import pass_time
from tests.rights import LEA, Person

YEARS = timedelta(days=365 * 5 + 2)


async def test_content_goes_and_the_register_stays(relay: Relay) -> None:
    """Sixty days after its end a request says nothing any more; its dates and outcome stay."""
    person = Person(relay)
    await person.prove(await person.ask("access", details="Merci de tout m’envoyer."))
    [request_id] = await person.requests()
    look = await person.look()
    await decisions.accept(relay.context, relay.site, request_id, look)
    for days in (8, 70):  # the link ends, then what was said
        pass_time(relay.context, timedelta(days=days))
        await attend(relay.context, relay.site)
    [row] = await relay.fetch(
        "select state, wrapped_key, sealed_content, subject_hash, ended_at from data_request"
    )
    assert tuple(row)[:4] == ("closed", None, None, None)
    assert await relay.fetch("select 1 from request_proof") == []
    [line] = await read_register(relay.context, relay.site, Wanted("all"), look)
    assert line.standing.answered_at is not None


async def test_who_proved_nothing_is_in_no_register(relay: Relay) -> None:
    """A request nobody proved ends after thirty days, and is gone sixty days later."""
    await Person(relay, "nobody@ailleurs.example").ask("erasure")
    for days in (31, 92):
        pass_time(relay.context, timedelta(days=days))
        await attend(relay.context, relay.site)
    for table in ("data_request", "request_event", "request_proof"):
        assert await relay.fetch(f"select 1 from {table}") == [], table


async def test_who_was_asked_for_a_document_stays_in_the_register(relay: Relay) -> None:
    """A request that was proved, and ended waiting for a document, keeps its dates and outcome; its
    person is told that it ended.
    """
    person = Person(relay)
    await person.prove(await person.ask("access"))
    [request_id] = await person.requests()
    look = await person.look("Doute.")
    await documents.ask_document(relay.context, relay.site, request_id, look, "Doute.")
    for days in (31, 92):
        pass_time(relay.context, timedelta(days=days))
        await attend(relay.context, relay.site)
    [row] = await relay.fetch("select state, wrapped_key, proved_at from data_request")
    assert (row["state"], row["wrapped_key"]) == ("expired", None)
    assert row["proved_at"] is not None
    told = await relay.fetch("select reason from outbox where reason = 'letter:lapsed'")
    assert len(told) == 1


async def test_the_register_has_an_end_too(relay: Relay) -> None:
    """After five years the purge takes a request with its history; a younger one stays."""
    person = Person(relay, LEA)
    await person.ask("access")
    old = datetime.now(UTC) - YEARS
    await relay.fetch(
        "insert into data_request (site_id, request_id, door, kind, language, state, received_at,"
        " due_on, changed_at, ended_at) values ($1, $2, 'page', 'access', 'fr', 'closed', $3, $4,"
        " $3, $3) returning 1",
        relay.site.site_id,
        new_id(old),
        old,
        old.date(),
    )
    assert (await count_due(relay.context, relay.site)).get("rights") == 1
    [done] = await purge(relay.context, [relay.site])
    assert done.counts["data_request"] == 1
    assert len(await person.requests()) == 1
