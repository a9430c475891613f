"""Bounces: delivery reports by their standard, by what others have learnt, and by their words."""

import contextlib
import email
import re
from email.message import Message

from flufl.bounce import all_failures

from relay.mail.reading.bounce_words import (
    Sign,
    find_addresses,
    find_failures,
    hint_of_text,
    is_daemon,
    sign_of_subject,
    sign_of_text,
)
from relay.mail.reading.mailboxes import same
from relay.mail.reading.reports import (
    explanation,
    original_id,
    own_parts,
    report_blocks,
    returned_mail,
)
from relay.mail.reading.values import Bounce, BounceClass, Failure, Heading
from relay.mail.reading.words import readable, unfolded

_STATUS_KINDS = ("message/delivery-status", "message/global-delivery-status")
_RECIPIENTS_MAX, _DIAGNOSTIC_MAX = 100, 500
_NAMED_MAX = 3  # addresses in words that hint at a failure; more is a list of something else
_VIEW_BYTES, _VIEW_LINE = 24 * 1024, 256
_ADDRESS = re.compile(r"[^\s<>;,()\"']{1,64}@[^\s<>;,()\"'@]{1,253}")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_BEFORE = 160
_UNICODE = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_ACTIONS = {
    "fail": BounceClass.FAILED,
    "erro": BounceClass.FAILED,  # OpenSMTPD
    "dela": BounceClass.DELAYED,
    "deli": BounceClass.DELIVERED,
    "rela": BounceClass.DELIVERED,
    "expa": BounceClass.DELIVERED,
}
_CLASSES = {"5": BounceClass.FAILED, "4": BounceClass.DELAYED, "2": BounceClass.DELIVERED}
_WORST_FIRST = (BounceClass.FAILED, BounceClass.DELAYED, BounceClass.DELIVERED)


def read_bounce(message: Message, heading: Heading, content: bytes) -> Bounce | None:
    """Return what a delivery report says, None when the mail is none.

    A person who forwards or quotes a report is not a report: unless it has the standard's own
    form, a mail has to come from a mail system or be titled as only one titles it.

    Args:
        message: The mail, parsed.
        heading: What its header says.
        content: The mail as bytes, LF line ends.

    Source: RFC 3464, RFC 6522, RFC 6533.
    """
    comes_from_machine = _is_machine(message, heading)
    is_report = message.get_content_type() == "multipart/report"
    standard = _read_standard(message) if is_report or comes_from_machine else None
    if standard is None and not comes_from_machine:
        return None
    words = explanation(message)
    verdict, failures = standard or _read_words(message, heading, content, words)
    if standard is None and not failures and not _is_surely_bounce(message, heading, words):
        return None
    told = original_id(message, [words], heading.references)
    return Bounce(heading, verdict, failures[:_RECIPIENTS_MAX], told)


def _is_machine(message: Message, heading: Heading) -> bool:
    origin = [readable(str(message.get(name, ""))) for name in ("from", "return-path")]
    if is_daemon(*origin) or "x-failed-recipients" in message:
        return True
    # A title alone may be a person's: «Échec de la livraison» is said of parcels too.
    return sign_of_subject(heading.subject) is not None and (
        returned_mail(message) is not None
        or heading.sender is None
        or readable(str(message.get("auto-submitted", "no"))).lower() != "no"
    )


def _is_surely_bounce(message: Message, heading: Heading, words: str) -> bool:
    """Tell a report that names nobody (the signed envelope address tells whom it is about)."""
    titled = sign_of_subject(heading.subject) is not None
    return titled and (sign_of_text(words) is not None or returned_mail(message) is not None)


def _read_standard(message: Message) -> tuple[BounceClass, tuple[Failure, ...]] | None:
    found: dict[BounceClass, dict[str, Failure]] = {kind: {} for kind in _WORST_FIRST}
    for part in own_parts(message):
        if part.get_content_type() not in _STATUS_KINDS:
            continue
        for block in report_blocks(part):
            read = _read_block(block)
            if read:
                found[read[0]].setdefault(read[1].address, read[1])
    for verdict in _WORST_FIRST:
        if found[verdict]:
            return verdict, tuple(found[verdict].values())
    return None


def _read_block(block: dict[str, str]) -> tuple[BounceClass, Failure] | None:
    names = ("original-recipient", "final-recipient", "x-actual-recipient")
    told = (_recipient(block[name]) for name in names if name in block)
    address = next((found for found in told if found), None)
    if address is None:
        return None
    diagnostic = block.get("diagnostic-code", "")
    diagnostic = re.sub(r"^[\w\-]{1,20};\s*", "", diagnostic)[:_DIAGNOSTIC_MAX]
    status = best_status(block.get("status", ""), diagnostic)
    verdict = _ACTIONS.get(block.get("action", "").lower()[:4])
    if verdict is None:
        verdict = _CLASSES[status[0]] if status else BounceClass.FAILED
    return verdict, Failure(address, status, diagnostic)


