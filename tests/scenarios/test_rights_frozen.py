"""A restriction that lasts: what it keeps back waits as long, and never ends in silence."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from relay.moderation import expire_held, list_held_mails
from relay.rights import decisions
from relay.rights.round import attend
from relay.rights.standing import State
from relay.sealing import new_id
from tests.relays import Relay, courier, intake
from tests.rig.deliveries import pass_time
from tests.rig.smtp_sink import SmtpSink
from tests.rights import CAMILLE, LEA, Person, code_in, erased, quiet, text_of
from tests.scenarios.test_arrivals import alias_of, deliver, dialogue, mail
from tests.scenarios.test_replies import settled


@pytest.fixture
async def person(relay: Relay) -> Person:
    """Léa, who wrote to Camille once."""
    assert (await relay.post())[0] == 202
    await quiet(relay)
    return Person(relay)


async def freeze(person: Person) -> UUID:
    """Have somebody's data frozen; returns the request."""
    await person.prove(await person.ask("restriction"))
    request_id = (await person.requests())[-1]
    relay = person.relay
    await decisions.accept(relay.context, relay.site, request_id, await person.look())
    return request_id


async def kept_back(person: Person) -> str:
    """Have Léa write just before her data is frozen; returns the message, held."""
    relay = person.relay
    await person.prove(await person.ask("restriction"))
    request_id = (await person.requests())[-1]
    _, late = await relay.post(message="Partie juste avant le gel.")
    await decisions.accept(relay.context, relay.site, request_id, await person.look())
    await person.collect()
    assert (await relay.states())[late["id"]] == "held"
    return str(late["id"])


async def lift(person: Person) -> None:
    """End the first restriction."""
    relay = person.relay
    [request_id, *_] = await person.requests()
    await decisions.lift(relay.context, relay.site, request_id, None)


async def over_thirty_days(relay: Relay) -> None:
    """Let the time of every hold be over."""
    await relay.fetch("update outbox set due_at = now() - interval '1 s' where state = 'held'")
    await expire_held(relay.context)


async def reason(relay: Relay, message_id: str) -> tuple[str, str]:
    """Return where a message stands, and why."""
    [row] = await relay.fetch(
        "select state, reason from outbox where mail_id = $1",
        UUID(message_id.removeprefix("msg_")),
    )
    return row["state"], row["reason"]


async def test_it_waits_as_long_as_the_restriction(relay: Relay, person: Person) -> None:
    """A mail kept back by a restriction outlives the thirty days of a hold, and leaves after it."""
    message_id = await kept_back(person)
    await over_thirty_days(relay)
    assert await reason(relay, message_id) == ("held", "frozen")
    await lift(person)
    assert await reason(relay, message_id) == ("queued", "released")
    [mail] = await Person(relay, CAMILLE).collect()
    assert "juste avant le gel" in text_of(mail)


async def test_too_old_it_ends_and_its_writer_is_told(relay: Relay, person: Person) -> None:
    """What is older than forty days when a restriction ends does not leave: its writer is told."""
    message_id = await kept_back(person)
    pass_time(relay.context, timedelta(days=45))
    await over_thirty_days(relay)
    await lift(person)
    pass_time(relay.context, timedelta(0))
    assert await reason(relay, message_id) == ("expired", "frozen_over")
    await relay.fetch("update outbox set due_at = now() where state = 'queued'")
    told = [text_of(one) for one in await person.collect()]
    assert any("trop ancien pour partir" in one for one in told)
    assert any("plus ancien est averti" in one for one in told)  # the letter of the lift
    assert not await Person(relay, CAMILLE).collect()


async def test_both_sides_frozen(relay: Relay, person: Person) -> None:
    """While the other side is frozen too, a mail goes on waiting when one restriction ends."""
    message_id = await kept_back(person)
    camille = Person(relay, CAMILLE)
    await freeze(camille)
    await lift(person)
    assert await reason(relay, message_id) == ("held", "frozen")
    await decisions.lift(relay.context, relay.site, (await camille.requests())[-1], None)
    assert await reason(relay, message_id) == ("queued", "released")


async def test_a_mail_that_froze_as_its_party_thawed(relay: Relay, person: Person) -> None:
    """A worker that read a party frozen and wrote so after the lift loses nothing."""
    message_id = await kept_back(person)
    await lift(person)
    await relay.fetch(
        "update outbox set state = 'held', reason = 'frozen' where mail_id = $1 returning 1",
        UUID(message_id.removeprefix("msg_")),
    )
    await attend(relay.context, relay.site)
    assert await reason(relay, message_id) == ("queued", "released")


