"""The sites a process knows."""

import asyncio

from relay.context import Context
from relay.sites import MISS_S
from tests.relays import open_relay


async def test_a_site_opened_a_moment_ago_is_found(context: Context) -> None:
    """A worker that has just read its sites knows the one opened since: its first mail leaves."""
    async with open_relay(context) as first:
        await context.sites.all()
        async with open_relay(context, "1000-annonces") as second:
            context.sites._read_at = asyncio.get_running_loop().time()
            context.sites._by_id = {first.site.site_id: first.site}
            await asyncio.sleep(2 * MISS_S)
            assert (await context.sites.by_id(second.site.site_id)).slug == second.site.slug
