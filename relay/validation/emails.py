"""E-mail addresses: one that can be written to, or the exact thing to correct."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from relay.errors import FieldFault, Invalid
from relay.validation.providers import is_disposable, suggest_domain

_ADDRESS_LIMIT, _LOCAL_LIMIT = 254, 64  # RFC 5321 4.5.3.1
_ATEXT = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.]+")  # RFC 5322 3.2.3, dot-atom
_SEPARATORS = re.compile(r"[,;]|@.*@", re.DOTALL)
_EXAMPLES = ("example", "test", "localhost")  # RFC 2606, RFC 6761
_HIDDEN = ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp")


@dataclass(frozen=True, slots=True)
class Email:
    """An address that mail can be handed over for.

    Args:
        address: Local part as typed, domain in lower case and ASCII (IDNA 2008).
        raw: As typed, without outer spaces.
        domain: The domain of *address*.
        suggestion: A provider's domain that was probably meant, to be asked about.
        disposable: Whether the domain is a known throwaway service.
    """

    address: str
    raw: str
    domain: str
    suggestion: str | None
    disposable: bool


def read_email(raw: str, *, examples: bool = False) -> Email:
    """Read an e-mail address; nothing is ever cut off to make it fit.

    Args:
        raw: Any text.
        examples: Admit .example, .test and .localhost (sandbox only).

    Raises:
        Invalid: One fault of the field ``email``.

    Source: RFC 5321, 5322, 5890; a local part outside ASCII (RFC 6531) is refused, as
    the next hop may not carry it.
    """
    typed = _typed(raw)
    local, _, domain = typed.partition("@")
    _check_local(local)
    _check_domain(domain, examples=examples)
    if len(local) > _LOCAL_LIMIT or len(typed.encode()) > _ADDRESS_LIMIT:
        raise _fault("email_too_long")
    host = _host(domain)
    if len(local) + 1 + len(host) > _ADDRESS_LIMIT:
        raise _fault("email_too_long")
    return Email(f"{local}@{host}", typed, host, suggest_domain(host), is_disposable(host))


def _typed(raw: str) -> str:
    if len(raw) > 2 * _ADDRESS_LIMIT:
        raise _fault("email_too_long")
    # Refused and not removed: a library further on would cut the address there.
    if not raw.isprintable() and any(unicodedata.category(sign) in _HIDDEN for sign in raw):
        raise _fault("email_bad_characters")
    typed = raw.strip()
    if not typed:
        raise _fault("email_missing")
    if "<" in typed or ">" in typed:
        raise _fault("email_brackets")
    if "@" not in typed:
        raise _fault("email_no_at")
    if _SEPARATORS.search(typed):
        raise _fault("email_one_only")
    if any(sign.isspace() for sign in typed):
        raise _fault("email_space")
    return typed


def _check_local(local: str) -> None:
    if not local:
        raise _fault("email_local_missing")
    outside = next((sign for sign in local if not sign.isascii()), None)
    if outside:
        raise _fault("email_accent", x=outside)
    if not _ATEXT.fullmatch(local):
        wrong = next(sign for sign in local if not _ATEXT.fullmatch(sign))
        raise _fault("email_character", x=wrong)
    _check_dots(local)


def _check_domain(domain: str, *, examples: bool) -> None:
    if not domain.strip("."):
        raise _fault("email_domain_missing")
    ending = domain.rpartition(".")[2].lower()
    if ending in _EXAMPLES:
        if not examples:
            raise _fault("email_domain_example", domain=ending)
    elif "." not in domain.removesuffix("."):
        raise _fault("email_domain_incomplete", domain=domain.removesuffix("."))
    _check_dots(domain)


def _check_dots(part: str) -> None:
    if part.startswith(".") or part.endswith(".") or ".." in part:
        raise _fault("email_dots")


@lru_cache(maxsize=4096)
def _host(domain: str) -> str:
    """Return the domain as DNS knows it.

    The library refuses some of the endings for examples: they are put aside for its
    check, and set back.
    """
    name, _, ending = domain.lower().rpartition(".")
    is_example = ending in _EXAMPLES
    checked = f"{name or 'localhost'}.com" if is_example else domain
    try:
        host = validate_email(f"a@{checked}", check_deliverability=False).ascii_domain
    except EmailNotValidError as fault:
        raise _fault("email_not_sendable", domain=domain) from fault
    if not is_example:
        return host
    return f"{host.removesuffix('.com')}.{ending}" if name else ending


def _fault(code: str, **values: str) -> Invalid:
    return Invalid(FieldFault("email", code, values))
