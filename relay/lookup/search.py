"""Lists of messages: by a key, newest first, a page at a time, with masked values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.looks import Look, record_look
from relay.lookup.archive import MESSAGES, TRACES, archived
from relay.lookup.keys import Key
from relay.lookup.masked import mask_ip, mask_mail, mask_phone
from relay.lookup.sealed import content_of, origin_of
from relay.sealing import FIRST_ID, LAST_ID, Keyring
from relay.sites import Site

PAGE = 50


@dataclass(frozen=True, slots=True)
class Found:
    """A message in a list: never its words.

    Args:
        score, signals: Of its acceptance, and of the rules that count.
        phone, email, network: Masked; None when there is none, or it was erased or purged.
        reports: How many persons reported it.
        archived: Classes of it (``messages``, ``traces``) that are closed to daily work.
    """

    message_id: UUID
    side: str
    listing_id: UUID
    listing_ref: str
    listing_title: str
    state: str
    reason: str
    score: int
    signals: tuple[str, ...]
    received_at: datetime
    phone: str | None
    email: str | None
    network: str | None
    reports: int
    archived: frozenset[str]


@dataclass(frozen=True, slots=True)
class Page:
    """Fifty messages at most; *before* is asked for next, None at the end."""

    key: Key
    rows: tuple[Found, ...]
    before: UUID | None


async def search(
    context: Context, site: Site, key: Key, look: Look, *, before: UUID | None = None
) -> Page:
    """Return the messages of a key, newest first.

    Args:
        before: ``Page.before`` of the page before.
    """
    async with context.database.connection() as connection:
        await record_look(connection, look)
        ids = await find_ids(connection, site, key, before=before or LAST_ID, most=PAGE + 1)
        return await page_of(context, connection, site, key, ids)


async def page_of(
    context: Context, connection: Connection, site: Site, key: Key, ids: Sequence[UUID]
) -> Page:
    """Return the page that begins a list of ids; its look is written already.

    Args:
        ids: One more than a page has, if there are so many.
    """
    rows = await describe(context.keyring, connection, site, ids[:PAGE], context.clock())
    return Page(key, rows, ids[PAGE - 1] if len(ids) > PAGE else None)


async def find_ids(
    connection: Connection,
    site: Site,
    key: Key,
    *,
    before: UUID = LAST_ID,
    first: UUID = FIRST_ID,
    most: int,
) -> list[UUID]:
    """Return the ids of the newest messages of a key, each once, newest first."""
    if not key.hashes:
        return []
    rows = await rows_of(
        getattr(queries(), f"find_by_{key.kind}")(
            connection,
            site_id=site.site_id,
            keys=list(key.hashes),
            before_id=before,
            first_id=first,
            most=most,
        )
    )
    return list(dict.fromkeys(row["message_id"] for row in rows))


async def describe(
    keyring: Keyring,
    connection: Connection,
    site: Site,
    message_ids: Sequence[UUID],
    now: datetime,
) -> tuple[Found, ...]:
    """Return what a list shows of messages; what is archived is not opened for a list."""
    rows = await rows_of(
        queries().describe_messages(connection, site_id=site.site_id, message_ids=list(message_ids))
    )
    mask = cache(mask_phone)  # a page of one phone masks it once
    return tuple(_found(keyring, row, archived(site, row, now), mask) for row in rows)


def _found(
    keyring: Keyring, row: Record, closed: frozenset[str], mask: Callable[[str], str]
) -> Found:
    content = {} if MESSAGES in closed else content_of(keyring, row)
    origin = {} if TRACES in closed else origin_of(keyring, row)
    phone, email, ip = content.get("phone"), content.get("email"), origin.get("ip")
    return Found(
        message_id=row["message_id"],
        side=row["side"],
        listing_id=row["listing_id"],
        listing_ref=row["ref"],
        listing_title=row["title"],
        state=row["state"] or "purged",
        reason=row["reason"] or "",
        score=row["score"] + row["points"],
        signals=(*row["signals"], *row["rules"]),
        received_at=row["received_at"],
        phone=mask(phone) if phone else None,
        email=mask_mail(email) if email else None,
        network=mask_ip(ip) if ip else None,
        reports=row["reports"],
        archived=closed,
    )
