"""What moderators do to messages, against a real database: said before, undone after."""

from dataclasses import replace
from datetime import timedelta

import pytest

from relay import desk, lookup
from relay.desk import (
    Action,
    Order,
)
from relay.errors import Refused
from relay.lookup import Kind
from relay.sealing import new_id, public_id
from tests.moderators import (
    Clock,
    look_of,
    notices,
    order,
    set_state,
    state_of,
    write,
)
from tests.relays import Relay


async def test_the_effect_is_said_before(relay: Relay) -> None:
    """A dry run says how many messages would change, and changes none."""
    ids = [await write(relay, number) for number in range(3)]
    await set_state(relay, ids[2], "delivered")
    look = await look_of(relay)
    effect = await desk.preview(
        relay.context, relay.site, Order(Action.HOLD, look, message_ids=tuple(ids))
    )
    assert (effect.changed, effect.unchanged, effect.act_id) == (2, 1, None)
    assert await state_of(relay, ids[0]) == "queued"


@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        ("queued", Action.HOLD, "held"),
        ("held", Action.RELEASE, "queued"),
        ("held", Action.REFUSE, "refused"),
    ],
)
async def test_an_act_and_its_undoing(
    relay: Relay, before: str, action: Action, after: str
) -> None:
    """Each act changes the state it starts from, and within fifteen seconds is taken back."""
    message_id = await write(relay)
    await set_state(relay, message_id, before)
    effect = await order(relay, action, message_id)
    assert (effect.changed, await state_of(relay, message_id)) == (1, after)
    assert effect.act_id is not None
    await desk.undo(relay.context, relay.site, effect.act_id, await look_of(relay))
    assert await state_of(relay, message_id) == before


@pytest.mark.parametrize("action", [Action.HOLD, Action.RELEASE, Action.REFUSE, Action.CLOSE])
async def test_every_action_has_an_inverse(relay: Relay, action: Action) -> None:
    """After an act and its inverse things are as they were."""
    message_id = await write(relay)
    before = "queued" if action in (Action.HOLD, Action.CLOSE) else "held"
    await set_state(relay, message_id, before)
    await order(relay, action, message_id)
    effect = await order(relay, desk.INVERSES[action], message_id)
    rows = await relay.fetch("select blocked_at from conversation")
    assert (effect.changed, await state_of(relay, message_id)) == (1, before)
    assert [row["blocked_at"] for row in rows] == [None]


async def test_what_is_released_waits_for_the_undo(relay: Relay) -> None:
    """A released message leaves only when it can no longer be called back."""
    message_id = await write(relay)
    await set_state(relay, message_id, "held")
    await order(relay, Action.RELEASE, message_id)
    [row] = await relay.fetch(
        "select due_at - now() as wait from outbox where mail_id = $1", message_id
    )
    assert row["wait"] > timedelta(seconds=10)


async def test_undo_ends_after_fifteen_seconds(relay: Relay, clock: Clock) -> None:
    """Later there is only the inverse act; and nothing is undone twice."""
    message_id = await write(relay)
    late, twice = (
        await order(relay, Action.HOLD, message_id),
        await order(relay, Action.CLOSE, message_id),
    )
    assert late.act_id is not None
    assert twice.act_id is not None
    await desk.undo(relay.context, relay.site, twice.act_id, await look_of(relay))
    clock.now += timedelta(seconds=16)
    for act_id in (twice.act_id, late.act_id):
        with pytest.raises(Refused, match="undo_too_late"):
            await desk.undo(relay.context, relay.site, act_id, await look_of(relay))


async def test_what_staff_close_no_party_begins_again(relay: Relay) -> None:
    """That a party ended a conversation once, and staff let it go on, gives no say over a later
    end by staff.
    """
    message_id = await write(relay)
    links = await relay.answers(public_id("msg", message_id))
    for act in ("block", "unblock", "block"):
        await (await relay.http.post(f"{links}/{act}", data={})).read()
    for action in (Action.REOPEN, Action.CLOSE):
        assert (await order(relay, action, message_id)).changed == 1
    await (await relay.http.post(f"{links}/unblock", data={})).read()
    [row] = await relay.fetch("select blocked_at from conversation")
    assert row["blocked_at"] is not None


async def test_a_refusal_is_told_and_taken_back(relay: Relay) -> None:
    """The author is told after the time for undoing; an undone refusal may be told again."""
    message_id = await write(relay)
    await set_state(relay, message_id, "held")
    effect = await order(relay, Action.REFUSE, message_id)
    assert effect.act_id is not None
    await desk.undo(relay.context, relay.site, effect.act_id, await look_of(relay))
    again = await order(relay, Action.REFUSE, message_id)
    assert again.told == 1
    assert await notices(relay) == [
        ("notice", "undone", "cancelled"),
        ("notice", "refused:by_moderator", "queued"),
    ]


async def test_everybody_written_to_is_warned_once(relay: Relay) -> None:
    """Each conversation that got messages of the sender gets one warning."""
    ids = [await write(relay, 1), await write(relay, 1, message="Alors, vous répondez ? Merci.")]
    for message_id in ids:
        await set_state(relay, message_id, "delivered")
    key = await lookup.pivot(relay.context, relay.site, ids[0], Kind.PHONE, await look_of(relay))
    warning = Order(Action.WARN, await look_of(relay), key=key)
    said = await desk.preview(relay.context, relay.site, warning)
    done = await desk.carry_out(relay.context, relay.site, warning)
    assert (said.told, done.told) == (1, 1)
    assert await notices(relay) == [("reader_notice", "warned", "queued")]


async def test_no_act_without_a_reason(relay: Relay) -> None:
    """An order that gives no reason changes nothing."""
    message_id = await write(relay)
    silent = Order(Action.HOLD, await look_of(relay, reason=" "), message_ids=(message_id,))
    with pytest.raises(Refused, match="reason_missing"):
        await desk.carry_out(relay.context, relay.site, silent)


async def test_bulk_above_five_hundred_is_refused(relay: Relay) -> None:
    """Nobody acts on more than five hundred messages at once."""
    ids = tuple(new_id(relay.context.clock()) for _ in range(501))
    with pytest.raises(Refused, match="bulk_too_large"):
        await desk.preview(
            relay.context, relay.site, Order(Action.HOLD, await look_of(relay), message_ids=ids)
        )


async def test_another_sites_messages_do_not_change(relay: Relay) -> None:
    """A24: an order of one site finds no message of another."""
    message_id = await write(relay)
    other = replace(relay.site, site_id=new_id(relay.context.clock()))
    effect = await desk.preview(
        relay.context,
        other,
        Order(Action.HOLD, await look_of(relay), message_ids=(message_id,)),
    )
    assert (effect.changed, effect.unchanged) == (0, 0)


async def test_a_dry_run_is_a_look(relay: Relay) -> None:
    """Who asks what an order would do has looked, and the log says so."""
    order = Order(Action.HOLD, await look_of(relay), message_ids=(await write(relay),))
    await desk.preview(relay.context, relay.site, order)
    rows = await relay.fetch("select action from look")
    assert [row["action"] for row in rows] == ["list"]
