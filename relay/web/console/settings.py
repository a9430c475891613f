"""Settings: what the policy of a site says and which keys are in use, to be read, not changed."""

from aiohttp import web

from relay import overview
from relay.permissions import Level, Permission
from relay.web.console.doors import Visit, door

KEPT = ("messages", "traces", "reports", "inbound", "listings", "rights")


@door("GET", "settings", Permission.RETENTION, Level.START)
async def show_settings(visit: Visit) -> web.StreamResponse:
    """Show the policy in force, its versions, and the keys with their dates."""
    setup = await overview.read_setup(visit.context, visit.site, visit.seen("list", "settings"))
    policy = visit.site.policy
    return visit.page(
        "settings",
        setup=setup,
        policy=policy,
        kept=[(name, getattr(policy.retention, name)) for name in KEPT],
        now=visit.context.clock(),
    )
