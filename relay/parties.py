"""Acts of either party from their private pages: answer, show a number, own an address, end.

One transaction each; doing a thing twice changes nothing more.
"""

from uuid import UUID

import structlog

from relay.blocks import holds
from relay.contact_rows import DELIVERY_EXPIRY, SAME_TEXT, text_hash
from relay.contacts import Origin, read_text
from relay.context import Context
from relay.database import queries
from relay.errors import Refused
from relay.exchange import Exchange, NewMessage, read_exchange
from relay.limiter import Limit
from relay.sealing import first_id, new_id, report_place
from relay.suspensions import check_reporter
from relay.validation import mailbox_key
from relay.visits import Visit, list_pending, open_living, open_visit

NOTE_LIMIT = 2000
WRITTEN_AN_HOUR = 20  # by one side of a conversation, on pages
log = structlog.get_logger()


async def write(context: Context, visit: Visit, text: str, origin: Origin) -> UUID:
    """Send the other side a message written on a page, with its trace; sent twice, it is one.

    Raises:
        Invalid: The text, as in a contact form.
        Refused: ``not_found``, ``link_expired``; ``conversation_closed``: it was ended;
            ``rate_limited``.
    """
    read = read_text(text)
    async with open_living(context, visit) as exchange:
        twin = await _find_twin(exchange, visit.side, read)
        if twin:
            return twin
        limit = Limit("page", f"{visit.side}\0{exchange.row['conversation_id']}", WRITTEN_AN_HOUR)
        context.limiter.hit([limit], exchange.now)
        message = NewMessage(visit.side, {"text": read}, origin=origin)
        message_id = await exchange.add(message)
    context.bell.ring()
    log.info("reply.written", message_id=str(message_id), side=visit.side, site=visit.site.slug)
    return message_id


async def _find_twin(exchange: Exchange, side: str, text: str) -> UUID | None:
    """Return the last message when it is the same, by the same side, of a moment ago.

    A second click waits here for the first.
    """
    named = {
        "site_id": exchange.site.site_id,
        "conversation_id": exchange.row["conversation_id"],
    }
    await queries().lock_conversation(exchange.connection, **named)
    twin: UUID | None = await queries().find_same_text(
        exchange.connection,
        **named,
        side=side,
        text_hash=text_hash(exchange.site, text),
        first_id=first_id(exchange.now - SAME_TEXT),
    )
    return twin


async def show_number(context: Context, visit: Visit, *, shown: bool) -> None:
    """Show one's number to the other side, or hide it again; the other side is told by mail.

    Where the policy hides both numbers, each is shown only once both sides agree.

    Raises:
        Refused: ``not_found``, ``link_expired``; ``conversation_closed``: it was ended.
    """
    opened = open_living if shown else open_visit
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
    opened = open_living if is_mine else open_visit
    async with opened(context, visit) as exchange:
        named = {"site_id": visit.site.site_id, "mail_id": message_id}
        rows = await list_pending(exchange, visit)
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
    async with open_visit(context, visit) as exchange:
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
    async with open_visit(context, visit) as exchange:
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
    async with open_visit(context, visit) as exchange:
        heard = await exchange.last_messages(visit.other)
        if not heard:
            raise Refused("not_found")
        await check_reporter(
            exchange.connection, visit.site, exchange.person_id(visit.side), exchange.now
        )
        report_id = new_id(exchange.now)
        place = report_place(report_id)
        await queries().add_report(
            exchange.connection,
            site_id=visit.site.site_id,
            report_id=report_id,
            message_id=heard[0]["message_id"],
            reporter_id=exchange.person_id(visit.side),
            sealed_note=exchange.key(visit.side).seal(note[:NOTE_LIMIT], place),
        )
    log.warning("report.received", report_id=str(report_id), site=visit.site.slug)
