"""Mails that follow an act: fixed texts, fifteen seconds later, so that they can be taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from relay.contact_rows import told_hash
from relay.database import Connection, Record, queries, rows_of
from relay.desk.orders import UNDO, Action, Order, Trail
from relay.notices import Notice, enqueue
from relay.sealing import public_id
from relay.sites import Site
from relay.webhooks import EventKind, add_events

TOLD_TO_SITES = {Action.NOTIFY: EventKind.FLAGGED, Action.CLEAR: EventKind.CLEARED}


class News(StrEnum):
    """What is told; the reason of an outbox row, and the kind of its mail."""

    REFUSED = "refused:by_moderator"  # to the author
    WARNED = "warned"  # to who received messages of a sender found to be a fraud
    REPORT_RECEIVED = "report_received"  # to who reported, at once (DSA 16(4))
    REPORT_DECIDED = "report_decided"  # to who reported, with ``:action`` or ``:no_action`` (16(5))
    REPORT_ABUSIVE = "report_abusive"  # to who reports without ground: a warning (23(3))
    REPORTS_SUSPENDED = "reports_suspended"  # to who was warned of it before (23(2))
    RESTRICTED_WARNED = "restricted_warned"  # to the author, with a warning (23(1))
    MESSAGES_SUSPENDED = "messages_suspended"  # to the author who was warned of it before (23(1))
    RESTRICTED = "restricted"  # to the author, with the reasons on their page (17)
    APPEAL_RECEIVED = "appeal_received"  # to who appealed
    APPEAL_JUDGED = "appeal_judged"  # to both, with ``:upheld`` or ``:overturned`` (20(5))


@dataclass(frozen=True, slots=True)
class Teller:
    """Enqueues the mails of one act, within its transaction, and notes them in its trail."""

    connection: Connection
    site: Site
    now: datetime
    trail: Trail

    async def tell(self, message_id: UUID, news: str, mark: bytes, *, to_author: bool) -> None:
        """Enqueue one mail to the author or the reader of a message, once for each *mark*."""
        kind = "notice" if to_author else "reader_notice"
        notice = Notice(message_id, kind, news, mark)
        mail_id = await enqueue(self.connection, self.site, notice, self.now, UNDO)
        if mail_id is not None:
            self.trail.mail_ids.append(mail_id)


def mark_of(site: Site, row: Record, news: str, at: datetime) -> bytes:
    """Return what makes a mail go once.

    Of refusals one a day and mailbox goes, of warnings one a day and conversation, of the rest
    one for each act.
    """
    if news == News.REFUSED:
        return told_hash(site, row["mailbox_hash"], "notice", at)
    if news == News.WARNED:
        return site.hash("told", f"{news}\0{row['conversation_id']}\0{at.date()}")
    return site.hash("told", f"{news}\0{row['message_id']}\0{at.timestamp()}")


async def take_back(
    connection: Connection, site: Site, mail_ids: Sequence[UUID], news: str, at: datetime
) -> int:
    """Cancel mails of an act that have not left, so that they may go another time.

    Args:
        news, at: What they told, and when they were asked for.

    Returns:
        How many.
    """
    rows = await rows_of(
        queries().cancel_notices(connection, site_id=site.site_id, mail_ids=list(mail_ids))
    )
    about = await rows_of(
        queries().read_states(
            connection,
            site_id=site.site_id,
            message_ids=list({row["message_id"] for row in rows}),
        )
    )
    await queries().forget_marks_told(
        connection,
        site_id=site.site_id,
        told_hashes=[mark_of(site, row, news, at) for row in about],
    )
    return len(rows)


async def tell_site(
    connection: Connection,
    site: Site,
    order: Order,
    rows: Sequence[Record],
    trail: Trail,
    now: datetime,
) -> None:
    """Have the site's own program told of messages, one event for each listing and side.

    Args:
        rows: Of ``read_states``.

    Raises:
        Refused: ``hook_missing``: the site named no address.
    """
    by_listing: dict[tuple[str, str], list[Record]] = {}
    for row in rows:
        by_listing.setdefault((row["ref"], row["side"]), []).append(row)
    case = public_id("case", order.case_id) if order.case_id else None
    tellings = [
        {
            "listing": ref,
            "side": side,
            "case": case,
            "messages": [
                {"id": public_id("msg", row["message_id"]), "state": row["state"]} for row in some
            ],
        }
        for (ref, side), some in by_listing.items()
    ]
    trail.event_ids = await add_events(
        connection, site, TOLD_TO_SITES[order.action], tellings, now=now, after=UNDO
    )


async def tell_of_case(
    connection: Connection, site: Site, row: Record, state: str, trail: Trail, now: datetime
) -> None:
    """Have the site told how reports that came through it ended, where it named an address.

    Args:
        row: Of ``lock_case``.
    """
    has_hook = await queries().read_hook(connection, site_id=site.site_id) is not None
    if not (has_hook and row["told_to_site"]):
        return
    telling = {
        "case": public_id("case", row["case_id"]),
        "state": state,
        "reports": [public_id("rep", one) for one in row["told_to_site"]],
    }
    trail.event_ids = await add_events(
        connection, site, EventKind.DECIDED, [telling], now=now, after=UNDO
    )
