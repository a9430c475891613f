"""One contact through a door: from the fields of a request to an accepted message."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from aiohttp import web

from relay import listings
from relay.catalogue import open_token, read_listing
from relay.contact_rows import ContactRequest
from relay.contacts import Contact, Fields, Origin, read_contact
from relay.context import Context
from relay.conversations import Accepted
from relay.errors import FieldFault, Invalid, Refused
from relay.limiter import WINDOW_S, Limit
from relay.outgoing import status_url
from relay.resolver import DomainVerdict
from relay.scoring import HOLD_ANYWAY, QUICKEST_FILL_S, FormEvidence
from relay.sealing import public_id
from relay.sites import Site
from relay.validation import suggest_domain
from relay.web.keys import CONTEXT, DESK, PEER
from relay.web.origins import CHAIN_LIMIT, client_address, household, readable
from relay.web.problems import language_of
from relay.web.proof import LIFE, solved
from relay.web.shown import ShownForm, read_signature

REPEAT_LIFE = timedelta(seconds=WINDOW_S)  # after it, the limits have forgotten as well
HEADER_LIMIT = 500
KEY_LIMIT = 200
NOWHERE = "::"  # the connection was gone before the request was read
TRAP = "website"  # a field people do not see


@dataclass(frozen=True, slots=True)
class Submission:
    """What a door hands over: the fields, where they come from, and what vouches for them."""

    site: Site
    fields: Mapping[str, str]
    origin: Origin
    language: str
    key: str | None
    shown: ShownForm | None
    form: FormEvidence | None
    proof: str | None
    holds: bool


async def submit(request: web.Request, submission: Submission) -> Accepted:
    """Validate, judge and store a contact.

    Raises:
        Invalid: Fields to correct.
        Refused: Rate, listing, proof or key.
        Unavailable: The database is away.
    """
    context, site = request.app[CONTEXT], submission.site
    _limit_source(context, site, submission.origin)
    fields = await _fields(context, site, submission.fields)
    contact = read_contact(
        fields,
        site.policy,
        language=submission.language,
        sandbox=site.is_test,
        form=submission.form,
    )
    shown = submission.shown
    with (
        _named(context, site, contact, _request_name(site, submission.key, fields)),
        _spent(context, submission.proof),
    ):
        await _check_domain(context, site, contact)
        return await request.app[DESK].accept(
            ContactRequest(
                site=site,
                contact=contact,
                origin=submission.origin,
                key=submission.key,
                request_hash=_request_hash(submission, fields),
                policy_version=shown.policy_version if shown else site.policy.version,
                received_at=context.clock(),
                held_for=_hold_reason(contact, submission),
                receipt=True,
            )
        )


@contextmanager
def _named(context: Context, site: Site, contact: Contact, name: str | None) -> Iterator[None]:
    """Limit the sender, once for a request that comes several times under one key.

    What was refused stored nothing: it is forgotten, and limited when it comes again.
    """
    now, requests = context.clock(), context.limiter.requests
    if name is None or not requests.has(name, now):
        _limit_sender(context, site, contact)
    if name is None:
        yield
        return
    requests.add(name, until=now + REPEAT_LIFE, now=now)
    try:
        yield
    except BaseException:
        requests.forget(name)
        raise


def from_form(request: web.Request, site: Site, fields: Mapping[str, str]) -> Submission:
    """Read a submission of the public form."""
    context = request.app[CONTEXT]
    proof = solved(fields.get("altcha", ""), context.link_keys)
    shown = read_signature(context, site, fields.get("sig", ""))
    filled_in_s = (context.clock() - shown.shown_at).total_seconds() if shown else None
    if proof:  # its page sends itself as soon as it is solved: quickness says nothing more
        filled_in_s = max(filled_in_s or 0.0, QUICKEST_FILL_S)
    return Submission(
        site=site,
        fields=fields,
        origin=origin_of(request),
        language=language_of(request),
        key=idempotency_key(request),
        shown=shown,
        form=FormEvidence(fields.get(TRAP, ""), filled_in_s),
        proof=proof,
        holds=fields.get("hold") == "1",
    )


@contextmanager
def _spent(context: Context, proof: str | None) -> Iterator[None]:
    """Use a proof up for one accepted message; it is given back when nothing was stored."""
    if proof is None:
        yield
        return
    now, proofs = context.clock(), context.limiter.proofs
    if proofs.has(proof, now):
        raise Refused("proof_wrong")
    proofs.add(proof, until=now + LIFE, now=now)
    try:
        yield
    except BaseException:
        proofs.forget(proof)
        raise


def _request_hash(submission: Submission, fields: Fields) -> bytes:
    """Name what was sent, so that its sender is known again by it and nobody else is."""
    if submission.key:
        return fields.digest()
    if submission.shown:
        return sha256(submission.shown.name.encode() + fields.digest()).digest()
    return secrets.token_bytes(32)


def origin_of(request: web.Request) -> Origin:
    """Return the sender trace of a request."""
    peer, port = (request.get(PEER) or (request.remote or NOWHERE, 0))[:2]
    forwarded = request.headers.getall("X-Forwarded-For", [])
    trusted = request.app[CONTEXT].settings.trusted_proxies
    address, source = client_address(peer, port, forwarded, trusted)
    return Origin(
        ip=address,
        port=source,
        chain=readable(", ".join(forwarded))[:CHAIN_LIMIT],
        user_agent=readable(request.headers.get("User-Agent", ""))[:HEADER_LIMIT],
        accept_language=readable(request.headers.get("Accept-Language", ""))[:HEADER_LIMIT],
    )


def idempotency_key(request: web.Request) -> str | None:
    """Return the Idempotency-Key of a request.

    Raises:
        Invalid: It is too long.
    """
    key = readable(request.headers.get("Idempotency-Key", "")).strip()
    if len(key) > KEY_LIMIT:
        over = {"n": len(key) - KEY_LIMIT, "limit": KEY_LIMIT}
        raise Invalid(FieldFault("Idempotency-Key", "text_too_long", over))
    return key or None


def accepted_body(
    context: Context, site: Site, accepted: Accepted, email: str
) -> dict[str, str | None]:
    """Return the answer to a program; the same for a repeated request.

    The private page is for who sent the message: not for whoever knows its text.

    Args:
        email: The address as it was typed, to ask about a likely slip in its domain.
    """
    return {
        "id": public_id("msg", accepted.message_id),
        "state": accepted.state,
        "received_at": accepted.received_at.isoformat(),
        "status_url": status_url(context, site, accepted.message_id) if accepted.is_own else None,
        "email_suggestion": domain_hint(email),
    }


def domain_hint(email: str) -> str | None:
    """Return the domain that was probably meant, None when there is nothing to ask."""
    return suggest_domain(email.rpartition("@")[2].strip().lower())


async def _fields(context: Context, site: Site, sent: Mapping[str, str]) -> Fields:
    ref = sent.get("listing", "")
    if sent.get("listing_token"):
        ref = await _register_token(context, site, sent["listing_token"])
    return Fields(
        listing=ref,
        email=sent.get("email", ""),
        phone=sent.get("phone", ""),
        message=sent.get("message", ""),
        name=sent.get("name", ""),
    )


async def _register_token(context: Context, site: Site, token: str) -> str:
    """Register the listing inside a sealed token, unless a newer state of it is known."""
    now = context.clock()
    body = open_token(token, site.token_key, now.timestamp())
    known = await listings.find_listing(context, site, body.ref)
    if known is None or known["updated_at"].timestamp() < body.iat <= now.timestamp():
        listing = read_listing(body.ref, body, site.policy, sandbox=site.is_test)
        await listings.put_listing(context, site, listing)
    return body.ref


def _limit_source(context: Context, site: Site, origin: Origin) -> None:
    limits, scope = site.policy.limits, str(site.site_id)
    context.limiter.hit(
        [
            Limit("ip", site.hash("ip", household(origin.ip)).hex(), limits.per_ip),
            Limit("site", scope, limits.per_site),
        ],
        context.clock(),
    )


def _request_name(site: Site, key: str | None, fields: Fields) -> str | None:
    """Name this very request by its key and fields; None when it has no key."""
    if key is None:
        return None
    return site.hash("request", f"{key}\0{fields.digest().hex()}").hex()


def _limit_sender(context: Context, site: Site, contact: Contact) -> None:
    limits = site.policy.limits
    keys = [
        Limit("mailbox", site.hash("mailbox", contact.mailbox).hex(), limits.per_sender),
        Limit("listing", site.hash("listing", contact.ref).hex(), limits.per_listing),
    ]
    if contact.phone:
        phone = site.hash("phone", contact.phone.e164).hex()
        keys.append(Limit("phone", phone, limits.per_sender))
    context.limiter.hit(keys, context.clock())


async def _check_domain(context: Context, site: Site, contact: Contact) -> None:
    """Refuse a domain that DNS says takes no mail; DNS trouble refuses nothing."""
    if site.is_test:
        return
    verdict = await context.domains.exists(contact.email.domain)
    codes = {
        DomainVerdict.NO_SUCH_DOMAIN: "email_domain_unknown",
        DomainVerdict.TAKES_NO_MAIL: "email_domain_no_mail",
    }
    if verdict in codes:
        values = {"domain": contact.email.domain}
        raise Invalid(FieldFault("email", codes[verdict], values, contact.email.suggestion))


def _hold_reason(contact: Contact, submission: Submission) -> str | None:
    """Ask a suspicious sender for a proof; without one, or when it looks too bad, hold."""
    score = contact.score
    if submission.holds:  # asked for instead of a proof: a person reads first, whatever the score
        return "suspicious"
    if not score.is_suspicious:
        return None
    if score.points >= HOLD_ANYWAY or submission.form is None:
        return "suspicious"
    if submission.proof is None:
        raise Refused("proof_required")
    return None
