"""The door of sites' own programs: listings and messages, with the site's secret key."""

from dataclasses import replace

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from relay import listings, sent
from relay.catalogue import AdvertiserBody, Listing, ListingBody, read_listing, read_ref
from relay.contacts import Origin
from relay.errors import FieldFault, Invalid, Refused
from relay.outgoing import status_url
from relay.sealing import public_id, read_public_id
from relay.sites import Site
from relay.texts import LANGUAGES
from relay.web.bodies import read_json
from relay.web.contact import (
    HEADER_LIMIT,
    Submission,
    accepted_body,
    idempotency_key,
    submit,
)
from relay.web.keys import CONTEXT, PAGES
from relay.web.openapi import operation
from relay.web.origins import plain_ip, readable
from relay.web.problems import language_of, meaning

routes = web.RouteTableDef()


class SenderBody(BaseModel):
    """Where the site's visitor came from: the trace kept against abuse."""

    model_config = ConfigDict(extra="forbid", strict=True)
    ip: str = Field(description="IPv4 or IPv6 address of the visitor")
    port: int = Field(default=0, ge=0, le=65535, description="Source port, 0 when unknown")
    user_agent: str = Field(default="", max_length=HEADER_LIMIT)


class MessageBody(BaseModel):
    """A contact that a site's server hands over for its visitor."""

    model_config = ConfigDict(extra="forbid", strict=True)
    listing: str = Field(default="", description="The site's number of the listing")
    listing_token: str = Field(default="", description="A sealed listing, instead of its number")
    email: str
    phone: str = ""
    message: str
    name: str = ""
    language: str = Field(default="fr", pattern=f"^({'|'.join(LANGUAGES)})$")
    sender: SenderBody


class MessageAnswer(BaseModel):
    """An accepted message."""

    id: str
    state: str
    received_at: str
    status_url: str
    email_suggestion: str | None = Field(
        description="A domain that was probably meant instead: a question, never a refusal"
    )


class MessageState(BaseModel):
    """What became of a message."""

    id: str
    state: str
    reason: str
    received_at: str
    settled_at: str | None
    status_url: str


class ListingAnswer(BaseModel):
    """A listing as it stands."""

    ref: str
    state: str = Field(description="open, paused or closed")
    title: str
    details: str
    url: str | None
    language: str
    show_phone: bool
    advertiser: AdvertiserBody


@routes.put("/v1/listings/{ref}")
@operation(
    "Register or replace a listing",
    body=ListingBody,
    answers={200: ListingAnswer, 201: ListingAnswer},
)
async def put_listing(request: web.Request) -> web.Response:
    """Register a listing, or replace it whole."""
    site = await site_of(request)
    body = await read_json(request, ListingBody)
    listing = read_listing(request.match_info["ref"], body, site.policy, sandbox=site.is_test)
    registered = await listings.put_listing(request.app[CONTEXT], site, listing)
    stands = replace(listing, state=registered.state, show_phone=registered.show_phone)
    return json_of(_listing_answer(stands), 201 if registered.created else 200)


@routes.get("/v1/listings/{ref}", allow_head=False)
@operation("Read a listing", answers={200: ListingAnswer})
async def get_listing(request: web.Request) -> web.Response:
    """Return a listing with its advertiser, to the site that registered it."""
    site = await site_of(request)
    listing = await listings.read_listing(request.app[CONTEXT], site, _ref(request))
    return json_of(_listing_answer(listing), 200)


@routes.delete("/v1/listings/{ref}")
@operation("End a listing", answers={204: None})
async def delete_listing(request: web.Request) -> web.Response:
    """End a listing: no new contact is taken; doing it twice changes nothing."""
    site = await site_of(request)
    await listings.close_listing(request.app[CONTEXT], site, _ref(request))
    return web.Response(status=204)


@routes.post("/v1/messages")
@operation(
    "Send a contact for a visitor",
    body=MessageBody,
    answers={202: MessageAnswer},
    headers={"Idempotency-Key": "Makes a repeated request the same message, for 24 hours"},
)
async def post_message(request: web.Request) -> web.Response:
    """Take a contact from a site's server."""
    site = await site_of(request)
    body = await read_json(request, MessageBody)
    origin = Origin(
        _visitor_ip(body.sender.ip), body.sender.port, "", readable(body.sender.user_agent), ""
    )
    names = ("listing", "listing_token", "email", "phone", "message", "name")
    accepted = await submit(
        request,
        Submission(
            site=site,
            fields={name: getattr(body, name) for name in names},
            origin=origin,
            language=body.language,
            key=idempotency_key(request),
            shown=None,
            form=None,
            proof=None,
            holds=False,
        ),
    )
    response = web.json_response(
        accepted_body(request.app[CONTEXT], site, replace(accepted, is_own=True), body.email),
        status=202,  # whoever has the site's secret key may read what became of any message
    )
    if accepted.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


@routes.get("/v1/messages/{id}", allow_head=False)
@operation("Read the state of a message", answers={200: MessageState})
async def get_message(request: web.Request) -> web.Response:
    """Say what became of a message; its text is for the people who wrote it."""
    site = await site_of(request)
    message_id = read_public_id("msg", request.match_info["id"])
    if message_id is None:
        raise Refused("not_found")
    status = await sent.read_status(request.app[CONTEXT], site, message_id, language_of(request))
    return json_of(
        MessageState(
            id=public_id("msg", message_id),
            state=status.state,
            reason=status.reason,
            received_at=status.received_at.isoformat(),
            settled_at=status.settled_at.isoformat() if status.settled_at else None,
            status_url=status_url(request.app[CONTEXT], site, message_id),
        ),
        200,
    )


@routes.get("/doc/problemes/{code}")
async def explain_problem(request: web.Request) -> web.Response:
    """Explain the code of a problem: where its ``type`` leads (RFC 9457 3.1.1)."""
    language, code = language_of(request), request.match_info["code"]
    return request.app[PAGES].page("code", language, code=code, meaning=meaning(language, code))


async def site_of(request: web.Request) -> Site:
    """Return the site whose secret key a request bears.

    Raises:
        Refused: ``key_missing``, ``key_unknown``.
    """
    scheme, _, key = readable(request.headers.get("Authorization", "")).partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise Refused("key_missing")
    return await request.app[CONTEXT].sites.by_key(key.strip(), "secret")


def _ref(request: web.Request) -> str:
    try:
        return read_ref(request.match_info["ref"])
    except Invalid:
        raise Refused("listing_unknown") from None


def _visitor_ip(text: str) -> str:
    try:
        return plain_ip(text)
    except ValueError:
        values = {"field": "sender.ip", "expected": "IP address"}
        raise Invalid(FieldFault("sender.ip", "field_type", values)) from None


def _listing_answer(listing: Listing) -> ListingAnswer:
    person = listing.advertiser
    return ListingAnswer(
        ref=listing.ref,
        state=listing.state or "open",
        title=listing.title,
        details=listing.details,
        url=listing.url,
        language=listing.language,
        show_phone=bool(listing.show_phone),
        advertiser=AdvertiserBody(
            pseudonym=person.pseudonym,
            email=person.email,
            phone=person.phone,
            company=person.company,
            siret=person.siret,
            vat=person.vat,
        ),
    )


def json_of(body: BaseModel, status: int) -> web.Response:
    """Answer with a shape."""
    return web.Response(text=body.model_dump_json(), status=status, content_type="application/json")
