"""When what a site keeps is due to go, under every version its senders were promised.

A row obeys the version in force when it came in. Around a publication, when some processes may
still serve the earlier version, the longer of both promises holds.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from relay.policy.model import Kept, Policy
from relay.policy.words import Trigger

EVER = datetime(1970, 1, 1, tzinfo=UTC)
MARGIN = timedelta(hours=1)

KeptOf = Callable[[Policy], Kept]


@dataclass(frozen=True, slots=True)
class Version:
    """A policy and since when it is in force."""

    published_at: datetime
    policy: Policy


@dataclass(frozen=True, slots=True)
class Window:
    """A span of receipt times whose rows are due.

    Args:
        ended_before: Only those whose listing ended before this; None takes every row.
    """

    after: datetime
    before: datetime
    ended_before: datetime | None = None


class Tier(StrEnum):
    """Where a row stands on its way out."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    OVER = "over"


def due_windows(versions: Iterable[Version], kept_of: KeptOf, now: datetime) -> list[Window]:
    """Return the spans of receipt times from which every row is past its latest end."""
    found = []
    for after, before, kepts in _spans(versions, kept_of, now):
        over = min(before, now - timedelta(days=max(kept.days_from_receipt for kept in kepts)))
        if over > after:
            found.append(Window(after, over))
    return found


def ended_windows(versions: Iterable[Version], kept_of: KeptOf, now: datetime) -> list[Window]:
    """Return the spans of receipt times whose rows go when their listing has ended."""
    return [
        Window(after, before, now - timedelta(days=max(kept.days for kept in kepts)))
        for after, before, kepts in _spans(versions, kept_of, now)
        if all(kept.trigger is Trigger.LISTING_ENDED for kept in kepts)
    ]


def over_before(versions: Iterable[Version], kept_of: KeptOf, now: datetime) -> datetime:
    """Return the time up to which every row is past its latest end."""
    reached = EVER
    for window in due_windows(versions, kept_of, now):
        if window.after > reached:
            break
        reached = window.before
    return reached


def tier_of(kept: Kept, since: datetime, now: datetime) -> Tier:
    """Tell whether a row is in daily use, in the archive, or over.

    Args:
        since: When its trigger was: receipt, or the end of its listing.
    """
    if now >= since + timedelta(days=kept.days):
        return Tier.OVER
    return Tier.ARCHIVED if now >= since + timedelta(days=kept.active_days) else Tier.ACTIVE


def _spans(
    versions: Iterable[Version], kept_of: KeptOf, now: datetime
) -> list[tuple[datetime, datetime, list[Kept]]]:
    """Cut the time until *now* at every publication; say what may have been promised in between."""
    ordered = sorted(versions, key=lambda version: version.published_at)
    starts = [EVER, *(version.published_at - MARGIN for version in ordered[1:])]
    ends = [*(version.published_at + MARGIN for version in ordered[1:]), now]
    cuts = sorted({cut for cut in (*starts, *ends, now) if EVER <= cut <= now})
    found = []
    for after, before in pairwise(cuts):
        kepts = [
            kept_of(version.policy)
            for version, start, end in zip(ordered, starts, ends, strict=True)
            if start < before and end > after
        ]
        if kepts:
            found.append((after, before, kepts))
    return found
