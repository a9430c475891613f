"""Delivery: claim what is due, render it, hand it over, settle it. PostgreSQL alone is the truth.

A claim is a lease with a fencing token: it is extended while a mail is under way, and whoever
lost it can neither send content nor write an outcome.
"""

import asyncio
import random
import time

import structlog
from prometheus_client import Counter, Histogram

from relay import checkpoints
from relay.contact_rows import OLDEST, told_hash
from relay.context import Context
from relay.cpu import Overrun, cpu_limit
from relay.database import Record, queries, rows_of
from relay.errors import Refused, Unavailable
from relay.mail.compose import Composed
from relay.mail.outcomes import Verdict
from relay.mail.providers import provider_of
from relay.mail.reasons import Reason
from relay.outgoing import Bounced, Held, Withdrawn, read_files, read_mails, render
from relay.screening import screen
from relay.sealing import first_id, id_time, new_id
from workers import decisions
from workers.decisions import Claim, MailOutcome
from workers.journal import Journal, Timing
from workers.lanes import Lane, Lanes
from workers.rounds import Rounds
from workers.route import Route
from workers.transport import LeaseLost, Transport

SITE_SHARE = 25
RENDER_CPU_S = 2.0  # a usual mail takes some thousandths

attempts_total = Counter("relay_attempts_total", "Delivery attempts by outcome", ["outcome"])
handoff_seconds = Histogram(
    "relay_handoff_seconds",
    "From the receipt of a contact to its hand-over",
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600, 14400),
)
_ENDS = {Held: decisions.hold, Bounced: decisions.bounce, Withdrawn: decisions.withdraw}
log = structlog.get_logger()


