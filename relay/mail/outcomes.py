"""What an SMTP answer means for a message, for its address and for the route.

Tables, in the order they are asked: what a provider writes in its own way, what the enhanced
status code says (RFC 3463), what the words say, what the phase and the code leave to assume.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

from relay.mail.reasons import (
    BY_ENHANCED,
    BY_PROVIDER,
    BY_STRONG_WORDS,
    BY_WORDS,
    Patterns,
    Reason,
)

_FIRST_S, _LAST_S = 60, 4 * 3600
_MOST_DOUBLINGS = 8  # 60 s doubled eight times is past four hours

# RFC 2034 puts it first; some servers put it later, or repeat it. Four groups are an IP address.
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_READ_SIGNS = 2_000

_DELIVERED, _TEMPORARY, _PERMANENT = 2, 4, 5


class Phase(Enum):
    """The command an answer belongs to; DOT is the end of the data."""

    CONNECT = "connect"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"


class Verdict(Enum):
    """What becomes of the message, or of all that take the same route."""

    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    HELD = "held"
    ROUTE_PAUSED = "route_paused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A judged answer.

    Args:
        reason: A code of :class:`relay.mail.reasons.Reason`, with a sentence in ``replies.toml``.
        suppress: The address is dead: write to it no more.
        code: The reply code; None when no answer came.
        enhanced: The enhanced status code as the server wrote it.
    """

    verdict: Verdict
    reason: str
    suppress: bool
    code: int | None
    enhanced: str | None


# The whole route stands or falls with what these say, whatever the message (F27, F28).
_ROUTE_REASONS = {Reason.LOGIN_REFUSED, Reason.LOGIN_UNAVAILABLE, Reason.TLS_REQUIRED}
# Before a recipient is named, a "not now" concerns every message of the route (F29).
_ROUTE_PHASES = {Phase.CONNECT, Phase.EHLO, Phase.MAIL}

_MESSAGE_PHASES = {Phase.RCPT, Phase.DATA, Phase.DOT}
_PRESSURE = {Reason.RATE_LIMITED, Reason.SERVER_BUSY}
_BEFORE_RECIPIENT = _PRESSURE | {
    Reason.AUTHENTICATION,
    Reason.LOGIN_REFUSED,
    Reason.MESSAGE_TOO_LARGE,
    Reason.POLICY,
    Reason.RELAYING_DENIED,
    Reason.REPUTATION,
    Reason.SENDER_REFUSED,
    Reason.SPAM,
    Reason.TLS_REQUIRED,
}

# A permanent answer for these reasons; what is not named here bounces.
_PERMANENT_VERDICTS = {
    Reason.MAILBOX_FULL: Verdict.DEFERRED,  # a full box is emptied: F31
    Reason.GREYLISTED: Verdict.DEFERRED,
    Reason.RATE_LIMITED: Verdict.DEFERRED,
    Reason.SERVER_BUSY: Verdict.DEFERRED,
    Reason.TLS_UNAVAILABLE: Verdict.DEFERRED,
    Reason.PROTOCOL: Verdict.DEFERRED,
    # Not the address's fault: a person looks, nobody is written off (R7).
    Reason.POLICY: Verdict.HELD,
    Reason.REPUTATION: Verdict.HELD,
    Reason.SPAM: Verdict.HELD,
    Reason.AUTHENTICATION: Verdict.HELD,
    Reason.SENDER_REFUSED: Verdict.HELD,
    Reason.RELAYING_DENIED: Verdict.HELD,
}
_DEAD = {Reason.MAILBOX_UNKNOWN, Reason.DOMAIN_UNKNOWN, Reason.ADDRESS_SYNTAX}

# What to assume of (phase, code), (phase, class) when neither code nor words tell.
_ASSUMED: dict[tuple[Phase, int], Reason] = {
    (Phase.CONNECT, 4): Reason.SERVER_BUSY,
    (Phase.CONNECT, 5): Reason.REPUTATION,  # RFC 5321 3.1: 554 instead of a greeting
    (Phase.EHLO, 4): Reason.SERVER_BUSY,
    (Phase.EHLO, 5): Reason.PROTOCOL,
    (Phase.STARTTLS, 4): Reason.TLS_UNAVAILABLE,
    (Phase.STARTTLS, 5): Reason.TLS_UNAVAILABLE,
    (Phase.AUTH, 4): Reason.LOGIN_UNAVAILABLE,
    (Phase.AUTH, 5): Reason.LOGIN_REFUSED,
    (Phase.MAIL, 530): Reason.LOGIN_REFUSED,  # RFC 4954 6: authentication required
    (Phase.MAIL, 552): Reason.MESSAGE_TOO_LARGE,  # RFC 1870 6.1, before any data
    (Phase.MAIL, 4): Reason.SERVER_BUSY,
    (Phase.MAIL, 5): Reason.SENDER_REFUSED,
    (Phase.RCPT, 530): Reason.LOGIN_REFUSED,
    (Phase.RCPT, 450): Reason.GREYLISTED,  # F30: comes back in minutes
    (Phase.RCPT, 452): Reason.SERVER_BUSY,
    (Phase.RCPT, 552): Reason.MAILBOX_FULL,
    (Phase.RCPT, 556): Reason.DOMAIN_UNKNOWN,  # RFC 7504: takes no mail
    (Phase.RCPT, 4): Reason.SERVER_BUSY,
    (Phase.DOT, 552): Reason.MAILBOX_FULL,
    (Phase.DATA, 4): Reason.SERVER_BUSY,
    (Phase.DOT, 4): Reason.SERVER_BUSY,
    (Phase.DOT, 5): Reason.CONTENT_REFUSED,
}


