"""Who may do what at a site: roles, permissions, and the one table that joins them.

Roles are held per site; what a person may do there is the widest of what each role allows.
An administrator of a site does not read its correspondence.
"""

from collections.abc import Iterable
from enum import Enum, IntEnum
from types import MappingProxyType


class Role(Enum):
    """A duty at a site; the value stands in the database and on the command line."""

    MODERATOR = "moderator"
    LEAD = "lead"
    SUPPORT = "support"
    PRIVACY = "privacy"
    CLERK = "clerk"  # places holds that authorities ask for
    APPROVER = "approver"  # confirms and lifts them; never whoever placed them
    ADMIN = "admin"
    AUDITOR = "auditor"


class Permission(Enum):
    """One kind of thing that can be seen or done."""

    QUEUE = "queue"  # the queue, a case, a sender with masked values
    REVEAL_IDENTITY = "reveal_identity"  # a mail address or a phone number in full
    REVEAL_TRACE = "reveal_trace"  # an IP address or a browser in full
    OPEN_REPORTED = "open_reported"  # the words of a thread that is reported or held
    OPEN_OTHER = "open_other"  # the words of any other thread
    ARCHIVE = "archive"  # what is past its active days, whatever it is
    HOLD = "hold"  # hold, release, refuse, block for 30 days at most
    HOLD_LARGE = "hold_large"  # block for longer, act on more than 50 at once
    DECIDE = "decide"  # decide a report
    APPEAL = "appeal"  # hear an appeal; never the decider
    REQUESTS = "requests"  # rights requests of persons
    LEGAL_HOLD = "legal_hold"  # keep from purge and erasure, as an authority asks
    RULES = "rules"
    RETENTION = "retention"  # retention, notices, fields
    STAFF = "staff"  # users and roles
    AUDIT = "audit"  # the journal of looks and the check of its chain
    STATISTICS = "statistics"


class Level(IntEnum):
    """How far a permission goes, from nothing to everything."""

    NO = 0
    MASKED = 1  # with personal values masked
    OWN = 2  # only one's own
    START = 3  # register, propose or set for a time; somebody else decides
    SECOND = 4  # takes effect when a second person agrees
    REASON = 5  # after a reason is given, which is logged
    YES = 6


_SIGNS = {
    "-": Level.NO,
    "m": Level.MASKED,
    "own": Level.OWN,
    "start": Level.START,
    "2": Level.SECOND,
    "r": Level.REASON,
    "yes": Level.YES,
}
_TABLE = """
                 moderator  lead   support  privacy  clerk  approver  admin  auditor
queue            yes        yes    m        -        m      m         m      m
reveal_identity  r          r      r        r        r      r         -      -
reveal_trace     -          r      -        r        r      r         -      -
open_reported    r          r      r        r        -      r         -      -
open_other       -          2      -        r        -      r         -      -
archive          -          2      -        r        -      r         -      -
hold             yes        yes    -        -        -      -         -      -
hold_large       -          2      -        -        -      -         -      -
decide           yes        yes    -        -        -      -         -      -
appeal           -          yes    -        -        -      -         -      -
requests         -          -      start    yes      -      -         -      -
legal_hold       -          start  -        start    start  2         -      -
rules            start      yes    -        -        -      -         -      -
retention        -          -      -        start    -      -         2      -
staff            -          -      -        -        -      -         2      -
audit            own        own    own      yes      own    own       -      yes
statistics       yes        yes    yes      yes      -      -         yes    yes
"""


def _read(table: str) -> dict[tuple[Role, Permission], Level]:
    head, *lines = (line.split() for line in table.strip().splitlines())
    roles = [Role(name) for name in head]
    return {
        (role, Permission(name)): _SIGNS[sign]
        for name, *signs in lines
        for role, sign in zip(roles, signs, strict=True)
    }


TABLE = MappingProxyType(_read(_TABLE))


def level(roles: Iterable[Role], permission: Permission) -> Level:
    """Return how far *roles* together reach for *permission*."""
    return max((TABLE[role, permission] for role in roles), default=Level.NO)
