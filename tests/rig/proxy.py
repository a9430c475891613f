"""PX: a TCP proxy that delays, cuts, goes silent, or swallows the reply to a chosen request.

async with Proxy("127.0.0.1", postgres_port) as proxy:
    ...connect to 127.0.0.1, proxy.port, TLS off so that bytes can be matched...
    proxy.swallow_after(b"COMMIT")     # F9: stored, but the client never hears of it
"""

import asyncio
import contextlib
import socket
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from typing import Self

from tests.rig.listener import HOST, Listener

CHUNK_BYTES = 65_536


class Direction(Enum):
    """Which way bytes travel."""

    TO_SERVER = "to_server"
    TO_CLIENT = "to_client"

    @property
    def opposite(self) -> "Direction":
        """The other way."""
        return Direction.TO_CLIENT if self is Direction.TO_SERVER else Direction.TO_SERVER


BOTH = frozenset(Direction)


@dataclass(slots=True)
class _Trap:
    pattern: bytes
    direction: Direction
    times: int


@dataclass(slots=True)
class _Pair:
    """One client and its server, and the direction that is swallowed before the cut."""

    client: socket.socket
    server: socket.socket
    swallowed: Direction | None = None

    def ends(self, direction: Direction) -> tuple[socket.socket, socket.socket]:
        """Return where bytes of *direction* come from and go to."""
        both = (self.client, self.server)
        return both if direction is Direction.TO_SERVER else (self.server, self.client)


class Proxy:
    """The proxy; an async context manager listening on 127.0.0.1 at a random port.

    Args:
        target_host: Host forwarded to.
        target_port: Port forwarded to.
    """

    def __init__(self, target_host: str, target_port: int) -> None:
        self._target = (target_host, target_port)
        self._delay_s = 0.0
        self._silent: frozenset[Direction] = frozenset()
        self._trap: _Trap | None = None
        self._swallowed = asyncio.Condition()
        self._listener = Listener(self._serve)
        self.accepted = 0
        """Connections accepted since the start."""
        self.swallowed = 0
        """Replies swallowed, each followed by a cut of both sides."""
        self.forwarded: Counter[Direction] = Counter()
        """Bytes passed on."""
        self.lost: Counter[Direction] = Counter()
        """Bytes read and thrown away."""

    async def __aenter__(self) -> Self:
        self._listener.resume()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._listener.close()

    @property
    def host(self) -> str:
        """Always 127.0.0.1."""
        return HOST

    @property
    def port(self) -> int:
        """Port number; the same after a pause."""
        return self._listener.port

    def delay(self, seconds: float) -> None:
        """Hold every chunk of both directions this long before passing it on."""
        self._delay_s = seconds

    async def cut_all(self) -> None:
        """Close both sides of every connection; new ones still pass."""
        await self._listener.cut_all()

    def blackhole(self, directions: frozenset[Direction] = BOTH) -> None:
        """Go half-open: present and new connections stay up, bytes of *directions* vanish.

        Args:
            directions: ``frozenset({Direction.TO_CLIENT})`` lets requests through and loses the
                answers. An end of connection is not passed on in a lost direction either.
        """
        self._silent = directions

    def swallow_after(
        self, pattern: bytes, direction: Direction = Direction.TO_SERVER, *, times: int = 1
    ) -> None:
        """Pass on the bytes that hold *pattern*, lose the reply to them, then cut both sides.

        Args:
            pattern: Looked for in the byte stream of *direction*, across packets too.
            direction: Where the pattern travels; the other direction is the reply.
            times: Disarms itself after this many cuts.
        """
        self._trap = _Trap(pattern, direction, times)

    async def wait_swallowed(self, count: int, timeout_s: float) -> None:
        """Return when *count* replies have been swallowed since the start.

        Raises:
            TimeoutError: Fewer within *timeout_s* seconds.
        """
        async with asyncio.timeout(timeout_s), self._swallowed:
            await self._swallowed.wait_for(lambda: self.swallowed >= count)

    async def pause(self) -> None:
        """Cut everything and refuse connections, as a server that is down."""
        await self._listener.pause()

    async def restore(self) -> None:
        """Be a plain proxy again.

        Connections that lost bytes are cut: their streams have holes.
        """
        self._delay_s = 0.0
        self._trap = None
        if self._silent:
            self._silent = frozenset()
            await self._listener.cut_all()
        self._listener.resume()

    async def _serve(self, client: socket.socket) -> None:
        self.accepted += 1
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
            server.setblocking(False)
            try:
                await asyncio.get_running_loop().sock_connect(server, self._target)
            except OSError:
                # The client sees what it can see of a proxy: an accepted connection that closes.
                return
            for side in (client, server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._pump_both(_Pair(client, server))

    async def _pump_both(self, pair: _Pair) -> None:
        pumps = [asyncio.create_task(self._pump(pair, direction)) for direction in Direction]
        try:
            # A direction that ends normally leaves the other one running (TCP half-close).
            await asyncio.gather(*pumps)
        except _Cut:
            pass
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(self, pair: _Pair, direction: Direction) -> None:
        loop = asyncio.get_running_loop()
        source, sink = pair.ends(direction)
        tail = b""
        while True:
            data = await _received(loop, source)
            if pair.swallowed is direction:
                await self._swallow(direction, data)
            if direction in self._silent:
                if not data:
                    # Half-open: the other side must not learn that this one has left.
                    await asyncio.Event().wait()
                self.lost[direction] += len(data)
                continue
            if not data:
                _half_close(sink)
                return
            await asyncio.sleep(self._delay_s)
            tail = self._watch(pair, direction, tail + data)
            await _sent(loop, sink, data)
            self.forwarded[direction] += len(data)

    def _watch(self, pair: _Pair, direction: Direction, seen: bytes) -> bytes:
        """Spring the trap before the bytes leave, so that no reply can overtake it."""
        trap = self._trap
        if trap is None or trap.direction is not direction:
            return b""
        if trap.pattern in seen:
            pair.swallowed = direction.opposite
            trap.times -= 1
            if trap.times == 0:
                self._trap = None
            return b""
        return seen[1 - len(trap.pattern) :] if len(trap.pattern) > 1 else b""

    async def _swallow(self, direction: Direction, data: bytes) -> None:
        self.lost[direction] += len(data)
        self.swallowed += 1
        async with self._swallowed:
            self._swallowed.notify_all()
        raise _Cut


class _Cut(Exception):
    """Both sides must be closed now."""


async def _received(loop: asyncio.AbstractEventLoop, source: socket.socket) -> bytes:
    try:
        return await loop.sock_recv(source, CHUNK_BYTES)
    except OSError as error:
        raise _Cut from error


async def _sent(loop: asyncio.AbstractEventLoop, sink: socket.socket, data: bytes) -> None:
    try:
        await loop.sock_sendall(sink, data)
    except OSError as error:
        raise _Cut from error


def _half_close(sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
