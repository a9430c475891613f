"""Blocks against a real database: what they hold, who meets them, when they end."""

from dataclasses import replace

import pytest

from relay import desk, lookup
from relay.desk import (
    Action,
    Order,
    Weight,
)
from relay.errors import Refused
from relay.lookup import Kind
from tests.moderators import (
    block,
    look_of,
    met,
    state_of,
    write,
)
from tests.relays import Relay

SCAM = (
    "Bonjour, je suis {name} et votre annonce m’intéresse beaucoup. Je suis en déplacement, mon"
    " transporteur passe chercher l’objet avec l’argent en espèces. Quel est votre dernier prix ?"
)


async def test_a_block_holds_what_waits_and_is_met(relay: Relay) -> None:
    """A block holds the sender's waiting messages, is met by the next, and undone is neither."""
    ids = [await write(relay, number) for number in range(2)]
    effect, key = await block(relay, ids[0], Kind.PHONE)
    assert (effect.changed, await state_of(relay, ids[1])) == (2, "held")
    assert [hit.effect for hit in await met(relay, key.hashes)] == ["hold"]
    assert effect.act_id is not None
    await desk.undo(relay.context, relay.site, effect.act_id, await look_of(relay))
    assert (await state_of(relay, ids[1]), await met(relay, key.hashes)) == ("queued", ())


async def test_a_block_is_lifted_and_restored(relay: Relay) -> None:
    """A lifted block is not met, a restored one is, and its list says what it was."""
    effect, key = await block(relay, await write(relay), Kind.MAILBOX, Weight.SCORE)
    for action, met_by in ((Action.UNBLOCK, 0), (Action.RESTORE, 1)):
        turned = Order(action, await look_of(relay), block_id=effect.block_id)
        await desk.carry_out(relay.context, relay.site, turned)
        assert len(await met(relay, key.hashes)) == met_by
    look = replace(await look_of(relay), action="list")
    [shown] = await desk.list_blocks(relay.context, relay.site, look)
    assert (shown.note, shown.lifted_at) == ("Arnaque au transporteur", None)


async def test_a_text_is_blocked_with_its_copies(relay: Relay) -> None:
    """A block of a cluster meets the next copy under another name, and no other text."""
    message_id = await write(relay, message=SCAM.format(name="Marie"))
    await lookup.mark_texts(relay.context, relay.site)
    await block(relay, message_id, Kind.TEXT)
    copied = await met(relay, (bytes(16),), SCAM.format(name="Sophie Bernard"))
    other = await met(relay, (bytes(16),), "Bonjour, le vélo est-il toujours disponible samedi ?")
    assert ([hit.kind for hit in copied], other) == (["text"], ())


async def test_a_block_ends(relay: Relay) -> None:
    """A block is not met after its end."""
    _, key = await block(relay, await write(relay), Kind.PHONE)
    await relay.fetch("update block_key set until = now() - interval '1 second'")
    assert await met(relay, key.hashes) == ()


async def test_long_blocks_need_a_second_person(relay: Relay) -> None:
    """Above thirty days somebody else must agree, not the same person twice."""
    message_id = await write(relay)
    with pytest.raises(Refused, match="second_person_needed"):
        await block(relay, message_id, Kind.PHONE, days=31)


async def test_long_blocks_need_a_second_person_again(relay: Relay) -> None:
    """A long block that was lifted is not put back by one person: nor could they have placed it."""
    effect, key = await block(relay, await write(relay), Kind.PHONE)
    await relay.fetch("update block set ends_at = now() + interval '90 days'")
    lifted = Order(Action.UNBLOCK, await look_of(relay), block_id=effect.block_id)
    await desk.carry_out(relay.context, relay.site, lifted)
    alone = Order(Action.RESTORE, await look_of(relay), block_id=effect.block_id)
    with pytest.raises(Refused, match="second_person_needed"):
        await desk.carry_out(relay.context, relay.site, alone)
    assert await met(relay, key.hashes) == ()
    both = replace(alone, approved_by=(await look_of(relay)).staff_id)
    await desk.carry_out(relay.context, relay.site, both)
    assert len(await met(relay, key.hashes)) == 1


async def test_a_shared_address_is_never_a_ground_alone(relay: Relay) -> None:
    """An address of more than twenty phones is not held; it may count in a score."""
    ids = [await write(relay, number, phone=f"06 39 98 10 {number:02d}") for number in range(21)]
    with pytest.raises(Refused, match="block_shared_network"):
        await block(relay, ids[0], Kind.IP)
    effect, _ = await block(relay, ids[0], Kind.IP, Weight.SCORE)
    assert effect.changed == 0


async def test_a_blocked_sender_waits_for_a_person(relay: Relay) -> None:
    """A block that holds keeps the sender's next message for a person; the answer tells nothing."""
    await block(relay, await write(relay), Kind.PHONE)
    status, body = await relay.post(message="Encore une question, plus longue que l’autre ?")
    assert status == 202
    assert (await relay.states())[body["id"]] == "held"
    await relay.check_ledger()


async def test_a_score_block_only_weighs(relay: Relay) -> None:
    """A block that weighs raises the score of the next message, which leaves all the same."""
    await block(relay, await write(relay), Kind.MAILBOX, Weight.SCORE)
    again = {"email": "acheteur0@exemple.example", "message": "Encore une question, plus longue ?"}
    _, body = await relay.post(**again)
    assert (await relay.states())[body["id"]] == "queued"
    [row] = await relay.fetch("select signals from message order by message_id desc limit 1")
    assert "blocked_mailbox" in row["signals"]
