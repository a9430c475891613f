"""The rules of the desk: how a case moves, what one person may order alone."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.desk.moves import MOVES, Category, Move, State, after, due_at
from relay.desk.orders import (
    INVERSES,
    Action,
    NewBlock,
    Order,
    Weight,
    check,
    check_second,
    needs_second,
)
from relay.errors import Refused
from relay.looks import Look
from relay.lookup import Key, Kind

NOW = datetime(2027, 3, 14, 12, tzinfo=UTC)
STAFF, OTHER = UUID(int=1), UUID(int=2)
LOOK = Look(UUID(int=9), STAFF, "act", "message", "dossier 12", NOW)


def block_of(kind: Kind = Kind.PHONE, days: float = 7, keys: int = 1, note: str = "x") -> Order:
    """Return the order of a block."""
    key = Key(kind, tuple(bytes([n]) * 16 for n in range(keys)))
    block = NewBlock(key, Weight.HOLD, NOW + timedelta(days=days), "06 •• •• •• 78", note)
    return Order(Action.BLOCK, LOOK, block=block)


@given(st.lists(st.sampled_from(Move), max_size=20))
def test_a_case_moves_as_the_table_says(moves: list[Move]) -> None:
    """Whatever is tried, a case is judged only after a decision and an appeal, and then rests."""
    state, past = State.RECEIVED, [State.RECEIVED]
    for move in moves:
        try:
            state = after(state, move)
        except Refused:
            assert (state, move) not in MOVES
            continue
        past.append(state)
    if state in (State.UPHELD, State.OVERTURNED):
        assert past.index(State.DECIDED) < past.index(State.APPEALED) < len(past) - 1
        assert not [move for move in Move if (state, move) in MOVES]


def test_every_state_can_be_reached() -> None:
    """No state of a case is there for nothing."""
    assert {State.RECEIVED, *MOVES.values()} == set(State)


def test_clocks_run_from_receipt() -> None:
    """A life is due in a quarter of an hour, phishing and trusted flaggers in one, others in 24."""
    waits = [
        due_at(Category.LIFE_THREAT, NOW, is_trusted=False) - NOW,
        due_at(Category.PHISHING, NOW, is_trusted=False) - NOW,
        due_at(Category.SPAM, NOW, is_trusted=True) - NOW,
        due_at(Category.SPAM, NOW, is_trusted=False) - NOW,
    ]
    assert waits == [timedelta(minutes=15), *[timedelta(hours=1)] * 2, timedelta(hours=24)]


def test_inverses_are_inverse() -> None:
    """What undoes an act is undone by it, but for a block, which is restored after its end."""
    assert all(INVERSES[INVERSES[one]] == one for one in INVERSES if one is not Action.BLOCK)


@pytest.mark.parametrize(
    ("order", "changed", "needed"),
    [
        (Order(Action.HOLD, LOOK), 50, False),
        (Order(Action.HOLD, LOOK), 51, True),
        (block_of(days=30), 0, False),
        (block_of(days=31), 0, True),
    ],
)
def test_when_a_second_person_is_needed(order: Order, changed: int, *, needed: bool) -> None:
    """Above fifty messages and above thirty days."""
    assert needs_second(order, changed, NOW) is needed


@pytest.mark.parametrize("approved_by", [None, STAFF])
def test_nobody_is_their_own_second(approved_by: UUID | None) -> None:
    """Neither nobody nor the same person is a second one."""
    with pytest.raises(Refused, match="second_person_needed"):
        check_second(Order(Action.HOLD, LOOK, approved_by=approved_by), 51, NOW)
    check_second(Order(Action.HOLD, LOOK, approved_by=OTHER), 51, NOW)


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (block_of(note=" "), "block_without_note"),
        (block_of(days=-1), "block_end_past"),
        (block_of(Kind.NETWORK, keys=2), "block_too_wide"),
        (block_of(Kind.BROWSER), "block_kind_unknown"),
        (Order(Action.HOLD, LOOK, message_ids=(STAFF,) * 501), "bulk_too_large"),
    ],
)
def test_what_is_refused(order: Order, code: str) -> None:
    """A block has a note, an end to come, and one key of a kind that names somebody."""
    with pytest.raises(Refused, match=code):
        check(order, NOW)
