"""The privacy desk: the register, one request with what is held, and what its officer decides."""

from uuid import UUID

from aiohttp import web

from relay.errors import Refused
from relay.looks import Look
from relay.permissions import Level, Permission
from relay.rights import decisions, documents, intake
from relay.rights.certificate import gone_words, kept_words
from relay.rights.intake import Asked
from relay.rights.register import (
    EXPORT_MOST,
    VIEWS,
    Case,
    Line,
    Wanted,
    read_case,
    read_register,
)
from relay.rights.standing import Door, Ground, Kind, State
from relay.sealing import public_id, read_public_id
from relay.tables import table
from relay.validation import readable
from relay.web.console.doors import Visit, door
from relay.web.pages import SECURITY_HEADERS
from relay.web.rights_fields import offered, read_asked, read_kind

LANGUAGE = "fr"  # of letters to a person whose request staff register


@door("GET", "requests", Permission.REQUESTS, Level.START)
async def show_register(visit: Visit) -> web.StreamResponse:
    """Show the register, filtered, with the nearest last days marked."""
    wanted = _wanted(visit)
    lines = await read_register(
        visit.context, visit.site, wanted, visit.seen("list", f"requests {wanted.view}")
    )
    return visit.page(
        "requests",
        lines=lines,
        wanted=wanted,
        views=list(VIEWS),
        kinds=list(Kind),
        now=visit.context.clock(),
        offered=offered(visit.site),
    )


@door("GET", "requests.csv", Permission.REQUESTS, Level.YES)
async def export_register(visit: Visit) -> web.StreamResponse:
    """Give the register as a table for a spreadsheet: dates and outcomes, nobody's data."""
    wanted = _wanted(visit)
    look = visit.seen("export", f"requests {wanted.view}")
    lines = await read_register(visit.context, visit.site, wanted, look, EXPORT_MOST)
    head = ("reference", "kind", "door", "received_on", "due_on", "extended", "proved_on",
            "state", "answered_on", "ground", "paused_days")  # fmt: skip
    headers = {**SECURITY_HEADERS, "Content-Disposition": 'attachment; filename="registre.csv"'}
    text = table(head, map(_row, lines))
    return web.Response(text=text, content_type="text/csv", charset="utf-8", headers=headers)


@door("POST", "requests", Permission.REQUESTS, Level.START)
async def register(visit: Visit) -> web.StreamResponse:
    """Register a request for a person, as by letter or telephone: the code goes to the address."""
    kind, content = read_asked(visit.site, visit.fields)
    asked = Asked(
        door=Door.STAFF,
        kind=kind,
        language=LANGUAGE,
        content=content,
        actor=str(visit.session.staff_id),
    )
    await visit.look("act", "requests register")
    request_id = await intake.ask(visit.context, visit.site, asked)
    if visit.level is Level.YES:
        return _back(visit, request_id)
    return visit.see("requests")


@door("GET", "requests/{id}", Permission.REQUESTS, Level.YES)
async def show_request(visit: Visit) -> web.StreamResponse:
    """Show a request, what is held of its person in numbers, and what can be done."""
    request_id = visit.subject("req")
    look = visit.seen("open", public_id("req", request_id))
    case = await read_case(visit.context, visit.site, request_id, look)
    return visit.page(
        "request",
        case=case,
        request=case.request,
        standing=case.request.standing,
        now=visit.context.clock(),
        phone=_phone(case),
        gone=gone_words(case.found.plan.counts, visit.language),
        held=gone_words(case.found.counts, visit.language),
        kept=[kept_words(line, visit.language) for line in case.found.plan.kept_lines],
        kinds=list(Kind),
        grounds=list(Ground),
        State=State,
        document=case.document,
    )


@door("POST", "requests/{id}/accept", Permission.REQUESTS, Level.YES)
async def accept(visit: Visit) -> web.StreamResponse:
    """Accept; an erasure can be taken back for fifteen minutes."""
    request_id = visit.subject("req")
    await decisions.accept(visit.context, visit.site, request_id, _act(visit, "accept"))
    return _back(visit, request_id)


@door("POST", "requests/{id}/take-back", Permission.REQUESTS, Level.YES)
async def take_back(visit: Visit) -> web.StreamResponse:
    """Take an acceptance back before it is carried out."""
    request_id = visit.subject("req")
    look = _act(visit, "take-back", visit.fields.get("reason") or "undo")
    await decisions.take_back(visit.context, visit.site, request_id, look)
    return _back(visit, request_id)


