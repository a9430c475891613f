"""Whether all is well at a site, as far as its staff can see and should know."""

from dataclasses import dataclass, field
from datetime import timedelta

from relay.context import Context
from relay.database import Connection, is_current, queries, rows_of
from relay.looks import Look, is_guarded, record_look
from relay.sealing import first_id
from relay.sites import Site

LATE_S = 300  # a mail due for longer says that no worker runs
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing looked at.

    Args:
        name: What: ``ledger``, ``queue``, ``mails``, ``routes``, ``bell``, ``schema``, ``guard``.
        values: What its sentence is filled with.
    """

    name: str
    is_well: bool
    values: dict[str, str | int] = field(default_factory=dict)


async def read_signs(context: Context, site: Site, look: Look) -> list[Sign]:
    """Look at the ledger of the last day, what waits, the next hops, and the log of looks."""
    async with context.database.connection() as connection:
        await record_look(connection, look)
        signs = [
            await _ledger(context, connection, site),
            await _queue(connection, site),
            await _mails(connection, site),
            await _routes(context, connection),
            Sign("schema", await is_current(connection)),
        ]
    signs.append(Sign("guard", await is_guarded(context)))
    if context.settings.redis_url is not None:
        signs.append(Sign("bell", await context.bell.is_heard()))
    return signs


async def _ledger(context: Context, connection: Connection, site: Site) -> Sign:
    since = first_id(context.clock() - DAY)
    lost: int = await queries().count_unaccounted(connection, site_id=site.site_id, first_id=since)
    return Sign("ledger", not lost, {"n": lost})


async def _queue(connection: Connection, site: Site) -> Sign:
    age_s: float = await queries().oldest_due_of(connection, site_id=site.site_id)
    return Sign("queue", age_s < LATE_S, {"n": int(age_s) if age_s < LATE_S else int(age_s) // 60})


async def _mails(connection: Connection, site: Site) -> Sign:
    rows = await rows_of(queries().list_held_mails(connection, site_id=site.site_id))
    return Sign("mails", not rows, {"n": len(rows)})


async def _routes(context: Context, connection: Connection) -> Sign:
    rows = await rows_of(queries().read_routes(connection))
    now = context.clock()
    paused = [row["route"] for row in rows if row["paused_until"] and row["paused_until"] > now]
    return Sign("routes", not paused, {"n": len(paused), "routes": ", ".join(paused)})
