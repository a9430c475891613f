"""Whose reports are set aside for a time, asked where a report comes in (DSA 23(2))."""

from datetime import datetime
from uuid import UUID

from relay.database import Connection, queries
from relay.errors import Refused
from relay.sites import Site


async def check_reporter(
    connection: Connection, site: Site, person_id: UUID, now: datetime
) -> None:
    """Refuse a report of a party whose reports are suspended: told with reasons, and contestable.

    Raises:
        Refused: ``reports_suspended``.
    """
    until: datetime | None = await queries().reports_suspended(
        connection, site_id=site.site_id, person_id=person_id, now=now
    )
    if until is not None:
        raise Refused("reports_suspended")
