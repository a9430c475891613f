"""Complaints: what a provider sends when a person presses "this is spam"."""

import re
from collections.abc import Iterator
from email.message import Message

from relay.mail.reading.mailboxes import read_addresses
from relay.mail.reading.reports import (
    explanation,
    original_id,
    own_parts,
    report_blocks,
    returned_mail,
)
from relay.mail.reading.values import Complaint, Heading
from relay.mail.reading.words import unfolded

_KINDS = frozenset({"abuse", "fraud", "virus", "not-spam"})
_RECIPIENT_FIELDS = ("original-rcpt-to", "removal-recipient", "x-hmxmroriginalrecipient")
_RECIPIENTS_MAX = 20
# Loops that send no report part, known by sender and title together (Microsoft's JMRP, and
# services that pass on a mail with the word of the person who complains).
_LOOP_SENDER = re.compile(
    r"staff@(?:hotmail|outlook|microsoft)\.[a-z.]+"
    r"|(?:fbl|feedback-?loop|scomp|abuse|complaints?|plaintes?|signalements?|feedback|jmrp)"
    r"(?:[-_.+][\w\-.+]*)?@.+"
    r"|[\w\-.+]+@(?:[\w\-]+\.)*(?:signal-spam|fbl|feedbackloop)\.[a-z.]+",
    re.IGNORECASE,
)
_LOOP_TITLE = re.compile(
    r"\[?(?:complaint|abuse|spam|feedback|fbl|plainte|signalement|signal spam)\b"
    r"|(?:email|message) (?:feedback|abuse) report|fw[d]?: .*\bspam\b",
    re.IGNORECASE,
)


def read_complaint(message: Message, heading: Heading) -> Complaint | None:
    """Return the complaint a mail reports, None when it reports none.

    A person who forwards a mail and complains about it is a person: without a report part it
    has to come from a loop's address, under its title, with the mail itself.

    Source: RFC 5965 (ARF), RFC 6650; Microsoft's Junk Mail Reporting Program.
    """
    report = next(_reports(message), None)
    if report is None and not _is_loop(message, heading):
        return None
    fields = report or {}
    kind = fields.get("feedback-type", "abuse" if report is None else "other").strip().lower()
    if fields.get("auth-failure") or kind == "auth-failure":
        return None  # about a forged mail: nobody complained (RFC 6591)
    told = [explanation(message)]
    return Complaint(
        heading,
        kind if kind in _KINDS else "other",
        _recipients(message, fields),
        original_id(message, told, ()),
    )


def _reports(message: Message) -> Iterator[dict[str, str]]:
    for part in own_parts(message):
        if part.get_content_type() == "message/feedback-report":
            merged: dict[str, str] = {}
            for block in report_blocks(part):
                merged = block | merged
            if "feedback-type" in merged:
                yield merged


def _is_loop(message: Message, heading: Heading) -> bool:
    return (
        heading.sender is not None
        and _LOOP_SENDER.fullmatch(heading.sender) is not None
        and _LOOP_TITLE.match(heading.subject) is not None
        and returned_mail(message) is not None
    )


def _recipients(message: Message, fields: dict[str, str]) -> tuple[str, ...]:
    """Return who complained: as the report names them, else to whom the mail was sent."""
    told = [fields[name] for name in _RECIPIENT_FIELDS if name in fields]
    returned = returned_mail(message)
    if returned is not None:
        told += [unfolded(str(returned.get(name, ""))) for name in (*_RECIPIENT_FIELDS, "to")]
    for value in told:
        found = read_addresses(value)
        if found:
            return found[:_RECIPIENTS_MAX]
    return ()
