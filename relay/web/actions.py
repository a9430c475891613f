"""The door of advertisers: the links of a mail. GET shows a page, only POST acts."""

from aiohttp import web

from relay.answers import Answer, answer, read_correspondence
from relay.errors import Refused
from relay.links import Link, Side, read_link
from relay.sites import Site
from relay.web.bodies import read_fields
from relay.web.keys import CONTEXT, PAGES
from relay.web.origins import readable
from relay.web.pages import see_other
from relay.web.problems import in_language, language_of

PAGES_ONLY = ("why",)

routes = web.RouteTableDef()


@routes.get("/a/{token}/{answer}")
async def show_answer(request: web.Request) -> web.Response:
    """Show what a link would do, and what is so now."""
    site, link = await _message(request)
    name = _name(request)
    correspondence = await read_correspondence(request.app[CONTEXT], site, link)
    return request.app[PAGES].page(
        "why" if name in PAGES_ONLY else "answer",
        language_of(request),
        answer=name,
        correspondence=correspondence,
        policy=site.policy,
        done="done" in request.query,
    )


@routes.post("/a/{token}/{answer}")
async def post_answer(request: web.Request) -> web.Response:
    """Do it. A mail program's one-click unsubscribe posts here too (RFC 8058)."""
    site, link = await _message(request)
    name = _name(request)
    if name in PAGES_ONLY:
        raise web.HTTPMethodNotAllowed("POST", ["GET"])
    fields = await read_fields(request)
    note = readable(fields.get("note", ""))
    await answer(request.app[CONTEXT], site, link, Answer(name), note)
    return see_other(in_language(request, f"{request.path}?done"))


async def _message(request: web.Request) -> tuple[Site, Link]:
    context = request.app[CONTEXT]
    today = context.clock().date()
    link = read_link(request.match_info["token"], {Side.ADVERTISER}, context.link_keys, today)
    return await context.sites.by_id(link.site_id), link


def _name(request: web.Request) -> str:
    name = request.match_info["answer"]
    if name not in PAGES_ONLY and name not in {choice.value for choice in Answer}:
        raise Refused("not_found")
    return name
