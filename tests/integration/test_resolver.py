"""Whether a domain takes mail, asked of a real UDP name server that misbehaves at will."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import pytest

from relay.resolver import DomainVerdict, MailDomains, NoSuchName, dns_lookup
from tests.rig.dns_stub import DnsStub, Rcode


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now_s


class Answers:
    """A look-up written by hand: one outcome for every question, counted."""

    def __init__(self, outcome: Sequence[str] | Exception) -> None:
        self.outcome = outcome
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, domain: str, kind: str) -> Sequence[str]:
        """Answer, or fail, as told."""
        self.asked.append((domain, kind))
        await asyncio.sleep(0)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
async def stub() -> AsyncIterator[DnsStub]:
    """Give a name server on 127.0.0.1."""
    async with DnsStub() as server:
        yield server


def domains_of(stub: DnsStub, *, timeout_s: float = 1.0) -> MailDomains:
    """Return verdicts that ask *stub*."""
    lookup = dns_lookup(nameservers=["127.0.0.1"], port=stub.port)
    return MailDomains(lookup=lookup, timeout_s=timeout_s)


async def test_mx_takes_mail(stub: DnsStub) -> None:
    """A domain with an exchanger takes mail, after one question."""
    stub.mx("ok.example", (10, "mx.ok.example"))
    assert await domains_of(stub).exists("OK.example") is DomainVerdict.TAKES_MAIL
    assert [query.type for query in stub.queries] == ["MX"]


async def test_address_only_takes_mail(stub: DnsStub) -> None:
    """Without an exchanger the address record takes mail (RFC 5321 5.1)."""
    stub.a("plain.example", "192.0.2.1")
    assert await domains_of(stub).exists("plain.example") is DomainVerdict.TAKES_MAIL
    assert [query.type for query in stub.queries] == ["MX", "A"]


async def test_null_mx_takes_no_mail(stub: DnsStub) -> None:
    """A null MX says that the domain wants no mail (RFC 7505)."""
    stub.mx("null.example", (0, "."))
    stub.a("null.example", "192.0.2.1")
    assert await domains_of(stub).exists("null.example") is DomainVerdict.TAKES_NO_MAIL


async def test_nxdomain_is_no_domain(stub: DnsStub) -> None:
    """F7: a name that does not exist may be refused."""
    assert await domains_of(stub).exists("gmial.example") is DomainVerdict.NO_SUCH_DOMAIN


@pytest.mark.parametrize("rcode", [Rcode.SERVFAIL, Rcode.REFUSED, Rcode.FORMERR, Rcode.NOTIMP])
async def test_failing_server_is_unknown(stub: DnsStub, rcode: Rcode) -> None:
    """F7: a failure of DNS is not a refusal."""
    stub.fails("broken.example", rcode)
    assert await domains_of(stub).exists("broken.example") is DomainVerdict.UNKNOWN


async def test_nothing_at_all_is_unknown(stub: DnsStub) -> None:
    """A name without exchanger and IPv4 address is not refused, and costs two questions."""
    stub.a("empty.example")
    assert await domains_of(stub).exists("empty.example") is DomainVerdict.UNKNOWN
    assert len(stub.queries) == 2


async def test_slow_server_is_unknown_in_time(stub: DnsStub) -> None:
    """F7: an answer that comes late is not waited for, both questions together."""
    stub.delays("slow.example", 30)
    started = time.monotonic()
    assert await domains_of(stub, timeout_s=0.3).exists("slow.example") is DomainVerdict.UNKNOWN
    assert time.monotonic() - started < 10


async def test_closed_port_is_unknown(stub: DnsStub) -> None:
    """F7: no name server at all is not a refusal."""
    domains = MailDomains(lookup=dns_lookup(nameservers=["127.0.0.1"], port=1), timeout_s=0.3)
    assert await domains.exists("ok.example") is DomainVerdict.UNKNOWN


@pytest.mark.parametrize(
    "name", ["", ".", "a" * 64 + ".fr", "x." * 200 + "fr", "a..fr", "\ud800.fr"]
)
async def test_odd_names_are_unknown_or_absent(stub: DnsStub, name: str) -> None:
    """F8: a name that DNS cannot carry raises nothing."""
    verdict = await domains_of(stub).exists(name)
    assert verdict in (DomainVerdict.UNKNOWN, DomainVerdict.NO_SUCH_DOMAIN)


async def test_concurrent_questions_are_one(stub: DnsStub) -> None:
    """Fifty callers about one domain share one look-up."""
    stub.mx("ok.example", (10, "mx.ok.example"))
    stub.delays("ok.example", 0.05)
    domains = domains_of(stub)
    verdicts = await asyncio.gather(*(domains.exists("ok.example") for _ in range(50)))
    assert set(verdicts) == {DomainVerdict.TAKES_MAIL}
    assert len(stub.queries) == 1


async def test_one_caller_leaving_does_not_take_the_answer(stub: DnsStub) -> None:
    """F6: a client that hangs up does not cancel the look-up others wait for."""
    stub.mx("ok.example", (10, "mx.ok.example"))
    stub.delays("ok.example", 0.05)
    domains = domains_of(stub)
    leaving = asyncio.create_task(domains.exists("ok.example"))
    staying = asyncio.create_task(domains.exists("ok.example"))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying is DomainVerdict.TAKES_MAIL


async def test_close_stops_what_runs(stub: DnsStub) -> None:
    """Closing leaves no look-up behind."""
    stub.is_silent_about("silent.example")
    domains = domains_of(stub, timeout_s=30)
    waiting = asyncio.create_task(domains.exists("silent.example"))
    await asyncio.sleep(0.01)
    await domains.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


@pytest.mark.parametrize(
    ("outcome", "questions", "lifetime_s"),
    [
        (["10 mx."], 1, 3600),
        (["0 ."], 1, 600),
        (NoSuchName(), 1, 600),
        (OSError(), 1, 30),
    ],
)
async def test_verdicts_are_kept_for_their_time(
    outcome: Sequence[str] | Exception, questions: int, lifetime_s: int
) -> None:
    """A verdict is kept as long as its kind allows, then asked again."""
    lookup, clock = Answers(outcome), Clock()
    domains = MailDomains(lookup=lookup, clock=clock)
    await domains.exists("a.example")
    clock.now_s += lifetime_s - 1
    await domains.exists("a.example")
    assert len(lookup.asked) == questions
    clock.now_s += 2
    await domains.exists("a.example")
    assert len(lookup.asked) == 2 * questions


async def test_cache_keeps_to_its_size() -> None:
    """The least recently used verdict goes first."""
    lookup = Answers(["10 mx."])
    domains = MailDomains(lookup=lookup, cache_size=2)
    for name in ("a.example", "b.example", "a.example", "c.example", "a.example", "b.example"):
        await domains.exists(name)
    assert [name[0] for name, _ in lookup.asked] == ["a", "b", "c", "b"]


async def test_three_timeouts_open_the_breaker() -> None:
    """F7: after three time-outs in a row nobody waits for 30 s, then DNS is asked again."""
    lookup, clock = Answers(TimeoutError()), Clock()
    domains = MailDomains(lookup=lookup, clock=clock)
    for name in ("a.example", "b.example", "c.example", "d.example", "e.example"):
        assert await domains.exists(name) is DomainVerdict.UNKNOWN
    assert len(lookup.asked) == 3
    clock.now_s += 31
    lookup.outcome = ["10 mx."]
    assert await domains.exists("d.example") is DomainVerdict.TAKES_MAIL


async def test_an_answer_between_keeps_the_breaker_closed() -> None:
    """Only time-outs in a row count."""
    lookup = Answers(TimeoutError())
    domains = MailDomains(lookup=lookup)
    await domains.exists("a.example")
    await domains.exists("b.example")
    lookup.outcome = ["10 mx."]
    await domains.exists("c.example")
    lookup.outcome = TimeoutError()
    await domains.exists("d.example")
    await domains.exists("e.example")
    assert len(lookup.asked) == 5


async def test_the_breaker_answers_what_is_known() -> None:
    """A kept verdict is given while the breaker is open."""
    lookup = Answers(["10 mx."])
    domains = MailDomains(lookup=lookup)
    await domains.exists("known.example")
    lookup.outcome = TimeoutError()
    for name in ("a.example", "b.example", "c.example"):
        await domains.exists(name)
    assert await domains.exists("known.example") is DomainVerdict.TAKES_MAIL
