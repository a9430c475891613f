"""Lines written beside a case, for whoever works on it next."""

from uuid import UUID

from relay.context import Context
from relay.database import queries
from relay.desk.orders import Action, Order, Trail
from relay.desk.work import write_act
from relay.errors import Refused
from relay.looks import Look, record_look
from relay.sites import Site


async def note(context: Context, site: Site, case_id: UUID, look: Look) -> UUID:
    """Write a note, which is the look's reason; return the id of the act.

    Raises:
        Refused: ``reason_missing``: it says nothing; ``not_found``.
    """
    if not look.reason.strip():
        raise Refused("reason_missing")
    async with context.database.connection() as connection, connection.transaction():
        await record_look(connection, look)
        named = {"site_id": site.site_id, "case_id": case_id}
        if await queries().read_case(connection, **named) is None:
            raise Refused("not_found")
        order = Order(Action.NOTE, look, case_id=case_id)
        return await write_act(connection, site, order, Trail(), context.clock())
