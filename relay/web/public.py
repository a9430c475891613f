"""The door of buyers: the form of a listing, and the private page of a message."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import wraps
from urllib.parse import urlsplit

from aiohttp import web

from relay import listings, sent
from relay.catalogue import Listing, read_ref
from relay.contacts import shown_line
from relay.context import Context
from relay.conversations import Accepted
from relay.errors import Invalid, Refused, Unavailable
from relay.links import Link, Side, read_link
from relay.outgoing import status_url
from relay.sealing import Unsealable, public_id
from relay.sites import Site
from relay.web.bodies import read_fields
from relay.web.contact import TRAP, accepted_body, domain_hint, from_form, submit
from relay.web.keys import CONTEXT, PAGES
from relay.web.openapi import operation
from relay.web.origins import page_of, page_origin
from relay.web.pages import see_other
from relay.web.problems import (
    Problem,
    add_retry,
    answer_problem,
    in_language,
    language_of,
    problem_of,
    wants_page,
)
from relay.web.proof import as_json, new_challenge
from relay.web.shapes import ContactAnswer, ContactForm, FormChallenge, OwnState
from relay.web.shown import form_signature

FIELDS = ("listing", "listing_token", "next", "email", "phone", "message", "name")
SITE = web.RequestKey("site", Site)
EVIDENCE = (TRAP,)  # what the page of the proof carries on: the score must not change on the way
CORS_HEADERS = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key, Accept-Language",
    "Access-Control-Expose-Headers": "Idempotent-Replayed, Retry-After",
    "Access-Control-Max-Age": "600",
}

Door = Callable[[web.Request], Awaitable[web.Response]]
routes = web.RouteTableDef()


def shared(door: Door) -> Door:
    """Let a page of the site read the door's answers, refusals too (CORS)."""

    @wraps(door)
    async def answer(request: web.Request) -> web.Response:
        try:
            response = await door(request)
        except (Invalid, Refused, Unavailable) as error:
            response = answer_problem(problem_of(error, request), request)
        response.headers["Vary"] = "Origin, Accept, Accept-Language"
        try:
            origin = _page_origin(request, await _site(request))
        except (Refused, Unavailable):
            return response
        if origin:
            expose = "Access-Control-Expose-Headers"
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers[expose] = CORS_HEADERS[expose]
        return response

    return answer


@routes.get("/f/{key}")
@shared
async def show_form(request: web.Request) -> web.Response:
    """Show the hosted form of a listing."""
    site = await _site(request)
    _page_origin(request, site)
    return await _form_page(request, site, dict(request.query), None)


@routes.post("/f/{key}")
@operation(
    "Send a contact from a page",
    body=ContactForm,
    answers={202: ContactAnswer, 303: None},
    headers={"Idempotency-Key": "Makes a repeated request the same message, for 24 hours"},
    is_public=True,
    takes_forms=True,
)
@shared
async def post_form(request: web.Request) -> web.Response:
    """Take a contact from a page: an HTML form is answered by pages, a program by JSON."""
    fields = await read_fields(request)  # before any wait: a client that leaves now is served
    site = await _site(request)
    _page_origin(request, site)
    try:
        accepted = await submit(request, from_form(request, site, fields))
    except (Invalid, Refused, Unavailable) as error:
        if not wants_page(request):
            raise
        return await _form_page(request, site, fields, problem_of(error, request))
    return _answer(request, site, fields, accepted)


@routes.options("/f/{key}")
@routes.options("/f/{key}/challenge")
@shared
async def preflight(request: web.Request) -> web.Response:
    """Tell a browser whether a page may post here (CORS)."""
    site = await _site(request)
    _page_origin(request, site)
    return web.Response(status=204, headers=CORS_HEADERS)


@routes.get("/f/{key}/challenge")
@operation("Get a proof of work to solve", answers={200: FormChallenge}, is_public=True)
@shared
async def challenge(request: web.Request) -> web.Response:
    """Give a proof of work to solve, and the signature of a form shown now."""
    site = await _site(request)
    _page_origin(request, site)
    context = request.app[CONTEXT]
    made = as_json(new_challenge(context.link_keys[0], context.clock()))
    return web.json_response({"challenge": made, "sig": form_signature(context, site)})


@routes.get("/m/{token}")
@operation("Read one's own message's state", answers={200: OwnState}, is_public=True, has_page=True)
async def show_status(request: web.Request) -> web.Response:
    """Show its sender what became of a message."""
    site, link = await _message(request)
    status = await sent.read_status(
        request.app[CONTEXT], site, link.message_id, language_of(request)
    )
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
        is_owner=link.side is Side.BUYER,
        sent="sent" in request.query,
        replayed="again" in request.query,
        hint=_shown_hint(request.query.get("hint", "")),
    )


def _shown_hint(domain: str) -> str | None:
    return domain if re.fullmatch(r"[a-z0-9-]{1,30}(\.[a-z]{2,10}){1,2}", domain) else None


