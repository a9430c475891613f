"""Acts on what other servers say of mails of ours: a bounce ends a mail, a complaint is heeded."""

from collections.abc import Iterable
from datetime import timedelta

import structlog

from relay.addresses import read_message_id
from relay.arrivals import Arrival, Settled
from relay.database import Record, queries
from relay.exchange import Exchange
from relay.mail.outcomes import Phase, judge
from relay.mail.reading.values import Bounce, BounceClass, Complaint
from relay.validation import mailbox_key

COMPLAINT_KEPT = timedelta(days=365)
SUPPRESSED_FOR = timedelta(days=90)
PERMANENT = 550  # what a server that gives a mail back would have answered at once

log = structlog.get_logger()


async def take_bounce(exchange: Exchange, arrival: Arrival, bounce: Bounce) -> Settled:
    """End the mail a bounce speaks of and tell its writer; a delay changes no state (F40, F41)."""
    mail = await _spoken_of(exchange, arrival, bounce.original_id)
    if mail is None:
        return Settled("ended", "bounce_unmatched")
    failure = bounce.failures[0] if bounce.failures else None
    said = f"{failure.status or ''} {failure.diagnostic}" if failure else ""
    outcome = judge(Phase.RCPT, PERMANENT, said)
    named = {"site_id": exchange.site.site_id, "mail_id": mail["mail_id"]}
    await queries().note_report(
        exchange.connection,
        **named,
        outcome=bounce.verdict.value,
        reason=outcome.reason,
        enhanced=outcome.enhanced,
    )
    if bounce.verdict is not BounceClass.FAILED:
        return Settled("read", f"report_{bounce.verdict.value}")
    if arrival.mail_id is None:  # an alias proves nothing: whoever was shown one can write there
        return Settled("read", "report_unproved")
    if outcome.suppress and _is_of(exchange, arrival, (one.address for one in bounce.failures)):
        await queries().suppress(
            exchange.connection,
            site_id=exchange.site.site_id,
            mail_hash=mail["recipient_hash"],
            reason=outcome.reason,
            expires_at=exchange.now + SUPPRESSED_FOR,
        )
    ended = await queries().bounce_mail(exchange.connection, **named, reason=outcome.reason)
    if ended is not None and mail["kind"] in ("contact", "reply"):
        await exchange.tell_of(mail["message_id"], "notice", f"bounced:{outcome.reason}")
    return Settled("read", "bounce")


def _is_of(exchange: Exchange, arrival: Arrival, addresses: Iterable[str]) -> bool:
    """Tell whether a report names the address the party has today: mails went to others.

    A listing passes to somebody else, a person gets a new address because the old one is dead: what
    a server says of the old one, days later, is nothing against the new one.
    """
    return mailbox_key(exchange.address(arrival.side)) in map(mailbox_key, addresses)


def _is_elsewhere(exchange: Exchange, arrival: Arrival, complaint: Complaint) -> bool:
    """Tell whether a complaint names nobody at the party's provider of today; names are hidden."""
    provider = exchange.address(arrival.side).lower().rpartition("@")[2]
    return bool(complaint.recipients) and all(
        one.rpartition("@")[2] != provider for one in complaint.recipients
    )


async def take_complaint(exchange: Exchange, arrival: Arrival, complaint: Complaint) -> Settled:
    """Write no more to whoever told their provider that a mail was unwanted (RFC 5965)."""
    mail = await _spoken_of(exchange, arrival, complaint.original_id)
    if mail is None:
        return Settled("held", "complaint_unmatched")
    if arrival.mail_id is None:
        return Settled("held", "complaint_unproved")
    if complaint.kind != "not-spam" and not _is_elsewhere(exchange, arrival, complaint):
        await queries().suppress(
            exchange.connection,
            site_id=exchange.site.site_id,
            mail_hash=mail["recipient_hash"],
            reason="complaint",
            expires_at=exchange.now + COMPLAINT_KEPT,
        )
    log.warning("complaint.received", mail_id=str(mail["mail_id"]), kind=complaint.kind)
    return Settled("read", "complaint")


async def _spoken_of(
    exchange: Exchange, arrival: Arrival, original_id: str | None
) -> Record | None:
    """Return the mail a report speaks of: named by its bounce address, else by its Message-ID.

    A Message-ID counts only within the conversation whose alias the report came to, and for a
    mail that went to the side it came from.
    """
    domain = exchange.context.settings.mail_domain
    mail_id = arrival.mail_id or read_message_id(original_id or "", domain)
    if mail_id is None:
        return None
    mail: Record | None = await queries().read_sent_mail(
        exchange.connection, site_id=exchange.site.site_id, mail_id=mail_id
    )
    if mail is None or mail["conversation_id"] != arrival.conversation_id:
        return None
    return mail if mail["recipient_side"] == arrival.side else None
