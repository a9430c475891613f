"""A decision as one of its two sides reads it on a page of their own, and contests it there."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from relay.context import Context
from relay.database import Record, queries, rows_of
from relay.desk.files import read_judgement, read_statement
from relay.desk.moves import State
from relay.desk.orders import UNDO
from relay.desk.reports import Appellant, appeal
from relay.desk.ruling import Decision, Statement
from relay.errors import Refused
from relay.sites import Site


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the author or a reporter of a message is told of its case (DSA 16(5), 17(3), 20(5)).

    Args:
        is_author: Whoever reads wrote the message; else they reported it.
        by_notice: Somebody outside the team pointed at the message (DSA 17(3)(b)).
        statement: The reasons, which name nobody.
        is_warning: It warns whoever reads (DSA 23).
        suspended_until: Their reports, or their messages, are set aside until then.
        is_appealed: Somebody contested it; *judgement* says how that ended, once it has.
    """

    is_author: bool
    received_at: datetime
    decision: Decision
    decided_at: datetime
    by_notice: bool
    statement: Statement
    is_warning: bool
    suspended_until: datetime | None
    appeal_until: datetime
    is_appealed: bool
    is_own_appeal: bool
    appealed_at: datetime | None
    state: State
    judgement: Statement | None
    judged_at: datetime | None

    @property
    def is_reopened(self) -> bool:
        """Tell whether somebody reported the message again, so that it is looked at anew."""
        return self.state in (State.RECEIVED, State.IN_REVIEW, State.ESCALATED)

    def is_open(self, now: datetime) -> bool:
        """Tell whether it can be contested now."""
        return self.state is State.DECIDED and now <= self.appeal_until


async def read_ruling(context: Context, site: Site, message_id: UUID, person_id: UUID) -> Ruled:
    """Show a person the decision about a message of theirs, or one that they reported.

    Raises:
        Refused: ``not_found``: nothing was decided, or nothing that concerns them.
    """
    async with context.database.connection() as connection:
        row: Record | None = await queries().read_ruling(
            connection,
            site_id=site.site_id,
            message_id=message_id,
            person_id=person_id,
            before_at=context.clock() - UNDO,
        )
    if row is None or not _concerns(row):
        raise Refused("not_found")
    statement = read_statement(site, row)
    if statement is None:
        raise Refused("not_found")
    by = "author" if row["is_author"] else "reporter"
    is_addressed = row["is_author"] == (row["decision"] == Decision.ACTION)
    is_suspended = (
        is_addressed
        and row["state"] != State.OVERTURNED
        and (row["is_author"] or person_id in row["suspended_ids"])
    )
    return Ruled(
        is_author=row["is_author"],
        received_at=row["received_at"],
        decision=Decision(row["decision"]),
        decided_at=row["decided_at"],
        by_notice=row["by_notice"],
        statement=statement,
        is_warning=row["is_warning"] and is_addressed,
        suspended_until=row["suspended_until"] if is_suspended else None,
        appeal_until=row["appeal_until"],
        is_appealed=row["appealed_by"] is not None,
        is_own_appeal=row["appealed_by"] == by,
        appealed_at=row["appealed_at"],
        state=State(row["state"]),
        judgement=read_judgement(site, row),
        judged_at=row["judged_at"],
    )


async def list_rulings(
    context: Context, site: Site, message_id: UUID, *, is_buyer: bool
) -> list[tuple[UUID, UUID]]:
    """Return the decisions that a side of a conversation may read, the newest first.

    Args:
        message_id: Any message of the conversation.

    Returns:
        For each the message it is about, and the person who may read it.
    """
    async with context.database.connection() as connection:
        rows = await rows_of(
            queries().list_rulings(
                connection,
                site_id=site.site_id,
                message_id=message_id,
                is_buyer=is_buyer,
                before_at=context.clock() - UNDO,
            )
        )
    return [(row["message_id"], row["person_id"]) for row in rows if _concerns(row)]


@dataclass(frozen=True, slots=True)
class Told:
    """What the site may tell whoever reported through it; None before it is decided."""

    case_id: UUID
    message_id: UUID
    state: State
    decision: Decision | None
    decided_at: datetime | None
    statement: Statement | None
    appeal_until: datetime | None
    judgement: Statement | None
    judged_at: datetime | None
    giver_id: UUID | None


async def read_told(context: Context, site: Site, report_id: UUID) -> Told:
    """Return what became of a report that came through the site.

    Raises:
        Refused: ``not_found``: there is none, or a party or staff made it.
    """
    async with context.database.connection() as connection:
        row: Record | None = await queries().read_told(
            connection,
            site_id=site.site_id,
            report_id=report_id,
            before_at=context.clock() - UNDO,
        )
    if row is None:
        raise Refused("not_found")
    is_told = row["is_told"]
    return Told(
        case_id=row["case_id"],
        message_id=row["message_id"],
        state=State(row["state"]),
        decision=Decision(row["decision"]) if is_told else None,
        decided_at=row["decided_at"] if is_told else None,
        statement=read_statement(site, row) if is_told else None,
        appeal_until=row["appeal_until"] if is_told else None,
        judgement=read_judgement(site, row),
        judged_at=row["judged_at"],
        giver_id=row["giver_id"],
    )


async def contest_told(context: Context, site: Site, report_id: UUID, text: str) -> None:
    """Contest a decision for whoever reported through the site; the site tells them the rest.

    Raises:
        Invalid: ``field_missing``: it says nothing.
        Refused: ``not_found``; ``appeal_not_open``.
    """
    told = await read_told(context, site, report_id)
    if told.decision is None:
        raise Refused("appeal_not_open")
    who, giver = Appellant.OUTSIDER, told.giver_id
    await appeal(context, site, told.message_id, by=who, text=text, appellant_id=giver)


async def contest(
    context: Context, site: Site, message_id: UUID, person_id: UUID, text: str
) -> None:
    """Contest a decision from the page that shows it.

    Raises:
        Invalid: ``field_missing``: it says nothing.
        Refused: ``not_found``; ``appeal_not_open``: too late, or contested already.
    """
    ruled = await read_ruling(context, site, message_id, person_id)
    by = Appellant.AUTHOR if ruled.is_author else Appellant.REPORTER
    await appeal(context, site, message_id, by=by, text=text, appellant_id=person_id)


def _concerns(row: Record) -> bool:
    """An author hears of a report only once it led to something."""
    restricts = row["decision"] == Decision.ACTION or row["state"] == State.OVERTURNED
    return bool(row["is_reporter"] or (row["is_author"] and restricts))
