"""Attacks by slowness, size, compression and number, against a service of its own."""

import asyncio
import contextlib
import gzip
import json
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.relays import CONTACT, LISTING, Relay, courier, until
from tests.rig.armed import DEADLINE
from tests.rig.ledger import check_wire
from tests.rig.scale import scale
from tests.rig.serving import Door, serving, without_limits
from tests.rig.slow_clients import SlowEnd, idle, slow_body, slow_headers
from tests.rig.smtp_sink import SmtpSink

VICTIM = "victime@gmail.com"
LURE = "Gagnez-gros-ici"


async def test_a27_slow_clients(relay: Relay, tmp_path: Path) -> None:
    """A27: slow headers, slow bodies and silence end at the deadline; others are served as before.

    The short version only bounds the wait: a p99 of few requests on a busy machine says nothing.
    """
    await without_limits(relay)
    deadline_s = scale(2, 10)
    async with serving(relay, tmp_path / "serve.log", {DEADLINE: str(deadline_s)}) as door:
        alone = [await _wait(door, f"Avant la foule, {n}.") for n in range(scale(20, 500))]
        parts = urlsplit(door.form)
        host, port, lasting_s = parts.hostname or "", parts.port or 0, deadline_s + 6
        crowd = asyncio.gather(
            idle(host, port, scale(200, 2000), lasting_s),
            slow_headers(host, port, scale(60, 200), lasting_s),
            slow_body(host, port, scale(60, 200), lasting_s, path=parts.path),
            _slow_second_request(host, port, lasting_s),
        )
        waits: list[float] = []
        while not crowd.done():
            waits.append(await _wait(door, f"Pendant ce temps, {len(waits)}."))
            await asyncio.sleep(0.02)
        ends: list[SlowEnd] = [end for group in await crowd for end in group]
    assert not [number for number, end in enumerate(ends) if end.closed_after_s is None]
    assert max(end.closed_after_s or 0 for end in ends) < deadline_s + 4
    assert sorted(waits)[-1 - len(waits) // 20] < scale(5.0, 1.0)
    assert _p99(waits) < scale(5.0, 2 * _p99(alone))


async def _wait(door: Door, message: str) -> float:
    started = time.monotonic()
    assert (await door.post(message=message))[0] == 202
    return time.monotonic() - started


def _p99(waits: list[float]) -> float:
    return sorted(waits)[-1 - len(waits) // 100]


async def _slow_second_request(host: str, port: int, seconds: float) -> list[SlowEnd]:
    """Ask once quickly, then begin a second request that never ends."""
    started = time.monotonic()
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nX-Slow: ")
    try:
        async with asyncio.timeout(seconds):
            await reader.read()
        return [SlowEnd(time.monotonic() - started, b"")]
    except TimeoutError:
        return [SlowEnd(None, b"")]
    finally:
        writer.transport.abort()


async def flood(door: Door, head: str, chunk: bytes, most: int) -> tuple[int, bytes]:
    """Send a head, then chunks until answered; return bytes sent and the answer's first line."""
    parts = urlsplit(door.form)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    opening = f"POST {parts.path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{head}"
    writer.write(opening.encode() + b"\r\n\r\n")
    answer = asyncio.create_task(reader.readline())
    sent, end_at = 0, time.monotonic() + 5
    with contextlib.suppress(ConnectionError):
        while sent < most and not answer.done() and time.monotonic() < end_at:
            writer.write(chunk)
            await writer.drain()
            sent += len(chunk)
            await asyncio.sleep(0)
    await asyncio.wait({answer}, timeout=5)
    writer.transport.abort()
    answer.cancel()
    [line] = await asyncio.gather(answer, return_exceptions=True)
    return sent, line if isinstance(line, bytes) else b""


async def test_a28_large_bodies(relay: Relay, tmp_path: Path) -> None:
    """A28: what is larger than 64 KiB, or lies about it, is answered 413 early, in flat memory."""
    async with serving(relay, tmp_path / "serve.log") as door:
        await door.post()
        process = psutil.Process(door.child.pid)
        before = process.memory_info().rss
        blob, most = b"x" * 65_536, scale(50_000_000, 1_000_000_000)
        chunk = b"%x\r\n%b\r\n" % (len(blob), blob)
        tiny = b"1\r\nx\r\n" * 5_000
        for head, data in (
            ("Transfer-Encoding: chunked", chunk),
            ("Transfer-Encoding: chunked", tiny),
            (f"Content-Length: {most}", blob),
            ("Content-Length: 70000", blob[:7000]),
        ):
            sent, line = await flood(door, head, data, 70_000 if "70000" in head else most)
            assert line.startswith(b"HTTP/1.1 413"), (head, line)
            assert sent < 10_000_000
        for head in (
            "Content-Length: -1",
            "Content-Length: 10\r\nContent-Length: 20",
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        ):
            _, line = await flood(door, head, b"hello", 5)
            assert line.split()[1:2] == [b"400"], (head, line)
        _, line = await flood(door, "Transfer-Encoding: chunked", b"zz\r\nhello\r\n", 10)
        assert line.split()[1:2] in ([b"400"], []), line
        assert process.memory_info().rss - before < 16_000_000
        assert (await door.post(message="Et tout va bien ensuite."))[0] == 202
        assert "request.failed" not in door.child.output


async def test_a29_compressed_requests(relay: Relay, tmp_path: Path) -> None:
    """A29: a compressed body is refused with 415 before it is unpacked; so is none of its parts."""
    bomb = gzip.compress(b" " * 40_000_000)
    started = time.process_time()
    gzip.decompress(bomb)
    unpacking_s = time.process_time() - started
    codings = ("gzip", "GZIP", "deflate", "br", "zstd", "x-gzip", "gzip, identity", "aes128gcm")
    async with serving(relay, tmp_path / "serve.log") as door:
        process = psutil.Process(door.child.pid)
        before, used = process.memory_info().rss, sum(process.cpu_times()[:2])
        for coding in codings:
            for path in (door.form, f"{door.url}/v1/messages"):
                headers = {"Content-Encoding": coding, "Content-Type": "application/json"}
                # The body was not read: no second request on this connection.
                headers |= {"Connection": "close"} | relay.secret
                async with door.http.post(path, data=bomb, headers=headers) as answer:
                    assert answer.status == 415, coding
        part = b'--b\r\nContent-Disposition: form-data; name="message"\r\nContent-Encoding: gzip'
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        body = part + b"\r\n\r\n" + bomb + b"\r\n--b--\r\n"
        async with door.http.post(door.form, data=body, headers=kind) as answer:
            assert answer.status == 400
        assert process.memory_info().rss - before < 8_000_000
        assert sum(process.cpu_times()[:2]) - used < len(codings) * unpacking_s  # of twice as many


@pytest.mark.parametrize("guarded", [True, False], ids=["limits", "no-limits"])
async def test_a05_victim_as_sender(relay: Relay, *, guarded: bool) -> None:
    """A5: however often and however spelt a victim is named as sender, one receipt leaves."""
    if not guarded:
        await without_limits(relay)
    names = ("victime", "Victime", "vic.time", "victime+a", "v.i.c.t.i.m.e", "victime+b.c")
    statuses = []
    for n in range(scale(60, 1000)):
        address = f"{names[n % len(names)]}@{('gmail.com', 'googlemail.com')[n % 2]}"
        text = f"{LURE} https://pub.example/{n}"
        status, _ = await relay.post(email=address, name=LURE, message=text)
        statuses.append(status)
    assert set(statuses) <= {202, 422, 429}
    sent = statuses.count(202)
    assert sent <= 20 if guarded else sent == len(statuses)
    async with SmtpSink() as sink, courier(relay.context, sink.port):

        async def settled() -> bool:
            return set((await relay.states()).values()) <= {"delivered", "held"}

        await until(settled, timeout_s=12)
        await asyncio.sleep(0.2)
    to_victim = [mail for mail in sink.mails if LISTING.advertiser.email not in mail.recipients]
    assert len(to_victim) <= 1
    assert not any(LURE.encode() in mail.content for mail in to_victim)
    assert not any(b"pub.example" in mail.content for mail in to_victim)
    allowed = {
        LISTING.advertiser.email,
        *(f"{n}@{d}" for n in names for d in ("gmail.com", "googlemail.com")),
    }
    await check_wire(relay, sink, allowed=allowed)


async def test_a05_own_ads_and_answers(relay: Relay) -> None:
    """A5: an advertiser who answers himself in the victim's name makes one notice a day."""
    await without_limits(relay)
    for n in range(5):
        await relay.put_listing(ref=f"appat-{n}")
        _, body = await relay.post(listing=f"appat-{n}", email=VICTIM, message=f"{LURE} {n}")
        [row] = await relay.fetch("select max(message_id::text)::uuid as id from message")
        assert body["id"].endswith(row["id"].hex)
        url = f"{await relay.answers(body['id'])}/available"
        async with relay.http.post(url, data={"note": LURE}, allow_redirects=False) as answer:
            assert answer.status == 303
    rows = await relay.fetch("select kind, count(*) from outbox group by kind")
    assert dict(rows) == {"contact": 5, "receipt": 1, "notice": 1}


async def test_a32_log_injection(relay: Relay, tmp_path: Path) -> None:
    """A32: whatever is sent, every line of the log is one event in JSON."""
    evil = '\r\n{"event":"forged","level":"info"}\x1b[2J'
    async with serving(relay, tmp_path / "serve.log") as door:
        for field in (*CONTACT, "website", "listing_token", "altcha"):
            await door.post(**{field: evil, "message": f"{field} {evil}"})
        parts = urlsplit(door.form)
        for line in (
            f"GET /{evil} HTTP/1.1",
            f"{evil} / HTTP/1.1",
            f"GET / HTTP/9{evil}",
            "\0\x1b",
        ):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(f"{line}\r\nHost: a\r\nUser-Agent: \x1b[31m\r\n\r\n".encode())
            await writer.drain()
            writer.close()
        await door.post({"User-Agent": "forged", "Idempotency-Key": "%0aforged"})
        assert await door.child.terminate(10) == 0
        lines = door.child.output.splitlines()
    assert len(lines) > 3
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert [line for line in lines if "forged" in line or "\x1b" in line] == []
