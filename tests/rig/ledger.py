"""LD, the side of the wire: what the SMTP sinks saw against what the database says."""

import re
from collections.abc import Collection, Iterable
from email import message_from_bytes, policy

from relay.addresses import message_id_for
from tests.relays import CONTACT, HIDDEN, LISTING, Relay
from tests.rig.smtp_mails import SunkMail
from tests.rig.smtp_sink import SmtpSink

PARTIES = frozenset({LISTING.advertiser.email, CONTACT["email"]})


async def check_wire(
    relay: Relay,
    *sinks: SmtpSink,
    allowed: Collection[str] = PARTIES,
    hidden: Collection[str] = (HIDDEN,),
) -> None:
    """Assert that the mails of *sinks* are those of the outbox, and nothing else.

    Copies per Message-ID are at most one more than its ambiguous attempts; every mail has its
    row; only *allowed* recipients were written to; no number of *hidden* (E.164) is readable.
    """
    mails = [mail for sink in sinks for mail in sink.mails]
    known = await _copies_allowed(relay)
    for message_id in {mail.message_id for mail in mails}:
        copies = sum(mail.message_id == message_id for mail in mails)
        assert message_id in known, f"a mail without a row: {message_id}"
        assert copies <= known[message_id], f"{copies} copies of {message_id}"
    for mail in mails:
        assert set(mail.recipients) <= set(allowed), "written to somebody else"
        for number in hidden:
            assert not shows(mail, number), f"a hidden number left in {mail.message_id}"


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
    """Return for each Message-ID of the outbox how many copies may exist of it."""
    rows = await relay.fetch(
        "select mail_id, (select count(*) from attempt where attempt.site_id = outbox.site_id"
        "   and attempt.mail_id = outbox.mail_id"
        "   and (outcome = 'ambiguous' or (outcome is null and phase = 'data'))"
        " ) as doubtful from outbox"
    )
    domain = relay.context.settings.mail_domain
    return {message_id_for(row["mail_id"], domain): 1 + row["doubtful"] for row in rows}
