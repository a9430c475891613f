"""What ends by itself: overdue holds, and everything that is past its site's time."""

import structlog

from relay.context import Context
from relay.database import make_partitions
from relay.moderation import expire_held
from relay.retention import purge

log = structlog.get_logger()


async def purge_expired(context: Context) -> None:
    """End overdue holds, prepare partitions, and purge every site.

    Runs twice without harm, and catches up after any time away.
    """
    expired = await expire_held(context)
    async with context.database.connection() as connection:
        made = await make_partitions(connection, context.clock())
    purged = await purge(context, await context.sites.all())
    log.info(
        "purge.done",
        holds_expired=expired,
        partitions_made=made,
        rows=sum(sum(one.counts.values()) for one in purged),
    )
