"""What a worker writes about its mails: leases kept, content noted before it leaves, outcomes.

Marks and outcomes of mails under way at the same time share a commit.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from relay.batching import Batcher
from relay.context import Context
from relay.database import Record, queries, rows_of
from relay.errors import Unavailable
from workers.decisions import Claim, MailOutcome

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Timing:
    """The clockwork of a courier, in seconds; tests wind it up."""

    lease_s: float = 60.0
    heartbeat_s: float = 15.0
    sweep_s: float = 5.0
    pause_s: float = 30.0
    pause_most_s: float = 900.0
    stop_s: float = 20.0
    retry_s: float = 1.0


class Journal:
    """Keeps leases and writes outcomes; while the database is away, outcomes wait in memory."""

    def __init__(self, context: Context, timing: Timing) -> None:
        self._context = context
        self._timing = timing
        self._leases: dict[UUID, tuple[Claim, float]] = {}
        self._marks: Batcher[Claim, bool] = Batcher(self._mark)
        self._outcomes: Batcher[MailOutcome, bool] = Batcher(self._settle)

    def hold(self, claims: Sequence[Claim], asked_at: float) -> None:
        """Note leases just taken; *asked_at* is the monotonic time before the claim was sent."""
        for claim in claims:
            self._leases[claim.mail_id] = (claim, asked_at + self._timing.lease_s)

    def drop(self, claims: Sequence[Claim]) -> None:
        """Keep these leases no longer: whatever became of their mails, the next claim finds out."""
        for claim in claims:
            if self._holds(claim):
                del self._leases[claim.mail_id]

    async def mark_leaving(self, claim: Claim) -> bool:
        """Note that content is about to leave; False when the lease is over or cannot be proved."""
        if not self._is_held(claim):
            return False
        try:
            return await self._marks.submit(claim) and self._is_held(claim)
        except Unavailable:
            return False

    async def settle(self, outcome: MailOutcome) -> bool:
        """Write an outcome, waiting for the database as long as it takes; False when fenced off."""
        while True:
            try:
                taken = await self._outcomes.submit(outcome)
            except Unavailable:
                await asyncio.sleep(self._timing.retry_s)
                continue
            if not taken:
                log.warning(
                    "mail.outcome_refused", mail_id=str(outcome.mail_id), token=outcome.token
                )
            return taken

    async def keep_leases(self) -> None:
        """Extend the leases of what is under way, until cancelled."""
        while True:
            await asyncio.sleep(self._timing.heartbeat_s)
            claims = [claim for claim, _ in self._leases.values()]
            if not claims:
                continue
            asked_at = time.monotonic()
            try:
                rows = await self._extend(claims)
            except Exception as error:  # noqa: BLE001 (a heart that stops once stops for good)
                log.warning("leases.not_extended", fault=type(error).__name__)
                continue
            kept = {row["mail_id"] for row in rows}
            self.hold([one for one in claims if one.mail_id in kept and self._holds(one)], asked_at)

    async def _extend(self, claims: Sequence[Claim]) -> Sequence[Record]:
        return await self._context.database.run(
            lambda connection: rows_of(
                queries().extend(connection, lease_s=self._timing.lease_s, **_named(claims))
            )
        )

    def _holds(self, claim: Claim) -> bool:
        """Whether the lease noted for the mail is this one and not a later one."""
        return claim.mail_id in self._leases and self._leases[claim.mail_id][0] is claim

    def _is_held(self, claim: Claim) -> bool:
        return self._holds(claim) and time.monotonic() < self._leases[claim.mail_id][1]

    async def _mark(self, claims: Sequence[Claim]) -> Sequence[bool]:
        rows = await self._context.database.run(
            lambda connection: rows_of(queries().mark_data(connection, **_named(claims)))
        )
        marked = {row["mail_id"] for row in rows}
        return [claim.mail_id in marked for claim in claims]

    async def _settle(self, outcomes: Sequence[MailOutcome]) -> Sequence[bool | BaseException]:
        try:
            return await self._settle_together(outcomes)
        except Unavailable:
            raise
        except Exception as error:
            if len(outcomes) == 1:
                raise
            log.exception("mail.settled_apart", fault=type(error).__name__, mails=len(outcomes))
        # One outcome that cannot be written must not leave its neighbours ambiguous.
        found = await asyncio.gather(
            *(self._settle_together([outcome]) for outcome in outcomes), return_exceptions=True
        )
        return [one if isinstance(one, BaseException) else one[0] for one in found]

    async def _settle_together(self, outcomes: Sequence[MailOutcome]) -> list[bool]:
        in_order = sorted(outcomes, key=lambda outcome: (outcome.site_id, outcome.mail_id))
        rows = await self._context.database.run(
            lambda connection: rows_of(queries().settle(connection, outcomes=in_order))
        )
        taken = {row["mail_id"] for row in rows}
        return [outcome.mail_id in taken for outcome in outcomes]


def _named(claims: Sequence[Claim]) -> dict[str, list[object]]:
    """Return columns of claims, in the order in which every statement locks their rows."""
    in_order = sorted(claims, key=lambda claim: (claim.site_id, claim.mail_id))
    return {
        "site_ids": [claim.site_id for claim in in_order],
        "mail_ids": [claim.mail_id for claim in in_order],
        "tokens": [claim.token for claim in in_order],
    }
