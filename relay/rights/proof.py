"""The proof that an address is the requester's: a code that goes there, and comes back.

A code is short of life and of tries, kept as a keyed hash, and refused in one way whatever is
wrong with it (A39).
"""

import hmac
import secrets
from datetime import timedelta
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, queries, rows_of
from relay.errors import Refused
from relay.limiter import Limit
from relay.rights.objections import MAIL
from relay.rights.requests import (
    PERSON,
    SYSTEM,
    DataRequest,
    advance,
    read_request,
    write_letter,
)
from relay.rights.standing import Event, Kind, State, Step
from relay.sealing import code_place
from relay.sites import Site

CODE_LIFE = timedelta(minutes=30)
CODE_DIGITS = 8
TRIES_MOST = 5
CODES_A_DAY = 5  # to one mailbox, whatever is asked
ASKED_AN_HOUR = 10  # from one household

log = structlog.get_logger()


def household_limit(site: Site, name: str, source: str) -> Limit:
    """Return how often one household may do a thing in an hour."""
    return Limit(name, site.hash("ip", source).hex(), ASKED_AN_HOUR)


async def send_code(
    context: Context, connection: Connection, site: Site, request_id: UUID, address: str = "own"
) -> bool:
    """Make a code and enqueue its letter; quietly none where a mailbox had too many today.

    None either where the address is proved: what is awaited then is something else.

    Returns:
        Whether a letter is on its way.

    Args:
        address: ``own``, or ``new`` for the new address of a rectification.
    """
    request = await read_request(context, connection, site, request_id)
    if request.key is None or request.content is None:
        return False
    now = context.clock()
    sent = await queries().count_codes(
        connection,
        site_id=site.site_id,
        subject_hash=request.subject_hash,
        since=now - timedelta(days=1),
    )
    if sent >= CODES_A_DAY:
        log.warning("request.codes_spent", request_id=str(request_id), site=site.slug)
        return False
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    place = code_place(request_id, address)
    put = await queries().put_proof(
        connection,
        site_id=site.site_id,
        request_id=request_id,
        address=address,
        code_hash=_code_hash(site, request_id, address, code),
        sealed_code=request.key.seal(code, place),
        expires_at=now + CODE_LIFE,
    )
    if put is not None:
        name = "code" if address == "own" else "code_new"
        await write_letter(context, connection, site, request_id, name)
    return put is not None


async def ask_code(context: Context, site: Site, request_id: UUID, source: str) -> None:
    """Send another code, where one is still awaited; nothing is said of whether one was.

    Raises:
        Refused: ``rate_limited``.
    """
    context.limiter.hit([household_limit(site, "rights code", source)], context.clock())
    async with context.database.connection() as connection, connection.transaction():
        try:
            request = await read_request(context, connection, site, request_id, lock=True)
        except Refused:
            return
        if request.standing.state is State.IDENTITY_PENDING:
            await send_code(context, connection, site, request_id)
        elif request.standing.state is State.RECEIVED and _wants_new_address(request):
            await send_code(context, connection, site, request_id, "new")
    context.bell.ring()


async def prove(
    context: Context, site: Site, request_id: UUID, code: str, address: str = "own"
) -> None:
    """Take the code that came back; a try counts whatever comes of it.

    Raises:
        Refused: ``code_refused``: wrong, over, used, or tried too often: nobody is told which.
    """
    digits = "".join(sign for sign in code if sign.isdigit() and sign.isascii())
    async with context.database.connection() as connection, connection.transaction():
        is_right = await _is_right(context, connection, site, request_id, (address, digits))
        if is_right:
            await _note_proof(context, connection, site, request_id, address)
    if not is_right:
        log.warning("request.code_refused", request_id=str(request_id), site=site.slug)
        raise Refused("code_refused")
    context.bell.ring()
    log.info("request.proved", request_id=str(request_id), site=site.slug)


async def _is_right(
    context: Context, connection: Connection, site: Site, request_id: UUID, given: tuple[str, str]
) -> bool:
    address, code = given
    named = {"site_id": site.site_id, "request_id": request_id, "address": address}
    row = await queries().try_proof(connection, **named)
    if row is None:
        return False
    now = context.clock()
    expected = _code_hash(site, request_id, address, code)
    is_right = hmac.compare_digest(row["code_hash"], expected) and now < row["expires_at"]
    if is_right or row["tries"] >= TRIES_MOST:
        await queries().end_proof(connection, **named, proved_at=now if is_right else None)
    return is_right


async def _note_proof(
    context: Context, connection: Connection, site: Site, request_id: UUID, address: str
) -> None:
    """Let the clock run on, and say so; a second request for the same leads to the first."""
    if address == "new":
        return
    now = context.clock()
    request = await read_request(context, connection, site, request_id, lock=True)
    if request.standing.state is not State.IDENTITY_PENDING:
        return
    request = await advance(connection, site, request, Step(Event.PROVED, now, PERSON))
    if await end_duplicate(context, connection, site, request):
        return
    await write_letter(context, connection, site, request_id, "receipt")
    if _wants_new_address(request):
        await send_code(context, connection, site, request_id, "new")


async def end_duplicate(
    context: Context, connection: Connection, site: Site, request: DataRequest
) -> bool:
    """End a request that repeats one under way; tell whether it did.

    One that asks for more, as another correction or another objection, is one of its own.
    """
    twins = await rows_of(
        queries().list_twin_requests(
            connection,
            site_id=site.site_id,
            request_id=request.request_id,
            subject_hash=request.subject_hash,
            kind=request.standing.kind,
        )
    )
    for row in twins:
        twin = await read_request(context, connection, site, row["request_id"])
        if _repeats(request, twin):
            step = Step(Event.DUPLICATE, context.clock(), SYSTEM, str(twin.request_id))
            await advance(connection, site, request, step)
            return True
    return False


async def is_new_address_proved(connection: Connection, site: Site, request_id: UUID) -> bool:
    """Tell whether the new address of a rectification was shown to be the person's."""
    rows = await rows_of(
        queries().list_proofs(connection, site_id=site.site_id, request_id=request_id)
    )
    return any(row["address"] == "new" and row["proved_at"] for row in rows)


def _repeats(request: DataRequest, twin: DataRequest) -> bool:
    """Tell whether all that a request asks for is asked for by an earlier one of its kind."""
    asked, before = request.content, twin.content
    if asked is None or before is None:
        return False
    match request.standing.kind:
        case Kind.RECTIFICATION:
            is_said = asked.details in ("", before.details)
            return is_said and asked.changes.items() <= before.changes.items()
        case Kind.OBJECTION:
            return set(asked.purposes or (MAIL,)) <= set(before.purposes or (MAIL,))
        case _:
            return True


def _wants_new_address(request: DataRequest) -> bool:
    return (
        request.standing.kind is Kind.RECTIFICATION
        and request.content is not None
        and "email" in request.content.changes
    )


def _code_hash(site: Site, request_id: UUID, address: str, code: str) -> bytes:
    return site.hash("rights code", f"{request_id}\0{address}\0{code}")
