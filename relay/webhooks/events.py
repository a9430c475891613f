"""What a site is told: its address and secrets, and events that wait to be delivered.

An event is written in the transaction of what it tells, like a mail, and carries ids and states
only. ``workers/notifier.py`` delivers it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.errors import Refused
from relay.sealing import first_id, new_id, public_id
from relay.sites import Site
from relay.webhooks.signing import new_secret
from relay.webhooks.target import read_target

OVERLAP = timedelta(days=7)  # as the site's other keys
LISTED = 100
KEPT = timedelta(days=90)

log = structlog.get_logger()


class EventKind(StrEnum):
    """What a site is told of."""

    FLAGGED = "messages.flagged"  # staff point at a listing's messages; the site decides
    CLEARED = "messages.cleared"  # and take that back
    DECIDED = "report.decided"  # of reports that came through the site


@dataclass(frozen=True, slots=True)
class Hook:
    """Where a site is told things.

    Args:
        secrets: Those that sign now, the newest first.
    """

    url: str
    secrets: tuple[str, ...]
    overlap_until: datetime | None


@dataclass(frozen=True, slots=True)
class Event:
    """One event and what became of it."""

    event_id: UUID
    kind: str
    state: str
    reason: str
    tries: int
    due_at: datetime
    settled_at: datetime | None


async def set_hook(context: Context, site: Site, url: str) -> str:
    """Tell a site's program at *url* from now on; return the secret, which is shown once.

    Raises:
        Refused: ``hook_url_wrong``.
    """
    secret = new_secret()
    await _write(context, site, read_target(url).url, [secret], None)
    log.info("hook.set", site=site.slug)
    return secret


async def rotate_secret(context: Context, site: Site) -> str:
    """Give a site's program a new secret; the old one signs beside it for seven days.

    Raises:
        Refused: ``hook_missing``.
    """
    hook = await read_hook(context, site)
    secret = new_secret()
    until = context.clock() + OVERLAP
    await _write(context, site, hook.url, [secret, hook.secrets[0]], until)
    log.info("hook.secret_rotated", site=site.slug)
    return secret


async def remove_hook(context: Context, site: Site) -> None:
    """Tell a site nothing any more; what waits ends."""
    async with context.database.connection() as connection:
        await queries().remove_hook(connection, site_id=site.site_id)
    log.info("hook.removed", site=site.slug)


async def read_hook(context: Context, site: Site) -> Hook:
    """Return where a site is told things.

    Raises:
        Refused: ``hook_missing``.
    """
    async with context.database.connection() as connection:
        row: Record | None = await queries().read_hook(connection, site_id=site.site_id)
    if row is None:
        raise Refused("hook_missing")
    return open_hook(site, row, context.clock())


def open_hook(site: Site, row: Record, now: datetime) -> Hook:
    """Open a row with ``url``, ``sealed_secrets`` and ``overlap_until``."""
    kept = json.loads(site.key.open(row["sealed_secrets"], _place(site)))
    until = row["overlap_until"]
    is_overlapping = until is not None and until > now
    return Hook(row["url"], tuple(kept if is_overlapping else kept[:1]), until)


async def add_events(
    connection: Connection,
    site: Site,
    kind: EventKind,
    tellings: Iterable[Mapping[str, object]],
    *,
    now: datetime,
    after: timedelta,
) -> list[UUID]:
    """Write events of a transaction, due *after* a while; return their ids.

    Raises:
        Refused: ``hook_missing``: the site named no address.
    """
    if await queries().read_hook(connection, site_id=site.site_id) is None:
        raise Refused("hook_missing")
    ids, bodies = [], []
    for telling in tellings:
        event_id = new_id(now)
        ids.append(event_id)
        head = {"id": public_id("evt", event_id), "type": kind.value, "at": now.isoformat()}
        bodies.append(json.dumps({**head, "site": site.slug, **telling}))
    await queries().add_events(
        connection,
        site_id=site.site_id,
        event_ids=ids,
        kinds=[kind.value] * len(ids),
        bodies=bodies,
        due_at=now + after,
    )
    return ids


async def list_events(context: Context, site: Site) -> list[Event]:
    """Return the newest hundred events."""
    async with context.database.connection() as connection:
        rows = await rows_of(
            queries().list_site_events(connection, site_id=site.site_id, most=LISTED)
        )
    return [Event(**row) for row in rows]


async def replay(context: Context, site: Site, event_id: UUID) -> None:
    """Tell an event once more, under its own id.

    Raises:
        Refused: ``not_found``: there is none, or it is still on its way.
    """
    async with context.database.connection() as connection:
        row = await queries().replay_event(connection, site_id=site.site_id, event_id=event_id)
    if row is None:
        raise Refused("not_found")


async def forget_events(context: Context, site: Site) -> int:
    """Forget events after ninety days, or with their messages; return how many."""
    kept = min(KEPT, timedelta(days=site.policy.retention.message_days))
    async with context.database.connection() as connection:
        gone: int = await queries().forget_events(
            connection, site_id=site.site_id, before_id=first_id(context.clock() - kept)
        )
    return gone


async def _write(
    context: Context, site: Site, url: str, secrets: Sequence[str], until: datetime | None
) -> None:
    sealed = site.key.seal(json.dumps(list(secrets)), _place(site))
    async with context.database.connection() as connection:
        await queries().set_hook(
            connection,
            site_id=site.site_id,
            url=url,
            sealed_secrets=sealed,
            overlap_until=until,
            changed_at=context.clock(),
        )


def _place(site: Site) -> str:
    return f"site_hook.sealed_secrets:{site.site_id}"