@routes.post("/m/{token}/cancel")
async def cancel(request: web.Request) -> web.Response:
    """Cancel a message that has not left."""
    site, link = await _message(request)
    await sent.cancel(request.app[CONTEXT], site, link.message_id)
    return see_other(in_language(request, f"/m/{request.match_info['token']}"))


@routes.get("/s/{key}/notice")
async def show_notice(request: web.Request) -> web.Response:
    """Show what a site does with what a form sends (GDPR 13)."""
    site = await _site(request)
    return request.app[PAGES].page(
        "notice", language_of(request), policy=site.policy, slug=site.slug
    )


@routes.get("/s/{key}/again")
async def show_again(request: web.Request) -> web.Response:
    """Say that the same message was received before, to whom its private page is not shown."""
    site = await _site(request)
    return request.app[PAGES].page("again", language_of(request), policy=site.policy)


async def _site(request: web.Request) -> Site:
    if SITE not in request:  # asked once: what was accepted is answered without another wait
        key = request.match_info["key"]
        request[SITE] = await request.app[CONTEXT].sites.by_key(key, "public")
    return request[SITE]


async def _message(request: web.Request) -> tuple[Site, Link]:
    context = request.app[CONTEXT]
    today, sides = context.clock().date(), (Side.BUYER, Side.SENDER)
    link = read_link(request.match_info["token"], sides, context.link_keys, today)
    return await context.sites.by_id(link.site_id), link


def _page_origin(request: web.Request, site: Site) -> str | None:
    """Return the page's origin when it may be told; None when none is named.

    Raises:
        Refused: ``origin_refused``: the page is neither one of the site's nor the relay's own,
            under its public name or the one it was asked by.
    """
    origin = request.headers.get("Origin")
    if origin is None or origin == "null":
        return None
    own = (request.app[CONTEXT].settings.public_url, f"{request.scheme}://{request.host}")
    if page_origin(origin) not in {page_origin(url) for url in (*site.origins, *own)} - {None}:
        raise Refused("origin_refused")
    return origin


def _answer(
    request: web.Request, site: Site, fields: Mapping[str, str], accepted: Accepted
) -> web.Response:
    context = request.app[CONTEXT]
    response = web.json_response(
        accepted_body(context, site, accepted, fields.get("email", "")), status=202
    )
    if wants_page(request):
        target = page_of(site.origins, fields.get("next", "")) or _page_after(
            request, site, fields, accepted
        )
        response = see_other(target)
    if accepted.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _page_after(
    request: web.Request, site: Site, fields: Mapping[str, str], accepted: Accepted
) -> str:
    """Return the page that follows: the private one, but not for who only knows the text."""
    if not accepted.is_own:
        return in_language(request, f"/s/{request.match_info['key']}/again")
    mark = "again" if accepted.replayed else "sent"
    hint = domain_hint(fields.get("email", ""))
    path = urlsplit(status_url(request.app[CONTEXT], site, accepted.message_id)).path
    return in_language(request, f"{path}?{mark}" + (f"&hint={hint}" if hint else ""))


async def _shown_listing(context: Context, site: Site, ref: str, language: str) -> Listing | None:
    """Return a listing with its hidden number masked where its site wrote it all the same."""
    try:
        listing = await listings.read_listing(context, site, read_ref(ref))
    except (Invalid, Refused, Unavailable, Unsealable):  # what was typed is shown all the same
        return None
    hidden = None if listing.show_phone else listing.advertiser.phone
    return replace(
        listing,
        title=shown_line(listing.title, hidden, site.policy, language),
        details=shown_line(listing.details, hidden, site.policy, language),
    )


def _form_status(problem: Problem | None, listing: Listing | None) -> int:
    if problem:
        return problem.status
    if listing is None:
        return 404
    return 200 if listing.state == "open" else 410


async def _form_page(
    request: web.Request, site: Site, fields: Mapping[str, str], problem: Problem | None
) -> web.Response:
    context = request.app[CONTEXT]
    listing = None
    if problem is None or problem.code != "unavailable":
        listing = await _shown_listing(
            context, site, fields.get("listing", ""), language_of(request)
        )
    needs_proof = problem is not None and problem.code in ("proof_required", "proof_wrong")
    page = request.app[PAGES].page(
        "form",
        language_of(request),
        status=_form_status(problem, listing),
        form_targets=site.origins,
        key=request.match_info["key"],
        policy=site.policy,
        listing=listing,
        values={name: fields.get(name, "") for name in (*FIELDS, *EVIDENCE)},
        problem=problem,
        meant=domain_hint(fields.get("email", "")),
        faults={fault.field: (fault, text) for fault, text in problem.faults} if problem else {},
        challenge=as_json(new_challenge(context.link_keys[0], context.clock()))
        if needs_proof
        else None,
        signature=form_signature(context, site),
    )
    if problem:
        add_retry(page, problem)
    return page
