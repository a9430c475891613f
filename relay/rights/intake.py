"""The act that takes a request in, by whichever door.

Every answer is the same whether anything is held of an address or not (A39): a code goes there,
and nowhere else; only who reads it learns more.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, queries
from relay.errors import Refused
from relay.links import Link, Side
from relay.rights.proof import household_limit, send_code
from relay.rights.requests import (
    PERSON,
    Content,
    NewRequest,
    add_request,
    read_request,
    seal_content,
    write_letter,
)
from relay.rights.standing import Door, Event, Kind, Standing, Step, begin, needs_code, take
from relay.sealing import Unsealable, mail_place, new_id
from relay.sites import Site
from relay.validation import mailbox_key

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks.

    Args:
        kind: None where it is not said yet.
        source: Names the household it comes from, for limits; "" for doors that have their own.
        key: Of a program: what is asked again under the same is the same request.
    """

    door: Door
    kind: Kind | None
    language: str
    content: Content
    actor: str = PERSON
    source: str = ""
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A request that was taken in, now or, under the same key, before."""

    request_id: UUID
    is_new: bool


async def ask(context: Context, site: Site, asked: Asked) -> UUID:
    """Take a request in, and return its id (``take_in``)."""
    return (await take_in(context, site, asked)).request_id


async def take_in(context: Context, site: Site, asked: Asked) -> Taken:
    """Take a request in: its clock runs, and pauses at once while proof is awaited.

    Raises:
        Refused: ``rate_limited``; ``right_not_offered``; ``idempotency_conflict``: the key was
            given with something else.
        Unavailable: The database is away.
    """
    now = context.clock()
    _check(context, site, asked, now)
    request_id = new_id(now)
    key, wrapped = context.keyring.new_key(f"data_request:{request_id}")
    is_proved = not needs_code(asked.kind, asked.door)
    event = Event.PROVED if is_proved else Event.PROOF_ASKED
    new = NewRequest(
        request_id=request_id,
        door=asked.door,
        language=asked.language,
        standing=_first_standing(asked, now, is_proved=is_proved),
        wrapped_key=wrapped,
        subject_hash=site.hash("mailbox", mailbox_key(asked.content.email)),
        copy_hash=site.hash("request key", asked.key) if asked.key else None,
        sealed_content=seal_content(key, request_id, asked.content),
    )
    async with context.database.connection() as connection, connection.transaction():
        if not await add_request(connection, site, new, Step(event, now, asked.actor)):
            return Taken(await _find_twin(context, connection, site, new, asked), is_new=False)
        if is_proved:
            await write_letter(context, connection, site, request_id, "receipt")
        else:
            await send_code(context, connection, site, request_id)
    context.bell.ring()
    log.info("request.taken", request_id=str(request_id), door=asked.door.value, site=site.slug)
    return Taken(request_id, is_new=True)


async def _find_twin(
    context: Context, connection: Connection, site: Site, new: NewRequest, asked: Asked
) -> UUID:
    """Return the request that bears the same key, if it asks the same."""
    twin_id: UUID = await queries().find_request_by_copy(
        connection, site_id=site.site_id, copy_hash=new.copy_hash
    )
    twin = await read_request(context, connection, site, twin_id)
    said = twin.content and replace(twin.content, notes={})  # an officer's words are not theirs
    if (twin.standing.kind, said) != (asked.kind, asked.content):
        raise Refused("idempotency_conflict")
    return twin_id


def _check(context: Context, site: Site, asked: Asked, now: datetime) -> None:
    if asked.kind is not None and asked.kind.value not in {one.value for one in site.policy.rights}:
        raise Refused("right_not_offered")
    if asked.source:
        context.limiter.hit([household_limit(site, "rights", asked.source)], now)


def _first_standing(asked: Asked, now: datetime, *, is_proved: bool) -> Standing:
    standing = begin(asked.kind, now)
    waiting = take(standing, Step(Event.PROOF_ASKED, now, asked.actor))
    return take(waiting, Step(Event.PROVED, now, asked.actor)) if is_proved else waiting


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
    try:
        key = context.keyring.person_key(row["wrapped_key"], row["person_id"])
        return key.open(row["sealed_mail"] or b"", mail_place(row["person_id"]))
    except Unsealable:
        raise Refused("link_expired") from None
