"""Cases: all reports of one message, decided once and, on appeal, judged by somebody else."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, Record, queries
from relay.desk.moves import APPEAL, LOCK, Move, State, after
from relay.desk.orders import UNDO, Action, Effect, Order, Trail
from relay.desk.telling import News, Teller, mark_of, tell_of_case
from relay.desk.work import write_act
from relay.errors import Refused
from relay.looks import Look, record_look
from relay.sites import Site

log = structlog.get_logger()


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
        automated_detection: A rule pointed at the message; a person decided all the same.
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
        is_abusive: The reports had no ground at all: who made them is warned (DSA 23).
    """

    decision: Decision
    statement: Statement
    is_abusive: bool = False


@dataclass(frozen=True, slots=True)
class Appeal:
    """Who contested a decision, when, and why."""

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
    reports: tuple[Reported, ...]


async def take(context: Context, site: Site, case_id: UUID, look: Look) -> None:
    """Work on a case for half an hour, so that nobody else does.

    Raises:
        Refused: ``case_taken``, ``case_not_open``, ``not_found``.
    """
    now = context.clock()
    async with context.database.connection() as connection, connection.transaction():
        row = await _lock(connection, site, case_id, look)
        is_taken = row["taken_until"] is not None and row["taken_until"] > now
        if is_taken and row["taken_by"] != look.staff_id:
            raise Refused("case_taken")
        await _move(connection, site, row, Move.TAKE, taken_by=look.staff_id, until=now + LOCK)


async def give_back(context: Context, site: Site, case_id: UUID, look: Look) -> None:
    """Leave a case to the others again.

    Raises:
        Refused: ``case_not_open``, ``not_found``.
    """
    async with context.database.connection() as connection, connection.transaction():
        row = await _lock(connection, site, case_id, look)
        await _move(connection, site, row, Move.GIVE_BACK)


async def escalate(context: Context, site: Site, case_id: UUID, look: Look) -> None:
    """Hand a case to a lead: a life, a child, the law (DSA 18).

    Raises:
        Refused: ``reason_missing``, ``case_not_open``, ``not_found``.
    """
    if not look.reason.strip():
        raise Refused("reason_missing")
    async with context.database.connection() as connection, connection.transaction():
        row = await _lock(connection, site, case_id, look)
        await _move(connection, site, row, Move.ESCALATE)
    log.warning("case.escalated", case_id=str(case_id), site=site.slug)


async def decide(context: Context, site: Site, case_id: UUID, ruling: Ruling, look: Look) -> Effect:
    """Decide a case; both sides are told fifteen seconds later, and ``undo`` takes it back.

    Who wrote the message is told when something is restricted; who reported, in any case.
    What is held, refused or blocked is ordered apart, with the same ``case_id``.

    Raises:
        Refused: ``reason_missing``; ``case_taken``; ``case_not_open``; ``not_found``.
    """
    if not ruling.statement.decision_facts.strip():
        raise Refused("reason_missing")
    now = context.clock()
    async with context.database.connection() as connection, connection.transaction():
        row = await _lock(connection, site, case_id, look)
        if row["taken_by"] not in (None, look.staff_id) and (row["taken_until"] or now) > now:
            raise Refused("case_taken")
        await _decide(connection, site, row, ruling, look, now)
        trail = Trail()
        await _tell_ruling(Teller(connection, site, now, trail), row, ruling)
        await tell_of_case(connection, site, row, State.DECIDED, trail, now)
        order = Order(Action.DECIDE, look, case_id=case_id)
        act_id = await write_act(connection, site, order, trail, now)
    context.bell.ring()
    log.info("case.decided", case_id=str(case_id), decision=ruling.decision.value, site=site.slug)
    return Effect(
        Action.DECIDE, 1, 0, told=len(trail.mail_ids), act_id=act_id, undo_until=now + UNDO
    )


