"""The page of one request: how it stands, its answer, and what its person may do to it.

It opens by a link only who proved the address is given. GET shows, only POST acts and hands over:
programs that look through mails open links.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from aiohttp import web

from relay import texts
from relay.context import Context
from relay.errors import Refused
from relay.links import Side
from relay.rights import access, certificate, decisions, documents, proof
from relay.rights.requests import DataRequest, read_history, read_request
from relay.rights.standing import Kind, State
from relay.sites import Site
from relay.web.bodies import read_fields, read_file
from relay.web.keys import CONTEXT, PAGES
from relay.web.pages import SECURITY_HEADERS, see_other
from relay.web.problems import Problem, in_language, language_of, problem_of
from relay.web.rights import opened, source_of
from relay.web.rights_fields import offered, read_kind

routes = web.RouteTableDef()


@routes.get("/r/{token}")
async def show_own(request: web.Request) -> web.Response:
    """Show the person how their request stands."""
    return await _own_page(request)


@routes.post("/r/{token}/download")
async def download(request: web.Request) -> web.StreamResponse:
    """Hand over the ZIP; it is made now and kept nowhere."""
    context = request.app[CONTEXT]
    site, request_id = await opened(request, Side.SUBJECT)
    own = await _read_own(context, site, request_id)
    if not _has_packet(own, context):
        raise Refused("not_found")
    packet = await access.build_packet(context, site, own)
    await decisions.note_delivery(context, site, request_id)
    return _file(packet, "application/zip", f"donnees-{own.reference}.zip")


@routes.post("/r/{token}/certificate")
async def show_certificate(request: web.Request) -> web.Response:
    """Hand over the certificate of an erasure."""
    context = request.app[CONTEXT]
    site, request_id = await opened(request, Side.SUBJECT)
    own = await _read_own(context, site, request_id)
    async with context.database.connection() as connection:
        stored = await certificate.read_certificate(context, connection, site, request_id)
    if stored is None:
        raise Refused("not_found")
    page = certificate.certificate_page(site, stored, own.reference, own.language)
    if own.standing.state in (State.READY, State.DELIVERED, State.PARTLY_HELD):
        await decisions.note_delivery(context, site, request_id)
    return _file(page.encode(), "text/html", f"attestation-{own.reference}.html")


@routes.post("/r/{token}/{act:withdraw|contest|unfreeze|kind|new-code|again}")
async def act(request: web.Request) -> web.Response:
    """Do what the person of a request may do to it."""
    fields = await read_fields(request)
    context = request.app[CONTEXT]
    site, request_id = await opened(request, Side.SUBJECT)
    match request.match_info["act"]:
        case "withdraw":
            await decisions.withdraw(context, site, request_id)
        case "contest":
            await decisions.contest(context, site, request_id)
        case "unfreeze":
            await decisions.lift(context, site, request_id, None)
        case "kind":
            await decisions.choose(context, site, request_id, read_kind(fields))
        case "again":
            await proof.ask_code(context, site, request_id, source_of(request))
        case _:
            try:
                await proof.prove(context, site, request_id, fields.get("code", ""), "new")
            except Refused as error:
                return await _own_page(request, problem_of(error, request))
    return see_other(in_language(request, f"/r/{request.match_info['token']}"))


@routes.post("/r/{token}/document")
async def give_document(request: web.Request) -> web.Response:
    """Take the copy of an identity document that was asked for, and nothing else."""
    context = request.app[CONTEXT]
    site, request_id = await opened(request, Side.SUBJECT)
    try:
        content = await read_file(request, "document", documents.LARGEST_BYTES)
        source = source_of(request)
        await documents.give_document(context, site, request_id, content, source)
    except Refused as error:
        return await _own_page(request, problem_of(error, request))
    return see_other(in_language(request, f"/r/{request.match_info['token']}"))


@dataclass(frozen=True, slots=True)
class _Own:
    """What the page of a request offers now."""

    packet: bool
    certificate: bool
    new_code: bool


async def _own_page(request: web.Request, problem: Problem | None = None) -> web.Response:
    context = request.app[CONTEXT]
    site, request_id = await opened(request, Side.SUBJECT)
    own = await _read_own(context, site, request_id)
    async with context.database.connection() as connection:
        history = await read_history(connection, site, request_id)
        stored = await certificate.read_certificate(context, connection, site, request_id)
        document = await documents.read_document(connection, site, request_id)
        is_new_proved = await proof.is_new_address_proved(connection, site, request_id)
    wants_new = own.content is not None and "email" in own.content.changes
    language = language_of(request)
    return request.app[PAGES].page(
        "rights_own",
        language,
        status=problem.status if problem else 200,
        policy=site.policy,
        slug=site.slug,
        token=request.match_info["token"],
        own=own,
        offers=_Own(
            packet=_has_packet(own, context),
            certificate=stored is not None,
            new_code=wants_new and not is_new_proved and own.standing.state is State.RECEIVED,
        ),
        history=history,
        kinds=offered(site),
        due=texts.day(language, datetime.combine(own.standing.due_on, datetime.min.time(), UTC)),
        problem=problem,
        document=document,
    )


def _has_packet(own: DataRequest, context: Context) -> bool:
    standing = own.standing
    return (
        standing.kind in (Kind.ACCESS, Kind.PORTABILITY)
        and standing.state in (State.READY, State.DELIVERED)
        and standing.link_until is not None
        and context.clock() < standing.link_until
    )


async def _read_own(context: Context, site: Site, request_id: UUID) -> DataRequest:
    async with context.database.connection() as connection:
        return await read_request(context, connection, site, request_id)


def _file(content: bytes, kind: str, name: str) -> web.Response:
    headers = {**SECURITY_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=content, content_type=kind, headers=headers)
