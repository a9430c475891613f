"""Handing over: connections are kept, stale ones replaced, refusals cleared, dots doubled."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.mail.compose import Composed
from relay.mail.outcomes import Phase as Step
from relay.mail.outcomes import Verdict
from relay.settings import Smarthost
from tests.rig.smtp_sink import EXTENSIONS, Phase, SmtpSink, cut, reply
from workers import transport
from workers.decisions import Sent
from workers.transport import LeaseLost, Transport


@pytest.fixture(params=[(), ("PIPELINING",)], ids=["in_turn", "together"])
def extensions(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """What a server offers: commands are sent in turn, or together."""
    return (*EXTENSIONS, *request.param)


def _mail(to: str = "camille", content: bytes = b"Subject: x\r\n\r\nhello\r\n") -> Composed:
    return Composed("b-1@relais.example", f"{to}@annonceur.example", content)


def _to(*sinks: SmtpSink) -> Transport:
    hosts = [Smarthost.parse(f"smtp://127.0.0.1:{sink.port}?tls=none") for sink in sinks]
    return Transport(hosts, hostname="relais.example")


async def _yes() -> bool:
    return True


async def _send(made: Transport, *mails: Composed) -> list[Sent]:
    return [await made.send(mail, _yes) for mail in mails]


async def test_one_connection_serves_many_mails(extensions: tuple[str, ...]) -> None:
    """Mails sent one after the other share a connection."""
    async with SmtpSink(extensions=extensions) as sink:
        made = _to(sink)
        sent = await _send(made, *[_mail()] * 5)
        assert {one.outcome.verdict for one in sent} == {Verdict.DELIVERED}
        assert len(sink.connections) == 1
        await made.close()


async def test_a_connection_is_used_so_many_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection is given up after its share of mails."""
    monkeypatch.setattr(transport, "MAILS_PER_CONNECTION", 2)
    async with SmtpSink() as sink:
        made = _to(sink)
        await _send(made, *[_mail()] * 5)
        assert len(sink.connections) == 3
        await made.close()


async def test_an_old_connection_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that was idle for too long is closed, not tried."""
    monkeypatch.setattr(transport, "IDLE_S", 0.0)
    async with SmtpSink() as sink:
        made = _to(sink)
        await _send(made, _mail(), _mail())
        assert len(sink.connections) == 2
        await made.close()


async def test_a_stale_connection_is_replaced_without_doubt(extensions: tuple[str, ...]) -> None:
    """F25: a kept connection that the server has closed is replaced within the same attempt."""
    async with SmtpSink(extensions=extensions) as sink:
        made = _to(sink)
        await _send(made, _mail())
        sink.behave(Phase.MAIL, cut(times=1))
        [sent] = await _send(made, _mail())
        assert (sent.outcome.verdict, sent.ambiguous) == (Verdict.DELIVERED, False)
        assert (len(sink.connections), len(sink.mails)) == (2, 2)
        await made.close()


async def test_a_kept_connection_that_says_421_is_replaced(extensions: tuple[str, ...]) -> None:
    """F25: an idle timeout told by 421 pauses no route."""
    async with SmtpSink(extensions=extensions) as sink:
        made = _to(sink)
        await _send(made, _mail())
        sink.behave(Phase.MAIL, reply(421, "4.4.2 idle for too long", times=1))
        [sent] = await _send(made, _mail())
        assert sent.outcome.verdict is Verdict.DELIVERED
        await made.close()


@pytest.mark.parametrize("to", ["unknown", "data5xx", "dot5xx", "full"])
async def test_a_refusal_is_cleared(to: str, extensions: tuple[str, ...]) -> None:
    """F31: after a refusal RSET is said and the next mail goes over the same connection."""
    async with SmtpSink(extensions=extensions) as sink:
        made = _to(sink)
        refused, taken = await _send(made, _mail(to), _mail())
        assert refused.outcome.verdict is not Verdict.DELIVERED
        assert taken.outcome.verdict is Verdict.DELIVERED
        assert "RSET" in sink.connections[0].commands
        assert len(sink.connections) == 1
        await made.close()


@pytest.mark.parametrize(
    ("to", "phase", "ambiguous"),
    [
        ("cutrcpt", Step.RCPT, False),
        ("cutdata", Step.DATA, False),
        ("cutdot-lost", Step.DOT, True),
        ("cutdot-kept", Step.DOT, True),
    ],
)
async def test_a_cut_is_placed(
    to: str, phase: Step, ambiguous: object, extensions: tuple[str, ...]
) -> None:
    """F32, F33: the phase of a cut is known, and only after the dot there is doubt."""
    async with SmtpSink(extensions=extensions) as sink:
        made = _to(sink)
        [sent] = await _send(made, _mail(to))
        assert (sent.phase, sent.ambiguous) == (phase, ambiguous)
        await made.close()


async def test_silence_after_the_dot_is_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """F34: when the answer to the dot never comes, the mail may have arrived."""
    monkeypatch.setattr(transport, "DOT_TIMEOUT_S", 0.2)
    async with SmtpSink() as sink:
        made = _to(sink)
        [sent] = await _send(made, _mail("hangdot-kept"))
        assert (sent.ambiguous, sent.outcome.reason) == (True, "timeout")
        await made.close()


async def test_nothing_is_sent_without_the_lease(extensions: tuple[str, ...]) -> None:
    """F19: when the lease is lost, no content leaves, and the connection is not used again."""

    async def no() -> bool:
        return False

    async with SmtpSink(extensions=extensions) as sink:
        made = _to(sink)
        with pytest.raises(LeaseLost):
            await made.send(_mail(), no)
        assert sink.reached[Phase.BODY] == 0
        await _send(made, _mail())
        assert (len(sink.connections), len(sink.mails)) == (2, 1)
        await made.close()


async def test_many_at_once_do_not_mix() -> None:
    """Mails sent side by side have a connection each, and every envelope its own content."""
    async with SmtpSink() as sink:
        made = _to(sink)
        mails = [_mail(f"reader{n}", b"Subject: s%d\r\n\r\nx\r\n" % n) for n in range(20)]
        await asyncio.gather(*(made.send(mail, _yes) for mail in mails))
        found = {mail.recipients[0]: mail.content for mail in sink.mails}
        assert found == {mail.recipient: mail.content for mail in mails}
        await made.close()


@pytest.mark.parametrize("address", ["a@b.example>\r\nRCPT TO:<evil@c.example", "a b@c.example"])
async def test_an_address_is_never_cut(address: str) -> None:
    """A2: an address that is not plain is refused, not sent up to the first strange sign."""
    async with SmtpSink() as sink:
        made = _to(sink)
        with pytest.raises(ValueError, match="plain"):
            await made.send(Composed("b@relais.example", address, b"x\r\n"), _yes)
        assert sink.reached[Phase.DATA] == 0
        await made.close()


_LINES = st.lists(
    st.text(st.sampled_from(".ab \t-=<>"), max_size=6).map(str.encode), min_size=1, max_size=12
)


@given(_LINES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_dots_arrive_as_they_were(lines: list[bytes]) -> None:
    """A4: whatever lines of dots a mail has, the server reads the very same content."""
    content = b"Subject: dots\r\n\r\n" + b"\r\n".join(lines) + b"\r\n"

    async with SmtpSink() as sink:
        made = _to(sink)
        await _send(made, _mail(content=content))
        await made.close()
        [mail] = sink.mails
    assert mail.content == content
