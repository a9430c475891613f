"""The door by which a site's own program registers requests of persons, and follows them.

The proof is the same as at every door: a code goes to the address concerned, and whether anything
is held of it is told to nobody. Decisions are people's, and made in the console.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from relay.errors import Refused
from relay.limiter import Limit
from relay.rights import intake
from relay.rights.intake import Asked
from relay.rights.objections import purposes_of
from relay.rights.register import PAGE, VIEWS, Line, Wanted, list_lines, read_line
from relay.rights.requests import SITE
from relay.rights.standing import Door, Kind
from relay.sealing import LAST_ID, public_id, read_public_id
from relay.sites import Site
from relay.texts import LANGUAGES
from relay.web.api import json_of, site_of
from relay.web.bodies import read_json
from relay.web.contact import idempotency_key
from relay.web.keys import CONTEXT
from relay.web.openapi import operation
from relay.web.origins import readable
from relay.web.rights_fields import read_content

MOST_AN_HOUR = 600  # codes go out to strangers: a program in a loop is stopped
Purpose = Literal["mail", "statistics", "security", "traces"]

routes = web.RouteTableDef()


class DataRequestBody(BaseModel):
    """What a person asks of the site (GDPR 15 to 21)."""

    model_config = ConfigDict(extra="forbid", strict=True)
    kind: str = Field(pattern=f"^({'|'.join(Kind)})$")
    email: str = Field(description="The address concerned: a code goes there, and the answer")
    phone: str = Field(default="", description="A help for the look-up; it proves nobody")
    details: str = Field(default="", description="In the person's words; 2,000 signs are kept")
    change_name: str = Field(default="", description="Of a rectification: what to write instead")
    change_phone: str = ""
    change_email: str = Field(default="", description="It gives a code of its own first")
    purposes: Annotated[tuple[Purpose, ...], Field(strict=False, max_length=4)] = Field(
        default=(), description="Of an objection: to what; mail when none is named"
    )
    language: str = Field(default="fr", pattern=f"^({'|'.join(LANGUAGES)})$")


class DataRequestAnswer(BaseModel):
    """A request as the register has it: nothing of the person."""

    id: str
    reference: str = Field(description="Its number, as letters name it")
    kind: str | None = Field(description="None of a mail that does not say it yet")
    door: str
    state: str = Field(description="identity_pending until the code comes back")
    received_at: str
    due_on: str = Field(description="The last day of the answer, as pauses and extensions move it")
    is_late: bool
    proved_at: str | None
    extended_at: str | None
    answered_at: str | None
    ended_at: str | None
    ground: str | None = Field(description="Why it was refused")


class DataRequestPage(BaseModel):
    """Requests, the newest first."""

    items: list[DataRequestAnswer]
    next: str | None = Field(description="The value of before for the next page")


@routes.post("/v1/data-requests")
@operation(
    "Register a request of a person",
    body=DataRequestBody,
    answers={200: DataRequestAnswer, 201: DataRequestAnswer},
    headers={"Idempotency-Key": "Makes a repeated request the same, while what it says is kept"},
)
async def post_data_request(request: web.Request) -> web.Response:
    """Take a request in: its clock runs from receipt, and pauses until the code comes back."""
    site = await site_of(request)
    body = await read_json(request, DataRequestBody)
    context = request.app[CONTEXT]
    asked = _asked(site, body, idempotency_key(request))
    limit = Limit("rights api", site.hash("rights api", site.slug).hex(), MOST_AN_HOUR)
    context.limiter.hit([limit], context.clock())
    taken = await intake.take_in(context, site, asked)
    line = await read_line(context, site, taken.request_id)
    response = json_of(_answer(line, context.clock()), 201 if taken.is_new else 200)
    if not taken.is_new:
        response.headers["Idempotent-Replayed"] = "true"
    return response


@routes.get("/v1/data-requests", allow_head=False)
@operation(
    "List requests of persons",
    answers={200: DataRequestPage},
    query={
        "view": f"One of {', '.join(VIEWS)}; open when left out",
        "kind": f"One of {', '.join(Kind)}",
        "before": "The id after which to go on",
    },
)
async def list_data_requests(request: web.Request) -> web.Response:
    """List the register, fifty at a time."""
    site = await site_of(request)
    context = request.app[CONTEXT]
    lines = await list_lines(context, site, _wanted(request))
    now = context.clock()
    more = public_id("req", lines[-1].request_id) if len(lines) == PAGE else None
    return json_of(DataRequestPage(items=[_answer(one, now) for one in lines], next=more), 200)


@routes.get("/v1/data-requests/{id}", allow_head=False)
@operation("Read the state of a request", answers={200: DataRequestAnswer})
async def get_data_request(request: web.Request) -> web.Response:
    """Say how a request stands; what it says is for its officer."""
    site = await site_of(request)
    context = request.app[CONTEXT]
    line = await read_line(context, site, _id(request.match_info["id"]))
    return json_of(_answer(line, context.clock()), 200)


def _asked(site: Site, body: DataRequestBody, key: str | None) -> Asked:
    """Read what a program hands over.

    Raises:
        Invalid: Every fault at once.
        Refused: ``right_not_offered``.
    """
    if not set(body.purposes) <= set(purposes_of(site.policy)):
        raise Refused("right_not_offered")
    names = ("email", "phone", "details", "change_name", "change_phone", "change_email")
    fields = {name: readable(getattr(body, name)) for name in names}
    fields |= {f"purpose_{one}": "1" for one in body.purposes}
    return Asked(
        door=Door.SITE,
        kind=Kind(body.kind),
        language=body.language,
        content=read_content(site, fields),
        actor=SITE,
        key=key,
    )


def _wanted(request: web.Request) -> Wanted:
    query = request.query
    view, kind = query.get("view", "open"), query.get("kind")
    if view not in VIEWS or (kind is not None and kind not in set(Kind)):
        raise Refused("not_found")
    before = _id(query["before"]) if "before" in query else LAST_ID
    return Wanted(view, Kind(kind) if kind else None, before)


def _id(text: str) -> UUID:
    request_id = read_public_id("req", text)
    if request_id is None:
        raise Refused("not_found")
    return request_id


def _answer(line: Line, now: datetime) -> DataRequestAnswer:
    standing = line.standing
    return DataRequestAnswer(
        id=public_id("req", line.request_id),
        reference=line.reference,
        kind=standing.kind,
        door=line.door,
        state=standing.state,
        received_at=standing.received_at.isoformat(),
        due_on=standing.due_on.isoformat(),
        is_late=standing.is_late(now),
        proved_at=_time(standing.proved_at),
        extended_at=_time(standing.extended_at),
        answered_at=_time(standing.answered_at),
        ended_at=_time(standing.ended_at),
        ground=line.ground,
    )


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
