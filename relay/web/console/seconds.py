"""A second person who agrees, at the same screen, with proofs of their own."""

from relay import staff
from relay.errors import Refused
from relay.permissions import Level, Permission
from relay.staff import Session
from relay.web.console.doors import Visit
from relay.web.contact import origin_of
from relay.web.origins import household


async def second_person(visit: Visit, permission: Permission) -> Session | None:
    """Return who agreed; None when nobody was named.

    Raises:
        Refused: ``second_same``: it is the same person; ``not_allowed``: theirs is no role that
            may; ``login_wrong``, ``rate_limited``.
    """
    fields = visit.fields
    name = fields.get("second_name", "").strip()
    if not name:
        return None
    second = await staff.vouch(
        visit.context,
        name,
        fields.get("second_password", ""),
        fields.get("second_code", ""),
        household(origin_of(visit.request).ip),
    )
    if second.staff_id == visit.session.staff_id:
        raise Refused("second_same")
    if second.level(visit.site, permission) < Level.SECOND:
        raise Refused("not_allowed")
    return second
