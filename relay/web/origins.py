"""Where a request came from: the client's address behind trusted proxies, and its page (pure)."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Networks = Sequence[IPv4Network | IPv6Network]
CHAIN_LIMIT = 500
PORT_DIGITS = 5
DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def client_address(
    peer: str, port: int, forwarded: Sequence[str], trusted: Networks
) -> tuple[str, int]:
    """Return the client's address and source port.

    Hops are read from the right; each is believed only as long as the one that reports it is a
    trusted proxy, so that nothing a client writes itself can move the result. Without trusted
    proxies the header is not read at all.

    Args:
        peer: Address of the connection.
        port: Its source port.
        forwarded: Values of X-Forwarded-For, in the order they were received.
        trusted: Networks of the operator's proxies.

    Returns:
        The address, IPv4-mapped IPv6 unwrapped, and the port, 0 when a proxy did not tell.
    """
    address, source = plain_ip(peer), port
    hops = [hop.strip() for value in forwarded for hop in value.split(",")]
    while hops and _is_trusted(address, trusted):
        hop, hop_port = _split(hops.pop())
        if hop is None:
            break  # a proxy of ours reported something unreadable: it is the best we know
        address, source = hop, hop_port
    return address, source


def _split(hop: str) -> tuple[str | None, int]:
    """Read ``203.0.113.4``, ``203.0.113.4:4711``, ``2001:db8::1`` or ``[2001:db8::1]:4711``."""
    host, port = hop, ""
    if hop.startswith("["):
        host, _, port = hop[1:].partition("]")
        port = port.removeprefix(":")
    elif hop.count(":") == 1:
        host, _, port = hop.partition(":")
    known = port.isascii() and port.isdigit() and len(port) <= PORT_DIGITS
    try:
        return plain_ip(host), int(port) if known else 0
    except ValueError:
        return None, 0


def page_origin(url: str) -> str | None:
    """Return the origin of *url* as browsers write it, None when it is no URL.

    Lower case and without the scheme's own port; a user name before the host stays, so that
    it equals no origin.

    Source: RFC 6454 6.2.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no IPv6 address
        return None
    host = parts.netloc.lower().removesuffix(DEFAULT_PORTS.get(parts.scheme, ""))
    return f"{parts.scheme}://{host}"


def page_of(origins: Collection[str], url: str) -> str | None:
    """Return *url* when it lies on one of a site's own origins: never an open redirect."""
    ours = page_origin(url) in {page_origin(origin) for origin in origins} - {None}
    return url if ours and url.isprintable() and " " not in url else None


def readable(text: str) -> str:
    """Return text that can be stored and sent: half surrogates are written out.

    They come from header bytes that are no UTF-8, and from JSON.
    """
    return text.encode("utf-8", "backslashreplace").decode()


@lru_cache(maxsize=4096)
def plain_ip(address: str) -> str:
    """Return an IP address in its usual form, IPv4-mapped IPv6 unwrapped.

    Raises:
        ValueError: It is none.
    """
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(parsed)


def _is_trusted(address: str, trusted: Networks) -> bool:
    parsed = ip_address(address)
    return any(parsed.version == network.version and parsed in network for network in trusted)


def household(address: str) -> str:
    """Return what one subscriber holds: an IPv4 address, or the /64 of an IPv6 one."""
    if ":" not in address:
        return address
    return str(ip_network((address, 64), strict=False))
