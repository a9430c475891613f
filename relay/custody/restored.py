"""A database that came back from a backup: what may leave, what waits, what is lost."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import queries, rows_of
from relay.sites import Site

HOLD = timedelta(days=30)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Gap:
    """What lies between a site's backup and now.

    Args:
        last_message_at: The last message the backup knows; later ones are lost, and were answered
            202: the log of the processes names them (``message.accepted``).
        last_look_at: The last look the backup knows.
        queued: Mails that leave now.
        held: Mails that were under way: they may have arrived since, and wait for a person.
        ended: Notices that were under way; they are not sent again.
    """

    site: str
    last_message_at: datetime | None
    last_look_at: datetime | None
    queued: int
    held: tuple[UUID, ...]
    ended: int


async def settle_restored(context: Context, site: Site) -> Gap:
    """Let only those mails of a restored site leave that nobody had begun to send (F56)."""
    until = context.clock() + HOLD
    async with context.database.connection() as connection, connection.transaction():
        found = queries().hold_restored(connection, site_id=site.site_id, until=until)
        held = tuple(row["mail_id"] for row in await rows_of(found))
        ended = await queries().end_restored(connection, site_id=site.site_id)
        row = await queries().describe_backup(connection, site_id=site.site_id)
    log.info("backup.settled", site=site.slug, held=len(held), ended=ended, queued=row["queued"])
    return Gap(site.slug, row["last_message_at"], row["last_look_at"], row["queued"], held, ended)
