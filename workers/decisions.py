"""What becomes of a claimed mail: the state machine of delivery, as pure functions.

queued → sending → delivered | deferred → … | bounced | expired | held | unconfirmed.
Every state is an end with a reason, or has a time at which it is looked at again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from relay.mail.outcomes import Outcome, Phase, Verdict, backoff_s
from relay.mail.reasons import Reason

CRASHES_MOST = 5
AMBIGUOUS_MOST = 2
HOLD_S = timedelta(days=30).total_seconds()
WAY_LEAST_S, WAY_MOST_S = 30.0, 900.0
UNREAD_LEAST_S, UNREAD_MOST_S = 1.0, 60.0
DELAY_TOLD_AFTER = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Claim:
    """A mail leased to this worker.

    Args:
        token: Fencing token: only its holder may send content or write an outcome.
        crashes: Claims in a row that ended without an outcome, this one's predecessor included.
        claimed_at: When it was leased, by the clock of PostgreSQL: no worker's own clock, which
            may be wrong, ends a mail.
        cut_phase: Phase of an earlier attempt that a crash left open; ``data``: it may have left.
    """

    site_id: UUID
    mail_id: UUID
    message_id: UUID
    kind: str
    token: int
    tries: int
    crashes: int
    ambiguous: int
    accepted_at: datetime
    claimed_at: datetime
    expires_at: datetime
    delay_told: bool
    cut_phase: str | None

    @property
    def may_have_left(self) -> bool:
        """Tell whether an earlier attempt may have delivered it already."""
        return self.ambiguous > 0 or self.cut_phase == "data"

    @property
    def is_message(self) -> bool:
        """Tell whether a person's words are in it, and that person waits for news of it."""
        return self.kind in ("contact", "reply")


@dataclass(frozen=True, slots=True)
class Sent:
    """How an attempt ended: the furthest phase, what it means, and the protection it had.

    Args:
        ambiguous: The final dot left and no answer came: the mail may have been taken.
        tls: ``TLSv1.3``-like version, or ``none``; empty when no connection was made.
        route: Name of the smarthost that was spoken to, None when none was.
    """

    outcome: Outcome
    phase: Phase
    tls: str
    ambiguous: bool = False
    route: str | None = None


class MailOutcome(NamedTuple):
    """A row of the type ``mail_outcome`` (migrations 0001 and 0016), in its order.

    ``wait_s`` is None when the state is an end; ``notice`` is what the sender is told.
    """

    site_id: UUID
    mail_id: UUID
    token: int
    state: str
    outcome: str
    reason: str
    phase: str
    route: str | None = None
    wait_s: float | None = None
    untried: bool = False
    crashed: bool = False
    ambiguous: bool = False
    tls: str | None = None
    code: int | None = None
    enhanced: str | None = None
    suppress_hash: bytes | None = None
    notice_id: UUID | None = None
    notice: str | None = None
    told_hash: bytes | None = None
    provider: str | None = None


def before_sending(claim: Claim, jitter: float) -> MailOutcome | None:
    """Settle a claim that must not be sent now; None to go on.

    Args:
        jitter: Random number in [0, 1).
    """
    if claim.cut_phase == "data":
        # The doubt is that of the attempt that was cut; this one has sent nothing.
        return _after_cut(claim, jitter)._replace(outcome="recovered")
    if claim.crashes >= CRASHES_MOST:
        return _outcome(claim, "held", "crashed", Reason.RENDERING, wait_s=HOLD_S)
    if claim.expires_at <= claim.claimed_at:
        return _ended(claim, "expired", "expired", Reason.EXPIRED)
    return None


def after_crash(claim: Claim, jitter: float) -> MailOutcome:
    """Settle a mail whose making raised: again later, held at the fifth time."""
    if claim.crashes + 1 >= CRASHES_MOST:
        return _outcome(claim, "held", "crashed", Reason.RENDERING, wait_s=HOLD_S, crashed=True)
    wait_s = float(backoff_s(claim.tries, jitter))
    return _outcome(claim, "deferred", "crashed", Reason.RENDERING, wait_s=wait_s, crashed=True)


def hold(claim: Claim, reason: str) -> MailOutcome:
    """Settle a mail that must not leave until a person has looked."""
    return _outcome(claim, "held", "held", reason, wait_s=HOLD_S)


def bounce(claim: Claim, reason: str) -> MailOutcome:
    """Settle a mail whose recipient is written to no more."""
    return _ended(claim, "bounced", "bounced", reason)


def withdraw(claim: Claim, reason: str) -> MailOutcome:
    """Settle a mail that nobody may get any more.

    Who answered is told, in the same words whatever ended the conversation; who filled a form
    sees it on their private page, since anybody can fill one under another's address.
    """
    settled = _outcome(claim, "refused", "refused", reason)
    is_told = claim.kind == "reply" and reason == "blocked"
    return settled._replace(notice="ended") if is_told else settled


def give_back(claim: Claim, reason: str, wait_s: float) -> MailOutcome:
    """Settle a claim as if it had not been: its way is closed for now, or the worker stops."""
    return _outcome(claim, "deferred", "given_back", reason, wait_s=wait_s, untried=True)


