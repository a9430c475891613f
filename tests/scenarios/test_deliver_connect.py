"""Before the mail is spoken of: no server, a strange server, no TLS, bad TLS, a wrong password."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.relays import Relay, courier, until
from tests.rig.deliveries import attempts, notices, pass_time, reach, route, row, write
from tests.rig.ledger import check_wire
from tests.rig.proxy import Proxy
from tests.rig.smtp_sink import (
    Certificate,
    Phase,
    SmtpSink,
    cut,
    endless,
    inject,
    reply,
)
from workers import transport
from workers.lanes import LANES

DAY_S = 86_400.0


async def _wait_s(relay: Relay, message_id: str) -> float:
    [found] = await relay.fetch(
        "select extract(epoch from due_at - now())::float8 as wait_s from outbox"
        " where mail_id = $1::text::uuid",
        message_id.removeprefix("msg_"),
    )
    return float(found["wait_s"])


async def test_f24_no_server_for_five_days(relay: Relay) -> None:
    """F24: waits grow, the sender is told after 4 h and at the end, never twice for the same."""
    [message_id] = await write(relay)
    [young] = await _write_ago(relay, timedelta(hours=3.9))
    [late] = await _write_ago(relay, timedelta(hours=4.1))
    async with SmtpSink() as sink:
        await sink.pause()
        async with courier(relay.context, sink.port):
            await reach(relay, [message_id, young, late], "deferred")
            assert 50 < await _wait_s(relay, message_id) <= 72
            assert (await row(relay, message_id))["reason"] == "connection_refused"
            assert await notices(relay) == ["delayed:connection_refused"]
            for _ in range(3):
                await _try_again(relay, late)
            assert await notices(relay) == ["delayed:connection_refused"]
            assert await _wait_s(relay, late) > 300
            await relay.fetch("update outbox set expires_at = now() where kind = 'contact'")
            await relay.travel(DAY_S)
            await reach(relay, [message_id, young, late], "expired")
            told = ["delayed:connection_refused", *["expired:expired"] * 3]
            assert await notices(relay) == told
            assert sink.mails == []


async def _write_ago(relay: Relay, age: timedelta) -> list[str]:
    """Accept a contact as if it had come *age* ago; PostgreSQL knows that it did not."""
    pass_time(relay.context, -age)
    try:
        return await write(relay)
    finally:
        pass_time(relay.context, timedelta())


async def _try_again(relay: Relay, message_id: str) -> None:
    before = (await row(relay, message_id))["tries"]
    await relay.travel(DAY_S)

    async def tried() -> bool:
        found = await row(relay, message_id)
        return found["tries"] > before and found["state"] == "deferred"

    await until(tried)


@pytest.mark.parametrize("fault", ["silent", "greeting", "name"])
async def test_f24_server_out_of_reach(
    relay: Relay, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """F24: a silent server, one that hangs up and an unknown name defer, and doubt nothing."""
    monkeypatch.setattr(transport, "CONNECT_TIMEOUT_S", 0.3)
    [message_id] = await write(relay)
    async with SmtpSink() as sink, Proxy("127.0.0.1", sink.port) as proxy:
        host = f"127.0.0.1:{proxy.port}"
        if fault == "silent":
            proxy.blackhole()
        elif fault == "greeting":
            sink.behave(Phase.GREETING, cut())
        else:
            host = "nowhere.invalid:25"
        async with route(relay.context, f"smtp://{host}?tls=none"):
            await reach(relay, [message_id], "deferred")
            found = await row(relay, message_id)
            assert (found["tries"], found["ambiguous"]) == (1, 0)
        await proxy.restore()
        sink.behave_normally()
        await relay.travel(DAY_S / 24)
        async with courier(relay.context, sink.port):
            await reach(relay, [message_id], "delivered")
        await check_wire(relay, sink)


@pytest.mark.parametrize("fault", ["down", "greeting", "mail"])
async def test_f25_the_second_server_takes_it(relay: Relay, fault: str) -> None:
    """F25: when A is down or says 421, B is tried in the same attempt."""
    ids = await write(relay, 3)
    async with SmtpSink() as a, SmtpSink() as b:
        if fault == "down":
            await a.pause()
        else:
            a.behave(Phase(fault), reply(421, "4.3.2 going down"))
        async with courier(relay.context, a.port, b.port):
            await reach(relay, ids, "delivered")
        assert (len(a.mails), len(b.mails)) == (0, 3)
        assert [len(await attempts(relay, message_id)) for message_id in ids] == [1, 1, 1]
        await check_wire(relay, a, b)


async def test_f26_a_server_without_ehlo(relay: Relay) -> None:
    """F26: 5xx to EHLO falls back to HELO."""
    [message_id] = await write(relay)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        sink.behave(Phase.EHLO, reply(502, "5.5.1 what?"))
        await reach(relay, [message_id], "delivered")
        assert any(line.startswith("HELO ") for line in sink.connections[0].commands)


async def test_f26_an_endless_reply(relay: Relay) -> None:
    """F26: a reply to EHLO without end is cut off early, and the mail waits."""
    [message_id] = await write(relay)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        sink.behave(Phase.EHLO, endless())
        await reach(relay, [message_id], "deferred")
        assert all(len(connection.sent) < 4_000_000 for connection in sink.connections)
        sink.behave_normally()
        await relay.travel(DAY_S)
        await reach(relay, [message_id], "delivered")


@pytest.mark.parametrize("variant", ["not-offered", "454", *(kind.value for kind in Certificate)])
async def test_f27_tls_required(relay: Relay, tmp_path: Path, variant: str) -> None:
    """F27: a route that requires TLS waits, and says nothing of the mail in clear."""
    [message_id] = await write(relay)
    certificates = {kind.value: kind for kind in Certificate}
    async with SmtpSink(
        tls_folder=None if variant == "not-offered" else tmp_path,
        certificate=certificates.get(variant, Certificate.GOOD),
    ) as sink:
        if variant == "454":
            sink.behave(Phase.STARTTLS, reply(454, "4.7.0 TLS not available"))
        async with route(relay.context, f"smtp://127.0.0.1:{sink.port}?tls=require"):
            await reach(relay, [message_id], "deferred")
        assert sink.reached[Phase.MAIL] == 0
        assert (await row(relay, message_id))["reason"] == "tls_unavailable"


async def test_f27_tls_required_and_there(
    relay: Relay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F27: with a certificate that is trusted the mail travels inside TLS, and that is noted."""
    [message_id] = await write(relay)
    async with SmtpSink(tls_folder=tmp_path) as sink:
        assert sink.authority is not None
        monkeypatch.setenv("SSL_CERT_FILE", str(sink.authority.file))
        async with route(relay.context, f"smtp://127.0.0.1:{sink.port}?tls=require"):
            await reach(relay, [message_id], "delivered")
        assert sink.mails[0].encrypted
        [attempt] = await attempts(relay, message_id)
        assert attempt["tls"] == "TLSv1.3"


