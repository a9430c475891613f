"""A site as a whole: what was sent, what waits, whether all is well, how it is set up.

Acts that only read counts, states and dates, never a person; each writes its look first.
"""

from relay.overview.deliveries import (
    Answered,
    Backlog,
    Deliveries,
    Fate,
    Hour,
    ProviderTimes,
    RouteTimes,
    RuleCount,
    WaitingMessage,
    fate_of,
    read_deliveries,
)
from relay.overview.setup import KeyShown, Setup, read_setup
from relay.overview.signs import Sign, read_signs
from relay.overview.waiting import Waiting, count_waiting

__all__ = [
    "Answered",
    "Backlog",
    "Deliveries",
    "Fate",
    "Hour",
    "KeyShown",
    "ProviderTimes",
    "RouteTimes",
    "RuleCount",
    "Setup",
    "Sign",
    "Waiting",
    "WaitingMessage",
    "count_waiting",
    "fate_of",
    "read_deliveries",
    "read_setup",
    "read_signs",
]
