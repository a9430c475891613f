"""DN: a DNS server on UDP that answers from a table, slowly, wrongly or not at all.

async with DnsStub() as dns:
    dns.mx("ok.example", (10, "mx.ok.example"))
    dns.fails("broken.example", Rcode.SERVFAIL)
    dns.delays("slow.example", 30)
    answer = await dns.resolver().resolve("ok.example", "MX")
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Self

import dns.asyncresolver
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
from dns.rcode import Rcode

from tests.rig.listener import HOST

__all__ = ["DnsStub", "Query", "Rcode"]

TTL_S = 60


@dataclass(frozen=True, slots=True)
class Query:
    """One question that arrived.

    Args:
        at: Monotonic time, seconds.
        name: The name asked, lower case, without the final dot.
        type: ``"MX"``, ``"A"``, …
    """

    at: float
    name: str
    type: str


@dataclass(slots=True)
class _Entry:
    """What is known of one name; *answers* holds the record texts of each type."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    rcode: Rcode = Rcode.NOERROR
    delay_s: float = 0.0
    silent: bool = False


class DnsStub:
    """The server; an async context manager on 127.0.0.1 at a random UDP port.

    A name that is not in the table is NXDOMAIN; a known name without the asked type is an empty
    answer. Each setter returns at once and holds for the following queries.
    """

    def __init__(self) -> None:
        self.queries: list[Query] = []
        """Every question, in order of arrival."""
        self.port = 0
        """UDP port, known once entered."""
        self._entries: dict[str, _Entry] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._pending: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Datagrams(self), local_addr=(HOST, 0)
        )
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._pending:
            task.cancel()
        await asyncio.gather(*self._pending, return_exceptions=True)
        if self._transport is not None:
            self._transport.close()

    def mx(self, name: str, *hosts: tuple[int, str]) -> None:
        """Set the MX of *name*: preference and host; ``(0, ".")`` is the null MX (RFC 7505)."""
        texts = [f"{preference} {_absolute(host)}" for preference, host in hosts]
        self._entry(name).answers["MX"] = texts

    def a(self, name: str, *addresses: str) -> None:
        """Set the IPv4 addresses of *name*."""
        self._entry(name).answers["A"] = list(addresses)

    def fails(self, name: str, rcode: Rcode) -> None:
        """Answer every question about *name* with this code, e.g. SERVFAIL or NXDOMAIN."""
        self._entry(name).rcode = rcode

    def delays(self, name: str, seconds: float) -> None:
        """Answer questions about *name* only after this many seconds."""
        self._entry(name).delay_s = seconds

    def is_silent_about(self, name: str) -> None:
        """Never answer a question about *name*."""
        self._entry(name).silent = True

    def forget(self, name: str) -> None:
        """Take *name* out of the table: NXDOMAIN from now on."""
        self._entries.pop(_key(name), None)

    def resolver(self) -> dns.asyncresolver.Resolver:
        """Return a dnspython resolver without cache that asks this server only."""
        made = dns.asyncresolver.Resolver(configure=False)
        made.nameservers = [HOST]
        made.port = self.port
        return made

    def received(self, wire: bytes, address: tuple[str, int]) -> None:
        """Take one datagram; called by the transport."""
        task = asyncio.create_task(self._answer(wire, address))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _answer(self, wire: bytes, address: tuple[str, int]) -> None:
        query = dns.message.from_wire(wire)
        [question] = query.question
        name = _key(question.name.to_text())
        kind = dns.rdatatype.to_text(question.rdtype)
        self.queries.append(Query(time.monotonic(), name, kind))
        entry = self._entries.get(name, _Entry(rcode=Rcode.NXDOMAIN))
        if entry.silent:
            return
        await asyncio.sleep(entry.delay_s)
        response = dns.message.make_response(query, recursion_available=True)
        response.set_rcode(entry.rcode)
        texts = entry.answers.get(kind)
        if texts and entry.rcode is Rcode.NOERROR:
            response.answer = [dns.rrset.from_text_list(question.name, TTL_S, "IN", kind, texts)]
        if self._transport is not None:
            self._transport.sendto(response.to_wire(), address)

    def _entry(self, name: str) -> _Entry:
        return self._entries.setdefault(_key(name), _Entry())


class _Datagrams(asyncio.DatagramProtocol):
    """Hands every datagram to the stub."""

    def __init__(self, stub: DnsStub) -> None:
        self._stub = stub

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._stub.received(data, addr)


def _key(name: str) -> str:
    return name.rstrip(".").lower()


def _absolute(host: str) -> str:
    return host if host.endswith(".") else f"{host}."
