"""The public door of the rights desk: ask, prove by code, follow, fetch the answer.

GET shows a page, only POST acts. Nothing here tells whether an address is known (A39).
"""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from aiohttp import web

from relay.errors import Invalid, Refused
from relay.links import Link, Side, read_link
from relay.outgoing import proof_url, request_url
from relay.outgoing.rights_letters import privacy_local_part
from relay.rights import intake, proof
from relay.rights.intake import Asked
from relay.rights.objections import purposes_of
from relay.rights.requests import Content
from relay.rights.standing import LINK_LIFE, PROOF_LIFE, Door, needs_code
from relay.sites import Site
from relay.web.bodies import read_fields
from relay.web.contact import origin_of
from relay.web.keys import CONTEXT, PAGES
from relay.web.origins import household, readable
from relay.web.pages import see_other
from relay.web.problems import Problem, in_language, language_of, problem_of
from relay.web.rights_fields import FIELDS, offered, read_asked, read_kind

routes = web.RouteTableDef()


@routes.get("/rights/{slug}")
async def show_form(request: web.Request) -> web.Response:
    """Show what can be asked of a site."""
    return _form(request, await _site(request), {})


@routes.post("/rights/{slug}")
async def post_form(request: web.Request) -> web.Response:
    """Take a request in; the next page is the same whatever is held."""
    fields = {name: readable(value) for name, value in (await read_fields(request)).items()}
    site = await _site(request)
    try:
        asked = _read(request, site, fields, Door.PAGE)
        request_id = await intake.ask(request.app[CONTEXT], site, asked)
    except (Invalid, Refused) as error:
        return _form(request, site, fields, problem_of(error, request))
    return _to_code(request, site, request_id)


@routes.get("/rights/code/{token}")
async def show_code(request: web.Request) -> web.Response:
    """Ask for the code that was sent."""
    site, _ = await opened(request, Side.ASKER)
    return _code_page(request, site)


@routes.post("/rights/code/{token}")
async def post_code(request: web.Request) -> web.Response:
    """Take the code, and lead to the request's own page."""
    fields = await read_fields(request)
    site, request_id = await opened(request, Side.ASKER)
    try:
        await proof.prove(request.app[CONTEXT], site, request_id, fields.get("code", ""))
    except Refused as error:
        return _code_page(request, site, problem_of(error, request))
    return _to_own(request, site, request_id)


@routes.post("/rights/code/{token}/again")
async def post_again(request: web.Request) -> web.Response:
    """Send another code, if one is awaited."""
    site, request_id = await opened(request, Side.ASKER)
    await proof.ask_code(request.app[CONTEXT], site, request_id, source_of(request))
    path = f"/rights/code/{request.match_info['token']}?again"
    return see_other(in_language(request, path))


@routes.get("/{side:m|a}/{token}/data")
async def show_data(request: web.Request) -> web.Response:
    """Show what a party can ask about their own data."""
    site, _ = await _party(request)
    return request.app[PAGES].page(
        "rights_data", language_of(request), policy=site.policy, kinds=offered(site)
    )


@routes.post("/{side:m|a}/{token}/data")
async def post_data(request: web.Request) -> web.Response:
    """Take a request from a private page: its address is the one of the link's person."""
    fields = await read_fields(request)
    context = request.app[CONTEXT]
    site, link = await _party(request)
    email = await intake.read_party_mail(context, site, link)
    kind = read_kind(fields)
    content = Content(email=email)
    asked = Asked(Door.LINK, kind, language_of(request), content, source=source_of(request))
    request_id = await intake.ask(context, site, asked)
    if needs_code(kind, Door.LINK):
        return _to_code(request, site, request_id)
    return _to_own(request, site, request_id)


def _read(request: web.Request, site: Site, fields: Mapping[str, str], door: Door) -> Asked:
    """Read the form.

    Raises:
        Invalid: Every fault at once.
    """
    kind, content = read_asked(site, fields)
    return Asked(
        door=door,
        kind=kind,
        language=language_of(request),
        content=content,
        source=source_of(request),
    )


def _form(
    request: web.Request, site: Site, fields: Mapping[str, str], problem: Problem | None = None
) -> web.Response:
    return request.app[PAGES].page(
        "rights_form",
        language_of(request),
        status=problem.status if problem else 200,
        policy=site.policy,
        slug=site.slug,
        kinds=offered(site),
        purposes=purposes_of(site.policy),
        values={name: fields.get(name, "") for name in FIELDS},
        ticked=[one for one in purposes_of(site.policy) if f"purpose_{one}" in fields],
        problem=problem,
        faults={fault.field: (fault, text) for fault, text in problem.faults} if problem else {},
        address=f"{privacy_local_part(site)}@{request.app[CONTEXT].settings.mail_domain}",
    )


def _code_page(request: web.Request, site: Site, problem: Problem | None = None) -> web.Response:
    return request.app[PAGES].page(
        "rights_code",
        language_of(request),
        status=problem.status if problem else 200,
        policy=site.policy,
        token=request.match_info["token"],
        problem=problem,
        again="again" in request.query,
    )


def _to_code(request: web.Request, site: Site, request_id: UUID) -> web.Response:
    context = request.app[CONTEXT]
    until = (context.clock() + PROOF_LIFE).date()
    return _to(request, proof_url(context, site, request_id, until))


def _to_own(request: web.Request, site: Site, request_id: UUID) -> web.Response:
    """Send on to the page of a request; mails bring links that last longer."""
    context = request.app[CONTEXT]
    until = (context.clock() + LINK_LIFE + timedelta(days=1)).date()
    return _to(request, request_url(context, site, request_id, until))


def _to(request: web.Request, url: str) -> web.Response:
    path = url.removeprefix(request.app[CONTEXT].settings.public_url)
    return see_other(in_language(request, path))


def source_of(request: web.Request) -> str:
    """Name the household a request comes from, for limits."""
    return household(origin_of(request).ip)


async def _site(request: web.Request) -> Site:
    site = await request.app[CONTEXT].sites.find(request.match_info["slug"])
    if site is None:
        raise Refused("not_found")
    return site


async def opened(request: web.Request, side: Side) -> tuple[Site, UUID]:
    """Return the site and the request that a link of the desk names."""
    context = request.app[CONTEXT]
    today = context.clock().date()
    link = read_link(request.match_info["token"], {side}, context.link_keys, today)
    return await context.sites.by_id(link.site_id), link.message_id


async def _party(request: web.Request) -> tuple[Site, Link]:
    context = request.app[CONTEXT]
    side = Side.BUYER if request.match_info["side"] == "m" else Side.ADVERTISER
    today = context.clock().date()
    link = read_link(request.match_info["token"], {side}, context.link_keys, today)
    return await context.sites.by_id(link.site_id), link
