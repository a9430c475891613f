"""Who asks: the session's cookie, and proof that a form was sent from one of our own pages.

Every page sets a cookie of 256 random bits before anybody logs in; logging in replaces it, so
that a cookie somebody planted is worth nothing (A23). The token in every form is derived from
the cookie; a form without it, or from another origin, is refused (A22).
"""

import hmac
import re
import secrets
from hashlib import blake2b
from urllib.parse import urlsplit

from aiohttp import web

from relay.errors import Refused
from relay.staff import SESSION_LIFE, Session, read_session
from relay.web.bodies import read_fields
from relay.web.keys import CONTEXT
from relay.web.origins import readable
from relay.web.problems import Handler

SESSION = web.RequestKey("session", Session)
TOKEN = web.RequestKey("token", str)  # what the cookie holds from now on
FIELDS = web.RequestKey("fields", dict)
FORM_TOKEN = "csrf"  # noqa: S105 (the name of a field)

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find the session, check every form, and give a cookie to who has none."""
    if request.path.startswith("/static/"):
        return await handler(request)
    sent = request.cookies.get(_cookie_name(request), "")
    has_token = _TOKEN.fullmatch(sent) is not None
    request[TOKEN] = sent if has_token else secrets.token_urlsafe(32)
    if request.method not in ("GET", "HEAD"):
        await _check_form(request, has_token=has_token)
    session = await read_session(request.app[CONTEXT], sent) if has_token else None
    if session:
        request[SESSION] = session
    response = await handler(request)
    if request[TOKEN] != sent:
        _set_cookie(request, response)
    return response


def form_token(request: web.Request) -> str:
    """Return what every form of this browser's must carry; the cookie cannot be had from it."""
    return blake2b(request[TOKEN].encode(), digest_size=24, person=b"console form").hexdigest()


def replace_token(request: web.Request, token: str | None) -> None:
    """Give the browser another cookie: a session's, or one that stands for nobody."""
    request[TOKEN] = token or secrets.token_urlsafe(32)


def fields_of(request: web.Request) -> dict[str, str]:
    """Return the fields of the form that was sent, without signs nobody can see."""
    fields: dict[str, str] = request[FIELDS]
    return fields


async def _check_form(request: web.Request, *, has_token: bool) -> None:
    """Refuse a form that was not shown by this application to this browser.

    Raises:
        Refused: ``form_foreign``: no origin, another one, no cookie, no token, a wrong one.
    """
    origin = request.headers.get("Origin", "")
    if not has_token or urlsplit(origin).netloc.lower() != request.host.lower():
        raise Refused("form_foreign")
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Refused("form_foreign")
    fields = await read_fields(request)
    given = fields.pop(FORM_TOKEN, "").encode("utf-8", "replace")
    if not hmac.compare_digest(given, form_token(request).encode()):
        raise Refused("form_foreign")
    request[FIELDS] = {name: _UNSEEN.sub(" ", readable(value)) for name, value in fields.items()}


def _is_secure(request: web.Request) -> bool:
    settings = request.app[CONTEXT].settings
    return (settings.console_url or settings.public_url).startswith("https://")


def _cookie_name(request: web.Request) -> str:
    return "__Host-relais" if _is_secure(request) else "relais"


def _set_cookie(request: web.Request, response: web.StreamResponse) -> None:
    response.set_cookie(
        _cookie_name(request),
        request[TOKEN],
        max_age=int(SESSION_LIFE.total_seconds()),
        path="/",
        httponly=True,
        secure=_is_secure(request),
        samesite="Lax",
    )
