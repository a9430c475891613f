"""The journal: who looked at what and why; and who may look at all."""

from aiohttp import web

from relay.looks import is_guarded, list_looks, verify
from relay.permissions import Level, Permission
from relay.staff import list_members
from relay.web.console.doors import Visit, door

ROWS = 100
NEWEST = 2**62


@door("GET", "journal", Permission.AUDIT, Level.OWN)
async def show_journal(visit: Visit) -> web.StreamResponse:
    """Show looks, newest first: one's own, or everybody's to an auditor. This is logged too."""
    await visit.look("list", "journal")
    before = visit.request.query.get("before", "")
    is_number = before.isascii() and before.isdigit() and len(before) <= len(str(NEWEST)) - 1
    async with visit.context.database.connection() as connection:
        seen = await list_looks(
            connection,
            visit.site,
            staff_id=None if visit.level is Level.YES else visit.session.staff_id,
            before=int(before) if is_number else NEWEST,
            most=ROWS,
        )
    more = seen[-1].number if len(seen) == ROWS else None
    return visit.page("journal", seen=seen, more=more)


@door("POST", "journal/check", Permission.AUDIT, Level.YES)
async def check_journal(visit: Visit) -> web.StreamResponse:
    """Check the chain of a site from its first row to its last."""
    await visit.look("list", "journal check")
    verdict = await verify(visit.context, visit.site)
    guarded = await is_guarded(visit.context)
    return visit.page("check", verdict=verdict, guarded=guarded)


@door("GET", "staff", Permission.STAFF, Level.SECOND)
async def show_staff(visit: Visit) -> web.StreamResponse:
    """Show who holds which role; roles are changed on the command line."""
    await visit.look("list", "staff")
    return visit.page("staff", members=await list_members(visit.context, visit.site))
