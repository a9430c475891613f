"""The proxy passes bytes on, and loses exactly those it was told to lose."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.rig.proxy import Direction, Proxy


class Echo:
    """A server that answers each line with ``ok <line>`` and notes what it heard."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer until the client leaves."""
        try:
            while line := await reader.readline():
                self.heard.append(line)
                writer.write(b"ok " + line)
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def proxied() -> AsyncIterator[tuple[Echo, Proxy]]:
    """Run an echo server behind a proxy."""
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    echo.port = server.sockets[0].getsockname()[1]
    async with server, Proxy("127.0.0.1", echo.port) as proxy:
        yield echo, proxy


class Client:
    """One connection through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connected(cls, proxy: Proxy) -> "Client":
        """Connect to the proxy."""
        return cls(*await asyncio.open_connection(proxy.host, proxy.port))

    async def ask(self, line: bytes, timeout_s: float = 2) -> bytes:
        """Send one line and return one line, b"" at the end of the connection."""
        self.writer.write(line)
        async with asyncio.timeout(timeout_s):
            try:
                return await self.reader.readline()
            except ConnectionError:
                return b""

    async def close(self) -> None:
        """Leave."""
        self.writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


async def test_bytes_pass_both_ways_and_are_counted() -> None:
    """A plain proxy changes nothing."""
    async with proxied() as (_, proxy):
        client = await Client.connected(proxy)
        assert await client.ask(b"hello\n") == b"ok hello\n"
        await client.close()
    assert (proxy.accepted, proxy.forwarded[Direction.TO_SERVER]) == (1, 6)
    assert proxy.forwarded[Direction.TO_CLIENT] == 9


async def test_a_half_close_reaches_the_other_side() -> None:
    """The end of the client's stream is passed on, and the answer still comes."""
    async with proxied() as (_, proxy):
        client = await Client.connected(proxy)
        client.writer.write(b"hello\n")
        client.writer.write_eof()
        async with asyncio.timeout(2):
            assert await client.reader.read() == b"ok hello\n"
        await client.close()


async def test_delay_holds_each_chunk() -> None:
    """A round trip takes the delay twice."""
    async with proxied() as (_, proxy):
        client = await Client.connected(proxy)
        proxy.delay(0.1)
        started = time.monotonic()
        assert await client.ask(b"hello\n") == b"ok hello\n"
        await client.close()
    assert time.monotonic() - started >= 0.2


async def test_cut_all_ends_present_connections_only() -> None:
    """After a cut a new connection passes."""
    async with proxied() as (_, proxy):
        first = await Client.connected(proxy)
        await first.ask(b"hello\n")
        await proxy.cut_all()
        assert await first.ask(b"again\n") == b""
        await first.close()
        second = await Client.connected(proxy)
        assert await second.ask(b"hello\n") == b"ok hello\n"
        await second.close()


async def test_a_black_hole_takes_everything_and_says_nothing() -> None:
    """F16, F55: the connection stays up, the server hears nothing."""
    async with proxied() as (echo, proxy):
        client = await Client.connected(proxy)
        await client.ask(b"hello\n")
        proxy.blackhole()
        with pytest.raises(TimeoutError):
            await client.ask(b"lost\n", timeout_s=0.2)
        await client.close()
    assert echo.heard == [b"hello\n"]


async def test_a_black_hole_may_lose_the_answers_only() -> None:
    """F16: the server hears the request, the client never the answer."""
    async with proxied() as (echo, proxy):
        proxy.blackhole(frozenset({Direction.TO_CLIENT}))
        client = await Client.connected(proxy)
        with pytest.raises(TimeoutError):
            await client.ask(b"heard\n", timeout_s=0.2)
        await client.close()
    assert echo.heard == [b"heard\n"]


@pytest.mark.parametrize("pieces", [[b"COMMIT\n"], [b"COM", b"MIT\n"], [b"x; COMMI", b"T", b"\n"]])
async def test_the_reply_to_the_pattern_is_swallowed(pieces: list[bytes]) -> None:
    """F9: the server has the request, the client gets the end of the connection instead."""
    async with proxied() as (echo, proxy):
        proxy.swallow_after(b"COMMIT")
        client = await Client.connected(proxy)
        assert await client.ask(b"BEGIN\n") == b"ok BEGIN\n"
        for piece in pieces[:-1]:
            client.writer.write(piece)
            await asyncio.sleep(0.05)
        assert await client.ask(pieces[-1]) == b""
        await proxy.wait_swallowed(1, timeout_s=30)
        await client.close()
    assert b"".join(echo.heard) == b"BEGIN\n" + b"".join(pieces)


async def test_swallowing_disarms_itself() -> None:
    """F9: the retry on a new connection gets its answer."""
    async with proxied() as (_, proxy):
        proxy.swallow_after(b"COMMIT")
        first = await Client.connected(proxy)
        assert await first.ask(b"COMMIT\n") == b""
        await first.close()
        second = await Client.connected(proxy)
        assert await second.ask(b"COMMIT\n") == b"ok COMMIT\n"
        await second.close()
    assert proxy.swallowed == 1


async def test_a_pattern_of_the_server_swallows_the_client() -> None:
    """The other direction works the same: what follows the server's pattern is lost."""
    async with proxied() as (echo, proxy):
        proxy.swallow_after(b"ok DATA", Direction.TO_CLIENT)
        client = await Client.connected(proxy)
        assert await client.ask(b"DATA\n") == b"ok DATA\n"
        assert await client.ask(b"body\n") == b""
        await client.close()
    assert echo.heard == [b"DATA\n"]


async def test_restore_makes_a_plain_proxy_again() -> None:
    """Delay, trap, black hole and pause all end; connections with holes are cut."""
    async with proxied() as (_, proxy):
        proxy.delay(30)
        proxy.swallow_after(b"COMMIT")
        proxy.blackhole()
        holed = await Client.connected(proxy)
        holed.writer.write(b"lost\n")
        await proxy.restore()
        assert await holed.ask(b"more\n") == b""
        await holed.close()
        fresh = await Client.connected(proxy)
        assert await fresh.ask(b"COMMIT\n") == b"ok COMMIT\n"
        await fresh.close()


async def test_a_paused_proxy_refuses() -> None:
    """F10: a pause looks like a server that is down, on the same port."""
    async with proxied() as (_, proxy):
        await proxy.pause()
        with pytest.raises(ConnectionRefusedError):
            await Client.connected(proxy)
        await proxy.restore()
        client = await Client.connected(proxy)
        assert await client.ask(b"hello\n") == b"ok hello\n"
        await client.close()
