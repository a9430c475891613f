"""Intake: read the mails that came in, one after another, in a process that may be lost.

A mail is leased, opened, read by the reader process, and settled together with what it led to
(``relay/replies.py``). A mail that breaks the reader is held with its bytes; a mail whose worker
died is taken again, three times at most. Trouble of ours (no database, no reader process, no
master key) is no fault of the mail's: it is given back and waits.
"""

import asyncio
import time
from collections.abc import Sequence

import structlog
from prometheus_client import Counter

from relay import checkpoints
from relay.arrivals import Arrival, Settled
from relay.context import Context
from relay.database import Record, queries, rows_of
from relay.errors import Unavailable
from relay.mail.reading.values import Incoming, Unreadable
from relay.reader import Reader
from relay.replies import LeaseGone, end_erased, keep_frozen, take_in
from relay.sealing import Unsealable, inbound_place
from workers.journal import Timing
from workers.rounds import Rounds

CLAIMED_AT_ONCE = 4  # ten megabytes each at most
LEASE_S = 120.0
BEGUN_WITHIN_S = 60.0  # one mail takes less than the rest of the lease, a fresh reader included
TRIES_MOST = 3
WAIT_S = 60.0  # of a mail given back; longer each time

inbound_total = Counter("relay_inbound_total", "Mails that came in, by what became of them", ["to"])
log = structlog.get_logger()


class Intake:
    """Reads what came in until it is stopped."""

    def __init__(self, context: Context, *, timing: Timing) -> None:
        self._context = context
        self._timing = timing
        self._reader = Reader()
        self._rounds = Rounds(timing.sweep_s)

    def ring(self) -> None:
        """Start a round now."""
        self._rounds.ring()

    def stop(self) -> None:
        """Begin nothing more; ``run`` returns when the mail at hand is settled."""
        self._rounds.stop()

    async def run(self) -> None:
        """Read until ``stop``; a database that is away is waited for."""
        try:
            await self._rounds.run(self._round)
        finally:
            await self._reader.close()

    async def _round(self) -> int:
        """Take in a few mails; return how many, 0 when it is better to wait."""
        begun_at = time.monotonic()
        try:
            claimed = await self._context.database.run(
                lambda connection: rows_of(
                    queries().claim_inbound(connection, most=CLAIMED_AT_ONCE, lease_s=LEASE_S)
                )
            )
        except Unavailable:
            return 0
        rows = sorted(claimed, key=lambda row: row["inbound_id"])  # in the order they came
        for number, row in enumerate(rows):
            if self._rounds.is_stopping or time.monotonic() - begun_at > BEGUN_WITHIN_S:
                await self._give_back(rows[number:], wait_s=0)
                break
            try:
                await self._take(row)
            except Unavailable:
                await self._give_back(rows[number:], wait_s=WAIT_S)
                return 0
        return len(rows)

    async def _take(self, row: Record) -> None:
        """Bring one mail to its end; a fault in our program leaves it to the end of its lease.

        Raises:
            Unavailable: The database or the reader process is away.
        """
        checkpoints.reached("intake.claimed")
        inbound_id = str(row["inbound_id"])
        try:
            settled = await self._settle(_arrival(row), row)
        except LeaseGone:
            log.warning("inbound.lease_lost", inbound_id=inbound_id)
            return
        except Unsealable as fault:
            # No key was destroyed, or the database would say so: this worker lacks a master key.
            log.exception("inbound.not_opened", inbound_id=inbound_id, fault=str(fault))
            await self._give_back([row], wait_s=WAIT_S)
            return
        except Unavailable:
            raise
        except Exception as error:
            log.exception("inbound.not_taken", inbound_id=inbound_id, fault=type(error).__name__)
            return
        inbound_total.labels(settled.reason.partition(":")[0]).inc()
        log.info(
            "inbound.settled",
            inbound_id=inbound_id,
            state=settled.state,
            reason=settled.reason,
            tries=row["tries"],
        )

    async def _settle(self, arrival: Arrival, row: Record) -> Settled:
        if row["is_orphaned"]:
            return await end_erased(self._context, arrival)
        if row["is_frozen"]:
            return await keep_frozen(self._context, arrival)
        incoming = await self._read(arrival, row)
        checkpoints.reached("intake.read")
        site = await self._context.sites.by_id(arrival.site_id)
        return await take_in(self._context, site, arrival, incoming)

    async def _read(self, arrival: Arrival, row: Record) -> Incoming:
        """Open and read a mail.

        Raises:
            Unavailable: No reader process can be started.
            Unsealable: The master key of whose mail it is is not here.
        """
        if row["tries"] - row["troubles"] > TRIES_MOST:
            return Unreadable("crashed")
        key = self._context.keyring.person_key(row["owner_key"], arrival.owner_id)
        raw = key.open_bytes(row["sealed_raw"], inbound_place(arrival.inbound_id))
        return await self._reader.read(raw)

    async def _give_back(self, rows: Sequence[Record], *, wait_s: float) -> None:
        """Let these mails be read later; a database that is away is waited for."""
        while True:
            try:
                await self._context.database.run(
                    lambda connection: rows_of(
                        queries().give_back_inbound(
                            connection,
                            site_ids=[row["site_id"] for row in rows],
                            inbound_ids=[row["inbound_id"] for row in rows],
                            tokens=[row["token"] for row in rows],
                            wait_s=wait_s,
                        )
                    )
                )
            except Unavailable:
                if self._rounds.is_stopping:
                    return  # their leases end by themselves
                await asyncio.sleep(self._timing.retry_s)
            else:
                return


def _arrival(row: Record) -> Arrival:
    return Arrival(
        site_id=row["site_id"],
        inbound_id=row["inbound_id"],
        conversation_id=row["conversation_id"],
        side=row["side"],
        mail_id=row["mail_id"],
        owner_id=row["owner_id"],
        token=row["token"],
    )
