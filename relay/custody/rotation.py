"""A new master key takes over: every data key is wrapped by it, while both can be read.

It may be killed anywhere and started again: which key wraps a row stands in the row.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from relay import checkpoints
from relay.context import Context
from relay.custody.shelves import Stock, Wrapped, read_stocks
from relay.database import queries
from relay.errors import Refused
from relay.sealing import Unsealable, wrapped_by

# Links in mails are signed with a key derived from the old one. The longest lifts a restriction for
# a year; by others a decision is contested for six months (DSA 20).
LINKS_LIVE = timedelta(days=366)

Tell = Callable[[str, int], None]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Standing:
    """What hangs on each master key.

    Args:
        key_ids: Keys of this process, the newest first.
        wraps: How many rows each key wraps, by table; keys this process lacks too.
        rotated_at: Since when the newest wraps everything; None while it does not.
        links_live: How long links in mails are good: a buyer's as long as their message.
    """

    key_ids: tuple[str, ...]
    wraps: Mapping[str, Mapping[str, int]]
    rotated_at: datetime | None
    links_live: timedelta = LINKS_LIVE

    @property
    def unreadable(self) -> tuple[str, ...]:
        """Keys that wrap something and that this process does not have."""
        return tuple(sorted(set(self.wraps) - set(self.key_ids)))

    def count(self, key_id: str) -> int:
        """Return how many rows a key wraps."""
        return sum(self.wraps.get(key_id, {}).values())


async def read_standing(context: Context) -> Standing:
    """Count what each master key wraps, reading every wrapped key once."""
    found: dict[str, Counter[str]] = {}
    for stock in await read_stocks(context):
        async for page in stock.pages(context):
            for key in page:
                found.setdefault(wrapped_by(key.value), Counter())[stock.shelf.table] += 1
    key_ids = context.keyring.key_ids
    async with context.database.connection() as connection:
        rotated_at = await queries().rotated_at(connection, key_id=key_ids[0])
    days = [site.policy.retention.message_days + 1 for site in await context.sites.all()]
    return Standing(
        key_ids, found, rotated_at, max(LINKS_LIVE, timedelta(days=max(days, default=0)))
    )


async def rotate(context: Context, *, tell: Tell) -> Standing:
    """Wrap every data key by the newest master key, in batches with a rest after each.

    Args:
        tell: Hears of every batch: table, rows.

    Raises:
        Refused: ``keys_missing``: rows are wrapped by a key that is not in RELAY_MASTER_KEY;
            ``keys_unknown_elsewhere``: a running process does not have the newest key yet.
    """
    standing = await read_standing(context)
    if standing.unreadable:
        raise Refused("keys_missing", keys=" ".join(standing.unreadable))
    async with context.database.connection() as connection:
        ignorant = await queries().count_ignorant_sessions(
            connection, key_id=context.keyring.key_ids[0]
        )
    if ignorant:
        raise Refused("keys_unknown_elsewhere", sessions=ignorant)
    for stock in await read_stocks(context):
        await _rewrap(context, stock, tell)
    return await _complete(context)


async def _rewrap(context: Context, stock: Stock, tell: Tell) -> None:
    newest = context.keyring.key_ids[0]
    async for page in stock.pages(context):
        old = [key for key in page if wrapped_by(key.value) != newest]
        if not old:
            continue
        began = time.monotonic()
        news = [_anew(context, stock, key) for key in old]
        async with context.database.connection() as connection:
            done = await stock.replace(connection, old, news)
        checkpoints.reached("keys.batch")
        tell(stock.shelf.table, done)
        await asyncio.sleep(time.monotonic() - began)  # others want the disk, too


def _anew(context: Context, stock: Stock, key: Wrapped) -> bytes:
    """Wrap a key by the newest master key; one that is damaged stays as it is, and is counted."""
    owner = stock.owner(key.row_id)
    try:
        return context.keyring.wrap(context.keyring.unwrap(key.value, owner).secret, owner)
    except Unsealable:
        log.error("keys.damaged", table=stock.shelf.table, id=str(key.row_id))  # noqa: TRY400 (id only)
        return key.value


async def _complete(context: Context) -> Standing:
    """Note since when the newest key wraps everything, if it does."""
    standing = await read_standing(context)
    newest = standing.key_ids[0]
    if set(standing.wraps) <= {newest}:
        async with context.database.connection() as connection:
            await queries().note_rotation(connection, key_id=newest, completed_at=context.clock())
        log.info("keys.rotated", key_id=newest)
    return await read_standing(context)


def may_retire(standing: Standing, key_id: str, now: datetime, *, at_once: bool) -> None:
    """Refuse when something would be lost with a master key.

    Args:
        at_once: Links in mails that were sent may end: the key is in wrong hands.

    Raises:
        Refused: ``key_is_newest``, ``key_still_wraps``, ``key_not_rotated``, ``key_signs_links``.
    """
    if key_id == standing.key_ids[0]:
        raise Refused("key_is_newest")
    if standing.count(key_id):
        raise Refused("key_still_wraps", rows=standing.count(key_id))
    if standing.rotated_at is None:
        raise Refused("key_not_rotated")
    until = standing.rotated_at + standing.links_live
    if now < until and not at_once:
        raise Refused("key_signs_links", until=f"{until:%Y-%m-%d}")
