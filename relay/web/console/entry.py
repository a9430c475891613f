"""The pages around a session: log in and out, the one-time link, one's own sessions."""

from urllib.parse import quote
from uuid import UUID

from aiohttp import web

from relay import staff
from relay.errors import Refused
from relay.sites import Site
from relay.staff import Session
from relay.web.console.guard import SESSION, fields_of, replace_token
from relay.web.console.pages import PLACES, SHEETS
from relay.web.contact import origin_of
from relay.web.keys import CONTEXT
from relay.web.origins import household
from relay.web.pages import see_other
from relay.web.problems import in_language

routes = web.RouteTableDef()


@routes.get("/")
async def home(request: web.Request) -> web.Response:
    """Go to the work there is: the one site of a person, or a choice."""
    if SESSION not in request:
        return _go(request, "/login")
    sites = [
        site
        for site in await request.app[CONTEXT].sites.all()
        if request[SESSION].roles.get(site.site_id)
    ]
    places = [(site, _first_place(request[SESSION], site)) for site in sites]
    if len(places) == 1:
        site, place = places[0]
        return _go(request, f"/s/{site.slug}/{place}")
    return request.app[SHEETS].page(request, "home", choices=places)


@routes.get("/login")
async def show_login(request: web.Request) -> web.Response:
    """Ask for name, password and code."""
    if SESSION in request:
        return _go(request, "/")
    return request.app[SHEETS].page(request, "login", problem=None, name="")


@routes.post("/login")
async def log_in(request: web.Request) -> web.Response:
    """Start a session, under a cookie that nobody could have planted."""
    fields = fields_of(request)
    name = fields.get("name", "")
    try:
        made = await staff.log_in(
            request.app[CONTEXT],
            name,
            fields.get("password", ""),
            fields.get("code", ""),
            household(origin_of(request).ip),
        )
    except Refused as error:
        if error.code != "login_wrong":
            raise
        return request.app[SHEETS].page(
            request, "login", status=401, problem=error.code, name=name[:60]
        )
    replace_token(request, made.token)
    return _go(request, "/")


@routes.post("/logout")
async def log_out(request: web.Request) -> web.Response:
    """End this session."""
    if SESSION in request:
        session = request[SESSION]
        await staff.end_session(request.app[CONTEXT], session.staff_id, session.session_id)
    replace_token(request, None)
    return _go(request, "/login")


@routes.get("/welcome/{token}")
async def show_welcome(request: web.Request) -> web.Response:
    """Show what a one-time link offers; looking does not use it up."""
    return await _welcome(request, None)


@routes.post("/welcome/{token}")
async def welcome(request: web.Request) -> web.Response:
    """Set password and device."""
    fields = fields_of(request)
    try:
        await staff.accept_invitation(
            request.app[CONTEXT],
            request.match_info["token"],
            fields.get("password", ""),
            fields.get("code", ""),
        )
    except Refused as error:
        if error.code == "link_wrong":
            raise
        return await _welcome(request, error)
    return _go(request, "/login")


@routes.get("/account")
async def show_account(request: web.Request) -> web.Response:
    """Show one's own sessions."""
    if SESSION not in request:
        return _go(request, "/login")
    sessions = await staff.list_sessions(request.app[CONTEXT], request[SESSION].staff_id)
    return request.app[SHEETS].page(request, "account", sessions=sessions)


@routes.post("/account/sessions/{id}/end")
async def end_session(request: web.Request) -> web.Response:
    """End one of one's own sessions."""
    if SESSION not in request:
        return _go(request, "/login")
    try:
        session_id = UUID(request.match_info["id"])
    except ValueError:
        raise Refused("not_found") from None
    await staff.end_session(request.app[CONTEXT], request[SESSION].staff_id, session_id)
    return _go(request, "/account")


async def _welcome(request: web.Request, problem: Refused | None) -> web.Response:
    token = request.match_info["token"]
    invitation = await staff.read_invitation(request.app[CONTEXT], quote(token))
    return request.app[SHEETS].page(
        request,
        "welcome",
        status=422 if problem else 200,
        invitation=invitation,
        problem=problem,
    )


def _first_place(session: Session, site: Site) -> str:
    for _, place, needs, least in PLACES:
        if session.level(site, needs) >= least:
            return place
    return "journal"


def _go(request: web.Request, path: str) -> web.Response:
    return see_other(in_language(request, path))
