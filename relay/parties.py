"""Acts of either party from their private pages: answer, show a number, own an address, end.

One transaction each; doing a thing twice changes nothing more.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from relay.blocks import holds
from relay.contact_rows import DELIVERY_EXPIRY
from relay.contacts import Origin, read_text
from relay.context import Context
from relay.database import Record, queries, rows_of
from relay.errors import Refused
from relay.exchange import Exchange, NewMessage, read_exchange
from relay.limiter import Limit
from relay.links import Link, Side
from relay.policy import Disclosure
from relay.sealing import Unsealable, new_id
from relay.secrecy import Taken, other_side
from relay.sites import Site
from relay.validation import mailbox_key, readable

NOTE_LIMIT = 2000
WRITTEN_AN_HOUR = 20  # by one side of a conversation, on pages
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Visit:
    """A party on a private page: the link that was opened and its side by name."""

    site: Site
    link: Link

    @property
    def side(self) -> str:
        """``buyer`` or ``advertiser``."""
        return "buyer" if self.link.side is Side.BUYER else "advertiser"

    @property
    def other(self) -> str:
        """The side that is written to."""
        return other_side(self.side)


@dataclass(frozen=True, slots=True)
class Pending:
    """A reply from an unknown address, which waits for «C'est bien moi».

    Its words are not shown: they may be somebody else's.

    Args:
        sender: First letter and domain of the address; None when the mail named none.
    """

    message_id: UUID
    received_at: datetime
    sender: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """What a party's private pages show of the conversation.

    Args:
        heard: The other side's last words, cleared of what they hide; "" without any.
        kept_back: Words of the party's own last mail that were not passed on, as they may be
            a quote or a signature; only their writer sees them.
        taken: What the party's own last message was passed on without.
        own_phone: The party's number as it is written; None when the relay knows none.
        is_own_phone_open: The other side may read it.
        is_own_consent: The party agreed to that here.
        other_phone: The other side's number, when it may be read.
        needs_both: Numbers are shown only once both sides agree.
    """

    side: str
    listing_title: str
    other_name: str
    heard: str
    kept_back: str
    taken: tuple[Taken, ...]
    is_ended: bool
    is_ended_by_party: bool
    own_phone: str | None
    is_own_phone_open: bool
    is_own_consent: bool
    other_phone: str | None
    needs_both: bool
    pending: tuple[Pending, ...]


async def read_page(context: Context, visit: Visit) -> Page:
    """Show a party its conversation.

    Raises:
        Refused: ``not_found``; ``link_expired``: the listing is somebody else's now, or a party
            was erased.
    """
    async with _open(context, visit) as exchange:
        heard = await exchange.last_words(visit.other)
        said = await exchange.last_words(visit.side)
        pending = await _pending(exchange, visit)
    own, other = exchange.phone(visit.side), exchange.phone(visit.other)
    consent = exchange.consent
    return Page(
        side=visit.side,
        listing_title=exchange.secrets("advertiser").mask(exchange.row["title"]),
        other_name=exchange.secrets(visit.other).mask(exchange.name(visit.other)),
        heard=exchange.cleared(visit.other, heard),
        kept_back=said[-1].get("doubtful", "") if said else "",
        taken=exchange.taken(visit.side, said),
        is_ended=exchange.is_over,
        is_ended_by_party=exchange.row["blocked_by"] == visit.side,
        own_phone=readable(own) if own else None,
        is_own_phone_open=exchange.is_phone_open(visit.side),
        is_own_consent=consent.buyer if visit.side == "buyer" else consent.advertiser,
        other_phone=readable(other) if other and exchange.is_phone_open(visit.other) else None,
        needs_both=visit.site.policy.disclosure is Disclosure.ALIAS,
        pending=tuple(_shown(exchange, visit, row) for row in pending),
    )


async def write(context: Context, visit: Visit, text: str, origin: Origin) -> UUID:
    """Send the other side a message written on a page, with its trace.

    Raises:
        Invalid: The text, as in a contact form.
        Refused: ``not_found``, ``link_expired``; ``conversation_closed``: it was ended;
            ``rate_limited``.
    """
    read = read_text(text)
    async with _open_living(context, visit) as exchange:
        limit = Limit("page", f"{visit.side}\0{exchange.row['conversation_id']}", WRITTEN_AN_HOUR)
        context.limiter.hit([limit], exchange.now)
        message = NewMessage(visit.side, {"text": read}, origin=origin)
        message_id = await exchange.add(message)
    context.bell.ring()
    log.info("reply.written", message_id=str(message_id), side=visit.side, site=visit.site.slug)
    return message_id


async def show_number(context: Context, visit: Visit, *, shown: bool) -> None:
    """Show one's number to the other side, or hide it again; the other side is told by mail.

    Where the policy hides both numbers, each is shown only once both sides agree.

    Raises:
        Refused: ``not_found``, ``link_expired``; ``conversation_closed``: it was ended.
    """
    opened = _open_living if shown else _open
    async with opened(context, visit) as exchange:
        named = {
            "site_id": visit.site.site_id,
            "conversation_id": exchange.row["conversation_id"],
            "side": visit.side,
            "person_id": exchange.person_id(visit.side),
        }
        if not shown:
            await queries().revoke_reveal(exchange.connection, **named)
            return
        if exchange.phone(visit.side) is None:
            raise Refused("not_found")
        await queries().grant_reveal(exchange.connection, **named)
        granted = await read_exchange(
            context, exchange.connection, visit.site, exchange.row["conversation_id"]
        )
        is_open = granted.is_phone_open(visit.side)
        await granted.tell(visit.other, "phone_shown" if is_open else "phone_asked")
    context.bell.ring()
    log.info("number.shown", side=visit.side, site=visit.site.slug)


async def confirm(context: Context, visit: Visit, message_id: UUID, *, is_mine: bool) -> None:
    """Say whether a reply from an unknown address is one's own; a yes remembers the address.

    Raises:
        Refused: ``not_held``: it was decided already, or is nobody's.
    """
    opened = _open_living if is_mine else _open
    async with opened(context, visit) as exchange:
        named = {"site_id": visit.site.site_id, "mail_id": message_id}
        rows = await _pending(exchange, visit)
        row = next((one for one in rows if one["message_id"] == message_id), None)
        if row is None:
            raise Refused("not_held")
        if not is_mine:
            await queries().disown(exchange.connection, **named)
            return
        words = exchange.words(visit.side, row)
        await _let_go(exchange, message_id, NewMessage(visit.side, words))
        sender = words["sender"]
        if sender:
            await queries().know_address(
                exchange.connection,
                site_id=visit.site.site_id,
                person_id=exchange.person_id(visit.side),
                mailbox_hash=visit.site.hash("mailbox", mailbox_key(sender)),
            )
    context.bell.ring()
    log.info("address.confirmed", message_id=str(message_id), site=visit.site.slug)


async def _let_go(exchange: Exchange, message_id: UUID, message: NewMessage) -> None:
    """Let an owned reply leave; one of somebody staff block goes on waiting, and nobody is told.

    Raises:
        Refused: ``not_held``.
    """
    named = {"site_id": exchange.site.site_id, "mail_id": message_id}
    if holds(await exchange.find_blocks(message)):
        await queries().keep_held(exchange.connection, **named)
        return
    expires_at = exchange.now + DELIVERY_EXPIRY
    if not await queries().release(exchange.connection, **named, expires_at=expires_at):
        raise Refused("not_held")


async def end(context: Context, visit: Visit) -> None:
    """End the conversation: neither side's address takes mail until this side begins it again."""
    async with _open(context, visit) as exchange:
        await queries().block(
            exchange.connection,
            site_id=visit.site.site_id,
            conversation_id=exchange.row["conversation_id"],
            blocked_at=exchange.now,
            blocked_by=visit.side,
        )
    log.info("conversation.ended", side=visit.side, site=visit.site.slug)


