"""What one person asks and another agrees to, against a real database."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from relay import desk, lookup
from relay.desk import Action, Confirmation, NewBlock, Order, Reading, Weight
from relay.errors import Refused
from relay.looks import Look
from relay.lookup import Field, Kind
from relay.permissions import Role
from relay.sealing import new_id
from tests.moderators import Clock, look_of, met, state_of, write
from tests.relays import Relay


async def long_block(relay: Relay, message_id: UUID, look: Look) -> Order:
    """Return an order that one person may not carry out alone."""
    key = await lookup.pivot(relay.context, relay.site, message_id, Kind.PHONE, look)
    ends_at = relay.context.clock() + timedelta(days=90)
    block = NewBlock(key, Weight.HOLD, ends_at, "06 •• •• •• 56", "Arnaque au transporteur")
    return Order(Action.BLOCK, look, block=block)


async def lead(relay: Relay, reason: str = "dossier 12") -> Look:
    """Return a look of a new lead of the site."""
    look = await look_of(relay, reason=reason)
    await relay.fetch(
        "insert into staff_role (site_id, staff_id, role) values ($1, $2, $3)",
        look.site_id,
        look.staff_id,
        Role.LEAD.value,
    )
    return look


async def inbox(relay: Relay) -> list[Confirmation]:
    """Return what somebody sees in the inbox."""
    look = replace(await look_of(relay), action="list")
    return await desk.list_confirmations(relay.context, relay.site, look)


async def test_another_person_carries_it_out(relay: Relay) -> None:
    """What was asked is done when another agrees, in the name of who asked, and can be undone."""
    first, second = await lead(relay), await lead(relay)
    message_id = await write(relay)
    order = await long_block(relay, message_id, first)
    confirmation_id = await desk.ask(relay.context, relay.site, order, 1, first)
    assert await state_of(relay, message_id) == "queued"
    effect = await desk.agree(relay.context, relay.site, confirmation_id, second)
    assert order.block is not None
    assert len(await met(relay, order.block.key.hashes)) == 1
    assert await state_of(relay, message_id) == "held"
    [act] = await relay.fetch("select staff_id, approved_by from desk_act")
    assert (act["staff_id"], act["approved_by"]) == (first.staff_id, second.staff_id)
    assert effect is not None
    assert effect.act_id is not None
    await desk.undo(relay.context, relay.site, effect.act_id, await lead(relay))
    assert await state_of(relay, message_id) == "queued"


async def test_the_inbox_shows_what_is_asked(relay: Relay) -> None:
    """The order comes back as it was given: action, key, end, words and reason."""
    look = await lead(relay, reason="dossier n° 7")
    order = await long_block(relay, await write(relay), look)
    await desk.ask(relay.context, relay.site, order, 3, look)
    [shown] = await inbox(relay)
    assert isinstance(shown.order, Order)
    assert (shown.state, shown.changed, shown.asked_by) == ("waiting", 3, look.staff_id)
    assert (shown.order.block, shown.order.look.reason) == (order.block, "dossier n° 7")


async def test_nobody_agrees_with_themselves(relay: Relay) -> None:
    """Who asked is no second person."""
    look = await lead(relay)
    order = await long_block(relay, await write(relay), look)
    confirmation_id = await desk.ask(relay.context, relay.site, order, 1, look)
    with pytest.raises(Refused, match="second_same"):
        await desk.agree(relay.context, relay.site, confirmation_id, look)
    assert await relay.fetch("select 1 from block") == []


@pytest.mark.parametrize("end", ["withdrawn", "declined"])
async def test_a_request_ends_once(relay: Relay, end: str) -> None:
    """A request that was declined or withdrawn is answered no more."""
    first, second = await lead(relay), await lead(relay)
    order = await long_block(relay, await write(relay), first)
    confirmation_id = await desk.ask(relay.context, relay.site, order, 1, first)
    await desk.decline(
        relay.context, relay.site, confirmation_id, first if end == "withdrawn" else second
    )
    with pytest.raises(Refused, match="confirmation_over"):
        await desk.agree(relay.context, relay.site, confirmation_id, await lead(relay))
    [shown] = await inbox(relay)
    assert shown.state == end


async def test_a_request_waits_three_days(relay: Relay, clock: Clock) -> None:
    """After three days nobody agrees any more."""
    look = await lead(relay)
    order = await long_block(relay, await write(relay), look)
    confirmation_id = await desk.ask(relay.context, relay.site, order, 1, look)
    clock.now += timedelta(days=3, seconds=1)
    with pytest.raises(Refused, match="confirmation_over"):
        await desk.agree(relay.context, relay.site, confirmation_id, await lead(relay))
    assert (await inbox(relay))[0].state == "over"


async def test_what_is_refused_goes_on_waiting(relay: Relay, clock: Clock) -> None:
    """An order that cannot be carried out leaves its request as it was."""
    first = await lead(relay)
    order = await long_block(relay, await write(relay), first)
    assert order.block is not None
    ended = replace(order, block=replace(order.block, ends_at=clock.now + timedelta(hours=1)))
    confirmation_id = await desk.ask(relay.context, relay.site, ended, 1, first)
    clock.now += timedelta(hours=2)
    with pytest.raises(Refused, match="block_end_past"):
        await desk.agree(relay.context, relay.site, confirmation_id, await lead(relay))
    assert (await inbox(relay))[0].state == "waiting"


async def test_who_asked_reads_for_an_hour(relay: Relay, clock: Clock) -> None:
    """An agreed reading is for who asked, for these fields of this message, and for an hour."""
    first, second = await lead(relay), await lead(relay)
    message_id, other = await write(relay, 1), await write(relay, 2)
    reading = Reading(message_id, frozenset({Field.TEXT}), "dossier 12")
    confirmation_id = await desk.ask(relay.context, relay.site, reading, 0, first)

    async def agreed(staff_id: UUID, about: UUID, *fields: Field) -> bool:
        return bool(
            await desk.find_agreed(relay.context, relay.site, staff_id, about, list(fields))
        )

    assert not await agreed(first.staff_id, message_id, Field.TEXT)
    await desk.agree(relay.context, relay.site, confirmation_id, second)
    assert await agreed(first.staff_id, message_id, Field.TEXT)
    assert not await agreed(first.staff_id, message_id, Field.TEXT, Field.EMAIL)
    assert not await agreed(first.staff_id, other, Field.TEXT)
    assert not await agreed(second.staff_id, message_id, Field.TEXT)
    clock.now += timedelta(hours=1, seconds=1)
    assert not await agreed(first.staff_id, message_id, Field.TEXT)


async def test_another_sites_request_is_unknown(relay: Relay) -> None:
    """A24: a request of one site is answered by nobody of another."""
    look = await lead(relay)
    order = await long_block(relay, await write(relay), look)
    confirmation_id = await desk.ask(relay.context, relay.site, order, 1, look)
    other = replace(relay.site, site_id=new_id(relay.context.clock()))
    foreign = await lead(relay)
    for answer in (desk.agree, desk.decline):
        with pytest.raises(Refused, match="not_found"):
            await answer(relay.context, other, confirmation_id, foreign)


@pytest.mark.parametrize(
    "gone",
    [
        "delete from staff_role where staff_id = $1",
        "update staff set closed_at = now() where staff_id = $1",
    ],
)
async def test_who_asked_may_still_do_it(relay: Relay, gone: str) -> None:
    """Nothing is done in the name of somebody who left, or whose role was taken away."""
    first = await lead(relay)
    message_id = await write(relay)
    order = await long_block(relay, message_id, first)
    confirmation_id = await desk.ask(relay.context, relay.site, order, 1, first)
    await relay.fetch(gone, first.staff_id)
    with pytest.raises(Refused, match="asker_not_allowed"):
        await desk.agree(relay.context, relay.site, confirmation_id, await lead(relay))
    assert await state_of(relay, message_id) == "queued"
