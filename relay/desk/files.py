"""Cases as they are shown: the queue, and one with its reports."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from relay.context import Context
from relay.database import Record, queries, rows_of
from relay.desk.givers import opened
from relay.desk.moves import Category, State, due_at
from relay.desk.ruling import Appeal, CaseFile, Decision, Reported, Statement
from relay.errors import Refused
from relay.looks import Look, record_look
from relay.sealing import Keyring, appeal_place, details_place, report_place
from relay.sites import Site


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case in the queue; *due_at* is when it wants a decision."""

    case_id: UUID
    message_id: UUID
    state: State
    category: Category
    listing_ref: str
    listing_title: str
    side: str
    score: int
    reports: int
    opened_at: datetime
    due_at: datetime
    taken_by: UUID | None
    taken_until: datetime | None
    decided_by: UUID | None


async def list_cases(context: Context, site: Site, look: Look) -> list[Waiting]:
    """Return the cases that wait for a person, the most urgent first; at most 500."""
    async with context.database.connection() as connection:
        await record_look(connection, look)
        rows = await rows_of(queries().list_cases(connection, site_id=site.site_id))
    return sorted((_waiting(row) for row in rows), key=lambda one: (one.due_at, one.case_id))


async def read_case(context: Context, site: Site, case_id: UUID, look: Look) -> CaseFile:
    """Open a case with what was reported; the message itself stays closed (``open_message``).

    Raises:
        Refused: ``not_found``.
    """
    async with context.database.connection() as connection:
        await record_look(connection, look)
        row: Record | None = await queries().read_case(
            connection, site_id=site.site_id, case_id=case_id
        )
        if row is None:
            raise Refused("not_found")
        reports = await rows_of(
            queries().list_reports(connection, site_id=site.site_id, message_id=row["message_id"])
        )
    return _file(context.keyring, site, row, reports)


def _waiting(row: Record) -> Waiting:
    category = Category(row["category"])
    return Waiting(
        case_id=row["case_id"],
        message_id=row["message_id"],
        state=State(row["state"]),
        category=category,
        listing_ref=row["ref"],
        listing_title=row["title"],
        side=row["side"],
        score=row["score"],
        reports=row["reports"],
        opened_at=row["opened_at"],
        due_at=due_at(category, row["opened_at"], is_trusted=bool(row["is_trusted"])),
        taken_by=row["taken_by"],
        taken_until=row["taken_until"],
        decided_by=row["decided_by"],
    )


def _file(keyring: Keyring, site: Site, row: Record, reports: Sequence[Record]) -> CaseFile:
    return CaseFile(
        case_id=row["case_id"],
        message_id=row["message_id"],
        state=State(row["state"]),
        category=row["category"],
        opened_at=row["opened_at"],
        taken_by=row["taken_by"],
        taken_until=row["taken_until"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        decision=Decision(row["decision"]) if row["decision"] else None,
        statement=read_statement(site, row),
        appeal_until=row["appeal_until"],
        appeal=_appeal(keyring, site, row),
        judgement=read_judgement(site, row),
        judged_by=row["judged_by"],
        judged_at=row["judged_at"],
        is_warning=row["is_warning"],
        suspended_until=row["suspended_until"],
        reports=tuple(_reported(keyring, site, one) for one in reports),
    )


def read_statement(site: Site, row: Record) -> Statement | None:
    """Open the reasons of a decision; None before it is made."""
    return _opened(site, row, "sealed_statement")


def read_judgement(site: Site, row: Record) -> Statement | None:
    """Open the reasons with which an appeal ended; None before it does."""
    return _opened(site, row, "sealed_judgement")


def _opened(site: Site, row: Record, column: str) -> Statement | None:
    if row[column] is None:
        return None
    values = json.loads(site.key.open(row[column], f"report_case.{column}:{row['case_id']}"))
    values.pop("automated_decision")
    end_date = values.pop("end_date")
    return Statement(**values, end_date=datetime.fromisoformat(end_date) if end_date else None)


def _appeal(keyring: Keyring, site: Site, row: Record) -> Appeal | None:
    if row["appealed_by"] is None:
        return None
    text = ""  # of whoever was erased: the case is judged all the same
    if row["sealed_appeal"] is not None:
        text = opened(keyring, site, row, "sealed_appeal", appeal_place(row["message_id"]))
    return Appeal(row["appealed_by"], row["appealed_at"], text)


def _reported(keyring: Keyring, site: Site, row: Record) -> Reported:
    details: dict[str, str] = {}
    if row["sealed_details"] is not None:
        place = details_place(row["report_id"])
        details = json.loads(opened(keyring, site, row, "sealed_details", place) or "{}")
    return Reported(
        report_id=row["report_id"],
        reporter_id=row["reporter_id"],
        category=row["category"],
        source=row["source"],
        note=opened(keyring, site, row, "sealed_note", report_place(row["report_id"])),
        details=details,
        created_at=row["created_at"],
    )
