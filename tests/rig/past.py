"""Rows of another day: contacts as they would stand in the tables had they come in then."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from relay.database import Connection
from relay.sealing import new_id
from tests.relays import Relay

PERSON = (
    "insert into person (site_id, person_id, mail_hash, wrapped_key, sealed_mail, created_at)"
    " values ($1, $2, $3, '\\x01', '\\x01', $4)"
)
CONVERSATION = (
    "insert into conversation (site_id, conversation_id, listing_id, buyer_id, created_at)"
    " values ($1, $2, $3, $4, $5)"
)
ADDRESS = (
    "insert into reply_address (site_id, conversation_id, side, address_hash)"
    " values ($1, $2, 'buyer', $3)"
)
MESSAGE = (
    "insert into message (site_id, message_id, conversation_id, sender_id, language,"
    " sealed_content, mailbox_hash, text_hash, policy_version, score, signals, received_at)"
    " values ($1, $2, $3, $4, 'fr', '\\x01', '\\x01', '\\x01', 1, 0, '{}', $5)"
)
TRACE = (
    "insert into sender_trace (site_id, message_id, sender_id, sealed_origin, ip_hash, net_hash,"
    " browser_hash, received_at) values ($1, $2, $3, '\\x01', '\\x01', '\\x01', '\\x01', $4)"
)
MAIL = (
    "insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at)"
    " values ($1, $2, $2, 'contact', $3, 'test', $4, $4)"
)
RECEIPT = (
    "insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at)"
    " values ($1, $2, $3, 'receipt', 'delivered', 'test', $4, $4)"
)
ATTEMPT = (
    "insert into attempt (site_id, mail_id, token, number, route, phase)"
    " values ($1, $2, nextval('outbox_token'), 1, 'r', 'quit')"
)
LISTING = (
    "insert into listing (site_id, listing_id, ref, title, details, language, state,"
    " advertiser_id, sealed_advertiser, show_phone, ended_at, updated_at)"
    " values ($1, $2, $3, 'Vélo', '', 'fr', $4, $5, '\\x01', false, $6, $7)"
)


@dataclass(frozen=True, slots=True)
class OldContact:
    """The ids of one contact of the past."""

    message_id: UUID
    conversation_id: UUID
    buyer_id: UUID
    received_at: datetime


async def make_months(relay: Relay, first: datetime, months: int) -> None:
    """Make partitions for a time that is over."""
    await relay.fetch("select ensure_partitions($1, $2)", first.date(), months)


async def add_listing(
    relay: Relay, ref: str, at: datetime, *, ended_at: datetime | None = None
) -> tuple[UUID, UUID]:
    """Add a listing with an advertiser of its own; return both ids."""
    listing_id, advertiser_id = new_id(at), new_id(at)
    async with relay.context.database.connection() as connection:
        site_id = relay.site.site_id
        await connection.execute(PERSON, site_id, advertiser_id, advertiser_id.bytes, at)
        state = "closed" if ended_at else "open"
        await connection.execute(
            LISTING, site_id, listing_id, ref, state, advertiser_id, ended_at, at
        )
    return listing_id, advertiser_id


async def add_contacts(
    relay: Relay, times: Iterable[datetime], *, listing_id: UUID, state: str = "delivered"
) -> list[OldContact]:
    """Add one contact of a new buyer for each of *times*, with receipt, trace and attempt."""
    made = [_contact(at) for at in times]
    async with relay.context.database.connection() as connection:
        await _insert(connection, relay.site.site_id, listing_id, made, state)
    return made


def _contact(at: datetime) -> OldContact:
    message_id = new_id(at)
    return OldContact(message_id, message_id, new_id(at), at)


async def _insert(
    connection: Connection, site: UUID, listing: UUID, made: list[OldContact], state: str
) -> None:
    many = connection.executemany
    await many(PERSON, [(site, c.buyer_id, c.buyer_id.bytes, c.received_at) for c in made])
    await many(
        CONVERSATION,
        [(site, c.conversation_id, listing, c.buyer_id, c.received_at) for c in made],
    )
    await many(ADDRESS, [(site, c.conversation_id, c.conversation_id.bytes) for c in made])
    await many(
        MESSAGE,
        [(site, c.message_id, c.conversation_id, c.buyer_id, c.received_at) for c in made],
    )
    await many(TRACE, [(site, c.message_id, c.buyer_id, c.received_at) for c in made])
    await many(MAIL, [(site, c.message_id, state, c.received_at + timedelta(days=5)) for c in made])
    await many(RECEIPT, [(site, new_id(c.received_at), c.message_id, c.received_at) for c in made])
    await many(ATTEMPT, [(site, c.message_id) for c in made])
