"""The declared table of what goes by itself: one entry per class of rows.

To add a table: give it a class in the policy (``relay/policy/model.py``, ``Retention``), an entry
here, and its two queries in ``sql/queries/retention.sql``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from relay.policy import Kept, Policy
from relay.policy.clock import KeptOf, Version, Window, due_windows, ended_windows

Spans = Callable[[Iterable[Version], KeptOf, datetime], list[Window]]


def _messages(policy: Policy) -> Kept:
    return policy.retention.messages


def _traces(policy: Policy) -> Kept:
    return policy.retention.traces


def _reports(policy: Policy) -> Kept:
    return policy.retention.reports


def _inbound(policy: Policy) -> Kept:
    return policy.retention.inbound


def _rights(policy: Policy) -> Kept:
    return policy.retention.rights


def _listings(policy: Policy) -> Kept:
    return policy.retention.listings


@dataclass(frozen=True, slots=True)
class Shelf:
    """One class of rows.

    Args:
        name: Class, as reports and metrics call it.
        due, delete: Names of its queries.
        kept: Where a policy says how long.
        spans: Which receipt times are due: by the rows' own clock, or by the end of the listing.
        is_by_time: Its rows are found by a time, not by the time in their id.
        after: Class whose rows are gone first: what they still need is passed over row by row, and
            of millions that would take longer than any batch may.
    """

    name: str
    due: str
    delete: str
    kept: KeptOf
    spans: Spans = due_windows
    is_by_time: bool = False
    after: str = ""


# In this order: a conversation goes after its messages, a listing after its conversations.
SHELVES = (
    Shelf("messages", "due_messages", "delete_messages", _messages),
    Shelf("messages", "due_messages_ended", "delete_messages", _messages, ended_windows),
    Shelf("mails", "due_mails", "delete_mails", _messages, after="messages"),
    Shelf("traces", "due_traces", "delete_traces", _traces),
    Shelf("traces", "due_traces_ended", "delete_traces", _traces, ended_windows),
    Shelf("reports", "due_reports", "delete_reports", _reports),
    Shelf("inbound", "due_inbound", "delete_inbound", _inbound),
    Shelf(
        "conversations", "due_conversations", "delete_conversations", _messages, after="messages"
    ),
    Shelf(
        "conversations",
        "due_conversations_ended",
        "delete_conversations",
        _messages,
        ended_windows,
        after="messages",
    ),
    Shelf("listings", "due_listings", "delete_listings", _listings, is_by_time=True),
    Shelf("rights", "due_requests", "delete_requests", _rights),
)

# The oldest row left of each class; one query each.
OLDEST: dict[str, tuple[str, KeptOf]] = {
    "messages": ("oldest_messages", _messages),
    "traces": ("oldest_traces", _traces),
    "reports": ("oldest_reports", _reports),
    "inbound": ("oldest_inbound", _inbound),
    "listings": ("oldest_listings", _listings),
    "rights": ("oldest_requests", _rights),
}


@dataclass(frozen=True, slots=True)
class Month:
    """Tables whose months go together, at once; *over* names the query that finds those."""

    name: str
    tables: tuple[str, ...]
    over: str
    kept: KeptOf


MONTHS = (
    Month("messages", ("message", "outbox", "attempt"), "message_months_over", _messages),
    Month("traces", ("sender_trace",), "trace_months_over", _traces),
)

# What lives as long as it needs to, whatever the policy says: its query, its life.
FLEETING = (
    ("forget_requests", timedelta(hours=24)),
    ("forget_told", timedelta(days=2)),
    ("forget_suppressions", timedelta(0)),
    ("forget_consents", timedelta(days=365)),
)
