"""Acts of an advertiser from the links of a mail. Each has an inverse, or an end that is shown."""

import json
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

import structlog

from relay.catalogue import advertiser_place, unseal_advertiser
from relay.contact_rows import told_hash
from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.errors import Refused
from relay.links import Link
from relay.notices import Notice, enqueue
from relay.sealing import Unsealable, content_place, first_id, new_id, report_place
from relay.sites import Site
from relay.suspensions import check_reporter

NOTE_LIMIT = 2000
WAITING_SINCE = timedelta(days=30)
log = structlog.get_logger()


class Answer(Enum):
    """What the links of a mail can do."""

    AVAILABLE = "available"
    SOLD = "sold"
    PAUSE = "pause"
    RESUME = "resume"
    SHOW_PHONE = "show-phone"
    HIDE_PHONE = "hide-phone"
    BLOCK = "block"
    UNBLOCK = "unblock"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Correspondence:
    """What the pages behind a mail's links show: the listing, the buyer's name, the choices."""

    listing_ref: str
    listing_title: str
    listing_state: str
    buyer_name: str
    is_phone_shown: bool
    has_phone: bool
    is_blocked: bool
    is_reported: bool


async def read_correspondence(context: Context, site: Site, link: Link) -> Correspondence:
    """Show what stands behind a mail's links.

    Raises:
        Refused: ``not_found``: the message is purged; ``link_expired``: the listing is
            somebody else's now, or its advertiser was erased or frozen.
    """
    async with context.database.connection() as connection:
        row = await _read(connection, site, link)
    advertiser = context.keyring.person_key(row["advertiser_key"], row["advertiser_id"])
    place = advertiser_place(site.site_id, row["ref"])
    person = unseal_advertiser(advertiser, row["sealed_advertiser"], place)
    return Correspondence(
        listing_ref=row["ref"],
        listing_title=row["title"],
        listing_state=row["listing_state"],
        buyer_name=_buyer_name(context, link, row),
        is_phone_shown=row["show_phone"],
        has_phone=person.phone is not None,
        # What the buyer ended may go on: the advertiser can see to it that it does not.
        is_blocked=row["blocked_at"] is not None and row["blocked_by"] != "buyer",
        is_reported=row["is_reported"],
    )


async def answer(context: Context, site: Site, link: Link, choice: Answer, note: str = "") -> None:
    """Carry out what an advertiser chose; doing it twice changes nothing more.

    Args:
        note: What the advertiser says with a report.

    Raises:
        Refused: ``not_found``: the message is purged; ``link_expired``: the listing is
            somebody else's now.
    """
    async with context.database.connection() as connection, connection.transaction():
        row = await _read(connection, site, link)
        await _ACTS[choice](context, connection, site, row, note)
    log.info("answer.done", answer=choice.value, message_id=str(link.message_id), site=site.slug)
    if choice in (Answer.AVAILABLE, Answer.SOLD):
        context.bell.ring()


async def _read(connection: Connection, site: Site, link: Link) -> Record:
    row: Record | None = await queries().read_correspondence(
        connection, site_id=site.site_id, message_id=link.message_id
    )
    if row is None:
        raise Refused("not_found")
    if row["advertiser_id"] != link.person_id or row["advertiser_key"] is None:
        raise Refused("link_expired")
    return row


def _buyer_name(context: Context, link: Link, row: Record) -> str:
    """Return what the buyer is called; "" of one who was erased or frozen."""
    try:
        buyer = context.keyring.person_key(row["buyer_key"], row["sender_id"])
        content = buyer.open(row["sealed_content"], content_place(link.message_id))
    except Unsealable:
        return ""
    name: str = json.loads(content)["name"] or ""
    return name


async def _close(
    context: Context, connection: Connection, site: Site, row: Record, _note: str
) -> None:
    """End the listing, and tell every buyer who wrote lately that there is nothing to wait for."""
    await queries().close_listing(connection, site_id=site.site_id, ref=row["ref"], is_chosen=True)
    waiting = await rows_of(
        queries().list_waiting(
            connection,
            site_id=site.site_id,
            listing_id=row["listing_id"],
            first_id=first_id(context.clock() - WAITING_SINCE),
        )
    )
    for one in waiting:
        await _tell(context, connection, site, one, "sold")


async def _pause(
    _context: Context, connection: Connection, site: Site, row: Record, _note: str
) -> None:
    await queries().pause_listing(connection, site_id=site.site_id, listing_id=row["listing_id"])


async def _resume(
    _context: Context, connection: Connection, site: Site, row: Record, _note: str
) -> None:
    await queries().resume_listing(connection, site_id=site.site_id, listing_id=row["listing_id"])


async def _show_phone(
    _context: Context, connection: Connection, site: Site, row: Record, _note: str
) -> None:
    await queries().show_phone(
        connection, site_id=site.site_id, listing_id=row["listing_id"], shown=True
    )


async def _hide_phone(
    _context: Context, connection: Connection, site: Site, row: Record, _note: str
) -> None:
    await queries().show_phone(
        connection, site_id=site.site_id, listing_id=row["listing_id"], shown=False
    )


async def _block(
    context: Context, connection: Connection, site: Site, row: Record, _note: str
) -> None:
    await queries().block(
        connection,
        site_id=site.site_id,
        conversation_id=row["conversation_id"],
        blocked_at=context.clock(),
        blocked_by="advertiser",
    )


async def _unblock(
    _context: Context, connection: Connection, site: Site, row: Record, _note: str
) -> None:
    await queries().unblock(
        connection,
        site_id=site.site_id,
        conversation_id=row["conversation_id"],
        blocked_by="advertiser",
    )


async def _report(
    context: Context, connection: Connection, site: Site, row: Record, note: str
) -> None:
    await check_reporter(connection, site, row["advertiser_id"], context.clock())
    report_id = new_id(context.clock())
    key = context.keyring.person_key(row["advertiser_key"], row["advertiser_id"])
    await queries().add_report(
        connection,
        site_id=site.site_id,
        report_id=report_id,
        message_id=row["message_id"],
        reporter_id=row["advertiser_id"],
        sealed_note=key.seal(note[:NOTE_LIMIT], report_place(report_id)),
    )
    log.warning("report.received", report_id=str(report_id), site=site.slug)


async def _say_available(
    context: Context, connection: Connection, site: Site, row: Record, _note: str
) -> None:
    await _tell(context, connection, site, row, "available")


async def _tell(
    context: Context, connection: Connection, site: Site, row: Record, notice: str
) -> None:
    """Tell the buyer of a message, once a day of each advertiser."""
    now = context.clock()
    mark = told_hash(site, row["mailbox_hash"] + row["advertiser_id"].bytes, notice, now)
    await enqueue(connection, site, Notice(row["message_id"], "notice", notice, mark), now)


_ACTS = {
    Answer.AVAILABLE: _say_available,
    Answer.SOLD: _close,
    Answer.PAUSE: _pause,
    Answer.RESUME: _resume,
    Answer.SHOW_PHONE: _show_phone,
    Answer.HIDE_PHONE: _hide_phone,
    Answer.BLOCK: _block,
    Answer.UNBLOCK: _unblock,
    Answer.REPORT: _report,
}
