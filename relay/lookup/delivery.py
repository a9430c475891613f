"""The way of one message as a line of time: each attempt with the server's answer in words."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from relay.context import Context
from relay.database import Record, queries, rows_of
from relay.errors import Refused
from relay.looks import Look, record_look
from relay.sites import Site
from relay.texts import has, say


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened.

    Args:
        what: ``received``, an outcome of an attempt, or the state the message is in.
        words: The same for a reader, without jargon.
        code, enhanced: What the server answered, if one did.
    """

    at: datetime
    what: str
    words: str
    route: str | None = None
    code: int | None = None
    enhanced: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message, oldest step first."""

    message_id: UUID
    side: str
    listing_ref: str
    state: str
    steps: tuple[Step, ...]


async def read_delivery(
    context: Context, site: Site, message_id: UUID, language: str, look: Look
) -> Delivery:
    """Show the way of a message.

    Raises:
        Refused: ``not_found``.
    """
    async with context.database.connection() as connection:
        await record_look(connection, look)
        row: Record | None = await queries().read_delivery(
            connection, site_id=site.site_id, message_id=message_id
        )
        attempts = await rows_of(
            queries().list_attempts(connection, site_id=site.site_id, mail_id=message_id)
        )
    if row is None:
        raise Refused("not_found")
    first = Step(row["received_at"], "received", say(language, "rules.step_received"))
    last = Step(
        row["settled_at"] or row["due_at"], row["state"], say(language, f"states.{row['state']}")
    )
    steps = (first, *(_step(one, language) for one in attempts))
    is_told = any(one["outcome"] == row["state"] for one in attempts)
    return Delivery(
        message_id, row["side"], row["ref"], row["state"], steps if is_told else (*steps, last)
    )


def _step(row: Record, language: str) -> Step:
    reason = f"replies.{row['reason']}"
    words = say(language, reason if has(language, reason) else "rules.step_under_way")
    return Step(
        at=row["ended_at"] or row["started_at"],
        what=row["outcome"] or "under_way",
        words=words,
        route=row["route"],
        code=row["code"],
        enhanced=row["enhanced"],
    )
