"""Acts that let go of what a site's policy no longer keeps, and hold what the law asks to keep.

Nothing goes before its time by two clocks, nothing under a hold, and never more at once than a
ceiling; what went is written into a signed report.
"""

from relay.retention.batches import Pace, Run
from relay.retention.calendar import Calendar, DueDay, read_calendar
from relay.retention.hold import Hold, Scope, Wish
from relay.retention.holds import (
    approve_hold,
    ask_lift,
    lift_hold,
    list_holds,
    place_hold,
    wish_about,
)
from relay.retention.purge import count_due, purge, purge_site
from relay.retention.reports import Purged, read_last_report
from relay.retention.state import Aged, find_overdue, gauge_oldest, read_oldest, read_versions
from relay.retention.witness import witness

__all__ = [
    "Aged",
    "Calendar",
    "DueDay",
    "Hold",
    "Pace",
    "Purged",
    "Run",
    "Scope",
    "Wish",
    "approve_hold",
    "ask_lift",
    "count_due",
    "find_overdue",
    "gauge_oldest",
    "lift_hold",
    "list_holds",
    "place_hold",
    "purge",
    "purge_site",
    "read_calendar",
    "read_last_report",
    "read_oldest",
    "read_versions",
    "wish_about",
    "witness",
]