@pytest.mark.parametrize(
    ("variant", "tls"),
    [("not-offered", "none"), ("454", "none"), ("self-signed", "TLSv1.3"), ("inject", "TLSv1.3")],
)
async def test_f27_tls_where_offered(relay: Relay, tmp_path: Path, variant: str, tls: str) -> None:
    """F27: an opportunistic route sends, notes its protection and drops injected plaintext."""
    [message_id] = await write(relay)
    async with SmtpSink(
        tls_folder=None if variant == "not-offered" else tmp_path,
        certificate=Certificate.SELF_SIGNED,
    ) as sink:
        if variant == "454":
            sink.behave(Phase.STARTTLS, reply(454, "4.7.0 TLS not available"))
        elif variant == "inject":
            sink.behave(Phase.STARTTLS, inject(b"250-evil\r\n250 STARTTLS\r\n"))
        async with route(relay.context, f"smtp://127.0.0.1:{sink.port}?tls=opportunistic"):
            await reach(relay, [message_id], "delivered")
        assert sink.mails[0].encrypted == (tls != "none")
        [attempt] = await attempts(relay, message_id)
        assert attempt["tls"] == tls
        await check_wire(relay, sink)


async def test_f28_a_wrong_password(relay: Relay) -> None:
    """F28: 535 pauses the route; nothing bounces or counts a try, all leave when it is right."""
    ids = await write(relay, 60)
    async with SmtpSink(credentials=("relais", "right")) as sink:
        async with route(relay.context, f"smtp://relais:wrong@127.0.0.1:{sink.port}?tls=none"):
            await reach(relay, ids[:1], "deferred")
            await reach(relay, ids, "deferred", "queued")
        [paused] = await relay.fetch("select reason, pauses from route")
        assert paused["reason"] == "login_refused"
        tries = await relay.fetch("select distinct tries, state from outbox")
        assert {row["tries"] for row in tries} == {0}
        # Each time the pause ends, what fits into the lanes asks once, and no more; on a slow
        # machine a round may still be asking when its own, short pause is over.
        asked = sum(len(one.auths) for one in sink.connections)
        assert asked <= LANES * (paused["pauses"] + 2), "hammered"
        await relay.travel(60)
        async with route(relay.context, f"smtp://relais:right@127.0.0.1:{sink.port}?tls=none"):
            await reach(relay, ids, "delivered")
        assert await notices(relay) == []
        await check_wire(relay, sink)
