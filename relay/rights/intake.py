"""Acts that take a request in, by whichever door, and the proof that an address is the requester's.

Every answer is the same whether anything is held of an address or not (A39): a code goes there,
and nowhere else; only who reads it learns more.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, queries, rows_of
from relay.errors import Refused
from relay.limiter import Limit
from relay.links import Link, Side
from relay.rights.requests import (
    PERSON,
    SYSTEM,
    Content,
    DataRequest,
    advance,
    note_event,
    read_request,
    seal_content,
    write_letter,
)
from relay.rights.standing import (
    Door,
    Event,
    Kind,
    Standing,
    State,
    Step,
    begin,
    needs_code,
    take,
)
from relay.sealing import Unsealable, new_id
from relay.sites import Site
from relay.validation import mailbox_key

CODE_LIFE = timedelta(minutes=30)
CODE_DIGITS = 8
TRIES_MOST = 5
CODES_A_DAY = 5  # to one mailbox, whatever is asked
ASKED_AN_HOUR = 10  # from one household

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks.

    Args:
        kind: None where it is not said yet.
        source: Names the household it comes from, for limits; "" for doors that have their own.
    """

    door: Door
    kind: Kind | None
    language: str
    content: Content
    actor: str = PERSON
    source: str = ""


async def ask(context: Context, site: Site, asked: Asked) -> UUID:
    """Take a request in: its clock runs, and pauses at once while proof is awaited.

    Raises:
        Refused: ``rate_limited``; ``right_not_offered``.
        Unavailable: The database is away.
    """
    now = context.clock()
    _check(context, site, asked, now)
    request_id = new_id(now)
    key, wrapped = context.keyring.new_key(f"data_request:{request_id}")
    is_proved = not needs_code(asked.kind, asked.door)
    event = Event.PROVED if is_proved else Event.PROOF_ASKED
    standing = _first_standing(asked, now, is_proved=is_proved)
    async with context.database.connection() as connection, connection.transaction():
        await queries().add_request(
            connection,
            site_id=site.site_id,
            request_id=request_id,
            door=asked.door,
            kind=asked.kind,
            language=asked.language,
            state=standing.state,
            received_at=now,
            due_on=standing.due_on,
            paused_at=standing.paused_at,
            proved_at=standing.proved_at,
            changed_at=now,
            subject_hash=site.hash("mailbox", mailbox_key(asked.content.email)),
            copy_hash=None,
            wrapped_key=wrapped,
            sealed_content=seal_content(key, request_id, asked.content),
            sealed_mail=None,
        )
        await note_event(
            connection, site, request_id, Step(event, now, asked.actor), standing.state
        )
        if is_proved:
            await write_letter(context, connection, site, request_id, "receipt")
        else:
            await send_code(context, connection, site, request_id)
    context.bell.ring()
    log.info("request.taken", request_id=str(request_id), door=asked.door.value, site=site.slug)
    return request_id


def _check(context: Context, site: Site, asked: Asked, now: datetime) -> None:
    if asked.kind is not None and asked.kind.value not in {one.value for one in site.policy.rights}:
        raise Refused("right_not_offered")
    if asked.source:
        context.limiter.hit([_limit(site, "rights", asked.source)], now)


def _limit(site: Site, name: str, source: str) -> Limit:
    return Limit(name, site.hash("ip", source).hex(), ASKED_AN_HOUR)


def _first_standing(asked: Asked, now: datetime, *, is_proved: bool) -> Standing:
    standing = begin(asked.kind, now)
    waiting = take(standing, Step(Event.PROOF_ASKED, now, asked.actor))
    return take(waiting, Step(Event.PROVED, now, asked.actor)) if is_proved else waiting


async def send_code(
    context: Context, connection: Connection, site: Site, request_id: UUID, address: str = "own"
) -> None:
    """Make a code and enqueue its letter; quietly none where a mailbox had too many today.

    Args:
        address: ``own``, or ``new`` for the new address of a rectification.
    """
    request = await read_request(context, connection, site, request_id)
    if request.key is None or request.content is None:
        return
    now = context.clock()
    sent = await queries().count_codes(
        connection,
        site_id=site.site_id,
        subject_hash=request.subject_hash,
        since=now - timedelta(days=1),
    )
    if sent >= CODES_A_DAY:
        log.warning("request.codes_spent", request_id=str(request_id), site=site.slug)
        return
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    place = f"request_proof.sealed_code:{request_id}:{address}"
    await queries().put_proof(
        connection,
        site_id=site.site_id,
        request_id=request_id,
        address=address,
        code_hash=_code_hash(site, request_id, address, code),
        sealed_code=request.key.seal(code, place),
        expires_at=now + CODE_LIFE,
    )
    name = "code" if address == "own" else "code_new"
    await write_letter(context, connection, site, request_id, name)


async def ask_code(context: Context, site: Site, request_id: UUID, source: str) -> None:
    """Send another code, where one is still awaited; nothing is said of whether one was.

    Raises:
        Refused: ``rate_limited``.
    """
    context.limiter.hit([_limit(site, "rights code", source)], context.clock())
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
    """End a request that repeats one under way; tell whether it did."""
    twin = await queries().find_twin_request(
        connection,
        site_id=site.site_id,
        request_id=request.request_id,
        subject_hash=request.subject_hash,
        kind=request.standing.kind,
    )
    if twin is None:
        return False
    step = Step(Event.DUPLICATE, context.clock(), SYSTEM, str(twin["request_id"]))
    await advance(connection, site, request, step)
    return True


async def is_new_address_proved(connection: Connection, site: Site, request_id: UUID) -> bool:
    """Tell whether the new address of a rectification was shown to be the person's."""
    rows = await rows_of(
        queries().list_proofs(connection, site_id=site.site_id, request_id=request_id)
    )
    return any(row["address"] == "new" and row["proved_at"] for row in rows)


async def read_party_mail(context: Context, site: Site, link: Link) -> str:
    """Return the address of the party a private link was made for.

    Raises:
        Refused: ``link_expired``: the message is gone, the listing somebody else's, or the party
            frozen or erased.
    """
    side = "buyer" if link.side is Side.BUYER else "advertiser"
    async with context.database.connection() as connection:
        row = await queries().find_person_of_message(
            connection, site_id=site.site_id, message_id=link.message_id, side=side
        )
    if row is None or (side == "advertiser" and row["person_id"] != link.person_id):
        raise Refused("link_expired")
    owner = f"person:{row['person_id']}"
    try:
        key = context.keyring.unwrap(row["wrapped_key"], owner)
        return key.open(row["sealed_mail"] or b"", f"person.sealed_mail:{row['person_id']}")
    except Unsealable:
        raise Refused("link_expired") from None


def _wants_new_address(request: DataRequest) -> bool:
    return (
        request.standing.kind is Kind.RECTIFICATION
        and request.content is not None
        and "email" in request.content.changes
    )


def _code_hash(site: Site, request_id: UUID, address: str, code: str) -> bytes:
    return site.hash("rights code", f"{request_id}\0{address}\0{code}")
