"""An advertiser's page about the time they take to answer: off, until they say yes for a year."""

from uuid import UUID

from aiohttp import web

from relay import consents
from relay.consents import Use
from relay.errors import Refused
from relay.links import Side, read_link
from relay.sites import Site
from relay.web.bodies import read_fields
from relay.web.contact import origin_of
from relay.web.keys import CONTEXT, PAGES
from relay.web.pages import see_other
from relay.web.problems import in_language, language_of

PAGE = "/a/…/delay"  # as a record names it: what opens the page is nobody's business

routes = web.RouteTableDef()


@routes.get("/a/{token}/delay")
async def show(request: web.Request) -> web.Response:
    """Show whether the time is measured, what it is, and what was recorded of the consent."""
    site, person_id = await _visitor(request)
    context, language = request.app[CONTEXT], language_of(request)
    records = await consents.list_consents(context, site, person_id)
    now = context.clock()
    return request.app[PAGES].page(
        "delay",
        language,
        record=next((one for one in records if one.holds(now)), None),
        time=await consents.read_answering_time(context, site, person_id),
        policy=site.policy,
        done="done" in request.query,
    )


@routes.post("/a/{token}/delay")
async def decide(request: web.Request) -> web.Response:
    """Give the consent, or withdraw it."""
    fields = await read_fields(request)
    site, person_id = await _visitor(request)
    context = request.app[CONTEXT]
    if fields.get("given") == "1":
        given = consents.circumstances_of(origin_of(request), PAGE)
        await consents.give(context, site, person_id, Use.ANSWERING_TIME, given)
    else:
        await consents.withdraw(context, site, person_id, Use.ANSWERING_TIME)
    return see_other(in_language(request, f"{request.path}?done"))


async def _visitor(request: web.Request) -> tuple[Site, UUID]:
    """Return whose page it is.

    Raises:
        Refused: ``not_found``, ``link_expired``.
    """
    context = request.app[CONTEXT]
    token, today = request.match_info["token"], context.clock().date()
    link = read_link(token, {Side.ADVERTISER}, context.link_keys, today)
    if link.person_id is None:
        raise Refused("not_found")
    return await context.sites.by_id(link.site_id), link.person_id
