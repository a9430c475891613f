"""What a moderator pasted into the search field: recognised, and brought to normal form (pure)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from uuid import UUID

from relay.errors import FieldFault, Invalid
from relay.sealing import read_public_id
from relay.validation import mailbox_key, read_email, read_phone

LIMIT = 4000
REF_LIMIT = 100
MOST_KEYS = 256
NETWORK_BITS = {4: 24, 6: 48}  # of the networks that traces are kept by

_REF = re.compile(
    r"(?:(?:annonce|listing|réf|ref)\b\.?\s*)?(?:(?:n°|#)\s*|no\s+)?:?\s*(\S+)", re.IGNORECASE
)
_PHONE = re.compile(r"(?:t[ée]l\S*\s*:?\s*)?[+(]?\s*\d[\d\s().+/-]{4,30}", re.IGNORECASE)
_BROWSER = re.compile(
    r"Mozilla/\d|^[\w-]{2,30}/\d[\w.]*\s*\(|^(?:curl|python|okhttp|Dalvik)[\w-]*/"
)
_ID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)


class Kind(StrEnum):
    """What can be looked up."""

    MESSAGE = "message"
    LISTING = "listing"
    MAILBOX = "mailbox"
    PHONE = "phone"
    IP = "ip"
    NETWORK = "net"
    BROWSER = "browser"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Pasted:
    """One reading of what was pasted.

    Args:
        values: Normal forms; several when they stand for one thing, as the addresses of a small
            network. At most 256.
    """

    kind: Kind
    values: tuple[str, ...]


def read_pasted(raw: str, *, region: str = "FR") -> tuple[Pasted, ...]:
    """Recognise what was pasted.

    Args:
        region: ISO 3166 code of the plan of numbers without country code.

    Returns:
        Its readings, the likeliest first, at least one: what may be a phone number may be the
        number of a listing too.

    Raises:
        Invalid: ``search_missing``, ``search_too_long``, ``network_too_wide``.
    """
    # A database keeps neither NUL nor half characters: nothing that is stored has any.
    text = raw.replace("\0", " ").encode("utf-8", "ignore").decode().strip()
    if not text:
        raise Invalid(FieldFault("q", "search_missing"))
    if len(text) > LIMIT:
        raise Invalid(FieldFault("q", "search_too_long", {"n": len(text) - LIMIT}))
    exact = _message(text) or _network(text) or _mailbox(text) or _browser(text)
    if exact:
        return (exact,)
    found = [one for one in (_phone(text, region), _listing(text)) if one]
    return tuple(found) or (Pasted(Kind.TEXT, (text,)),)


@lru_cache(maxsize=4096)
def network_of(ip: str) -> str:
    """Return the network an address is kept and found by: /24 of IPv4, /48 of IPv6."""
    address = ip_address(ip)
    return str(ip_network((address, NETWORK_BITS[address.version]), strict=False))


def _message(text: str) -> Pasted | None:
    message_id = read_public_id("msg", text.lower())
    if message_id is None and _ID.fullmatch(text):
        message_id = UUID(text)
    return Pasted(Kind.MESSAGE, (str(message_id),)) if message_id else None


def _network(text: str) -> Pasted | None:
    try:
        network = ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None
    first = network.network_address
    if isinstance(first, IPv6Address) and first.ipv4_mapped and network.prefixlen == 128:  # noqa: PLR2004
        network = ip_network(first.ipv4_mapped)
    bits = NETWORK_BITS[network.version]
    if network.prefixlen == network.max_prefixlen:
        return Pasted(Kind.IP, (str(network.network_address),))
    if network.prefixlen > bits:
        return _inside(network)
    if 1 << (bits - network.prefixlen) > MOST_KEYS:
        raise Invalid(FieldFault("q", "network_too_wide", {"bits": bits - 8}))
    return Pasted(Kind.NETWORK, tuple(str(one) for one in network.subnets(new_prefix=bits)))


def _inside(network: IPv4Network | IPv6Network) -> Pasted:
    """Return the addresses of a small network, or the network around one too large to list."""
    if network.num_addresses <= MOST_KEYS:
        return Pasted(Kind.IP, tuple(str(address) for address in network))
    return Pasted(Kind.NETWORK, (network_of(str(network.network_address)),))


def _mailbox(text: str) -> Pasted | None:
    address = text.removeprefix("mailto:").strip("<>")
    if "@" not in address:
        return None
    try:
        return Pasted(Kind.MAILBOX, (mailbox_key(read_email(address, examples=True).address),))
    except Invalid:
        return None


def _browser(text: str) -> Pasted | None:
    """Read a browser string; a second line, if any, is its Accept-Language header."""
    if not _BROWSER.search(text):
        return None
    agent, _, languages = text.partition("\n")
    spoken = (languages.strip(),) if languages.strip() else _LANGUAGES
    return Pasted(Kind.BROWSER, tuple(f"{agent.strip()}\0{one}" for one in spoken))


def _phone(text: str, region: str) -> Pasted | None:
    if not _PHONE.fullmatch(text):
        return None
    try:
        return Pasted(Kind.PHONE, (read_phone(text, region=region, fiction=True).e164,))
    except Invalid:
        return None


def _listing(text: str) -> Pasted | None:
    ref = _REF.fullmatch(text)
    return Pasted(Kind.LISTING, (ref[1],)) if ref and len(ref[1]) <= REF_LIMIT else None


# A trace is kept by browser and languages together; these are what browsers in France say.
_LANGUAGES = (
    "fr-FR,fr;q=0.9,en-US;q=0.8,en;q=0.7",
    "fr-FR,fr;q=0.9,en;q=0.8",
    "fr-FR,fr;q=0.9",
    "fr,fr-FR;q=0.8,en-US;q=0.5,en;q=0.3",
    "fr,fr-FR;q=0.9,en-US;q=0.8,en;q=0.7",
    "fr-fr",
    "fr-FR",
    "fr",
    "fr;q=0.9",
    "en-US,en;q=0.9",
    "en-US,en;q=0.5",
    "en-US,en;q=0.9,fr;q=0.8",
    "en-GB,en;q=0.9",
    "",
)