def _recipient(value: str) -> str | None:
    """Read ``rfc822; user@example.org``; the type is often forgotten (RFC 3464 2.3.2)."""
    kind, gap, told = value.partition(";")
    written = _UNICODE.sub(lambda sign: chr(min(int(sign[1], 16), 0x10FFFF)), told if gap else kind)
    found = _ADDRESS.search(written)
    return same(found[0]) if found else None


def best_status(told: str, diagnostic: str) -> str | None:
    """Return the enhanced status code; of a vague one (5.0.0) what the server's words add.

    Source: RFC 3463 3.1: subject and detail 0 mean that nothing more is known.
    """
    found = _STATUS.search(told)
    better = _STATUS.search(diagnostic)
    if found is None or (found[1].endswith(".0.0") and better and better[1][0] == found[1][0]):
        found = better or found
    return found[1] if found else None


def _read_words(
    message: Message, heading: Heading, content: bytes, words: str
) -> tuple[BounceClass, tuple[Failure, ...]]:
    sign = sign_of_subject(heading.subject) or sign_of_text(words)
    is_system = _is_system(message)
    if sign is None and is_system:
        sign = hint_of_text(words)
    verdict = BounceClass.DELAYED if sign is Sign.DELAYED else BounceClass.FAILED
    addresses = _addresses(str(message.get("x-failed-recipients", "")))
    if not addresses:
        delayed, failed = _learnt(message, heading, content)
        if failed or delayed:
            verdict = BounceClass.FAILED if failed else BounceClass.DELAYED
        addresses = failed or delayed
    ours = {*heading.others, heading.sender}
    addresses = addresses or [found for found in find_failures(words) if found not in ours]
    addresses = addresses or _sent_to(message, words)
    if not addresses and is_system and sign is not None:
        named = [found for found in find_addresses(words) if found not in ours]
        addresses = named if len(named) <= _NAMED_MAX else []
    before = _BEFORE if len(addresses) == 1 else 0
    return verdict, tuple(_failure(address, words, before) for address in addresses)


def _is_system(message: Message) -> bool:
    """Tell whether a mail system wrote, and nobody in its name: a person has an envelope sender."""
    path = readable(str(message.get("return-path", "<>")))
    return path == "<>" and is_daemon(readable(str(message.get("from", ""))))


def _addresses(text: str) -> list[str]:
    found = (same(address) for address in _ADDRESS.findall(unfolded(text)))
    return list(dict.fromkeys(address for address in found if address))


def _learnt(message: Message, heading: Heading, content: bytes) -> tuple[list[str], list[str]]:
    """Ask flufl.bounce, which knows the forms of forty mail systems: delayed, then failed.

    It sees the head of the mail with short lines only, as some of its patterns take a time
    that grows with the square of a line (A26), and only ASCII, as it fails on other headers.
    """
    if any(part.get_content_type() in _STATUS_KINDS for part in own_parts(message)):
        return [], []
    head, _, body = content.partition(b"\n\n")
    lines = (line[:_VIEW_LINE] for line in body[:_VIEW_BYTES].split(b"\n"))
    shown = b"\n".join([head, b"", *lines]).decode("ascii", errors="replace")
    view = email.message_from_string(shown.replace("\ufffd", "?"))
    if heading.sender is None:  # one of its readers fails without a From
        del view["from"]
        view["From"] = "mailer-daemon@localhost"
    found: tuple[frozenset[bytes], frozenset[bytes]] = (frozenset(), frozenset())
    with contextlib.suppress(Exception):  # whatever it raises, our own reading comes next
        found = all_failures(view)
    delayed, failed = (" ".join(sorted(a.decode("utf-8", "replace") for a in s)) for s in found)
    return _addresses(delayed), _addresses(failed)


def _sent_to(message: Message, words: str) -> list[str]:
    """Return the recipient of the returned mail when the report names nobody else."""
    returned = returned_mail(message)
    if returned is None or sign_of_text(words) is None:
        return []
    found = _addresses(str(returned.get("to", "")))
    return found if len(found) == 1 else []


def _failure(address: str, words: str, before: int) -> Failure:
    """Add what the report says about *address*: from there to the next gap.

    Args:
        before: Signs before the address that speak of it too: of the only one.
    """
    at = max(0, words.lower().find(address) - before)
    told = " ".join(words[at : at + 2 * _DIAGNOSTIC_MAX].partition("\n\n\n")[0].split())
    diagnostic = told[:_DIAGNOSTIC_MAX]
    return Failure(address, best_status("", diagnostic) or best_status("", words), diagnostic)
