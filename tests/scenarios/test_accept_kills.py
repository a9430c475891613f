"""A contact is accepted while the process is killed, or the client hangs up or repeats itself."""

import asyncio
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientError

from relay.context import open_context
from relay.settings import Settings
from relay.web.app import make_app
from tests.relays import CONTACT, Relay, courier, served, until
from tests.rig.armed import kill_at
from tests.rig.ledger import check_wire
from tests.rig.scale import scale
from tests.rig.serving import serving
from tests.rig.smtp_sink import SmtpSink

KEY = {"Idempotency-Key": "one-click"}


async def count(relay: Relay) -> int:
    """Count the messages stored."""
    return int((await relay.fetch("select count(*) from message"))[0][0])


async def test_f01_kill_before_commit(relay: Relay, tmp_path: Path) -> None:
    """F1: killed before the commit, nothing is stored; a retry with the key stores one."""
    armed = kill_at("accept.before_commit")
    async with serving(relay, tmp_path / "serve.log", armed) as door:
        with pytest.raises(ClientError):
            await door.post(KEY)
        await door.child.wait(5)
        assert await count(relay) == 0
        await door.restart()
        assert (await door.post(KEY))[0] == 202
        assert await count(relay) == 1


async def test_f02_kill_after_commit(relay: Relay, tmp_path: Path) -> None:
    """F2: killed after the commit and before 202, a retry with the key gets the one stored."""
    armed = kill_at("accept.committed")
    async with serving(relay, tmp_path / "serve.log", armed) as door:
        with pytest.raises(ClientError):
            await door.post(KEY)
        await door.child.wait(5)
        assert await count(relay) == 1
        await door.restart()
        status, body = await door.post(KEY)
        assert status == 202
        assert set(await relay.states()) == {body["id"]}


async def test_f03_same_key_fifty_at_once(relay: Relay, settings: Settings) -> None:
    """F3: fifty posts with one key, over two services, are one row and fifty equal answers."""
    async with open_context(settings) as second, served(make_app(second)) as url:
        urls = (relay.url, url)

        async def post(n: int) -> tuple[int, str]:
            address = f"{urls[n % 2]}/f/{relay.keys.public}"
            async with relay.http.post(address, json=CONTACT, headers=KEY) as answer:
                return answer.status, await answer.text()

        answers = await asyncio.gather(*(post(n) for n in range(50)))
    assert {status for status, _ in answers} == {202}
    assert len({body for _, body in answers}) == 1
    assert await count(relay) == 1


async def test_f04_same_key_other_body(relay: Relay) -> None:
    """F4: a key used for other fields is refused with 422; the first message is untouched."""
    _, first = await relay.post(KEY)
    status, body = await relay.post(KEY, message="Un tout autre texte, sous la même clé.")
    assert (status, body["code"]) == (422, "idempotency_conflict")
    assert await relay.states() == {first["id"]: "queued"}


async def test_f05_double_click(relay: Relay) -> None:
    """F5: the same form sent twice, at once or one after the other, is one message."""
    answers = [*await asyncio.gather(relay.post(), relay.post()), await relay.post()]
    assert [status for status, _ in answers] == [202] * 3
    assert len({body["id"] for _, body in answers}) == 1
    assert await count(relay) == 1


async def send_raw(relay: Relay, share: float) -> None:
    """Send a share of a form post, then hang up with a reset."""
    parts = urlsplit(relay.form)
    body = json.dumps(CONTACT).encode()
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(head + body[: round(len(body) * share)])
    await writer.drain()
    writer.transport.abort()


async def test_f06_hang_up_mid_body(relay: Relay, capfd: pytest.CaptureFixture[str]) -> None:
    """F6: a client that leaves in the middle of its body leaves nothing, and no alarm."""
    for _ in range(scale(5, 100)):
        await send_raw(relay, 0.6)
    await relay.http.get(f"{relay.url}/livez")
    await asyncio.sleep(0.1)
    assert await count(relay) == 0
    assert "request.failed" not in "".join(capfd.readouterr())


async def test_f06_hang_up_after_body(relay: Relay) -> None:
    """F6: a contact whose client left after the body is stored once, with its trace, and sent."""
    await send_raw(relay, 1.0)

    async def stored() -> int:
        return await count(relay)

    await until(stored)
    [trace] = await relay.fetch("select ip_hash from sender_trace")
    assert trace["ip_hash"] == relay.site.hash("ip", "127.0.0.1")
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await sink.wait_for(2, timeout_s=30)
    await check_wire(relay, sink)
