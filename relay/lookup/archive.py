"""Which classes of a message are archived: kept for their ground, and closed to daily work."""

from datetime import datetime

from relay.database import Record
from relay.policy import Kept, Trigger
from relay.policy.clock import Tier, tier_of
from relay.sites import Site

MESSAGES, TRACES = "messages", "traces"


def archived(site: Site, row: Record, now: datetime) -> frozenset[str]:
    """Return the classes of a message that are past their active days.

    Args:
        row: With ``received_at`` of the message and ``ended_at`` of its listing.
    """
    kept = site.policy.retention
    classes = {MESSAGES: kept.messages, TRACES: kept.traces}
    return frozenset(name for name, one in classes.items() if _is_archived(one, row, now))


def _is_archived(kept: Kept, row: Record, now: datetime) -> bool:
    since = row["received_at"] if kept.trigger is Trigger.RECEIPT else row["ended_at"]
    return since is not None and tier_of(kept, since, now) is not Tier.ACTIVE
