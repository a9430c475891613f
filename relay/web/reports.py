"""The door for reports that reach the site and not the relay (DSA 16): taken, told, contested."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from relay import desk
from relay.desk import Category, Notice, Source
from relay.errors import Refused
from relay.sealing import public_id, read_public_id
from relay.web.api import json_of, site_of
from relay.web.bodies import read_json
from relay.web.keys import CONTEXT
from relay.web.openapi import operation
from relay.web.origins import readable

routes = web.RouteTableDef()


class ReportBody(BaseModel):
    """A notice with the fields of DSA 16(2); its exact place is the message."""

    model_config = ConfigDict(extra="forbid", strict=True)
    message: str = Field(description="The message, msg_…")
    category: str = Field(pattern=f"^({'|'.join(Category)})$")
    source: Literal["site", "third_party", "trusted", "authority"] = "site"
    why: str = Field(description="The reasons, in the words of whoever reports; 2,000 at most")
    law: str = Field(default="", description="The law or clause it names; 300 at most")
    name: str = Field(default="", description="Of whoever reports; not needed for child_abuse")
    email: str = Field(default="", description="Of whoever reports; not needed for child_abuse")
    good_faith: bool = Field(description="They say that it is accurate and complete")


class ReportAnswer(BaseModel):
    """The confirmation of receipt (DSA 16(4))."""

    id: str
    case: str = Field(description="All reports of one message are one case")
    is_first: bool = Field(description="Nobody had reported the message before")
    received_at: str


class ReportState(BaseModel):
    """What became of a report (DSA 16(5)), with the reasons to pass on."""

    id: str
    case: str
    state: str
    decision: str | None = Field(description="action or no_action")
    decided_at: str | None
    reasons: str | None
    appeal_until: str | None
    judged_at: str | None
    judgement: str | None = Field(description="The reasons with which an appeal ended")


class AppealBody(BaseModel):
    """Why a decision should be looked at again."""

    model_config = ConfigDict(extra="forbid", strict=True)
    why: str = Field(description="In the words of whoever reported; 2,000 at most")


@routes.post("/v1/reports")
@operation("Report a message", body=ReportBody, answers={201: ReportAnswer})
async def post_report(request: web.Request) -> web.Response:
    """Take a report that somebody made at the site."""
    site = await site_of(request)
    body = await read_json(request, ReportBody)
    message_id = read_public_id("msg", body.message)
    if message_id is None:
        raise Refused("not_found")
    notice = Notice(
        message_id=message_id,
        category=Category(body.category),
        source=Source(body.source),
        why=readable(body.why),
        law=readable(body.law),
        name=readable(body.name),
        email=readable(body.email),
        good_faith=body.good_faith,
    )
    receipt = await desk.file_report(request.app[CONTEXT], site, notice)
    answer = ReportAnswer(
        id=public_id("rep", receipt.report_id),
        case=public_id("case", receipt.case_id),
        is_first=receipt.is_first,
        received_at=receipt.received_at.isoformat(),
    )
    return json_of(answer, 201)


@routes.get("/v1/reports/{id}", allow_head=False)
@operation("Read what became of a report", answers={200: ReportState})
async def get_report(request: web.Request) -> web.Response:
    """Say how a report that came through the site was decided."""
    site = await site_of(request)
    report_id = _id(request)
    told = await desk.read_told(request.app[CONTEXT], site, report_id)
    answer = ReportState(
        id=public_id("rep", report_id),
        case=public_id("case", told.case_id),
        state=told.state.value,
        decision=told.decision.value if told.decision else None,
        decided_at=_time(told.decided_at),
        reasons=told.statement.decision_facts if told.statement else None,
        appeal_until=_time(told.appeal_until),
        judged_at=_time(told.judged_at),
        judgement=told.judgement.decision_facts if told.judgement else None,
    )
    return json_of(answer, 200)


@routes.post("/v1/reports/{id}/appeal")
@operation("Contest the decision about a report", body=AppealBody, answers={204: None})
async def post_appeal(request: web.Request) -> web.Response:
    """Contest a decision for whoever reported through the site, within 184 days and once."""
    site = await site_of(request)
    body = await read_json(request, AppealBody)
    await desk.contest_told(request.app[CONTEXT], site, _id(request), readable(body.why))
    return web.Response(status=204)


def _id(request: web.Request) -> UUID:
    report_id = read_public_id("rep", request.match_info["id"])
    if report_id is None:
        raise Refused("not_found")
    return report_id


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
