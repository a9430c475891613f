"""The state machine of a request and its clock, over every order of steps and every day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from relay.errors import Refused
from relay.rights.clock import holidays, last_day, local_day, months_later
from relay.rights.standing import (
    ENDS,
    NEEDS_REASON,
    STEPS,
    UNDO,
    Door,
    Event,
    Kind,
    Standing,
    State,
    Step,
    begin,
    needs_code,
    take,
)

NOON = datetime(2026, 11, 22, 11, tzinfo=UTC)
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
times = st.integers(0, 66 * 365 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes))


class Requests(RuleBasedStateMachine):
    """A request that anything may happen to, at any time, by anybody."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.standing = begin(None, NOON)
        self.first = self.standing
        self.was: list[Standing] = []

    @initialize(kind=st.sampled_from(Kind), at=times)
    def come_in(self, kind: Kind, at: datetime) -> None:
        """A request comes in by some door."""
        self.now, self.standing = at, begin(kind, at)
        self.first, self.was = self.standing, []

    @rule(
        event=st.sampled_from(Event),
        days=st.integers(0, 40),
        actor=st.sampled_from(["", "person", "system", "staff"]),
        reason=st.sampled_from(["", " ", "essai"]),
    )
    def happen(self, event: Event, days: int, actor: str, reason: str) -> None:
        """Something happens; what may not is refused and changes nothing."""
        self.now += timedelta(days=days, minutes=7)
        step = Step(event, self.now, actor, reason)
        try:
            after = take(self.standing, step)
        except Refused:
            return
        assert actor
        assert reason.strip() or event not in NEEDS_REASON
        self.was.append(self.standing)
        self.standing = after

    @invariant()
    def an_end_is_an_end(self) -> None:
        """Nothing leads out of an end, and only ends have an end time."""
        assert (self.standing.state in ENDS) == (self.standing.ended_at is not None)
        assert not [one for one in self.was if one.state in ENDS]

    @invariant()
    def the_clock_runs_from_receipt(self) -> None:
        """Receipt never changes; the last day moves by pauses, extension and contest only."""
        standing = self.standing
        assert standing.received_at == self.first.received_at
        expected = last_day(
            standing.clock_from,
            paused_days=standing.paused_days,
            extended=standing.extended_at is not None,
        )
        assert standing.due_on == expected
        assert standing.due_on >= months_later(local_day(standing.clock_from), 1)

    @invariant()
    def it_stands_still_for_proof_only(self) -> None:
        """The clock is stopped exactly while proof is awaited, and then nothing is late."""
        is_awaited = self.standing.state is State.IDENTITY_PENDING
        assert (self.standing.paused_at is not None) == is_awaited
        assert not (is_awaited and self.standing.is_late(self.now + timedelta(days=999)))

    @invariant()
    def nothing_is_done_without_proof(self) -> None:
        """A request is carried out only once it was proved and its kind is known."""
        if self.standing.state in (State.ACCEPTED, State.READY, State.PARTLY_HELD):
            assert self.standing.proved_at is not None
            assert self.standing.kind is not None

    @invariant()
    def an_erasure_can_be_taken_back(self) -> None:
        """An accepted erasure waits a quarter of an hour."""
        if self.standing.state is State.ACCEPTED and self.standing.kind is Kind.ERASURE:
            assert self.standing.acts_at == self.standing.changed_at + UNDO


TestRequests = Requests.TestCase


@given(times)
def test_the_last_day_is_a_working_day(at: datetime) -> None:
    """A period never ends on a weekend or a public holiday, and moves a week at most."""
    due, month = last_day(at), months_later(local_day(at), 1)
    assert due.weekday() < 5
    assert due not in holidays(due.year)
    assert timedelta(0) <= due - month <= timedelta(days=7)


@given(times, st.integers(0, 60))
def test_more_time_is_never_less(at: datetime, days: int) -> None:
    """A pause or an extension never brings the last day nearer."""
    assert last_day(at, paused_days=days) >= last_day(at)
    assert last_day(at, paused_days=days, extended=True) >= last_day(at, paused_days=days)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-05T10:00", date(2026, 4, 7)),  # the 5th is Easter Sunday, the 6th Easter Monday
        ("2026-08-31T10:00", date(2026, 9, 30)),  # no 31st
        ("2027-01-31T10:00", date(2027, 3, 1)),  # 28 February is a Sunday
        ("2026-10-11T12:00", date(2026, 11, 12)),  # Armistice
        ("2026-12-25T12:00", date(2027, 1, 25)),
        ("2026-06-30T22:30", date(2026, 8, 3)),  # 1 July in Paris already; 1 August is a Saturday
    ],
)
def test_known_days(received: str, due: date) -> None:
    """Days worked out by hand after Regulation 1182/71, article 3."""
    assert last_day(datetime.fromisoformat(received).replace(tzinfo=UTC)) == due


@pytest.mark.parametrize(
    ("year", "easter_monday"), [(2024, (4, 1)), (2025, (4, 21)), (2026, (4, 6)), (2038, (4, 26))]
)
def test_moving_holidays(year: int, easter_monday: tuple[int, int]) -> None:
    """Easter Monday, Ascension and Whit Monday fall where calendars have them."""
    monday = date(year, *easter_monday)
    days = {monday, monday + timedelta(days=38), monday + timedelta(days=49)}
    assert days <= holidays(year)
    assert len(holidays(year)) in (10, 11)  # Ascension may fall on another


@given(st.sampled_from(sorted(STEPS)), times)
def test_every_step_has_a_way_back_or_on(pair: tuple[State, Event], at: datetime) -> None:
    """From every state that is no end some step leads on."""
    after = STEPS[pair]
    assert after in ENDS or any(state is after for state, _ in STEPS)


def test_the_extension_comes_in_the_first_month() -> None:
    """Two more months are taken once, and not after the first is over (GDPR 12(3))."""
    standing = replace(begin(Kind.ACCESS, NOON), proved_at=NOON)
    extended = take(standing, Step(Event.EXTENDED, NOON, "staff", "Beaucoup de messages."))
    assert extended.due_on == date(2027, 2, 22)
    with pytest.raises(Refused, match="extension_twice"):
        take(extended, Step(Event.EXTENDED, NOON, "staff", "Encore."))
    late = NOON + timedelta(days=40)
    with pytest.raises(Refused, match="extension_late"):
        take(standing, Step(Event.EXTENDED, late, "staff", "Oubliée."))


@given(st.sampled_from(Kind), st.sampled_from(Door))
def test_what_discloses_needs_a_code(kind: Kind, door: Door) -> None:
    """A39: only what shows and destroys nothing is done by a link alone, and only a private one."""
    assume(not needs_code(kind, door))
    assert door is Door.LINK
    assert kind in (Kind.RESTRICTION, Kind.OBJECTION)
