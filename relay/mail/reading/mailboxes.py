"""The addresses of a header field, read in one pass and compared in one spelling.

The library parser recurses into comments and guesses where a field is ambiguous; here what two
readers could read differently is no address at all.
"""

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

from relay.mail.reading.words import pieces

_ADDRESS_MAX = 254  # RFC 5321 4.5.3.1.3 less the angle brackets
# One @; nothing that ends an address or a header; outside ASCII as RFC 6531 allows.
_ADDRESS = re.compile(r"[^\s@<>(),;:\\\"\[\]\x00-\x1f\x7f-\x9f]{1,64}@([\w.\-]{1,253})")
_BARE = re.compile(r"[^\s\"]+@[^\s\"]+")


def read_addresses(field: str) -> tuple[str, ...]:
    """Return the addresses of a From, To or Cc field in their order, each as :func:`same` has it.

    A phrase that itself reads as another address than the one in brackets makes an entry
    ambiguous: both are returned, so that nobody takes the pair for one sender (A18).

    Args:
        field: Unfolded, its encoded words not yet read, as they may decode to ``<`` or ``,``.

    Source: RFC 5322 3.4, with the obsolete forms servers still write.
    """
    found: list[str] = []
    for phrase, bracketed in _entries(field):
        written = [bracketed] if bracketed else []
        for candidate in [*_BARE.findall(phrase), *written]:
            address = same(candidate.strip(" \t\n'"))
            if address and address not in found[-1:]:
                found.append(address)
    return tuple(found)


def same(address: str) -> str | None:
    """Return *address* in the one spelling addresses are compared in, None when it is none.

    Lower case and NFC; the domain as IDNA 2008 A-labels, so that look-alikes differ (A17).

    Source: RFC 5321 4.1.2, RFC 6531 3.3, RFC 5891 5.
    """
    plain = unicodedata.normalize("NFC", address).lower()
    found = _ADDRESS.fullmatch(plain)
    if found is None or len(plain.encode()) > _ADDRESS_MAX:
        return None
    domain = found[1].removesuffix(".")
    if not domain.isascii():
        try:
            domain = validate_email(f"a@{domain}", check_deliverability=False).ascii_domain
        except EmailNotValidError:
            return None
    return f"{plain.partition('@')[0]}@{domain}" if domain else None


def _entries(field: str) -> list[tuple[str, str]]:
    """Return phrase and bracketed address of each mailbox; comments and quotes fall away."""
    entries: list[tuple[str, str]] = []
    phrase, bracketed, is_inside = "", "", False
    for piece, is_quoted in pieces(field):
        if is_quoted:
            bracketed += piece if is_inside else ""
        elif piece in ",;" and not is_inside:
            entries.append((phrase, bracketed))
            phrase, bracketed = "", ""
        elif piece in "<>":
            is_inside = piece == "<"
            bracketed += "\n" if bracketed else ""  # a second pair is no address
        elif is_inside:
            bracketed += piece
        else:
            phrase = "" if piece == ":" else phrase + piece  # before a colon: a group's name
    return [*entries, (phrase, bracketed)]
