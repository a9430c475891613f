"""Builds the console: its middlewares, its doors, its refusals."""

import weakref
from datetime import timedelta
from pathlib import Path

import structlog
from aiohttp import web

from relay import texts
from relay.context import Context
from relay.errors import Invalid, Refused, Unavailable
from relay.web.bodies import LIMIT_BYTES
from relay.web.console import (
    blocks,
    cases,
    confirmations,
    delivery,
    entry,
    health,
    holds,
    journal,
    keys,
    listings,
    live,
    messages,
    orders,
    queue,
    rights,
    rules,
    search,
    settings,
    undo,
)
from relay.web.console.doors import DOORS
from relay.web.console.guard import TOKEN, guard, replace_token
from relay.web.console.pages import SHEETS, Sheets
from relay.web.keys import CONTEXT, REQUEST_ID, SPOKEN
from relay.web.problems import BAD_REQUEST, STATUSES, Handler, language_of
from relay.web.requests import name_request

STATIC = Path(__file__).parents[2] / "static"
PAGES = (
    queue,
    messages,
    keys,
    search,
    cases,
    blocks,
    orders,
    confirmations,
    undo,
    listings,
    live,
    delivery,
    health,
    settings,
    journal,
    rules,
    rights,
    holds,
)  # importing them registers their doors
OWN_STATUSES = {
    "form_foreign": 403,
    "not_allowed": 403,
    "second_needed": 403,
    "second_same": 403,
    "asker_not_allowed": 409,
    "login_wrong": 401,
    "reason_missing": 422,
    "password_short": 422,
    "password_long": 422,
    "code_wrong": 422,
    "decision_missing": 422,
    "search_missing": 422,
    "search_too_long": 422,
    "network_too_wide": 422,
    "bulk_too_large": 422,
    "block_without_note": 422,
    "block_end_past": 422,
    "block_too_wide": 422,
    "block_kind_unknown": 422,
    "block_shared_network": 409,
    "block_unknown": 404,
    "hook_missing": 409,
    "undo_too_late": 409,
    "case_taken": 409,
    "suspension_too_early": 409,
    "case_not_open": 409,
    "appeal_same_person": 403,
    "second_person_needed": 403,
    "ground_missing": 422,
    "selection_missing": 422,
    "confirmation_over": 409,
    "codes_spent": 409,
    "hold_subject_unknown": 422,
    "hold_without_ground": 422,
    "hold_end_past": 422,
    "hold_unknown": 404,
    "hold_over": 409,
    "hold_approved": 409,
    "hold_lift_asked": 409,
    "hold_lift_not_asked": 409,
    "hold_same_person": 403,
}

log = structlog.get_logger()


def make_console(context: Context) -> web.Application:
    """Build the console on an open context."""
    app = web.Application(middlewares=[name_request, refuse, guard], client_max_size=LIMIT_BYTES)
    app[CONTEXT] = context
    app[SHEETS] = Sheets()
    app[SPOKEN] = weakref.WeakSet()
    app.add_routes(entry.routes)
    for one in DOORS:
        app.router.add_route(one.method, one.path, one.__call__)
    app.router.add_static("/static/", STATIC)
    app[live.WATCH] = live.Watch(context)
    app.on_shutdown.append(app[live.WATCH].end)
    return app


@web.middleware
async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every exception into a page; no text of an exception ever leaves."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < BAD_REQUEST:
            raise
        codes = {404: "not_found", 405: "method_not_allowed"}
        return problem(request, Refused(codes.get(error.status, "body_not_form")))
    except (Refused, Invalid, Unavailable) as error:
        return problem(request, error)
    except Exception:
        log.exception("request.failed", request_id=request[REQUEST_ID])
        return problem(request, None)


def problem(request: web.Request, error: Exception | None) -> web.Response:
    """Say what cannot be done, and why."""
    if TOKEN not in request:
        replace_token(request, None)
    code = _code(error)
    title = sentence(request, code, error)
    response = request.app[SHEETS].page(
        request, "problem", status=OWN_STATUSES.get(code, STATUSES.get(code, 400)), title=title
    )
    if isinstance(error, Refused) and error.retry_after_s:
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _code(error: Exception | None) -> str:
    if isinstance(error, Refused):
        return error.code
    if isinstance(error, Invalid):
        return error.faults[0].code
    return "unavailable" if isinstance(error, Unavailable) else "internal"


def sentence(request: web.Request, code: str, error: Exception | None) -> str:
    """Return the sentence of a refusal: the console's own, or the one every door has."""
    language = language_of(request)
    values: dict[str, str | int] = {"request_id": request[REQUEST_ID]}
    if isinstance(error, Refused):
        values |= error.values
        if error.retry_after_s:
            again = request.app[CONTEXT].clock() + timedelta(seconds=error.retry_after_s)
            values["time"] = texts.clock(language, again)
    if isinstance(error, Invalid):
        values |= error.faults[0].values
    keys = (f"console.problem_{code}", f"problems.{code}", "console.problem_other")
    return texts.say(language, next(key for key in keys if texts.has(language, key)), **values)