async def test_notices_wait_too(relay: Relay, person: Person) -> None:
    """What somebody is told about a frozen conversation is told when the restriction ends, though
    it lasted longer than a hold.
    """
    message_id = UUID(relay.accepted[0].removeprefix("msg_"))
    await freeze(person)
    await person.collect()
    await relay.fetch(
        "insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at)"
        " select site_id, $2, $1, 'notice', 'queued', 'expired:expired', now(),"
        " now() + interval '5 days' from message where message_id = $1 returning 1",
        message_id,
        UUID(int=message_id.int + 1),
    )
    await reached(relay, UUID(int=message_id.int + 1), "held")
    await over_thirty_days(relay)
    await lift(person)
    told = [text_of(one) for one in await person.collect()]
    assert any("n’a pas pu être remis" in one for one in told)


async def test_a_notice_held_since_for_something_else_waits(relay: Relay, person: Person) -> None:
    """What was frozen once, and is held by the egress check now, leaves at no restriction’s end."""
    [notice] = await relay.fetch(
        "insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at)"
        " select site_id, $2, $1, 'notice', 'held', 'expired:expired', now(),"
        " now() + interval '5 days' from message where message_id = $1 returning mail_id",
        UUID(relay.accepted[0].removeprefix("msg_")),
        new_id(relay.context.clock()),
    )
    await relay.fetch(
        "insert into attempt (site_id, mail_id, token, number, route, phase, outcome, reason)"
        " select outbox.site_id, outbox.mail_id, past.token, past.token, 'rig', 'claimed', 'held',"
        " past.reason from outbox, (values (1, 'frozen'), (2, 'egress')) as past (token, reason)"
        " where outbox.mail_id = $1 returning 1",
        notice["mail_id"],
    )
    await attend(relay.context, relay.site)
    [row] = await relay.fetch("select state from outbox where mail_id = $1", notice["mail_id"])
    assert row["state"] == "held"


@pytest.mark.parametrize("address", [LEA, CAMILLE])
async def test_a_mail_that_came_in_before_waits(relay: Relay, person: Person, address: str) -> None:
    """Contract 6: a reply taken with 250 just before its reader or its writer was frozen is kept
    for the end of the restriction, names nobody to moderators, and is passed on then.
    """
    to = await alias_of(relay, "buyer")
    async with dialogue(relay) as spoken:
        await deliver(spoken, to, raw=mail(to))
    frozen = Person(relay, address)
    request_id = await freeze(frozen)
    async with intake(relay.context):
        await settled(relay)
    [row] = await relay.fetch("select state, reason from inbound")
    assert tuple(row) == ("held", "frozen")
    assert await list_held_mails(relay.context, relay.site) == []
    await decisions.lift(relay.context, relay.site, request_id, None)
    async with intake(relay.context):
        await settled(relay)
    told = [text_of(one) for one in await person.collect()]
    assert any("toujours disponible" in one for one in told)


async def reached(relay: Relay, mail_id: UUID, state: str) -> None:
    """Have what is due sent until a mail is in a state."""
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        for _ in range(100):
            [row] = await relay.fetch("select state from outbox where mail_id = $1", mail_id)
            if row["state"] == state:
                return
            await asyncio.sleep(0.1)
    pytest.fail(f"never {state}")


async def test_a_corrected_address_is_thawed(relay: Relay, person: Person) -> None:
    """Who corrects their address while frozen stays so under it, until the freeze is lifted."""
    await freeze(person)
    moved = Person(relay, "lea.neuve@acheteuse.example")
    page = await person.prove(await person.ask("rectification", change_email=moved.address))
    await relay.fetch(
        "update outbox set state = 'queued' where reason = 'letter:code_new' returning 1"
    )
    [letter] = await moved.collect()
    await moved.post(f"{page.path}/new-code", code=code_in(letter))
    request_id = (await person.requests())[-1]
    await decisions.accept(relay.context, relay.site, request_id, await person.look())
    assert await relay.fetch("select 1 from person where frozen_at is not null")
    await lift(person)
    assert not await relay.fetch("select 1 from person where frozen_at is not null")


async def test_a_restriction_ends_with_its_person(relay: Relay, person: Person) -> None:
    """A restriction of somebody erased since is over, and what it said is forgotten in its time."""
    request_id = await freeze(person)
    await attend(relay.context, relay.site)
    assert await person.state(request_id) is State.READY
    await erased(person)
    await attend(relay.context, relay.site)
    assert await person.state(request_id) is State.CLOSED
    pass_time(relay.context, timedelta(days=61))
    await attend(relay.context, relay.site)
    rows = await relay.fetch(
        "select 1 from data_request where kind = 'restriction'"
        " and (subject_hash is not null or sealed_content is not null)"
    )
    assert not rows
    relay.accepted.clear()  # it was erased


async def test_two_restrictions_end_together(relay: Relay, person: Person) -> None:
    """One restriction lifted ends the other: its page does not go on saying that data is frozen."""
    first, second = await freeze(person), await freeze(person)
    assert first != second
    await lift(person)
    await attend(relay.context, relay.site)
    assert await person.state(second) is State.CLOSED
