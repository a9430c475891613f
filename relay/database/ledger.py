"""The ledger: what was accepted, and what has a state."""

from dataclasses import dataclass
from uuid import UUID

from relay.database.pool import queries, rows_of
from relay.database.terms import Connection


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was accepted and what has a state, counted at one moment."""

    accepted: dict[UUID, int]
    states: dict[tuple[UUID, str], int]

    def unaccounted(self) -> dict[UUID, int]:
        """Return by site how many accepted messages have no state: each must be 0."""
        left = dict(self.accepted)
        for (site_id, _), mails in self.states.items():
            left[site_id] = left.get(site_id, 0) - mails
        return left


async def count_ledger(connection: Connection) -> Ledger:
    """Count both sides of the ledger in one snapshot, so that traffic makes no difference."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute("set local enable_seqscan = on")  # every row is counted
        accepted = await rows_of(queries().count_accepted(connection))
        states = await rows_of(queries().count_states(connection))
    return Ledger(
        {row["site_id"]: row["messages"] for row in accepted},
        {(row["site_id"], row["state"]): row["mails"] for row in states},
    )
