"""What ends by itself: overdue holds, and everything that is past its site's time."""

import structlog

from relay.context import Context
from relay.database import make_partitions, queries
from relay.desk import forget, open_cases
from relay.lookup import forget_texts
from relay.moderation import expire_held
from relay.retention import purge
from relay.sites import Site
from relay.webhooks import forget_events
from workers.rounds import guarded

log = structlog.get_logger()


async def purge_expired(context: Context) -> None:
    """End overdue holds, open cases of new reports, prepare partitions, and purge every site.

    Runs twice without harm, and catches up after any time away.
    """
    expired = await expire_held(context)
    async with context.database.connection() as connection:
        made = await make_partitions(connection, context.clock())
    sites = await context.sites.all()
    for site in sites:
        await guarded("purge", site, _begin(context, site))
    try:
        purged = await purge(context, sites)
    finally:
        for site in sites:
            await guarded("purge", site, _end(context, site))
    log.info(
        "purge.done",
        holds_expired=expired,
        partitions_made=made,
        rows=sum(sum(one.counts.values()) for one in purged),
    )


async def _begin(context: Context, site: Site) -> None:
    await open_cases(context, site)
    async with context.database.connection() as connection:
        await queries().forget_looks(connection, site_id=site.site_id)


async def _end(context: Context, site: Site) -> None:
    await forget_texts(context, site)
    await forget(context, site)
    await forget_events(context, site)