class Courier:
    """Delivers due mails until it is stopped."""

    def __init__(
        self, context: Context, transport: Transport, *, route: str, timing: Timing
    ) -> None:
        self._context = context
        self._transport = transport
        self._route = Route(context, route, timing)
        self._timing = timing
        self._journal = Journal(context, timing)
        self._lanes = Lanes()
        self._rounds = Rounds(timing.sweep_s)
        self._suspects_due_at = 0.0

    def ring(self) -> None:
        """Start a round now."""
        self._rounds.ring()

    def stop(self) -> None:
        """Claim nothing more; ``run`` returns when what is under way has ended."""
        self._rounds.stop()
        self._lanes.close()

    async def run(self) -> None:
        """Deliver until ``stop``; a database that is away is waited for."""
        heartbeat = asyncio.create_task(self._journal.keep_leases())
        try:
            await self._rounds.run(self._round)
        finally:
            await self._lanes.finish(self._timing.stop_s)
            heartbeat.cancel()
            await self._transport.close()

    async def _round(self) -> int:
        """Claim and start as many mails as there is room for; return how many."""
        room = await self._lanes.room()
        if not room:
            return 0
        try:
            claims = await self._claim(room, suspects=False)
            if claims:
                await self._start(claims)
            if not claims or time.monotonic() >= self._suspects_due_at:
                claims += await self._deliver_suspect()
        except Unavailable:
            return 0
        return len(claims)

    async def _deliver_suspect(self) -> list[Claim]:
        """Deliver one mail that a crash interrupted, alone: if it is what kills, it kills alone.

        Only what is slow goes on beside it, and it beside others once it is slow itself.
        """
        claims = await self._claim(1, suspects=True)
        if claims:
            await self._lanes.calm()
            await self._start(claims)
            await self._lanes.calm()
        else:
            self._suspects_due_at = time.monotonic() + self._timing.sweep_s
        return claims

    async def _claim(self, most: int, *, suspects: bool) -> list[Claim]:
        asked_at = time.monotonic()
        rows = await self._context.database.run(
            lambda connection: rows_of(
                queries().claim(
                    connection,
                    site_limit=min(most, SITE_SHARE),
                    total_limit=most,
                    lease_s=self._timing.lease_s,
                    oldest_id=first_id(self._context.clock() - OLDEST),
                    route=self._route.name,
                    suspects=suspects,
                )
            )
        )
        claims = [_claim(row) for row in rows]
        self._journal.hold(claims, asked_at)
        if claims:
            checkpoints.reached("deliver.claimed")
        return claims

    async def _start(self, claims: list[Claim]) -> None:
        try:
            rows = await read_mails(
                self._context, [one.site_id for one in claims], [one.mail_id for one in claims]
            )
            # What may have arrived already is asked nothing more: no rule can hold it back.
            fresh = [one.mail_id for one in claims if not one.may_have_left]
            held = await screen(self._context, [rows[one] for one in fresh if one in rows])
        except Unavailable:
            for claim in claims:
                self._lanes.start(self._give_back(claim))
            raise
        except BaseException:
            self._journal.drop(claims)
            raise
        for claim in claims:
            row, why = rows.get(claim.mail_id), held.get(claim.mail_id)
            self._lanes.start(self._deliver(claim, row, held_for=why))

    async def _give_back(self, claim: Claim) -> None:
        """Settle a claim that could not be read, once the database answers: it is no crash."""
        outcome = decisions.without_row(claim, random.random())  # noqa: S311
        try:
            if outcome:
                await self._settle(claim, outcome, None)
        finally:
            self._journal.drop([claim])

    async def _deliver(self, claim: Claim, row: Record | None, *, held_for: str | None) -> None:
        """Bring one claim to its outcome; without one its lease ends by itself.

        Args:
            held_for: Why a person is to look first, if the site's rules want so.
        """
        try:
            async with self._lanes.lane() as lane:
                outcome = await self._make(claim, row, held_for=held_for)
                if isinstance(outcome, Composed) and row is not None:
                    provider = provider_of(outcome.recipient.rpartition("@")[2].lower())
                    outcome = await self._send(claim, row, outcome, lane)
                    outcome = outcome._replace(provider=provider.value)
                if isinstance(outcome, MailOutcome):
                    await self._settle(claim, outcome, row)
        finally:
            self._journal.drop([claim])

    async def _make(
        self, claim: Claim, row: Record | None, *, held_for: str | None
    ) -> Composed | MailOutcome:
        """Return the mail, or why it does not leave now."""
        early = decisions.before_sending(claim, random.random())  # noqa: S311
        if early or row is None:
            return early or decisions.hold(claim, "incomplete")
        if held_for:
            return decisions.hold(claim, held_for)
        if self._rounds.is_stopping:
            return decisions.give_back(claim, "stopped", self._route.pause_s)
        if pause_s := self._route.pause_s:
            return decisions.give_back(claim, "route_paused", pause_s)
        return await self._render(claim, row)

    async def _render(self, claim: Claim, row: Record) -> Composed | MailOutcome:
        """Render the mail within its time; fails closed."""
        try:
            site = await self._context.sites.by_id(claim.site_id)
            files = await read_files(self._context, row)
            with cpu_limit(RENDER_CPU_S):
                rendered = render(self._context, site, row, files)
        except Overrun:
            log.error("mail.not_made", mail_id=str(claim.mail_id), kind="overrun")  # noqa: TRY400
            return decisions.hold(claim, Reason.RENDERING)
        except Unavailable:
            return decisions.not_read(claim, random.random())  # noqa: S311
        except Exception as error:
            log.exception("mail.not_made", mail_id=str(claim.mail_id), kind=type(error).__name__)
            return decisions.after_crash(claim, random.random())  # noqa: S311
        if isinstance(rendered, Composed):
            return rendered
        return _ENDS[type(rendered)](claim, rendered.reason)

    async def _send(self, claim: Claim, row: Record, mail: Composed, lane: Lane) -> MailOutcome:
        """Hand the mail over and judge how that ended."""
        lane.domain = mail.recipient.rpartition("@")[2].lower()
        if self._lanes.is_clogged(lane.domain):
            return decisions.make_way(claim)
        checkpoints.reached("deliver.before_connect")
        try:
            sent = await self._transport.send(mail, lambda: self._journal.mark_leaving(claim))
        except LeaseLost:
            log.warning("mail.lease_lost", mail_id=str(claim.mail_id))
            return decisions.give_back(claim, "lease_lost", 0.0)
        checkpoints.reached("deliver.answered")
        if sent.outcome.verdict is Verdict.ROUTE_PAUSED:
            wait_s = await self._route.pause(sent.outcome.reason)
            return decisions.after_pause(claim, sent, wait_s)
        return decisions.after_sending(
            claim,
            sent,
            row["recipient_hash"],
            random.random(),  # noqa: S311
        )

    async def _settle(self, claim: Claim, outcome: MailOutcome, row: Record | None) -> None:
        taken = await self._journal.settle(await self._with_notice(outcome, row))
        attempts_total.labels("ambiguous" if outcome.ambiguous else outcome.outcome).inc()
        if outcome.state == "delivered":
            if claim.is_message:
                waited = self._context.clock() - id_time(claim.mail_id)
                handoff_seconds.observe(waited.total_seconds())
            await self._route.resume()
        log.info(
            "mail.settled",
            mail_id=str(claim.mail_id),
            kind=claim.kind,
            state=outcome.state,
            reason=outcome.reason,
            tries=claim.tries,
            taken=taken,
        )

    async def _with_notice(self, outcome: MailOutcome, row: Record | None) -> MailOutcome:
        """Name the mail that tells the sender; a mailbox is told of an end once a day at most."""
        if row is None or not outcome.notice:
            return outcome._replace(notice=None)
        now = self._context.clock()
        # Late and ended are told apart: a mail that was late in the morning may bounce at noon.
        what = "notice" if outcome.wait_s is None else "late"
        try:
            site = await self._context.sites.by_id(outcome.site_id)
        except (Refused, Unavailable):
            return outcome._replace(notice=None)  # the outcome counts more than the news of it
        return outcome._replace(
            notice_id=new_id(now), told_hash=told_hash(site, row["mailbox_hash"], what, now)
        )


def _claim(row: Record) -> Claim:
    return Claim(
        site_id=row["site_id"],
        mail_id=row["mail_id"],
        message_id=row["message_id"],
        kind=row["kind"],
        token=row["token"],
        tries=row["tries"],
        crashes=row["crashes"],
        ambiguous=row["ambiguous"],
        accepted_at=id_time(row["mail_id"]),
        claimed_at=row["claimed_at"],
        expires_at=row["expires_at"],
        delay_told=row["delay_told"],
        cut_phase=row["cut_phase"],
    )
