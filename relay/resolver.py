"""Whether a domain takes mail: one cached, bounded question to DNS.

DNS trouble is never a refusal: slow, failing or absent name servers give UNKNOWN, and
the message is accepted. Only an answer that says so refuses: no such domain, or the
null MX of a domain that wants no mail.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver

_LIFETIMES_S = {"takes_mail": 3600.0, "no_such_domain": 600.0, "takes_no_mail": 600.0}
_UNKNOWN_LIFETIME_S = 30.0
_BREAKER_TIMEOUTS = 3
_BREAKER_OPEN_S = 30.0


class DomainVerdict(Enum):
    """What DNS says about mail for a domain."""

    TAKES_MAIL = "takes_mail"
    NO_SUCH_DOMAIN = "no_such_domain"
    TAKES_NO_MAIL = "takes_no_mail"
    UNKNOWN = "unknown"


class NoSuchName(Exception):
    """The name does not exist in DNS (NXDOMAIN)."""


# Given a domain and MX, A or AAAA, returns the records as text (``10 mx.example.``), none when
# the name has none of that type; raises NoSuchName, TimeoutError, OSError or DNSException.
Lookup = Callable[[str, str], Awaitable[Sequence[str]]]


def dns_lookup(*, nameservers: Sequence[str] | None = None, port: int = 53) -> Lookup:
    """Build the look-up that asks real name servers.

    Args:
        nameservers: IP addresses; None for those of the machine.
        port: UDP and TCP port of *nameservers*.
    """
    resolver: dns.asyncresolver.Resolver | None = None

    async def ask(domain: str, kind: str) -> Sequence[str]:
        nonlocal resolver
        if resolver is None:
            # At the first question: a machine without resolv.conf still starts.
            resolver = dns.asyncresolver.Resolver(configure=nameservers is None)
            if nameservers is not None:
                resolver.nameservers, resolver.port = list(nameservers), port
        name = dns.name.from_text(domain)  # absolute: the machine's search list is not ours
        try:
            answer = await resolver.resolve(name, kind, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN as fault:
            raise NoSuchName from fault
        return [record.to_text() for record in answer.rrset or ()]

    return ask


class MailDomains:
    """Verdicts about domains, cached; safe for many callers of one event loop.

    Callers asking about one domain at once share one look-up. After three time-outs in a
    row the answer is UNKNOWN at once for 30 s, so a dead name server costs nobody's time.

    Args:
        lookup: How DNS is asked; the machine's name servers by default.
        timeout_s: Longest wait of one verdict, both questions together.
        cache_size: Verdicts kept, the least recently used go first.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        *,
        lookup: Lookup | None = None,
        timeout_s: float = 1.0,
        cache_size: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lookup = lookup or dns_lookup()
        self._timeout_s = timeout_s
        self._cache_size = cache_size
        self._clock = clock
        self._cache: OrderedDict[str, tuple[float, DomainVerdict]] = OrderedDict()
        self._running: dict[str, asyncio.Task[DomainVerdict]] = {}
        self._timeouts = 0
        self._closed_again_at = float("-inf")

    async def exists(self, domain: str) -> DomainVerdict:
        """Tell whether *domain* takes mail; never raises for DNS, never waits past the limit.

        Args:
            domain: ASCII domain of an address, as ``Email.domain``.

        Source: RFC 5321 5.1 (MX, then address records); RFC 7505 (null MX).
        """
        name = domain.lower().rstrip(".")
        known = self._known(name)
        if known is not None:
            return known
        if name not in self._running:
            if self._clock() < self._closed_again_at:
                return DomainVerdict.UNKNOWN
            task = asyncio.create_task(self._find(name))
            self._running[name] = task
            task.add_done_callback(lambda _: self._running.pop(name, None))
        # Shielded: one caller who hangs up must not take the answer from the others.
        return await asyncio.shield(self._running[name])

    async def close(self) -> None:
        """Stop the look-ups still under way."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _known(self, name: str) -> DomainVerdict | None:
        kept = self._cache.get(name)
        if kept is None or kept[0] <= self._clock():
            return None
        self._cache.move_to_end(name)
        return kept[1]

    async def _find(self, name: str) -> DomainVerdict:
        verdict = await self._ask(name)
        lifetime_s = _LIFETIMES_S.get(verdict.value, _UNKNOWN_LIFETIME_S)
        self._cache[name] = (self._clock() + lifetime_s, verdict)
        self._cache.move_to_end(name)
        while len(self._cache) > self._cache_size:
            self._cache.popitem(last=False)
        return verdict

    async def _ask(self, name: str) -> DomainVerdict:
        try:
            async with asyncio.timeout(self._timeout_s):
                verdict = await self._two_questions(name)
        except (TimeoutError, dns.exception.Timeout):
            self._count_timeout()
            return DomainVerdict.UNKNOWN
        except NoSuchName:
            verdict = DomainVerdict.NO_SUCH_DOMAIN
        except (dns.exception.DNSException, OSError, ValueError):
            # SERVFAIL, refused, no network, a name DNS cannot carry: not the person's fault.
            verdict = DomainVerdict.UNKNOWN
        self._timeouts = 0
        return verdict

    async def _two_questions(self, name: str) -> DomainVerdict:
        exchangers = await self._lookup(name, "MX")
        if exchangers:
            # A null MX stands alone, with the root as its host (RFC 7505 3).
            is_null = all(record.split()[-1] == "." for record in exchangers)
            return DomainVerdict.TAKES_NO_MAIL if is_null else DomainVerdict.TAKES_MAIL
        if await self._lookup(name, "A"):
            return DomainVerdict.TAKES_MAIL
        # It may have an IPv6 address only; a third question is not worth a refusal.
        return DomainVerdict.UNKNOWN

    def _count_timeout(self) -> None:
        self._timeouts += 1
        if self._timeouts >= _BREAKER_TIMEOUTS:
            self._timeouts = 0
            self._closed_again_at = self._clock() + _BREAKER_OPEN_S
