"""Random walks over real rows: whatever staff try, cases and messages move as the tables say."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from relay import desk
from relay.desk import Action, Decision, Order, Ruling, State, Statement
from relay.desk.moves import MOVES, Move
from relay.errors import Refused
from relay.looks import Look, verify
from tests.moderators import Clock, look_of, reported, set_state, state_of, write
from tests.relays import Relay

WHY = Statement(decision_facts="Motif.", decision_ground="terms")
WALKS, STEPS = 6, 14


async def play(relay: Relay, move: Move, case_id: UUID, message_id: UUID, look: Look) -> None:
    """Try one move as somebody."""
    at = (relay.context, relay.site)
    moves: dict[Move, Callable[[], Awaitable[object]]] = {
        Move.TAKE: lambda: desk.take(*at, case_id, look),
        Move.GIVE_BACK: lambda: desk.give_back(*at, case_id, look),
        Move.ESCALATE: lambda: desk.escalate(*at, case_id, look),
        Move.DECIDE: lambda: desk.decide(*at, case_id, Ruling(Decision.ACTION, WHY), look),
        Move.APPEAL: lambda: desk.appeal(*at, message_id, by=desk.Appellant.AUTHOR, text="Non."),
        Move.UPHOLD: lambda: desk.judge(*at, case_id, WHY, look, is_upheld=True),
        Move.OVERTURN: lambda: desk.judge(*at, case_id, WHY, look, is_upheld=False),
    }
    await moves[move]()


@pytest.mark.parametrize("seed", range(WALKS))
async def test_a_case_walks_by_its_table(relay: Relay, seed: int) -> None:
    """§5: a case moves only as its table says, with an actor, a reason and a row of the log each;
    evidence is kept all the way; nobody judges a decision of their own.
    """
    chance = random.Random(seed)
    clock = Clock(relay.context.clock())
    relay.context.clock = clock
    people = [await look_of(relay) for _ in range(3)]
    message_id = await write(relay)
    case_id = await reported(relay, message_id)
    state, decided_by = State.RECEIVED, None
    for _ in range(STEPS):
        clock.now += timedelta(minutes=chance.choice((1, 40)))
        move, look = chance.choice(list(Move)), chance.choice(people)
        [before] = await relay.fetch("select count(*) as rows from look")
        try:
            await play(relay, move, case_id, message_id, look)
        except Refused as refusal:
            may = (state, move) in MOVES
            own = move in (Move.UPHOLD, Move.OVERTURN) and decided_by == look.staff_id
            assert not may or own or refusal.code == "case_taken"
            [after] = await relay.fetch("select count(*) as rows from look")
            assert after["rows"] == before["rows"]  # what was refused is rolled back whole
        else:
            state = MOVES[state, move]
            decided_by = look.staff_id if move is Move.DECIDE else decided_by
        [row] = await relay.fetch("select * from report_case")
        assert row["state"] == state
        assert row["judged_by"] is None or row["judged_by"] != row["decided_by"]
        [kept] = await relay.fetch(
            "select is_held(site_id, $1, now()) as kept from message", message_id
        )
        assert kept["kept"]
    acts = await relay.fetch("select reason, action from desk_act where case_id = $1", case_id)
    assert all(act["reason"] for act in acts)
    assert (await verify(relay.context, relay.site)).faults == ()


TRANSITIONS = {
    ("queued", Action.HOLD): "held",
    ("deferred", Action.HOLD): "held",
    ("held", Action.RELEASE): "queued",
    ("held", Action.REFUSE): "refused",
    ("refused", Action.REINSTATE): "held",
}


@pytest.mark.parametrize("seed", range(WALKS))
async def test_a_message_walks_by_its_table(relay: Relay, seed: int) -> None:
    """§5: staff move a message only along its table, every step can be undone, none is lost."""
    chance = random.Random(seed)
    message_id = await write(relay)
    state = chance.choice(("queued", "deferred", "held", "refused", "delivered"))
    await set_state(relay, message_id, state)
    await relay.fetch("update outbox set reason = 'by_moderator' where mail_id = $1", message_id)
    for _ in range(STEPS):
        action = chance.choice(
            (Action.HOLD, Action.RELEASE, Action.REFUSE, Action.REINSTATE, Action.WARN)
        )
        order = Order(action, await look_of(relay), message_ids=(message_id,))
        effect = await desk.carry_out(relay.context, relay.site, order)
        was, state = state, TRANSITIONS.get((state, action), state)
        assert await state_of(relay, message_id) == state
        if chance.random() < 0.3 and effect.act_id and action is not Action.WARN:
            await desk.undo(relay.context, relay.site, effect.act_id, await look_of(relay))
            state = "queued" if was == "deferred" and state != was else was
            assert await state_of(relay, message_id) == state
    await relay.check_ledger()
