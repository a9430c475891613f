"""Reports come in: each gets its receipt, becomes part of its message's case, freezes evidence.

Parties report from their mails (relay/answers.py, relay/parties.py); staff and the site's own
programs here. ``open_cases`` takes in whatever is new and may run at any time.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.desk.givers import giver_of, party
from relay.desk.moves import APPEAL, Category, State
from relay.desk.orders import Trail
from relay.desk.telling import News, Teller
from relay.errors import FieldFault, Invalid, Refused
from relay.looks import Look, record_look
from relay.sealing import appeal_place, details_place, new_id, report_place
from relay.sites import Site

NOTE_LIMIT = 2000
LINE_LIMIT = 300
BATCH = 100

log = structlog.get_logger()


class Source(StrEnum):
    """Who reports, when it is no party of the conversation."""

    STAFF = "staff"
    SITE = "site"
    THIRD_PARTY = "third_party"
    TRUSTED = "trusted"  # a trusted flagger goes first (DSA 22)
    AUTHORITY = "authority"


class Appellant(StrEnum):
    """Who contests a decision."""

    AUTHOR = "author"
    REPORTER = "reporter"
    OUTSIDER = "outsider"  # who reported through the site, which tells them the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A report with the fields of DSA 16(2); its exact place is the message.

    Args:
        why: The reasons, in the reporter's words.
        law: The law or clause it names; may be empty.
        name, email: Of who reports; both may be empty for staff and for child abuse.
        good_faith: The reporter says that the report is accurate and complete.
    """

    message_id: UUID
    category: Category
    source: Source
    why: str
    law: str = ""
    name: str = ""
    email: str = ""
    good_faith: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """The confirmation of receipt (DSA 16(4)).

    Args:
        is_first: Nobody reported the message before.
    """

    report_id: UUID
    case_id: UUID
    is_first: bool
    received_at: datetime


async def file_report(
    context: Context, site: Site, notice: Notice, look: Look | None = None
) -> Receipt:
    """Take a report of staff, of the site's own program, or of somebody else through it.

    Args:
        look: Of staff; None from a program.

    Raises:
        Invalid: ``field_missing`` of ``why``, ``name``, ``email`` or ``good_faith``.
        Refused: ``not_found``: there is no such message.
    """
    _check(notice)
    now = context.clock()
    report_id = new_id(now)
    async with context.database.connection() as connection, connection.transaction():
        if look is not None:
            await record_look(connection, look)
        await _write(context, connection, site, notice, (report_id, now))
        opened = await _open_new(connection, site, now)
        while opened and report_id not in opened:  # others wait before it
            opened = await _open_new(connection, site, now)
        if not opened:
            raise Refused("not_found")  # its message was purged this instant
    case_id, is_first = opened[report_id]
    log.warning("report.received", report_id=str(report_id), site=site.slug)
    return Receipt(report_id, case_id, is_first, now)


async def _write(
    context: Context,
    connection: Connection,
    site: Site,
    notice: Notice,
    new: tuple[UUID, datetime],
) -> None:
    """Store a report, sealed by the key of whoever gave it; *new* is its id and time."""
    report_id, now = new
    details = json.dumps({"law": notice.law, "name": notice.name, "email": notice.email})
    giver_id, key = await giver_of(context, connection, site, notice.email, now)
    written = await queries().file_report(
        connection,
        site_id=site.site_id,
        report_id=report_id,
        message_id=notice.message_id,
        giver_id=giver_id,
        sealed_note=key.seal(notice.why, report_place(report_id)),
        category=notice.category.value,
        source=notice.source.value,
        sealed_details=key.seal(details, details_place(report_id)),
        good_faith_at=now if notice.good_faith else None,
        created_at=now,
    )
    if not str(written).endswith(" 1"):
        raise Refused("not_found")


async def open_cases(context: Context, site: Site) -> int:
    """Make new reports part of their cases, with receipts and frozen evidence; return how many."""
    async with context.database.connection() as connection, connection.transaction():
        opened = await _open_new(connection, site, context.clock())
    if opened:
        context.bell.ring()
    return len(opened)


