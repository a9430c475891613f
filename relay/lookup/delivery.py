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
        acts = await rows_of(
            queries().list_message_acts(connection, site_id=site.site_id, message_id=message_id)
        )
    if row is None:
        raise Refused("not_found")
    first = Step(row["received_at"], "received", say(language, "rules.step_received"))
    past = [*(_step(one, language) for one in attempts), *_acts(acts, language)]
    steps = [first, *sorted(past, key=lambda step: step.at)]
    if not any(one["outcome"] == row["state"] for one in attempts):
        at = _since(row, steps[-1].at)
        steps.append(Step(at, row["state"], say(language, f"states.{row['state']}")))
    return Delivery(message_id, row["side"], row["ref"], row["state"], tuple(steps))


def _since(row: Record, last_at: datetime) -> datetime:
    """Return when a message came into its state, or when a waiting one is tried next.

    A held one has been so since the last thing that happened to it; its due time is its end.
    """
    if row["state"] == "held":
        return last_at
    at: datetime = row["settled_at"] or row["due_at"]
    return at


def _acts(rows: list[Record], language: str) -> list[Step]:
    """Return what staff did, and took back."""
    steps = []
    for row in rows:
        words = say(language, f"console.action_{row['action']}")
        steps.append(Step(row["at"], row["action"], words))
        if row["undone_at"]:
            steps.append(Step(row["undone_at"], "undone", say(language, "console.undone")))
    return steps


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
