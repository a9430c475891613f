"""Notices: mails of fixed text, each enqueued within the transaction of what it tells."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from relay.contact_rows import DELIVERY_EXPIRY
from relay.database import Connection, queries
from relay.sealing import new_id
from relay.sites import Site

AT_ONCE = timedelta()


@dataclass(frozen=True, slots=True)
class Notice:
    """What one side of a message is told.

    Args:
        kind: ``notice`` to the message's writer, ``reader_notice`` to its reader.
        reason: What is told: ``<kind>`` or ``<kind>:<detail>`` (relay/outgoing/notices.py).
        mark: One mail of the same mark is enqueued, and no more while marks are kept (two days).
    """

    message_id: UUID
    kind: str
    reason: str
    mark: bytes


async def enqueue(
    connection: Connection, site: Site, notice: Notice, now: datetime, after: timedelta = AT_ONCE
) -> UUID | None:
    """Enqueue *notice*, due *after* a while; return its id, None when its mark was taken."""
    mail_id, due_at = new_id(now), now + after
    written = await queries().enqueue_notice(
        connection,
        site_id=site.site_id,
        mail_id=mail_id,
        message_id=notice.message_id,
        kind=notice.kind,
        reason=notice.reason,
        told_hash=notice.mark,
        due_at=due_at,
        expires_at=due_at + DELIVERY_EXPIRY,
    )
    return mail_id if str(written).endswith(" 1") else None
