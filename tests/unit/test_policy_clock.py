"""When rows are due: never before any promise made to their sender, and then all of them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.policy import Kept, Trigger, read_policy
from relay.policy.clock import (
    EVER,
    MARGIN,
    Tier,
    Version,
    due_windows,
    ended_windows,
    over_before,
    tier_of,
)
from relay.retention.clocks import CONFIRMED_AFTER, LEAP, Belief, believe
from tests.unit.test_policy import DEMO

START = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
days = st.integers(min_value=1, max_value=800)
hours = st.integers(min_value=0, max_value=24 * 900)


def version(number: int, at: datetime, kept_days: int) -> Version:
    """A version that keeps messages for some days."""
    source = DEMO.replace("version = 1", f"version = {number}").replace(
        'active_days = 365\nbasis = "contract"', f"active_days = {kept_days}"
    )
    return Version(at, read_policy(source))


def messages(policy: object) -> Kept:
    """Where a policy says how long messages are kept."""
    return policy.retention.messages  # type: ignore[attr-defined, no-any-return]


@st.composite
def histories(draw: st.DrawFn) -> list[Version]:
    """Some versions of a site's policy, one after the other."""
    gaps = draw(st.lists(hours, min_size=1, max_size=4))
    at, found = START, []
    for number, gap in enumerate(gaps, start=1):
        found.append(version(number, at, draw(days)))
        at += gap * HOUR
    return found


@given(histories(), hours, hours)
def test_due_is_exactly_the_promise_in_force(
    history: list[Version], received: int, later: int
) -> None:
    """A row is due when the version in force at its receipt says so; longer near a publication."""
    at = START + received * HOUR
    now = at + later * HOUR
    due = any(w.after <= at < w.before for w in due_windows(history, messages, now))
    in_force = [one for one in history if one.published_at <= at][-1]
    near = [one for one in history if abs(one.published_at - at) <= MARGIN]
    strict = messages(in_force.policy).days
    longest = max([strict, *(messages(one.policy).days for one in near)])
    if due:
        assert now - at > strict * DAY
    elif not near:
        assert now - at <= longest * DAY


@given(histories(), hours)
def test_over_before_is_covered_by_windows(history: list[Version], later: int) -> None:
    """Everything before ``over_before`` is due, without a gap."""
    now = START + later * HOUR
    reached = EVER
    for window in due_windows(history, messages, now):
        if window.after == reached:
            reached = window.before
    assert over_before(history, messages, now) == reached


def test_a_shorter_version_leaves_earlier_promises() -> None:
    """A version that keeps for a day does not delete what was promised a year before it."""
    history = [version(1, START, 365), version(2, START + 100 * DAY, 1)]
    now = START + 110 * DAY
    windows = due_windows(history, messages, now)
    assert all(w.before <= now - 365 * DAY or w.after > START + 99 * DAY for w in windows)
    assert any(w.after > START + 99 * DAY for w in windows)


def test_what_goes_with_its_listing() -> None:
    """Rows of a class that ends with the listing are looked for by the listing's end as well."""
    source = DEMO.replace(
        'active_days = 365\nbasis = "contract"',
        'trigger = "listing_ended"\nactive_days = 30\nmost_days = 200',
    )
    history = [Version(START, read_policy(source))]
    now = START + 50 * DAY
    [window] = ended_windows(history, messages, now)
    assert window.ended_before == now - 30 * DAY
    assert ended_windows([version(1, START, 365)], messages, now) == []


@pytest.mark.parametrize(
    ("age", "tier"), [(0, Tier.ACTIVE), (364, Tier.ACTIVE), (365, Tier.ARCHIVED), (730, Tier.OVER)]
)
def test_tiers(age: int, tier: Tier) -> None:
    """A row is in daily use, then in the archive, then over."""
    kept = Kept(active_days=365, archive_days=365, ground="x")
    assert tier_of(kept, START, START + age * DAY) is tier


def test_trigger_words() -> None:
    """The two triggers are the words of the policy file."""
    assert {str(trigger) for trigger in Trigger} == {"receipt", "listing_ended"}


@given(st.lists(st.integers(min_value=-600, max_value=600), min_size=1, max_size=30))
def test_a_leap_is_never_believed_at_once(steps: list[int]) -> None:
    """F49: whatever a clock reads, the time believed moves by two days at most, or after a second
    reading ten minutes later.
    """
    belief, at, first_leap = Belief(START, None), START, None
    for step in steps:
        at += step * HOUR
        before, belief = belief, believe(belief, at)
        if belief.believed_at - before.believed_at > LEAP:
            assert first_leap is not None
            assert at - first_leap >= CONFIRMED_AFTER
        first_leap = belief.leapt_at


def test_a_long_sleep_is_caught_up() -> None:
    """A relay that slept for a month believes its clock at the second reading."""
    woke = START + 30 * DAY
    first = believe(Belief(START, None), woke)
    assert first == Belief(START, woke)
    assert believe(first, woke + CONFIRMED_AFTER).believed_at == woke + CONFIRMED_AFTER


def test_a_clock_ahead_for_a_minute_is_forgotten() -> None:
    """F49: a clock a year ahead for a minute leaves no trace once it is right again."""
    ahead = believe(Belief(START, None), START + 365 * DAY)
    assert ahead.believed_at == START
    assert believe(ahead, START + timedelta(minutes=1)) == Belief(
        START + timedelta(minutes=1), None
    )
