"""What is kept for hours or days only, and ends by itself."""

from datetime import timedelta

import structlog

from relay.context import Context
from relay.database import make_partitions, queries
from relay.moderation import expire_held

REPEAT_KEPT = timedelta(hours=24)
TOLD_KEPT = timedelta(days=2)

log = structlog.get_logger()


async def purge_expired(context: Context) -> None:
    """Forget old idempotency rows and daily marks, end overdue holds, prepare partitions.

    Runs twice without harm.
    """
    now = context.clock()
    async with context.database.connection() as connection:
        await queries().forget_requests(connection, oldest=now - REPEAT_KEPT)
        await queries().forget_told(connection, oldest=now - TOLD_KEPT)
        made = await make_partitions(connection, now)
    expired = await expire_held(context)
    log.info("purge.done", holds_expired=expired, partitions_made=made)
