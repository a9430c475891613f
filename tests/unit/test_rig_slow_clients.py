"""Slow clients report when the server lost patience, and stay within their bounds."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.rig.slow_clients import flood_body, idle, slow_body, slow_commands, slow_headers

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(serve: Serve) -> AsyncIterator[int]:
    """Run a server and give its port."""

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(closing, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def impatient(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Wait 0.2 s for whatever comes, then answer 408 and close."""
    await asyncio.sleep(0.2)
    writer.write(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
    await writer.drain()


async def patient(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read until the client leaves, for ever if need be."""
    await reader.read()


@pytest.mark.parametrize("client", [slow_headers, slow_body, slow_commands, idle])
async def test_the_end_by_the_server_is_timed(client: Callable[..., Awaitable[list]]) -> None:
    """A27: every client tells when it was closed, and what was said."""
    async with served(impatient) as port:
        ends = await client("127.0.0.1", port, 5, 3)
    assert len(ends) == 5
    assert all(end.closed_after_s is not None and 0.1 < end.closed_after_s < 2 for end in ends)
    assert {end.received[:12] for end in ends} == {b"HTTP/1.1 408"}


async def test_a_patient_server_is_left_after_the_time() -> None:
    """A27: a server that never closes is told as such, within the bound."""
    async with served(patient) as port, asyncio.timeout(3):
        ends = await slow_headers("127.0.0.1", port, 3, 0.3)
    assert [end.closed_after_s for end in ends] == [None] * 3


async def test_a_refused_connection_is_told() -> None:
    """A27: a server that is down is not a server that closed."""
    async with served(patient) as port:
        pass
    [end] = await idle("127.0.0.1", port, 1, 0.3)
    assert end.refused


async def test_the_header_stays_unfinished() -> None:
    """A27: what is sent is a request header without its end, one byte more each second."""
    heard = bytearray()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            heard.extend(data)

    async with served(listen) as port:
        await slow_headers("127.0.0.1", port, 1, 1.2)
    assert heard.startswith(b"POST / HTTP/1.1\r\n")
    assert heard.removesuffix(b"a").endswith(b"\r\nX-Slow: a")


@pytest.mark.parametrize(("count", "seconds"), [(0, 1), (2_501, 1), (1, 181)])
async def test_the_rig_has_bounds(count: int, seconds: float) -> None:
    """More clients or time than the rig allows is refused before the first connect."""
    with pytest.raises(ValueError, match="at most"):
        await idle("127.0.0.1", 9, count, seconds)


async def test_a_flood_ends_with_the_answer() -> None:
    """A28: the status that stopped the flood is told, with the bytes sent until then."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(200_000)
        writer.write(b"HTTP/1.1 413 Too Large\r\n\r\n")
        await writer.drain()
        await reader.read()

    async with served(refuse) as port:
        end = await flood_body("127.0.0.1", port, path="/", limit_bytes=10**9, seconds=10)
    assert end.status == 413
    assert 200_000 <= end.sent_bytes < 10**9


async def test_a_flood_stops_at_its_limit() -> None:
    """A28: a server that swallows everything gets no more than the limit."""
    async with served(patient) as port:
        end = await flood_body("127.0.0.1", port, path="/", limit_bytes=10**6, seconds=10)
    assert end.status is None
    assert 10**6 <= end.sent_bytes < 10**6 + 65_536


async def test_a_flood_stops_in_time() -> None:
    """A28: a server that does not read does not hold the client."""
    stop = asyncio.Event()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stop.wait()

    async with served(deaf) as port, asyncio.timeout(5):
        end = await flood_body("127.0.0.1", port, path="/", limit_bytes=10**9, seconds=0.5)
        stop.set()
    assert end.status is None
