"""Where a site may be told something: which addresses are taken, and where they may lead (pure).

The relay runs inside somebody's network: an address that leads there would let whoever may set
it ask machines that trust the relay (server-side request forgery, A25). So only https, only names
with a letter at their end, and only what resolves to addresses of the public internet alone.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from relay.errors import Refused

URL_SIGNS = 500
_PLAIN = re.compile(r"[!-\[\]-~]+")  # printable ASCII without blanks and backslashes
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{4,253}}\Z)(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])\Z")
_OWN = (".local", ".localhost", ".localdomain", ".internal", ".intranet", ".home.arpa", ".onion")
# Public by the registries' tables, and yet ways to somewhere else (RFC 3056, 6052, 7526).
_DETOURS = tuple(
    ip_network(one) for one in ("2002::/16", "64:ff9b::/96", "64:ff9b:1::/48", "192.88.99.0/24")
)


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be told something, as it was given."""

    url: str
    host: str
    port: int


def read_target(url: str) -> Target:
    """Read the address of a site's program.

    Raises:
        Refused: ``hook_url_wrong``: not https, not a plain name, or more than a name, a port, a
            path and a query.
    """
    if len(url) > URL_SIGNS or not _PLAIN.fullmatch(url):
        raise Refused("hook_url_wrong")
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise Refused("hook_url_wrong") from None
    host = parts.hostname or ""
    has_more = "@" in parts.netloc or bool(parts.fragment)
    if parts.scheme != "https" or has_more or not _NAME.match(host) or host.endswith(_OWN):
        raise Refused("hook_url_wrong")
    return Target(url, host, port)


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public internet, whatever it is wrapped in."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif found.is_site_local or found.teredo is not None:
            return False
    return found.is_global and not _is_special(found)


def _is_special(found: IPv4Address | IPv6Address) -> bool:
    return (
        found.is_multicast
        or found.is_reserved
        or found.is_private
        or found.is_link_local
        or any(found in network for network in _DETOURS if network.version == found.version)
    )
