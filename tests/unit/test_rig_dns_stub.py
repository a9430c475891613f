"""The DNS stub answers from its table."""

import dns.resolver
import pytest

from tests.rig.dns_stub import DnsStub, Rcode


async def test_mx_and_addresses_are_answered() -> None:
    """A name of the table gives its records, and the questions are noted."""
    async with DnsStub() as stub:
        stub.mx("ok.example", (10, "a.ok.example"), (20, "b.ok.example"))
        stub.a("a.ok.example", "127.0.0.1")
        mx = await stub.resolver().resolve("ok.example", "MX")
        a = await stub.resolver().resolve("a.ok.example", "A")
    assert sorted((r.preference, r.exchange.to_text()) for r in mx) == [
        (10, "a.ok.example."),
        (20, "b.ok.example."),
    ]
    assert [r.address for r in a] == ["127.0.0.1"]
    assert [(q.name, q.type) for q in stub.queries] == [("ok.example", "MX"), ("a.ok.example", "A")]


async def test_the_null_mx_is_answered() -> None:
    """RFC 7505: a domain that takes no mail says so by a single dot."""
    async with DnsStub() as stub:
        stub.mx("nomail.example", (0, "."))
        [record] = await stub.resolver().resolve("nomail.example", "MX")
    assert (record.preference, record.exchange.to_text()) == (0, ".")


async def test_an_unknown_name_does_not_exist() -> None:
    """F7: a name outside the table, or taken out of it, is NXDOMAIN."""
    async with DnsStub() as stub:
        stub.a("gone.example", "127.0.0.1")
        stub.forget("gone.example")
        with pytest.raises(dns.resolver.NXDOMAIN):
            await stub.resolver().resolve("gone.example", "A")


async def test_a_known_name_without_the_type_has_no_answer() -> None:
    """A domain with an address and no MX exists."""
    async with DnsStub() as stub:
        stub.a("bare.example", "127.0.0.1")
        with pytest.raises(dns.resolver.NoAnswer):
            await stub.resolver().resolve("bare.example", "MX")


async def test_a_failing_name_gets_its_code() -> None:
    """F7: SERVFAIL is answered although the name has records."""
    async with DnsStub() as stub:
        stub.a("broken.example", "127.0.0.1")
        stub.fails("broken.example", Rcode.SERVFAIL)
        with pytest.raises(dns.resolver.NoNameservers, match="SERVFAIL"):
            await stub.resolver().resolve("broken.example", "A")


@pytest.mark.parametrize("trouble", ["delay", "silence"])
async def test_no_answer_in_time(trouble: str) -> None:
    """F7: a slow or silent name makes the client's own limit work."""
    async with DnsStub() as stub:
        if trouble == "delay":
            stub.delays("slow.example", 30)
        else:
            stub.is_silent_about("slow.example")
        with pytest.raises(dns.resolver.LifetimeTimeout):
            await stub.resolver().resolve("slow.example", "MX", lifetime=0.3)
    assert len(stub.queries) >= 1


async def test_a_slow_name_does_not_delay_others() -> None:
    """F7: each question waits for itself only."""
    async with DnsStub() as stub:
        stub.delays("slow.example", 30)
        stub.a("quick.example", "127.0.0.1")
        with pytest.raises(dns.resolver.LifetimeTimeout):
            await stub.resolver().resolve("slow.example", "A", lifetime=0.1)
        assert len(await stub.resolver().resolve("quick.example", "A", lifetime=1)) == 1
