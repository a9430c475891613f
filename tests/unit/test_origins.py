"""The client's address behind proxies (A33), and headers that are no text."""

from ipaddress import ip_network

import pytest

from relay.web.origins import client_address, plain_ip, readable

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
CLIENT = ("203.0.113.4", 4711)


@pytest.mark.parametrize(
    ("peer", "forwarded", "wanted"),
    [
        # Nobody is trusted unless named: the header is not read.
        ("203.0.113.4", ["198.51.100.1"], CLIENT),
        ("203.0.113.4", ["10.0.0.1, 10.0.0.2"], CLIENT),
        # One proxy: the rightmost hop is its word, the rest is the client's.
        ("10.0.0.1", ["203.0.113.4:4711"], CLIENT),
        ("10.0.0.1", ["6.6.6.6, 203.0.113.4:4711"], CLIENT),
        ("10.0.0.1", ["10.9.9.9, 203.0.113.4:4711"], CLIENT),
        ("10.0.0.1", ["6.6.6.6", "203.0.113.4:4711"], CLIENT),
        # Two proxies.
        ("10.0.0.1", ["6.6.6.6, 203.0.113.4:4711, 10.0.0.2"], CLIENT),
        ("10.0.0.1", ["6.6.6.6, 203.0.113.4:4711", "10.0.0.2"], CLIENT),
        # No port told.
        ("10.0.0.1", ["203.0.113.4"], ("203.0.113.4", 0)),
        ("10.0.0.1", ["[2001:db8::1]:99"], ("2001:db8::1", 99)),
        ("10.0.0.1", ["2001:db8::1"], ("2001:db8::1", 0)),
        ("fd00::1", ["::ffff:203.0.113.4"], ("203.0.113.4", 0)),
        ("::ffff:10.0.0.1", ["203.0.113.4"], ("203.0.113.4", 0)),
        # Nothing, or nothing readable: the proxy itself is the best that is known.
        ("10.0.0.1", [], ("10.0.0.1", 4711)),
        ("10.0.0.1", [""], ("10.0.0.1", 4711)),
        ("10.0.0.1", ["unknown"], ("10.0.0.1", 4711)),
        ("10.0.0.1", ["6.6.6.6, _hidden"], ("10.0.0.1", 4711)),
        ("10.0.0.1", ["127.1"], ("10.0.0.1", 4711)),
        ("10.0.0.1", ["0x7f000001"], ("10.0.0.1", 4711)),
        ("10.0.0.1", ["203.0.113.4:99999999"], ("203.0.113.4", 0)),
        ("10.0.0.1", ["203.0.113.4:\u0664\u0662"], ("203.0.113.4", 0)),
        ("10.0.0.1", ["10.0.0.2, 10.0.0.3"], ("10.0.0.2", 0)),
    ],
)
def test_a33_chains(peer: str, forwarded: list[str], wanted: tuple[str, int]) -> None:
    """A33: only hops reported by configured proxies count, from the right."""
    assert client_address(peer, 4711, forwarded, PROXIES) == wanted


def test_a33_without_proxies() -> None:
    """A33: with no proxy configured not even the loopback's header is read."""
    assert client_address("127.0.0.1", 5, ["1.2.3.4"], []) == ("127.0.0.1", 5)


def test_usual_forms() -> None:
    """An address is stored in its usual form, without zone."""
    assert plain_ip("2001:DB8:0:0::1%eth0") == "2001:db8::1"
    assert plain_ip("::ffff:192.0.2.1") == "192.0.2.1"
    with pytest.raises(ValueError, match="not-an-ip"):
        plain_ip("not-an-ip")


def test_headers_become_text() -> None:
    """Bytes of a header that are no UTF-8 are written out; others keep their text."""
    assert readable("Caf\u00e9 caf\udce9") == "Caf\u00e9 caf\\udce9"
    readable("\udcff\ud800").encode()
