"""The listener of the rig keeps its port and tells its own faults."""

import asyncio
import socket

import pytest

from tests.rig.listener import Listener


async def _connect(port: int) -> asyncio.StreamWriter:
    """Connect and give the client's side."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    return writer


async def _leave(writer: asyncio.StreamWriter) -> None:
    """End the client's side."""
    writer.close()
    await writer.wait_closed()


async def test_a_fault_of_the_rig_is_raised_at_the_end() -> None:
    """A server of the rig that breaks cannot let a test pass."""
    served = asyncio.Event()

    async def broken(_: socket.socket) -> None:
        served.set()
        raise LookupError("fault of the rig")

    listener = Listener(broken)
    listener.resume()
    writer = await _connect(listener.port)
    await served.wait()
    await _leave(writer)
    with pytest.raises(LookupError):
        await listener.close()


async def test_the_port_stays_reserved_while_paused() -> None:
    """F24: nobody else can listen on the port of a paused server, and nobody answers there."""

    async def serve(_: socket.socket) -> None:
        """Leave at once."""

    listener = Listener(serve)
    listener.resume()
    await listener.pause()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", listener.port))
    with pytest.raises(ConnectionRefusedError):
        await _connect(listener.port)
    listener.resume()
    await _leave(await _connect(listener.port))
    await listener.close()


async def test_pausing_twice_and_resuming_twice_is_harmless() -> None:
    """The state is what was asked last."""

    async def serve(_: socket.socket) -> None:
        """Leave at once."""

    listener = Listener(serve)
    await listener.pause()
    listener.resume()
    listener.resume()
    await _leave(await _connect(listener.port))
    await listener.pause()
    await listener.pause()
    with pytest.raises(ConnectionRefusedError):
        await _connect(listener.port)
    await listener.close()
