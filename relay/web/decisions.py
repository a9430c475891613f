"""The page where a decision on a message is read with its reasons, and contested (DSA 17, 20)."""

from uuid import UUID

from aiohttp import web

from relay import desk
from relay.errors import Invalid, Refused
from relay.links import Link, Side, read_link
from relay.sites import Site
from relay.web.bodies import read_fields
from relay.web.keys import CONTEXT, PAGES
from relay.web.origins import readable
from relay.web.pages import see_other
from relay.web.problems import STATUSES, in_language, language_of

routes = web.RouteTableDef()


@routes.get("/d/{token}")
async def show(request: web.Request) -> web.Response:
    """Show a decision to whom it concerns."""
    return await _page(request, *await _link(request))


@routes.post("/d/{token}")
async def contest(request: web.Request) -> web.Response:
    """Contest it; another person judges."""
    fields = await read_fields(request)
    site, link = await _link(request)
    text = readable(fields.get("why", ""))
    context = request.app[CONTEXT]
    try:
        await desk.contest(context, site, link.message_id, _person(link), text)
    except Invalid:
        return await _page(request, site, link, is_empty=True)
    return see_other(in_language(request, f"{request.path}?done"))


async def _link(request: web.Request) -> tuple[Site, Link]:
    context = request.app[CONTEXT]
    token = request.match_info["token"]
    link = read_link(token, {Side.DECISION}, context.link_keys, context.clock().date())
    return await context.sites.by_id(link.site_id), link


async def _page(
    request: web.Request, site: Site, link: Link, *, is_empty: bool = False
) -> web.Response:
    context = request.app[CONTEXT]
    ruled = await desk.read_ruling(context, site, link.message_id, _person(link))
    return request.app[PAGES].page(
        "decision",
        language_of(request),
        status=STATUSES["validation"] if is_empty else 200,
        it=ruled,
        is_open=ruled.is_open(context.clock()),
        is_empty=is_empty,
        policy=site.policy,
        done="done" in request.query,
    )


def _person(link: Link) -> UUID:
    """Return whom a link was made for.

    Raises:
        Refused: ``link_wrong``: it names nobody.
    """
    if link.person_id is None:
        raise Refused("link_wrong")
    return link.person_id
