"""The legal hold as a machine: two persons, a ground and an end, whatever is done in any order."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.errors import Refused
from relay.retention.hold import UNAPPROVED, Hold, Scope, Wish, placed

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PERSONS = st.sampled_from(["lea", "marc", "zoe"])
STEPS = st.lists(
    st.tuples(
        st.sampled_from([Hold.approved, Hold.lift_asked, Hold.lifted]),
        PERSONS,
        st.integers(min_value=0, max_value=100),
    ),
    max_size=12,
)


def wish(ground: str = "PV 2027/118", hours: int = 200) -> Wish:
    """Return a wish to keep a message for some hours."""
    return Wish(Scope.MESSAGE, UUID(int=1), ground, START + hours * HOUR)


@given(PERSONS, st.integers(min_value=1, max_value=400), STEPS)
def test_two_persons_or_72_hours(placer: str, hours: int, steps: list[tuple]) -> None:
    """A hold never blocks past 72 hours without another's approval, nor past its end; it never ends
    early but by two persons; a hold that is over stays so.
    """
    hold, now = placed(wish(hours=hours), UUID(int=2), placer, START), START
    for change, person, wait in steps:
        now += wait * HOUR
        before, blocked = hold, hold.blocks(now)
        try:
            hold = change(hold, person, now)
        except Refused:
            assert hold == before
        else:
            assert blocked
        assert hold.approved_by != hold.placed_by
        assert hold.lifted_by is None or hold.lifted_by != hold.lift_asked_by
        assert hold.blocks_until <= hold.ends_at
        if hold.approved_by is None:
            assert hold.blocks_until <= hold.placed_at + UNAPPROVED
        if hold.lifted_by is None:
            assert hold.blocks_until >= min(hold.ends_at, hold.placed_at + UNAPPROVED)
        else:
            assert hold.lift_asked_by is not None
            assert not hold.blocks(now)
        assert (hold.scope, hold.subject_id, hold.ground) == (
            before.scope,
            before.subject_id,
            before.ground,
        )


def test_approved_and_lifted() -> None:
    """Placed by one, approved by another, lift asked by one, lifted by another."""
    hold = placed(wish(), UUID(int=2), "lea", START)
    hold = hold.approved("marc", START + HOUR)
    assert hold.blocks(START + 199 * HOUR)
    hold = hold.lift_asked("marc", START + 2 * HOUR).lifted("lea", START + 3 * HOUR)
    assert not hold.blocks(START + 3 * HOUR)


@pytest.mark.parametrize(
    ("bad", "code"),
    [(wish(ground=" "), "hold_without_ground"), (wish(hours=0), "hold_end_past")],
)
def test_no_hold_without_ground_and_end(bad: Wish, code: str) -> None:
    """A hold has a ground and an end to come."""
    with pytest.raises(Refused, match=code):
        placed(bad, UUID(int=2), "lea", START)
