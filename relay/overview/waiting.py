"""What the queue of a site counts, asked again and again by who has it open."""

from dataclasses import dataclass

from relay.context import Context
from relay.database import queries
from relay.sites import Site


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a person, and the newest of each, so that a change of lines shows.

    Args:
        confirmations: Those that wait for a second person.
    """

    cases: int
    held: int
    confirmations: int
    newest_case: str | None
    newest_held: str | None
    newest_confirmation: str | None


async def count_waiting(context: Context, site: Site) -> Waiting:
    """Count what waits for a person at a site; who asks has written a look before."""
    async with context.database.connection() as connection:
        return Waiting(**await queries().count_waiting(connection, site_id=site.site_id))
