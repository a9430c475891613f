"""What a case is and how it ends: its reports, the decision with its reasons, the appeal."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from relay.desk.moves import State
from relay.sites import Site


class Decision(StrEnum):
    """How a case ends."""

    NO_ACTION = "no_action"
    ACTION = "action"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The reasons of a decision, with the field names of the EU database (DSA 17(3)).

    Args:
        decision_facts: What was found, without the name of who reported.
        decision_ground: ``illegal`` or ``terms``; "" when nothing is restricted.
        clause: The law or the clause of the terms.
        decision_visibility: What is restricted: message held, refused, thread closed, blocked.
        end_date: Until when; None without an end.
        automated_detection: A rule, a block or its score pointed at the message; a person decided
            all the same.
    """

    decision_facts: str
    decision_ground: str = ""
    clause: str = ""
    decision_visibility: str = ""
    end_date: datetime | None = None
    automated_detection: bool = False

    def sealed(self, site: Site, case_id: UUID, column: str = "sealed_statement") -> bytes:
        """Seal the statement for a column of its case."""
        values = asdict(self) | {
            "end_date": self.end_date.isoformat() if self.end_date else None,
            "automated_decision": "none",
        }
        return site.key.seal(json.dumps(values), f"report_case.{column}:{case_id}")


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a moderator decides.

    Args:
        is_warning: The reports were manifestly without ground, or with an action the message
            manifestly illegal: who made them, or wrote it, is warned (DSA 23).
        suspension: How long these reporters' reports, or this author's messages, are set aside.
    """

    decision: Decision
    statement: Statement
    is_warning: bool = False
    suspension: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Appeal:
    """Who contested a decision, when, and why; *text* is "" of whoever was erased since."""

    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Reported:
    """One report of a case; *note* and *details* in the reporter's words.

    Args:
        reporter_id: The party who reported; None for staff, the site or somebody else.
    """

    report_id: UUID
    reporter_id: UUID | None
    category: str
    source: str
    note: str
    details: dict[str, str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with its reports."""

    case_id: UUID
    message_id: UUID
    state: State
    category: str
    opened_at: datetime
    taken_by: UUID | None
    taken_until: datetime | None
    decided_by: UUID | None
    decided_at: datetime | None
    decision: Decision | None
    statement: Statement | None
    appeal_until: datetime | None
    appeal: Appeal | None
    judgement: Statement | None
    judged_by: UUID | None
    judged_at: datetime | None
    is_warning: bool
    suspended_until: datetime | None
    reports: tuple[Reported, ...]
