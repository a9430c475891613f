"""Whether the From address of a mail is proved, by what our own server wrote about it.

Anybody can write an Authentication-Results field: only one with the name of a server the
operator trusts counts, and of these only the newest, as a sender may send along older ones.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from relay.mail.reading.words import pieces

_RESULT = re.compile(r"\s*([a-z0-9\-]+)(?:\s*/\s*\d+)?\s*=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(
    r"\b(header\.from|header\.d|header\.i|smtp\.mailfrom|smtp\.mail|envelope-from)"
    r"\s*=\s*\"?([^\s;\"]+)",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[\w.@\-]+")
_LABELS_MIN = 2  # "fr" may not vouch for everything that ends in .fr


class Verdict(Enum):
    """Whether the domain of From stands behind a mail."""

    PASS = auto()
    FAIL = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True)
class _Result:
    """One check: ``dkim``, what came of it, and the domains it is about."""

    method: str
    outcome: str
    domains: tuple[str, ...]


def read_verdict(
    verdicts: tuple[str, ...], *, trusted: frozenset[str], sender_domain: str
) -> Verdict:
    """Return what the newest trusted field says: of DMARC, else of aligned DKIM, else of SPF.

    A domain is aligned when it is that of the sender or one above it: whoever holds a name
    holds what is below, never the other way round. Organisational domains (RFC 7489 3.2) would
    need the public suffix list; the server that tells DMARC has it.

    Args:
        verdicts: Authentication-Results fields, newest first, unfolded.
        trusted: Names our own servers sign such fields with, lower case.
        sender_domain: Of the From address, lower case, A-labels.

    Source: RFC 8601 2.2, 2.7 and 5; RFC 7489 3.1.
    """
    for field in verdicts:
        name, *checks = _checks(field)
        if name.split(maxsplit=1)[:1] and name.split()[0].lower() in trusted:
            return _judge([_result(check) for check in checks], sender_domain)
    return Verdict.NONE


def _judge(results: list[_Result], sender_domain: str) -> Verdict:
    for result in results:
        if result.method == "dmarc" and result.outcome in ("pass", "fail"):
            return _of_dmarc(result, sender_domain)
    for method in ("dkim", "spf"):
        if "pass" in _outcomes(results, method, sender_domain):
            return Verdict.PASS
    failed = {
        outcome
        for method in ("dkim", "spf")
        for outcome in _outcomes(results, method, sender_domain)
    }
    return Verdict.FAIL if failed & {"fail", "hardfail"} else Verdict.NONE


def _of_dmarc(result: _Result, sender_domain: str) -> Verdict:
    if result.outcome == "fail":
        return Verdict.FAIL
    # A pass for another From than the one we read proves nothing of ours.
    is_ours = not result.domains or result.domains == (sender_domain,)
    return Verdict.PASS if is_ours else Verdict.NONE


def _outcomes(results: list[_Result], method: str, sender_domain: str) -> set[str]:
    return {
        result.outcome
        for result in results
        if result.method == method and any(_covers(d, sender_domain) for d in result.domains)
    }


def _covers(domain: str, sender_domain: str) -> bool:
    is_above = sender_domain.endswith(f".{domain}") and domain.count(".") + 1 >= _LABELS_MIN
    return domain == sender_domain or is_above


def _result(check: str) -> _Result:
    found = _RESULT.match(check)
    method, outcome = (found[1].lower(), found[2].lower()) if found else ("", "")
    wanted = {"dmarc": ("header.from",), "dkim": ("header.d", "header.i")}.get(
        method, ("smtp.mailfrom", "smtp.mail", "envelope-from")
    )
    properties = {name.lower(): value for name, value in _PROPERTY.findall(check)}
    told = [properties[name] for name in wanted if name in properties]
    domains = tuple(value.rpartition("@")[2].strip("<>.").lower() for value in told[:1])
    return _Result(method, outcome, domains)


def _checks(field: str) -> Iterator[str]:
    """Yield what stands between semicolons, without comments (RFC 8601 2.2)."""
    check = ""
    for piece, is_quoted in pieces(field):
        if piece == ";" and not is_quoted:
            yield check
            check = ""
        else:
            # A sender chooses what is quoted: it may name a value, never add a property.
            check += "_" if is_quoted and not _PLAIN.fullmatch(piece) else piece
    yield check
