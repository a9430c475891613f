"""The door of buyers: the form of a listing, and the private page of a message."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import web

from relay import conversations, listings
from relay.catalogue import read_ref
from relay.context import Context
from relay.conversations import Accepted
from relay.database import Record
from relay.errors import Invalid, Refused, Unavailable
from relay.links import Link, Side, read_link
from relay.outgoing import status_url
from relay.sealing import public_id
from relay.sites import Site
from relay.web.bodies import read_fields
from relay.web.contact import TRAP, accepted_body, form_signature, from_form, submit
from relay.web.keys import CONTEXT, PAGES
from relay.web.problems import (
    Problem,
    in_language,
    language_of,
    problem_of,
    problem_response,
    wants_page,
)
from relay.web.proof import as_json, new_challenge

FIELDS = ("listing", "listing_token", "next", "email", "phone", "message", "name")
EVIDENCE = (TRAP,)  # what the page of the proof carries on: the score must not change on the way
CORS_HEADERS = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key, Accept-Language",
    "Access-Control-Expose-Headers": "Idempotent-Replayed, Retry-After",
    "Access-Control-Max-Age": "600",
}

routes = web.RouteTableDef()


@routes.get("/f/{key}")
async def show_form(request: web.Request) -> web.Response:
    """Show the hosted form of a listing."""
    site = await _site(request)
    origin = _page_origin(request, site)
    page = await _form_page(request, site, dict(request.query), None)
    return _shared(page, origin)


@routes.post("/f/{key}")
async def post_form(request: web.Request) -> web.Response:
    """Take a contact from a page: an HTML form is answered by pages, a program by JSON."""
    fields = await read_fields(request)  # before any wait: a client that leaves now is served
    site = await _site(request)
    origin = _page_origin(request, site)
    try:
        accepted = await submit(request, from_form(request, site, fields))
    except Exception as error:
        problem = problem_of(error, request)
        if problem.code == "internal":
            raise
        if wants_page(request):
            return await _form_page(request, site, fields, problem)
        return _shared(problem_response(problem, request), origin)
    return _shared(_answer(request, site, fields, accepted), origin)


@routes.options("/f/{key}")
@routes.options("/f/{key}/challenge")
async def preflight(request: web.Request) -> web.Response:
    """Tell a browser whether a page may post here (CORS)."""
    site = await _site(request)
    response = web.Response(status=204, headers=CORS_HEADERS)
    return _shared(response, _page_origin(request, site))


@routes.get("/f/{key}/challenge")
async def challenge(request: web.Request) -> web.Response:
    """Give a proof of work to solve, and the signature of a form shown now."""
    site = await _site(request)
    context = request.app[CONTEXT]
    made = as_json(new_challenge(context.link_keys[0], context.clock()))
    body = {"challenge": made, "sig": form_signature(context, site)}
    return _shared(web.json_response(body), _page_origin(request, site))


@routes.get("/m/{token}")
async def show_status(request: web.Request) -> web.Response:
    """Show its sender what became of a message."""
    site, link = await _message(request)
    status = await conversations.read_status(request.app[CONTEXT], site, link.message_id)
    if not wants_page(request) and "application/json" in request.headers.get("Accept", ""):
        return web.json_response(
            {
                "id": public_id("msg", status.message_id),
                "state": status.state,
                "reason": status.reason,
            }
        )
    return request.app[PAGES].page(
        "status",
        language_of(request),
        status=200,
        message=status,
        policy=site.policy,
        token=request.match_info["token"],
        sent="sent" in request.query,
        replayed="again" in request.query,
    )


@routes.post("/m/{token}/cancel")
async def cancel(request: web.Request) -> web.Response:
    """Cancel a message that has not left."""
    site, link = await _message(request)
    await conversations.cancel(request.app[CONTEXT], site, link.message_id)
    raise web.HTTPSeeOther(in_language(request, f"/m/{request.match_info['token']}"))


@routes.get("/s/{key}/notice")
async def show_notice(request: web.Request) -> web.Response:
    """Show what a site does with what a form sends (GDPR 13)."""
    site = await _site(request)
    return request.app[PAGES].page("notice", language_of(request), policy=site.policy)


async def _site(request: web.Request) -> Site:
    return await request.app[CONTEXT].sites.by_key(request.match_info["key"], "public")


async def _message(request: web.Request) -> tuple[Site, Link]:
    context = request.app[CONTEXT]
    link = read_link(request.match_info["token"], Side.BUYER, context.link_keys)
    if link is None:
        raise Refused("link_wrong")
    return await context.sites.by_id(link.site_id), link


def _page_origin(request: web.Request, site: Site) -> str | None:
    """Return the page's origin when it may be told; None when none is named.

    Raises:
        Refused: ``origin_refused``: the page is not one of the site's.
    """
    origin = request.headers.get("Origin")
    if origin is None or origin == "null":
        return None
    if origin not in site.origins and origin != request.app[CONTEXT].settings.public_url:
        raise Refused("origin_refused")
    return origin


def _shared(response: web.Response, origin: str | None) -> web.Response:
    response.headers["Vary"] = "Origin, Accept, Accept-Language"
    if origin:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = CORS_HEADERS[
            "Access-Control-Expose-Headers"
        ]
    return response


def _answer(
    request: web.Request, site: Site, fields: Mapping[str, str], accepted: Accepted
) -> web.Response:
    context = request.app[CONTEXT]
    response = web.json_response(accepted_body(context, site, accepted), status=202)
    if wants_page(request):
        mark = "again" if accepted.replayed else "sent"
        path = urlsplit(status_url(context, site, accepted.message_id)).path
        page = in_language(request, f"{path}?{mark}")
        target = _allowed_next(site, fields.get("next", "")) or page
        response = web.Response(status=303, headers={"Location": target})
    if accepted.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _allowed_next(site: Site, url: str) -> str | None:
    """Return *url* when it lies on one of the site's own origins: never an open redirect."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc.lower()}"
    return url if url.isprintable() and " " not in url and origin in site.origins else None


async def _shown_listing(context: Context, site: Site, ref: str) -> Record | None:
    try:
        return await listings.find_listing(context, site, read_ref(ref))
    except (Invalid, Unavailable):  # what was typed is shown all the same
        return None


def _form_status(problem: Problem | None, listing: Record | None) -> int:
    if problem:
        return problem.status
    if listing is None:
        return 404
    return 200 if listing["state"] == "open" else 410


async def _form_page(
    request: web.Request, site: Site, fields: Mapping[str, str], problem: Problem | None
) -> web.Response:
    context = request.app[CONTEXT]
    listing = None
    if problem is None or problem.code != "unavailable":
        listing = await _shown_listing(context, site, fields.get("listing", ""))
    needs_proof = problem is not None and problem.code in ("proof_required", "proof_wrong")
    return request.app[PAGES].page(
        "form",
        language_of(request),
        status=_form_status(problem, listing),
        form_targets=site.origins,
        key=request.match_info["key"],
        policy=site.policy,
        listing=listing,
        values={name: fields.get(name, "") for name in (*FIELDS, *EVIDENCE)},
        problem=problem,
        faults={fault.field: (fault, text) for fault, text in problem.faults} if problem else {},
        challenge=as_json(new_challenge(context.link_keys[0], context.clock()))
        if needs_proof
        else None,
        signature=form_signature(context, site),
    )
