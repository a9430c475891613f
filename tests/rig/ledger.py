"""LD, the side of the wire: what the SMTP sinks saw against what the database says."""

import re
from collections.abc import Collection, Iterable
from email import message_from_bytes, policy

from relay.addresses import message_id_for
from relay.outgoing import read_mails
from relay.outgoing.thread import open_thread
from relay.sealing import Unsealable
from tests.relays import HIDDEN, Relay
from tests.rig.smtp_mails import SunkMail
from tests.rig.smtp_sink import SmtpSink


async def check_wire(
    relay: Relay,
    *sinks: SmtpSink,
    allowed: Collection[str] | None = None,
    hidden: Collection[str] = (HIDDEN,),
) -> None:
    """Assert that the mails of *sinks* are those of the outbox, and nothing else.

    Copies per Message-ID are at most one more than its ambiguous attempts; every mail has its
    row; only the party of its thread (or *allowed*) was written to; no number of *hidden*
    (E.164) is readable; what is delivered arrived.
    """
    mails = [mail for sink in sinks for mail in sink.mails]
    known = await _copies_allowed(relay)
    for message_id in {mail.message_id for mail in mails}:
        copies = sum(mail.message_id == message_id for mail in mails)
        assert message_id in known, f"a mail without a row: {message_id}"
        assert copies <= known[message_id], f"{copies} copies of {message_id}"
    parties = await _parties(relay) if allowed is None else {}
    for mail in mails:
        fit = parties.get(mail.message_id, ()) if allowed is None else allowed
        assert set(mail.recipients) <= set(fit), "written to somebody else"
        for number in hidden:
            assert not shows(mail, number), f"a hidden number left in {mail.message_id}"

    arrived = {mail.message_id for mail in mails}
    for message_id in await _delivered(relay):
        assert message_id in arrived, f"delivered, and nowhere: {message_id}"


def shows(mail: SunkMail, e164: str) -> bool:
    """Tell whether the number can be read in the mail, as sent or decoded, signs between or not."""
    digits = r"[^0-9a-zA-Z]{0,3}".join(e164[-9:])
    return any(re.search(digits, text) for text in _texts(mail.content))


def _texts(content: bytes) -> Iterable[str]:
    yield content.decode("utf-8", "replace")
    parsed = message_from_bytes(content, policy=policy.default)
    yield "\n".join(f"{name}: {value}" for name, value in parsed.items())
    for part in parsed.walk():
        if part.get_content_maintype() == "text":
            yield part.get_content()


async def _copies_allowed(relay: Relay) -> dict[str, int]:
    """Return for each Message-ID of the outbox how many copies may exist of it.

    The outbox counts a doubt even when the answer to that attempt was written after all, too late.
    """
    rows = await relay.fetch(
        "select mail_id, greatest(ambiguous, (select count(*) from attempt"
        "   where attempt.site_id = outbox.site_id and attempt.mail_id = outbox.mail_id"
        "   and (outcome = 'ambiguous' or (outcome is null and phase = 'data'))"
        " )) as doubtful from outbox"
    )
    domain = relay.context.settings.mail_domain
    return {message_id_for(row["mail_id"], domain): 1 + row["doubtful"] for row in rows}


async def _parties(relay: Relay) -> dict[str, tuple[str]]:
    """Return for each Message-ID the one address its mail may go to."""
    rows = await relay.fetch("select site_id, mail_id from outbox")
    read = await read_mails(
        relay.context, [row["site_id"] for row in rows], [row["mail_id"] for row in rows]
    )
    found = {}
    for mail_id, row in read.items():
        try:
            site = await relay.context.sites.by_id(row["site_id"])
            thread = open_thread(relay.context, site, row)
        except Unsealable:
            continue  # an erased person is nobody a mail may go to
        found[message_id_for(mail_id, relay.context.settings.mail_domain)] = (thread.recipient,)
    return found


async def _delivered(relay: Relay) -> list[str]:
    rows = await relay.fetch("select mail_id from outbox where state = 'delivered'")
    domain = relay.context.settings.mail_domain
    return [message_id_for(row["mail_id"], domain) for row in rows]
