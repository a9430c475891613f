"""The private pages of both parties: answer, show a number, own an address, end, report.

GET shows a page, only POST acts. A buyer's pages hang below ``/m/``, an advertiser's below ``/a/``.
"""

from aiohttp import web

from relay import desk, parties, private_page
from relay.errors import Invalid, Refused
from relay.links import Side, read_link
from relay.outgoing import decision_url
from relay.sealing import read_public_id
from relay.visits import Visit
from relay.web.bodies import read_fields
from relay.web.contact import origin_of
from relay.web.keys import CONTEXT, PAGES
from relay.web.origins import readable
from relay.web.pages import see_other
from relay.web.problems import Problem, in_language, language_of, problem_of

# A file is shown in its page or saved; opened by itself it may do nothing, and nobody keeps it.
FILE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

routes = web.RouteTableDef()


@routes.get("/m/{token}/{page:answer|number|confirm|report|end|why}")
@routes.get("/a/{token}/{page:answer|number|confirm}")
async def show(request: web.Request) -> web.Response:
    """Show what a page would do, and what is so now."""
    visit = await _visit(request)
    return await _page(request, visit)


@routes.get("/m/{token}/file/{message}/{number:[1-9][0-9]?}")
@routes.get("/a/{token}/file/{message}/{number:[1-9][0-9]?}")
async def show_file(request: web.Request) -> web.Response:
    """Show a picture, or hand over a document, that came with the other side's last message."""
    visit = await _visit(request)
    message_id = read_public_id("msg", request.match_info["message"])
    if message_id is None:
        raise Refused("not_found")
    number = int(request.match_info["number"])
    kind, content = await private_page.read_file(request.app[CONTEXT], visit, message_id, number)
    disposition = "inline" if kind.startswith("image/") else "attachment"
    headers = FILE_HEADERS | {"Content-Disposition": disposition}
    return web.Response(body=content, content_type=kind, headers=headers)


@routes.post("/m/{token}/{page:answer}")
@routes.post("/a/{token}/{page:answer}")
async def write(request: web.Request) -> web.Response:
    """Send the other side a message."""
    fields = await read_fields(request)
    visit = await _visit(request)
    text = fields.get("message", "")
    try:
        await parties.write(request.app[CONTEXT], visit, text, origin_of(request))
    except (Invalid, Refused) as error:
        return await _page(request, visit, problem_of(error, request), text)
    return _done(request)


@routes.post("/m/{token}/{page:number}")
@routes.post("/a/{token}/{page:number}")
async def show_number(request: web.Request) -> web.Response:
    """Show one's number to the other side, or hide it again."""
    fields = await read_fields(request)
    shown = fields.get("shown") == "1"
    await parties.show_number(request.app[CONTEXT], await _visit(request), shown=shown)
    return _done(request)


@routes.post("/m/{token}/{page:confirm}")
@routes.post("/a/{token}/{page:confirm}")
async def confirm(request: web.Request) -> web.Response:
    """Own a reply from an unknown address, or disown it."""
    fields = await read_fields(request)
    message_id = read_public_id("msg", fields.get("id", ""))
    if message_id is None:
        raise Refused("not_found")
    is_mine = fields.get("mine") == "1"
    visit = await _visit(request)
    await parties.confirm(request.app[CONTEXT], visit, message_id, is_mine=is_mine)
    return _done(request)


@routes.post("/m/{token}/{page:report}")
async def report(request: web.Request) -> web.Response:
    """Report the advertiser's last message."""
    fields = await read_fields(request)
    note = readable(fields.get("note", ""))
    await parties.report(request.app[CONTEXT], await _visit(request), note)
    return _done(request)


@routes.post("/m/{token}/{page:end}")
async def end(request: web.Request) -> web.Response:
    """End the conversation, or begin again what this side had ended."""
    fields = await read_fields(request)
    act = parties.resume if fields.get("resume") == "1" else parties.end
    await act(request.app[CONTEXT], await _visit(request))
    return _done(request)


async def _visit(request: web.Request) -> Visit:
    context = request.app[CONTEXT]
    side = Side.BUYER if request.path.startswith("/m/") else Side.ADVERTISER
    token = request.match_info["token"]
    link = read_link(token, {side}, context.link_keys, context.clock().date())
    return Visit(await context.sites.by_id(link.site_id), link)


def _done(request: web.Request) -> web.Response:
    return see_other(in_language(request, f"{request.path}?done"))


async def _page(
    request: web.Request, visit: Visit, problem: Problem | None = None, text: str = ""
) -> web.Response:
    context = request.app[CONTEXT]
    page = await private_page.read_page(context, visit)
    rulings = await desk.list_rulings(
        context, visit.site, visit.link.message_id, is_buyer=visit.side == "buyer"
    )
    return request.app[PAGES].page(
        f"exchange_{request.match_info['page']}",
        language_of(request),
        status=problem.status if problem else 200,
        it=page,
        problem=problem,
        text=text,
        decisions=[
            decision_url(context, visit.site, message_id, person_id, context.clock())
            for message_id, person_id in rulings
        ],
        policy=visit.site.policy,
        done="done" in request.query,
    )
