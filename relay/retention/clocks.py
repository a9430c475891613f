"""The time the purge goes by: the earlier of two clocks, and no leap that was read only once.

A clock that is a year ahead for a minute would delete a year of messages: a leap is believed only
when it is read again, ten minutes later at least. A relay that slept for a month so waits for its
second run (F49).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from relay.context import Context
from relay.database import Connection, queries
from relay.sites import Site

LEAP = timedelta(days=2)
CONFIRMED_AFTER = timedelta(minutes=10)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Belief:
    """The last time believed, and the first reading of a leap that is not believed yet."""

    believed_at: datetime
    leapt_at: datetime | None


def believe(kept: Belief, now: datetime) -> Belief:
    """Decide what a reading of *now* changes.

    The result's ``believed_at`` is the time to go by; it is behind *now* while a leap waits.
    """
    if now - kept.believed_at <= LEAP:
        return Belief(max(now, kept.believed_at - LEAP), None)
    if kept.leapt_at is None or now < kept.leapt_at:
        return Belief(kept.believed_at, now)
    if now - kept.leapt_at < CONFIRMED_AFTER:
        return kept
    return Belief(now, None)


async def read_time(context: Context, connection: Connection, site: Site) -> datetime:
    """Return the time to purge a site by, and keep what was read."""
    row = await queries().read_clock(connection, site_id=site.site_id)
    now: datetime = min(row["database_now"], context.clock())
    kept = Belief(row["believed_at"] or row["created_at"], row["leapt_at"])
    believed = believe(kept, now)
    await queries().keep_clock(
        connection,
        site_id=site.site_id,
        believed_at=believed.believed_at,
        leapt_at=believed.leapt_at,
    )
    if believed.leapt_at is not None:
        log.warning("purge.clock_leapt", site=site.slug, seconds=(now - kept.believed_at).seconds)
    return min(believed.believed_at, now)
