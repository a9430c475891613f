"""A case: what was reported of one message, whose turn it is, the decision and its appeal."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from aiohttp import web

from relay import desk
from relay.desk import Decision, Ruling, State, Statement
from relay.errors import Refused
from relay.looks import Look
from relay.lookup import Found
from relay.permissions import Level, Permission
from relay.rules import RULES
from relay.scoring import SUSPICIOUS
from relay.sealing import public_id
from relay.web.console.doors import Visit, door
from relay.web.console.messages import find_message
from relay.web.console.orders import go_on

RULE_NAMES = frozenset(rule.name for rule in RULES)
GROUNDS = ("terms", "illegal")
MEASURES = ("", "message_refused", "message_held", "thread_closed", "sender_blocked")


@door("GET", "cases/{id}", Permission.DECIDE, Level.YES)
async def show_case(visit: Visit) -> web.StreamResponse:
    """Show a case; the message stays closed."""
    case_id = visit.subject("case")
    look = visit.seen("open", public_id("case", case_id))
    case = await desk.read_case(visit.context, visit.site, case_id, look)
    found = await find_message(visit, case.message_id)
    acts = await desk.list_case_acts(visit.context, visit.site, case_id, visit.seen("list", "acts"))
    look = visit.seen("list", f"{public_id('case', case_id)} standings")
    author, reporters = await desk.read_standings(visit.context, visit.site, case_id, look)
    return visit.page(
        "case",
        case=case,
        author=author,
        reporters=reporters,
        suspensions=[one.days for one in desk.SUSPENSIONS],
        found=found,
        acts=acts,
        is_open=case.state in (State.RECEIVED, State.IN_REVIEW, State.ESCALATED),
        can_judge=case.state is State.APPEALED
        and visit.may(Permission.APPEAL) is Level.YES
        and case.decided_by != visit.session.staff_id,
        grounds=GROUNDS,
        measures=MEASURES,
        may_read=visit.may(Permission.OPEN_REPORTED) >= Level.REASON,
        done=visit.request.query.get("done"),
    )


@door("POST", "cases/{id}/take", Permission.DECIDE, Level.YES)
async def take(visit: Visit) -> web.StreamResponse:
    """Work on a case, so that nobody else does."""
    case_id = visit.subject("case")
    await desk.take(visit.context, visit.site, case_id, _act(visit, case_id, "take"))
    return _back(visit, case_id)


@door("POST", "cases/{id}/give-back", Permission.DECIDE, Level.YES)
async def give_back(visit: Visit) -> web.StreamResponse:
    """Leave a case to the others."""
    case_id = visit.subject("case")
    await desk.give_back(visit.context, visit.site, case_id, _act(visit, case_id, "give_back"))
    return _back(visit, case_id)


@door("POST", "cases/{id}/escalate", Permission.DECIDE, Level.YES)
async def escalate(visit: Visit) -> web.StreamResponse:
    """Hand a case to a lead."""
    case_id = visit.subject("case")
    await desk.escalate(visit.context, visit.site, case_id, _act(visit, case_id, "escalate"))
    return _back(visit, case_id)


@door("POST", "cases/{id}/note", Permission.DECIDE, Level.YES)
async def note(visit: Visit) -> web.StreamResponse:
    """Write a line beside a case."""
    case_id = visit.subject("case")
    look = visit.seen("act", f"{public_id('case', case_id)} note", visit.reason)
    act_id = await desk.note(visit.context, visit.site, case_id, look)
    return _back(visit, case_id, f"?done={public_id('act', act_id)}")


@door("POST", "cases/{id}/decide", Permission.DECIDE, Level.YES)
async def decide(visit: Visit) -> web.StreamResponse:
    """Decide a case, with the reasons both sides are told."""
    case_id = visit.subject("case")
    decisions = {one.value: one for one in Decision}
    decision = decisions.get(visit.fields.get("decision", ""))
    if decision is None:
        raise Refused("decision_missing")
    look = visit.seen("open", public_id("case", case_id))
    case = await desk.read_case(visit.context, visit.site, case_id, look)
    found = await find_message(visit, case.message_id)
    statement = replace(_statement(visit, decision), automated_detection=_is_detected(found))
    ruling = Ruling(decision, statement, "warning" in visit.fields, _suspension(visit))
    look = _act(visit, case_id, f"decide {decision}")
    effect = await desk.decide(visit.context, visit.site, case_id, ruling, look)
    return _back(visit, case_id, go_on(effect))


@door("POST", "cases/{id}/judge", Permission.APPEAL, Level.YES)
async def judge(visit: Visit) -> web.StreamResponse:
    """Judge a contested decision, of somebody else's."""
    case_id = visit.subject("case")
    is_upheld = visit.fields.get("ruling") == "upheld"
    look = _act(visit, case_id, "judge")
    statement = Statement(decision_facts=visit.reason)
    await desk.judge(visit.context, visit.site, case_id, statement, look, is_upheld=is_upheld)
    return _back(visit, case_id)


def _statement(visit: Visit, decision: Decision) -> Statement:
    if decision is Decision.NO_ACTION:
        return Statement(decision_facts=visit.reason)
    ground, measure = visit.fields.get("ground", ""), visit.fields.get("measure", "")
    return Statement(
        decision_facts=visit.reason,
        decision_ground=ground if ground in GROUNDS else GROUNDS[0],
        clause=visit.fields.get("clause", "")[:300],
        decision_visibility=measure if measure in MEASURES else "",
        end_date=_end(visit.fields.get("ends", "")),
    )


def _is_detected(found: Found) -> bool:
    """Tell whether a rule, a block or the score of its acceptance pointed at a message."""
    is_met = any(one in RULE_NAMES or one.startswith("blocked_") for one in found.signals)
    return is_met or found.score >= SUSPICIOUS


def _suspension(visit: Visit) -> timedelta | None:
    by_days = {str(one.days): one for one in desk.SUSPENSIONS}
    return by_days.get(visit.fields.get("suspension", ""))


def _end(written: str) -> datetime | None:
    """Return the last day of a measure; None without one, or where it is no date."""
    try:
        return datetime.combine(date.fromisoformat(written), time(12), UTC)
    except ValueError:
        return None


def _act(visit: Visit, case_id: UUID, what: str) -> Look:
    return visit.seen("act", f"{public_id('case', case_id)} {what}", visit.fields.get("reason", ""))


def _back(visit: Visit, case_id: UUID, query: str = "") -> web.Response:
    return visit.see("cases", public_id("case", case_id), query=query)
