"""A light HTTP/1.1 load: many keep-alive clients in one loop, so that the server is the limit."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """What a load measured: requests per second, latencies in ms in order, status codes seen."""

    per_s: float
    p50_ms: float
    p99_ms: float
    statuses: dict[int, int]
    taken_ms: list[float]


class _Client(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, _error: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_result(0)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end or self._answer is None:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
        if len(body) >= length:
            self._buffer = b""
            self._answer.set_result(int(head[9:12]))

    async def ask(self, request: bytes) -> int:
        """Send one request; return its status, 0 when the connection was lost."""
        self._answer = asyncio.get_running_loop().create_future()
        if self._transport:
            self._transport.write(request)
        return await self._answer


async def load(port: int, request: Callable[[], bytes], *, clients: int, seconds: float) -> Load:
    """Send requests from *clients* connections for *seconds* to a loopback port."""
    end = time.perf_counter() + seconds
    return await load_until(port, request, lambda: time.perf_counter() >= end, clients=clients)


async def load_until(
    port: int, request: Callable[[], bytes], is_over: Callable[[], bool], *, clients: int
) -> Load:
    """Send requests from *clients* connections to a loopback port until it is over."""
    latencies: list[float] = []
    statuses: dict[int, int] = {}

    async def one() -> None:
        _, client = await asyncio.get_running_loop().create_connection(_Client, "127.0.0.1", port)
        while not latencies or not is_over():
            asked = time.perf_counter()
            status = await client.ask(request())
            latencies.append((time.perf_counter() - asked) * 1000)
            statuses[status] = statuses.get(status, 0) + 1

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(clients)))
    took = time.perf_counter() - started
    latencies.sort()
    return Load(
        len(latencies) / took,
        latencies[len(latencies) // 2],
        latencies[int(len(latencies) * 0.99)],
        statuses,
        latencies,
    )


def post(path: str, body: bytes) -> bytes:
    """Return a JSON POST request."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
