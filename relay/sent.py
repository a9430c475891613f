"""A message as its sender sees it afterwards: its state, and a way to cancel it for ten minutes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from relay.catalogue import advertiser_place, unseal_advertiser
from relay.contacts import shown_line
from relay.context import Context
from relay.database import Record, queries
from relay.errors import Refused
from relay.sealing import Unsealable
from relay.sites import Site

CANCEL_WITHIN = timedelta(minutes=10)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Status:
    """What the sender of a message may see of it."""

    message_id: UUID
    language: str
    received_at: datetime
    state: str
    reason: str
    settled_at: datetime | None
    listing_title: str
    listing_url: str | None
    is_answered: bool
    can_cancel: bool


async def read_status(context: Context, site: Site, message_id: UUID, language: str) -> Status:
    """Show a message to its sender.

    Args:
        language: Of the page that shows it.

    Raises:
        Refused: ``not_found``: it never was, or it is purged.
    """
    async with context.database.connection() as connection:
        row = await queries().read_status(connection, site_id=site.site_id, message_id=message_id)
    if row is None:
        raise Refused("not_found")
    recent = context.clock() - row["received_at"] < CANCEL_WITHIN
    return Status(
        message_id=row["message_id"],
        language=row["language"],
        received_at=row["received_at"],
        state=row["state"],
        reason=row["reason"],
        settled_at=row["settled_at"],
        listing_title=_shown_title(context, site, row, language),
        listing_url=row["url"],
        is_answered=row["is_answered"],
        can_cancel=recent and row["state"] in ("held", "queued", "deferred"),
    )


def _shown_title(context: Context, site: Site, row: Record, language: str) -> str:
    """Return the title without the number its advertiser hides."""
    if row["show_phone"]:
        return shown_line(row["title"], None, site.policy, language)
    try:
        key = context.keyring.person_key(row["wrapped_key"], row["advertiser_id"])
        place = advertiser_place(site.site_id, row["ref"])
        phone = unseal_advertiser(key, row["sealed_advertiser"], place).phone
    except Unsealable:  # erased: which number it was is not known any more
        return ""
    return shown_line(row["title"], phone, site.policy, language)


async def cancel(context: Context, site: Site, message_id: UUID) -> None:
    """Cancel a message that has not left, within ten minutes of its receipt.

    Raises:
        Refused: ``too_late_to_cancel``.
    """
    async with context.database.connection() as connection:
        row = await queries().cancel(
            connection,
            site_id=site.site_id,
            message_id=message_id,
            oldest=context.clock() - CANCEL_WITHIN,
        )
        if row is None:
            raise Refused("too_late_to_cancel")
        # The same text sent after this is a new wish, not a double click.
        await queries().forget_content(connection, site_id=site.site_id, message_id=message_id)
    log.info("message.cancelled", message_id=str(message_id), site=site.slug)