@door("POST", "requests/{id}/refuse", Permission.REQUESTS, Level.YES)
async def refuse(visit: Visit) -> web.StreamResponse:
    """Refuse, with a ground of the law and reasons the person reads."""
    request_id = visit.subject("req")
    grounds = {one.value: one for one in Ground}
    ground = grounds.get(visit.fields.get("ground", ""))
    if ground is None:
        raise Refused("ground_missing")
    look = _act(visit, "refuse", visit.reason)
    await decisions.refuse(visit.context, visit.site, request_id, ground, look, visit.reason)
    return _back(visit, request_id)


@door("POST", "requests/{id}/extend", Permission.REQUESTS, Level.YES)
async def extend(visit: Visit) -> web.StreamResponse:
    """Take two more months, with reasons the person reads."""
    request_id = visit.subject("req")
    look = _act(visit, "extend", visit.reason)
    await decisions.extend(visit.context, visit.site, request_id, look, visit.reason)
    return _back(visit, request_id)


@door("POST", "requests/{id}/proof", Permission.REQUESTS, Level.YES)
async def ask_proof(visit: Visit) -> web.StreamResponse:
    """Ask for proof again."""
    request_id = visit.subject("req")
    await decisions.ask_proof(visit.context, visit.site, request_id, _act(visit, "proof"))
    return _back(visit, request_id)


@door("POST", "requests/{id}/document", Permission.REQUESTS, Level.YES)
async def ask_document(visit: Visit) -> web.StreamResponse:
    """Ask for a copy of an identity document, with reasons the person reads."""
    request_id = visit.subject("req")
    look = _act(visit, "document", visit.reason)
    await documents.ask_document(visit.context, visit.site, request_id, look, visit.reason)
    return _back(visit, request_id)


@door("POST", "requests/{id}/document/look", Permission.REQUESTS, Level.YES)
async def look_at_document(visit: Visit) -> web.StreamResponse:
    """Show the copy for a reason, which is logged; the browser keeps nothing of it."""
    request_id = visit.subject("req")
    subject = f"{public_id('req', request_id)} document"
    look = visit.seen("reveal", subject, visit.reason)
    picture = await documents.open_document(visit.context, visit.site, request_id, look)
    headers = {**SECURITY_HEADERS, "Cache-Control": "no-store", "Content-Disposition": "inline"}
    return web.Response(body=picture.content, content_type=picture.kind, headers=headers)


@door("POST", "requests/{id}/kind", Permission.REQUESTS, Level.YES)
async def say_kind(visit: Visit) -> web.StreamResponse:
    """Say what a person's letter asks for."""
    request_id = visit.subject("req")
    kind = read_kind(visit.fields)
    look = _act(visit, f"kind:{kind}")
    await decisions.say_kind(visit.context, visit.site, request_id, kind, look)
    return _back(visit, request_id)


@door("POST", "requests/{id}/lift", Permission.REQUESTS, Level.YES)
async def lift(visit: Visit) -> web.StreamResponse:
    """End a restriction."""
    request_id = visit.subject("req")
    await decisions.lift(visit.context, visit.site, request_id, _act(visit, "lift", visit.reason))
    return _back(visit, request_id)


def _phone(case: Case) -> str:
    content = case.request.content
    return readable(content.phone) if content and content.phone else ""


def _wanted(visit: Visit) -> Wanted:
    query = visit.request.query
    kinds = {kind.value: kind for kind in Kind}
    view = query.get("view", "open")
    before = read_public_id("req", query.get("before", ""))
    kept = Wanted(view if view in VIEWS else "open", kinds.get(query.get("kind", "")))
    return Wanted(kept.view, kept.kind, before) if before else kept


def _row(line: Line) -> tuple[object, ...]:
    standing = line.standing
    days = (standing.received_at, standing.extended_at, standing.proved_at, standing.answered_at)
    received, extended, proved, answered = (day.date() if day else "" for day in days)
    return (line.reference, standing.kind or "", line.door, received, standing.due_on, extended,
            proved, standing.state, answered, line.ground or "", standing.paused_days)  # fmt: skip


def _act(visit: Visit, what: str, reason: str = "") -> Look:
    request = public_id("req", visit.subject("req"))
    return visit.seen("act", f"{request} {what}", reason)


def _back(visit: Visit, request_id: UUID) -> web.Response:
    return visit.see("requests", public_id("req", request_id))