async def appeal(
    context: Context,
    site: Site,
    message_id: UUID,
    *,
    by: Appellant,
    text: str,
    appellant_id: UUID | None = None,
) -> None:
    """Contest a decision, within 184 days and once; another person judges it.

    Its evidence is kept for as long again, so that there is something to judge. The key of the
    appellant seals the text, if the relay knows them.

    Raises:
        Invalid: ``field_missing``: it says nothing.
        Refused: ``appeal_not_open``: nothing was decided, the time is over, or it was contested.
    """
    said, now = text.strip()[:NOTE_LIMIT], context.clock()
    if not said:
        raise Invalid(FieldFault("text", "field_missing", {"field": "text"}))
    async with context.database.connection() as connection, connection.transaction():
        await queries().change_holds(connection, site_id=site.site_id)
        owner_id, key = await party(context, connection, site, appellant_id)
        row: Record | None = await queries().appeal_case(
            connection,
            site_id=site.site_id,
            message_id=message_id,
            appealed_by="author" if by is Appellant.AUTHOR else "reporter",
            appealed_at=now,
            appellant_id=owner_id,
            sealed_appeal=key.seal(said, appeal_place(message_id)),
        )
        if row is None:
            raise Refused("appeal_not_open")
        held = {"site_id": site.site_id, "hold_id": row["hold_id"]}
        await queries().prolong_hold(connection, **held, ends_at=now + APPEAL)
        if by is not Appellant.OUTSIDER:
            await _confirm(Teller(connection, site, now, Trail()), message_id, row["case_id"], by)
    context.bell.ring()
    log.info("case.appealed", case_id=str(row["case_id"]), site=site.slug)


async def _confirm(teller: Teller, message_id: UUID, case_id: UUID, by: Appellant) -> None:
    """Tell a party that their appeal was received (DSA 20(5))."""
    mark = teller.site.hash("told", f"{News.APPEAL_RECEIVED}\0{case_id}")
    to_author = by is Appellant.AUTHOR
    await teller.tell(message_id, News.APPEAL_RECEIVED, mark, to_author=to_author)


def _check(notice: Notice) -> None:
    """Ask for the fields of DSA 16(2); of child abuse nobody has to give a name (16(2)(c))."""
    is_named = notice.source is Source.STAFF or notice.category is Category.CHILD_ABUSE
    values: dict[str, object] = {"why": notice.why.strip()}
    if not is_named:
        values |= {"name": notice.name.strip(), "email": notice.email.strip()}
    if notice.source is not Source.STAFF:
        values |= {"good_faith": notice.good_faith}
    missing = [name for name, value in values.items() if not value]
    long = [("why", notice.why, NOTE_LIMIT), ("law", notice.law, LINE_LIMIT)]
    faults = [FieldFault(name, "field_missing", {"field": name}) for name in missing]
    faults += [
        FieldFault(name, "text_too_long", {"n": len(value) - limit, "limit": limit})
        for name, value, limit in long
        if len(value) > limit
    ]
    if faults:
        raise Invalid(*faults)


async def _open_new(
    connection: Connection, site: Site, now: datetime
) -> dict[UUID, tuple[UUID, bool]]:
    """Return the case of every new report, and whether it is a new one."""
    rows = await rows_of(queries().list_new_reports(connection, site_id=site.site_id, most=BATCH))
    if rows:
        await queries().change_holds(connection, site_id=site.site_id)
    return {row["report_id"]: await _open(connection, site, row, now) for row in rows}


async def _open(
    connection: Connection, site: Site, row: Record, now: datetime
) -> tuple[UUID, bool]:
    case = await queries().open_case(
        connection,
        site_id=site.site_id,
        case_id=new_id(now),
        message_id=row["message_id"],
        category=row["category"],
        opened_at=row["created_at"],
    )
    if case["is_new"]:
        await _freeze(connection, site, case["case_id"], row, now)
    elif case["state"] == State.RECEIVED:  # looked at anew: its evidence is needed as long again
        held = {"site_id": site.site_id, "hold_id": case["hold_id"]}
        await queries().prolong_hold(connection, **held, ends_at=now + APPEAL)
    await queries().acknowledge(
        connection, site_id=site.site_id, report_id=row["report_id"], acknowledged_at=now
    )
    if row["reporter_id"] is not None:
        mark = site.hash("told", f"{News.REPORT_RECEIVED}\0{row['report_id']}")
        teller = Teller(connection, site, now, Trail())
        await teller.tell(row["message_id"], News.REPORT_RECEIVED, mark, to_author=False)
    return case["case_id"], case["is_new"]


async def _freeze(
    connection: Connection, site: Site, case_id: UUID, row: Record, now: datetime
) -> None:
    """Keep the thread from the purge until its case can no longer be contested (A40)."""
    hold_id, ends_at = new_id(now), now + APPEAL
    await queries().add_hold(
        connection,
        site_id=site.site_id,
        hold_id=hold_id,
        scope="conversation",
        subject_id=row["conversation_id"],
        ground=f"case_{case_id.hex}",
        ends_at=ends_at,
        placed_by="report",
        placed_at=now,
        blocks_until=ends_at,
    )
    await queries().note_hold(connection, site_id=site.site_id, case_id=case_id, hold_id=hold_id)
