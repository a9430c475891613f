"""A listening socket on 127.0.0.1 that can go away and come back on the same port."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

HOST = "127.0.0.1"
BACKLOG = 1024


class Listener:
    """Accept TCP connections and own one task per connection until closed.

    While paused, the port stays bound without listening: a connect is refused, and no other
    program of the machine can take the port meanwhile.

    Args:
        serve: Called with each accepted non-blocking socket; the listener closes the socket.
    """

    def __init__(self, serve: Callable[[socket.socket], Awaitable[None]]) -> None:
        self._serve = serve
        self._socket = _bound(0)
        self._accepting: asyncio.Task[None] | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._faults: list[BaseException] = []
        self.port: int = self._socket.getsockname()[1]
        """Port number, the same for the whole life of the listener."""

    def resume(self) -> None:
        """Start to accept; does nothing when already accepting."""
        if self._accepting is None:
            self._socket.listen(BACKLOG)
            self._accepting = asyncio.create_task(self._accept_all())
            self._accepting.add_done_callback(self._done)

    async def pause(self) -> None:
        """Refuse new connections and end the present ones."""
        await self.cut_all()
        if self._accepting is not None:
            await _cancel(self._accepting)
            self._accepting = None
            self._socket.close()
            self._socket = _bound(self.port)
        # A connection accepted while the first cut was waiting.
        await self.cut_all()

    async def cut_all(self) -> None:
        """End every present connection; new ones are still accepted."""
        for task in tuple(self._serving):
            await _cancel(task)

    async def close(self) -> None:
        """Stop for good and wait until every task of the listener has ended.

        Raises:
            Exception: The first fault of the rig itself; a test must not pass over it.
        """
        await self.pause()
        self._socket.close()
        if self._faults:
            raise self._faults[0]

    async def _accept_all(self) -> None:
        # Accepting without an await: a cancelled sock_accept may lose a socket it has accepted.
        while True:
            await _readable(self._socket)
            try:
                accepted, _ = self._socket.accept()
            except BlockingIOError:
                continue  # the client has left meanwhile
            accepted.setblocking(False)
            task = asyncio.create_task(self._serve_one(accepted))
            self._serving.add(task)
            task.add_done_callback(self._done)
            # A task cancelled before its first step closes nothing itself.
            task.add_done_callback(lambda _, accepted=accepted: accepted.close())

    def _done(self, task: asyncio.Task[None]) -> None:
        self._serving.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._faults.append(fault)

    async def _serve_one(self, accepted: socket.socket) -> None:
        with accepted:
            await self._serve(accepted)


async def _readable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(sock, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sock)


def _bound(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((HOST, port))
    return made


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    # wait() does not raise what the task raised; that is noted when the task is done.
    await asyncio.wait({task})