def make_way(claim: Claim) -> MailOutcome:
    """Settle a mail to a host that is slow with others already: later, the longer it waits."""
    age_s = (claim.claimed_at - claim.accepted_at).total_seconds()
    wait_s = min(max(age_s / 4, WAY_LEAST_S), WAY_MOST_S)
    return _told_if_late(claim, give_back(claim, Reason.SERVER_BUSY, wait_s))


def not_read(claim: Claim, jitter: float) -> MailOutcome:
    """Settle a mail that the database did not give: soon again, later the longer it waits.

    The jitter, a random number in [0, 1), parts mails that were claimed together: one that can
    never be read holds up no other.
    """
    age_s = (claim.claimed_at - claim.accepted_at).total_seconds()
    wait_s = min(max(age_s / 4, UNREAD_LEAST_S), UNREAD_MOST_S) * (0.5 + jitter)
    return give_back(claim, "database_away", wait_s)


def without_row(claim: Claim, jitter: float) -> MailOutcome | None:
    """Settle a claim whose mail the database did not give; None to let its lease end.

    An end that somebody is told waits for the next claim: whom to tell was not read either.
    """
    early = before_sending(claim, jitter)
    if early and not early.notice:
        return early
    # The doubt of an attempt that was cut is counted by the outcome that ends it, or not at all.
    return None if claim.cut_phase == "data" else not_read(claim, jitter)


def after_pause(claim: Claim, sent: Sent, wait_s: float) -> MailOutcome:
    """Settle a mail whose route itself said no: its pause, too, is told to who waits long."""
    settled = give_back(claim, sent.outcome.reason, wait_s)._replace(
        phase=sent.phase.value, code=sent.outcome.code, enhanced=sent.outcome.enhanced
    )
    return _told_if_late(claim, settled)


def after_sending(claim: Claim, sent: Sent, recipient_hash: bytes, jitter: float) -> MailOutcome:
    """Settle a mail by what the server said, or by how the line was lost.

    Args:
        recipient_hash: Whose address is suppressed when the server says that it is dead.

    ROUTE_PAUSED is not decided here: the courier pauses the route, then asks ``after_pause``.
    """
    if sent.ambiguous:
        return _after_cut(claim, jitter)._replace(phase=sent.phase.value, tls=sent.tls)
    settled = _SETTLERS[sent.outcome.verdict](claim, sent.outcome, jitter)
    return settled._replace(
        phase=sent.phase.value,
        route=sent.route,
        tls=sent.tls,
        code=sent.outcome.code,
        enhanced=sent.outcome.enhanced,
        suppress_hash=recipient_hash if sent.outcome.suppress else None,
    )


def _delivered(claim: Claim, outcome: Outcome, _jitter: float) -> MailOutcome:
    return _outcome(claim, "delivered", "delivered", outcome.reason)


def _deferred(claim: Claim, outcome: Outcome, jitter: float) -> MailOutcome:
    wait_s = float(backoff_s(claim.tries, jitter))
    settled = _outcome(claim, "deferred", "deferred", outcome.reason, wait_s=wait_s)
    return _told_if_late(claim, settled)


def _told_if_late(claim: Claim, settled: MailOutcome) -> MailOutcome:
    late = claim.claimed_at - claim.accepted_at >= DELAY_TOLD_AFTER
    if late and not claim.delay_told and claim.is_message:
        return settled._replace(notice=f"delayed:{settled.reason}")
    return settled


def _bounced(claim: Claim, outcome: Outcome, _jitter: float) -> MailOutcome:
    return _ended(claim, "bounced", "bounced", outcome.reason)


def _held(claim: Claim, outcome: Outcome, _jitter: float) -> MailOutcome:
    return hold(claim, outcome.reason)


_SETTLERS = {
    Verdict.DELIVERED: _delivered,
    Verdict.DEFERRED: _deferred,
    Verdict.BOUNCED: _bounced,
    Verdict.HELD: _held,
}


def _after_cut(claim: Claim, jitter: float) -> MailOutcome:
    """Content left and no answer is known: send once more after a pause, then stop and say so."""
    if claim.ambiguous + 1 >= AMBIGUOUS_MOST:
        ended = _ended(claim, "unconfirmed", "ambiguous", Reason.AMBIGUOUS)
        return ended._replace(ambiguous=True)
    wait_s = float(backoff_s(claim.tries, jitter))
    return _outcome(claim, "deferred", "ambiguous", Reason.AMBIGUOUS, wait_s=wait_s, ambiguous=True)


def _ended(claim: Claim, state: str, outcome: str, reason: str) -> MailOutcome:
    settled = _outcome(claim, state, outcome, reason)
    if claim.is_message:
        return settled._replace(notice=f"{state}:{reason}")
    return settled


def _outcome(
    claim: Claim,
    state: str,
    outcome: str,
    reason: str,
    *,
    wait_s: float | None = None,
    **marks: bool,
) -> MailOutcome:
    return MailOutcome(
        site_id=claim.site_id,
        mail_id=claim.mail_id,
        token=claim.token,
        state=state,
        outcome=outcome,
        reason=reason,
        phase="claimed",
        wait_s=wait_s,
        **marks,  # type: ignore[arg-type]  # bools only; the type has no way to say so
    )