async def judge(
    context: Context,
    site: Site,
    case_id: UUID,
    statement: Statement,
    look: Look,
    *,
    is_upheld: bool,
) -> None:
    """Judge a contested decision, as another person than who made it (DSA 20).

    What was done on the ground of an overturned decision is taken back by its inverse orders.

    Raises:
        Refused: ``appeal_same_person``, ``reason_missing``, ``case_not_open``, ``not_found``.
    """
    if not statement.decision_facts.strip():
        raise Refused("reason_missing")
    now = context.clock()
    async with context.database.connection() as connection, connection.transaction():
        row = await _lock(connection, site, case_id, look)
        if row["decided_by"] == look.staff_id:
            raise Refused("appeal_same_person")
        state = after(State(row["state"]), Move.UPHOLD if is_upheld else Move.OVERTURN)
        await queries().judge_case(
            connection,
            site_id=site.site_id,
            case_id=case_id,
            state=state.value,
            judged_by=look.staff_id,
            judged_at=now,
            sealed_judgement=statement.sealed(site, case_id, "sealed_judgement"),
        )
        trail = Trail()
        news = f"{News.APPEAL_JUDGED}:{state.value}"
        await _tell_both(Teller(connection, site, now, trail), row, news, state)
        await tell_of_case(connection, site, row, state, trail, now)
        await write_act(connection, site, Order(Action.JUDGE, look, case_id=case_id), trail, now)
    context.bell.ring()
    log.info("case.judged", case_id=str(case_id), state=state.value, site=site.slug)


async def _lock(connection: Connection, site: Site, case_id: UUID, look: Look) -> Record:
    await record_look(connection, look)
    row: Record | None = await queries().lock_case(
        connection, site_id=site.site_id, case_id=case_id
    )
    if row is None:
        raise Refused("not_found")
    return row


async def _move(
    connection: Connection,
    site: Site,
    row: Record,
    move: Move,
    *,
    taken_by: UUID | None = None,
    until: datetime | None = None,
) -> None:
    await queries().take_case(
        connection,
        site_id=site.site_id,
        case_id=row["case_id"],
        state=after(State(row["state"]), move).value,
        taken_by=taken_by,
        taken_until=until,
    )


async def _decide(
    connection: Connection, site: Site, row: Record, ruling: Ruling, look: Look, now: datetime
) -> None:
    await queries().decide_case(
        connection,
        site_id=site.site_id,
        case_id=row["case_id"],
        state=after(State(row["state"]), Move.DECIDE).value,
        decided_by=look.staff_id,
        decided_at=now,
        decision=ruling.decision.value,
        sealed_statement=ruling.statement.sealed(site, row["case_id"]),
        appeal_until=now + APPEAL,
    )
    await queries().change_holds(connection, site_id=site.site_id)
    await queries().prolong_hold(
        connection, site_id=site.site_id, hold_id=row["hold_id"], ends_at=now + APPEAL
    )


async def _tell_ruling(teller: Teller, row: Record, ruling: Ruling) -> None:
    news = f"{News.REPORT_DECIDED}:{ruling.decision.value}"
    news = News.REPORT_ABUSIVE.value if ruling.is_abusive else news
    await _tell_side(teller, row, news, to_author=False)
    if ruling.decision is Decision.ACTION:
        await _tell_side(teller, row, News.RESTRICTED, to_author=True)


async def _tell_both(teller: Teller, row: Record, news: str, state: State) -> None:
    """Tell how an appeal ended; an author whom nothing ever restricted hears nothing."""
    await _tell_side(teller, row, news, to_author=False)
    if row["decision"] == Decision.ACTION or state is State.OVERTURNED:
        await _tell_side(teller, row, news, to_author=True)


async def _tell_side(teller: Teller, row: Record, news: str, *, to_author: bool) -> None:
    """Tell the author or whoever reported; of what staff reported themselves nobody is told."""
    if not to_author and not row["has_reporter"]:
        return
    mark = mark_of(teller.site, row, f"{news}\0{to_author}", teller.now)
    await teller.tell(row["message_id"], news, mark, to_author=to_author)
