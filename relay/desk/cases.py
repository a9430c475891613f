"""Cases: all reports of one message, decided once and, on appeal, judged by somebody else."""

from datetime import datetime
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, Record, queries
from relay.desk.moves import APPEAL, LOCK, Move, State, after
from relay.desk.orders import Action, Effect, Order, Trail
from relay.desk.ruling import Decision, Ruling, Statement
from relay.desk.standing import lift_suspension, set_aside
from relay.desk.telling import News, Teller, mark_of, tell_of_case
from relay.desk.work import write_act
from relay.errors import Refused
from relay.looks import Look, record_look
from relay.sites import Site

log = structlog.get_logger()


async def take(context: Context, site: Site, case_id: UUID, look: Look) -> None:
    """Work on a case for half an hour, so that nobody else does.

    Raises:
        Refused: ``case_taken``, ``case_not_open``, ``not_found``.
    """
    now = context.clock()
    async with context.database.connection() as connection, connection.transaction():
        row = await _lock(connection, site, case_id, look)
        _refuse_taken(row, look, now)
        await _move(connection, site, row, Move.TAKE, taken_by=look.staff_id, until=now + LOCK)


async def give_back(context: Context, site: Site, case_id: UUID, look: Look) -> None:
    """Leave a case to the others again.

    Raises:
        Refused: ``case_taken``: by somebody else; ``case_not_open``, ``not_found``.
    """
    async with context.database.connection() as connection, connection.transaction():
        row = await _lock(connection, site, case_id, look)
        _refuse_taken(row, look, context.clock())
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
        Refused: ``reason_missing``; ``case_taken``; ``case_not_open``; ``not_found``;
            ``suspension_too_early``.
    """
    if not ruling.statement.decision_facts.strip():
        raise Refused("reason_missing")
    now = context.clock()
    async with context.database.connection() as connection, connection.transaction():
        row = await _lock(connection, site, case_id, look)
        _refuse_taken(row, look, now)
        await _decide(connection, site, row, ruling, look, now)
        trail = Trail()
        trail.block_id = await set_aside(connection, site, row, ruling, look, now)
        await _tell_ruling(Teller(connection, site, now, trail), row, ruling)
        await tell_of_case(connection, site, row, State.DECIDED, trail, now)
        order = Order(Action.DECIDE, look, case_id=case_id)
        act_id = await write_act(connection, site, order, trail, now)
    context.bell.ring()
    log.info("case.decided", case_id=str(case_id), decision=ruling.decision.value, site=site.slug)
    return Effect(Action.DECIDE, 1, 0, told=len(trail.mail_ids), act_id=act_id)


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

    A suspension ends with its decision; what else was done on the ground of an overturned one is
    taken back by its inverse orders.

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
        if not is_upheld:
            await lift_suspension(connection, site, case_id, now)
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


def _refuse_taken(row: Record, look: Look, now: datetime) -> None:
    """Refuse what would take a case out of the hands of somebody who works on it.

    Raises:
        Refused: ``case_taken``.
    """
    is_taken = row["taken_until"] is not None and row["taken_until"] > now
    if is_taken and row["taken_by"] != look.staff_id:
        raise Refused("case_taken")


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
    is_action = ruling.decision is Decision.ACTION
    plain = News.RESTRICTED.value if is_action else f"{News.REPORT_DECIDED}:no_action"
    news = plain
    if ruling.suspension is not None:
        news = News.MESSAGES_SUSPENDED if is_action else News.REPORTS_SUSPENDED
    elif ruling.is_warning:
        news = News.RESTRICTED_WARNED if is_action else News.REPORT_ABUSIVE
    if is_action:
        await _tell_side(teller, row, f"{News.REPORT_DECIDED}:action", to_author=False)
    await _tell_side(teller, row, news, to_author=is_action)


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