def judge(phase: Phase, code: int, text: str) -> Outcome:
    """Judge the answer to *phase*.

    Args:
        code: The reply code, 200 to 599.
        text: The words after it, all lines.

    Returns:
        The outcome; 2xx counts as delivered after the final dot only, and an answer no server
        should give there (250 to DATA, 354 to RCPT) as a deferral.

    Source: RFC 5321 4.2 and 4.5.3; RFC 3463; F28 to F35.
    """
    read = _without_accents(text[:_READ_SIGNS])
    found = _ENHANCED.search(read)
    enhanced = found[0] if found else None
    kind = code // 100
    if kind == _DELIVERED and phase is Phase.DOT:
        return Outcome(Verdict.DELIVERED, Reason.DELIVERED, False, code, enhanced)
    if kind not in (_TEMPORARY, _PERMANENT):
        return Outcome(Verdict.DEFERRED, Reason.PROTOCOL, False, code, enhanced)
    reason = _reason(phase, code, enhanced or "", read)
    verdict = _verdict(phase, kind, reason)
    suppress = verdict is Verdict.BOUNCED and reason in _DEAD and _speaks_of_address(enhanced)
    return Outcome(verdict, reason, suppress, code, enhanced)


def backoff_s(tries: int, jitter: float) -> int:
    """Return the seconds to wait after *tries* attempts: a minute, doubling up to four hours.

    Args:
        tries: Attempts made, at least 1.
        jitter: 0 to 1 exclusive, drawn by the caller; moves the wait by up to 20 % either way.

    Returns:
        60 to 14,400; the first wait is 60 to 72, within what greylists ask for (F30).

    Source: RFC 5321 4.5.4.1.
    """
    base = _FIRST_S << min(max(tries, 1) - 1, _MOST_DOUBLINGS)
    moved = min(base, _LAST_S) * (0.8 + 0.4 * jitter)
    return round(min(max(moved, _FIRST_S), _LAST_S))


def _reason(phase: Phase, code: int, enhanced: str, text: str) -> Reason:
    found = _stated(phase, enhanced.partition(".")[2], text)
    exact = _ASSUMED.get((phase, code))
    usual = exact or _ASSUMED.get((phase, code // 100), Reason.OTHER)
    if phase is Phase.MAIL and found not in _BEFORE_RECIPIENT:
        return usual  # no recipient was named yet: "unknown" speaks of our sender (F29)
    if found is None and exact is None and ".7." in enhanced and phase in _MESSAGE_PHASES:
        return Reason.POLICY
    return found or usual


def _stated(phase: Phase, detail: str, text: str) -> Reason | None:
    """Return what the answer says of itself, by code or by words."""
    found = _first(BY_PROVIDER, text) or _first(BY_STRONG_WORDS, text)
    if phase in (Phase.AUTH, Phase.STARTTLS):
        return found
    return found or BY_ENHANCED.get(detail) or _first(BY_WORDS, text)


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    split = unicodedata.normalize("NFD", text)
    return "".join(sign for sign in split if not unicodedata.combining(sign))


def _first(table: Patterns, text: str) -> Reason | None:
    return next((reason for pattern, reason in table if pattern.search(text)), None)


def _verdict(phase: Phase, kind: int, reason: Reason) -> Verdict:
    for_route = phase in _ROUTE_PHASES and (kind == _TEMPORARY or reason in _PRESSURE)
    if for_route or reason in _ROUTE_REASONS or phase in (Phase.AUTH, Phase.CONNECT):
        return Verdict.ROUTE_PAUSED
    if kind == _TEMPORARY:
        return Verdict.DEFERRED
    return _PERMANENT_VERDICTS.get(reason, Verdict.BOUNCED)


def _speaks_of_address(enhanced: str | None) -> bool:
    """F31: suppress for 5.1.x only, or where the words stand without any code."""
    return enhanced is None or enhanced.startswith("5.1.")
