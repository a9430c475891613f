"""Slow and flooding clients for A27 and A28, bounded in number, bytes and time.

Use them against 127.0.0.1 only.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass

MOST_CLIENTS = 2_500
LONGEST_S = 180.0
DRIP_EVERY_S = 1.0
CHUNK_BYTES = 65_536
ANSWER_WAIT_S = 1.0


@dataclass(frozen=True, slots=True)
class SlowEnd:
    """How one slow client ended.

    Args:
        closed_after_s: Seconds from connect until the server closed; None when it never did.
        received: What the server said before closing, e.g. ``b"HTTP/1.1 408 …"``.
        refused: True when the connect itself failed.
    """

    closed_after_s: float | None
    received: bytes
    refused: bool = False


@dataclass(frozen=True, slots=True)
class FloodEnd:
    """How a flood ended.

    Args:
        sent_bytes: Body bytes the client's kernel took before the end.
        status: HTTP status of the answer, None when there was none.
        seconds: From connect to the end.
    """

    sent_bytes: int
    status: int | None
    seconds: float


async def slow_headers(host: str, port: int, count: int, seconds: float) -> list[SlowEnd]:
    """Open *count* HTTP requests whose header grows by one byte per second and never ends.

    Args:
        host: Address of the server.
        port: Port of the server.
        count: Number of clients, at most 2,500.
        seconds: When the clients give up, at most 180.

    Returns:
        One end per client, in the order of the clients.
    """
    opening = f"POST / HTTP/1.1\r\nHost: {host}\r\nX-Slow: ".encode()
    return await slow_clients(host, port, count, seconds, opening=opening)


async def slow_body(
    host: str, port: int, count: int, seconds: float, *, path: str = "/"
) -> list[SlowEnd]:
    """Open *count* HTTP form posts that promise 10,000 bytes and send one per second."""
    opening = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 10000\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    ).encode()
    return await slow_clients(host, port, count, seconds, opening=opening)


async def slow_commands(
    host: str, port: int, count: int, seconds: float, *, verb: str = "LHLO"
) -> list[SlowEnd]:
    """Open *count* LMTP or SMTP sessions whose first command never ends."""
    return await slow_clients(host, port, count, seconds, opening=f"{verb} ".encode())


async def idle(host: str, port: int, count: int, seconds: float) -> list[SlowEnd]:
    """Open *count* connections that never send a byte."""
    return await slow_clients(host, port, count, seconds, opening=b"", drip=b"")


async def slow_clients(
    host: str,
    port: int,
    count: int,
    seconds: float,
    *,
    opening: bytes,
    drip: bytes = b"a",
) -> list[SlowEnd]:
    """Open *count* connections, send *opening* at once, then *drip* every second.

    Raises:
        ValueError: More clients or seconds than the rig allows.
    """
    if not 0 < count <= MOST_CLIENTS or not 0 < seconds <= LONGEST_S:
        raise ValueError(f"at most {MOST_CLIENTS} clients and {LONGEST_S} seconds")
    async with asyncio.TaskGroup() as group:
        clients = [
            group.create_task(_slow_client(host, port, seconds, opening, drip))
            for _ in range(count)
        ]
    return [client.result() for client in clients]


async def flood_body(
    host: str, port: int, *, path: str, limit_bytes: int, seconds: float
) -> FloodEnd:
    """Stream a chunked body that does not end, until the server answers or a bound is met.

    Args:
        host: Address of the server.
        port: Port of the server.
        path: Path posted to.
        limit_bytes: The client stops and leaves after so many body bytes (A28: 1 GB).
        seconds: The client leaves after this long, at most 180.
    """
    if not 0 < seconds <= LONGEST_S:
        raise ValueError(f"at most {LONGEST_S} seconds")
    started = time.monotonic()
    reader, writer = await asyncio.open_connection(host, port)
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n"
    writer.write(f"{head}Content-Type: text/plain\r\n\r\n".encode())
    answering = asyncio.create_task(_status(reader))
    sent = await _flood(writer, answering, limit_bytes, started + seconds)
    await asyncio.wait({answering}, timeout=ANSWER_WAIT_S)
    answering.cancel()
    [status] = await asyncio.gather(answering, return_exceptions=True)
    await _leave(writer)
    known = status if isinstance(status, int) else None
    return FloodEnd(sent, known, time.monotonic() - started)


async def _slow_client(
    host: str, port: int, seconds: float, opening: bytes, drip: bytes
) -> SlowEnd:
    started = time.monotonic()
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return SlowEnd(0.0, b"", refused=True)
    received = bytearray()
    closed_after_s = None
    writer.write(opening)
    while (left_s := started + seconds - time.monotonic()) > 0:
        if await _server_closes_within(reader, min(DRIP_EVERY_S, left_s), received):
            closed_after_s = time.monotonic() - started
            break
        writer.write(drip)
    await _leave(writer)
    return SlowEnd(closed_after_s, bytes(received))


async def _server_closes_within(
    reader: asyncio.StreamReader, seconds: float, received: bytearray
) -> bool:
    """Collect what the server says for *seconds*; True as soon as it closes."""
    try:
        async with asyncio.timeout(seconds):
            while data := await reader.read(CHUNK_BYTES):
                received += data
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


async def _flood(
    writer: asyncio.StreamWriter, answering: asyncio.Task[int | None], limit: int, end_at: float
) -> int:
    """Write chunks until answered, refused, at the limit or out of time; return body bytes."""
    chunk = b"%x\r\n%b\r\n" % (CHUNK_BYTES, b"x" * CHUNK_BYTES)
    sent = 0
    # The first drain that times out means that the server has stopped reading.
    with contextlib.suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(end_at - time.monotonic()):
            while sent < limit and not answering.done():
                writer.write(chunk)
                await writer.drain()
                sent += CHUNK_BYTES
                # drain() may return without yielding; the answer must get its turn.
                await asyncio.sleep(0)
    return sent


async def _status(reader: asyncio.StreamReader) -> int | None:
    try:
        line = await reader.readline()
    except ConnectionError:
        return None
    parts = line.split()
    return int(parts[1]) if len(parts) > 1 else None


async def _leave(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
