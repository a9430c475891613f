"""Refusals as people and programs read them: RFC 9457 problems, or a page, in two languages.

The only place where a code becomes an HTTP status, but for the console's own codes
(``relay/web/console/app.py``).
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from aiohttp import web

from relay import texts
from relay.errors import FieldFault, Invalid, Refused, Unavailable
from relay.web.keys import CONTEXT, PAGES, REQUEST_ID
from relay.web.origins import readable

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_S = 5

STATUSES = {
    "validation": 422,
    "idempotency_conflict": 422,
    "listing_missing": 422,
    "listing_token_bad": 422,
    "listing_token_expired": 422,
    "proof_required": 422,
    "proof_wrong": 422,
    "key_missing": 401,
    "key_unknown": 401,
    "origin_refused": 403,
    "not_found": 404,
    "site_unknown": 404,
    "listing_unknown": 404,
    "link_wrong": 404,
    "link_expired": 410,
    "method_not_allowed": 405,
    "listing_closed": 409,
    "conversation_closed": 409,
    "too_late_to_cancel": 409,
    "listing_busy": 409,
    "not_held": 409,
    "too_old_to_leave": 409,
    "code_refused": 422,
    "right_not_offered": 422,
    "request_state": 409,
    "document_refused": 422,
    "appeal_not_open": 409,
    "reports_suspended": 403,
    "sender_frozen": 409,
    "advertiser_frozen": 409,
    "body_too_slow": 408,
    "body_too_large": 413,
    "media_type_refused": 415,
    "body_encoding_refused": 415,
    "rate_limited": 429,
    "internal": 500,
    "unavailable": 503,
}
BAD_REQUEST = 400
BLANK = "…"
BLANKS = ("domain", "expected", "field", "limit", "prefix", "request_id", "time", "x")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal in one language.

    Args:
        faults: Field, sentence and hint of each thing to correct.
        retry_after_s: When to try again; None when trying again would not help.
    """

    code: str
    status: int
    title: str
    faults: tuple[tuple[FieldFault, str], ...] = ()
    retry_after_s: int | None = None


def language_of(request: web.Request) -> str:
    """Return the visitor's language: the ``lang`` parameter, else Accept-Language, else French."""
    asked = request.query.get("lang", "")
    if asked in texts.LANGUAGES:
        return asked
    return texts.best_language(request.headers.get("Accept-Language", ""))


def in_language(request: web.Request, path: str) -> str:
    """Return *path* of this relay with the language the visitor asked for by parameter, if any."""
    asked = request.query.get("lang", "")
    if asked not in texts.LANGUAGES:
        return path
    return f"{path}{'&' if '?' in path else '?'}lang={asked}"


def wants_page(request: web.Request) -> bool:
    """Tell whether a person's browser asks, not a program."""
    accepts = request.headers.get("Accept", "")
    return "text/html" in accepts and request.content_type != "application/json"


def problem_of(error: Exception, request: web.Request) -> Problem:
    """Put an exception into words; what nobody foresaw is an internal problem, logged by its id."""
    language = language_of(request)
    if isinstance(error, Invalid):
        title = texts.say(language, "problems.title", n=len(error.faults))
        faults = tuple((fault, sentence(language, fault)) for fault in error.faults)
        return Problem("validation", STATUSES["validation"], title, faults)
    if isinstance(error, Refused):
        return _refusal(error, request, language)
    if isinstance(error, Unavailable):
        code = "unavailable"
        title = texts.say(language, "problems.unavailable")
        return Problem(code, STATUSES[code], title, retry_after_s=RETRY_AFTER_S)
    request_id = request[REQUEST_ID]
    title = texts.say(language, "problems.internal", request_id=request_id)
    return Problem("internal", STATUSES["internal"], title)


def sentence(language: str, fault: FieldFault) -> str:
    """Return the sentence of one fault."""
    return texts.say(language, f"problems.{fault.code}", **fault.values)


def problem_response(problem: Problem, request: web.Request) -> web.Response:
    """Answer a program (RFC 9457)."""
    base = request.app[CONTEXT].settings.public_url
    first = problem.faults[0][0].code if problem.faults else problem.code
    body = {
        "type": f"{base}/doc/problemes/{first}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "instance": request[REQUEST_ID],
    }
    if problem.faults:
        body["errors"] = [_fault_json(fault, text) for fault, text in problem.faults]
    response = web.Response(
        text=readable(json.dumps(body, ensure_ascii=False)),  # written out, they are JSON escapes
        status=problem.status,
        content_type=PROBLEM_JSON,
        headers={"Content-Language": language_of(request), "Cache-Control": "no-store"},
    )
    add_retry(response, problem)
    return response


def problem_page(problem: Problem, request: web.Request) -> web.Response:
    """Answer a person."""
    response = request.app[PAGES].page(
        "problem", language_of(request), status=problem.status, problem=problem
    )
    add_retry(response, problem)
    return response


def answer_problem(problem: Problem, request: web.Request) -> web.Response:
    """Answer whoever asks: a person by a page, a program by JSON."""
    answer = problem_page if wants_page(request) else problem_response
    return answer(problem, request)


def meaning(language: str, code: str) -> str:
    """Return the sentence of a code with its values left blank.

    Raises:
        Refused: ``not_found``: no problem has this code.
    """
    if code == "title" or not texts.has(language, f"problems.{code}"):
        raise Refused("not_found")
    return texts.say(language, f"problems.{code}", **dict.fromkeys(BLANKS, BLANK), n=_Several(2))


class _Several(int):
    """A number left blank: it takes the plural."""

    def __format__(self, _spec: str) -> str:
        return BLANK


@web.middleware
async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every exception into an answer; no text of an exception ever leaves."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < BAD_REQUEST:
            raise
        problem = problem_of(_from_http(error), request)
        allow = error.headers.get("Allow")
    except Exception as error:
        problem = problem_of(error, request)
        allow = None
        if problem.code == "internal":
            log.exception("request.failed", request_id=request[REQUEST_ID])
    response = answer_problem(problem, request)
    if allow:
        response.headers["Allow"] = allow
    return response


def _from_http(error: web.HTTPException) -> Exception:
    codes = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}
    if error.status in codes:
        return Refused(codes[error.status], limit=64)
    return Refused("body_not_form") if error.status < 500 else error  # noqa: PLR2004


def _refusal(error: Refused, request: web.Request, language: str) -> Problem:
    values = dict(error.values)
    if error.retry_after_s is not None:
        again = request.app[CONTEXT].clock() + timedelta(seconds=error.retry_after_s)
        values["time"] = texts.clock(language, again)
    return Problem(
        error.code,
        STATUSES.get(error.code, BAD_REQUEST),
        texts.say(language, f"problems.{error.code}", **values),
        retry_after_s=error.retry_after_s,
    )


def _fault_json(fault: FieldFault, text: str) -> dict[str, str]:
    body = {
        "pointer": "#/" + fault.field.replace(".", "/"),
        "field": fault.field,
        "code": fault.code,
        "message": text,
    }
    return body | ({"hint": fault.hint} if fault.hint else {})


def add_retry(response: web.Response, problem: Problem) -> None:
    """Say when to try again, where that helps."""
    if problem.retry_after_s is not None:
        response.headers["Retry-After"] = str(problem.retry_after_s)