async def resume(context: Context, visit: Visit) -> None:
    """Let a conversation go on that this side had ended."""
    async with _open(context, visit) as exchange:
        await queries().unblock(
            exchange.connection,
            site_id=visit.site.site_id,
            conversation_id=exchange.row["conversation_id"],
            blocked_by=visit.side,
        )
    log.info("conversation.resumed", side=visit.side, site=visit.site.slug)


async def report(context: Context, visit: Visit, note: str) -> None:
    """Report the other side's last message to the moderators.

    Raises:
        Refused: ``not_found``: there is none.
    """
    async with _open(context, visit) as exchange:
        heard = await exchange.last_messages(visit.other)
        if not heard:
            raise Refused("not_found")
        report_id = new_id(exchange.now)
        place = f"report.sealed_note:{report_id}"
        await queries().add_report(
            exchange.connection,
            site_id=visit.site.site_id,
            report_id=report_id,
            message_id=heard[0]["message_id"],
            reporter_id=exchange.person_id(visit.side),
            sealed_note=exchange.key(visit.side).seal(note[:NOTE_LIMIT], place),
        )
    log.warning("report.received", report_id=str(report_id), site=visit.site.slug)


@asynccontextmanager
async def _open(context: Context, visit: Visit) -> AsyncIterator[Exchange]:
    """Open the conversation behind a visit's link, within a transaction."""
    async with context.database.connection() as connection, connection.transaction():
        row: Record | None = await queries().find_conversation(
            connection, site_id=visit.site.site_id, message_id=visit.link.message_id
        )
        if row is None:
            raise Refused("not_found")
        if visit.side == "advertiser" and row["advertiser_id"] != visit.link.person_id:
            raise Refused("link_expired")
        try:
            exchange = await read_exchange(context, connection, visit.site, row["conversation_id"])
        except Unsealable:
            raise Refused("link_expired") from None  # a party was erased
        yield exchange


@asynccontextmanager
async def _open_living(context: Context, visit: Visit) -> AsyncIterator[Exchange]:
    """Open a conversation that goes on: what mail refuses, pages refuse."""
    async with _open(context, visit) as exchange:
        if exchange.is_over:
            raise Refused("conversation_closed")
        yield exchange


async def _pending(exchange: Exchange, visit: Visit) -> list[Record]:
    return await rows_of(
        queries().list_pending(
            exchange.connection,
            site_id=visit.site.site_id,
            conversation_id=exchange.row["conversation_id"],
            side=visit.side,
            sender_id=exchange.person_id(visit.side),
        )
    )


def _shown(exchange: Exchange, visit: Visit, row: Record) -> Pending:
    sender = exchange.words(visit.side, row)["sender"] or ""
    local, at, domain = sender.rpartition("@")
    return Pending(row["message_id"], row["received_at"], f"{local[:1]}…@{domain}" if at else None)
