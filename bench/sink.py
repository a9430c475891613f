"""``python -m bench.sink``: takes mail as fast as a Python process can; prints its port.

Answers every command at once (PIPELINING offered) and counts finished mails; a line
``count`` on standard input is answered with their number.
"""

import asyncio
import sys


class _Sink(asyncio.Protocol):
    mails = 0

    def __init__(self) -> None:
        self._buffer = b""
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._step():
            pass

    def _step(self) -> bool:
        if self._in_data:
            end = self._buffer.find(b"\r\n.\r\n")
            if end < 0:
                return False
            self._buffer = self._buffer[end + 5 :]
            self._in_data = False
            _Sink.mails += 1
            self._transport.write(b"250 2.0.0 taken\r\n")
            return bool(self._buffer)
        line, end_of_line, rest = self._buffer.partition(b"\r\n")
        if not end_of_line:
            return False
        self._buffer = rest
        self._transport.write(self._answer(line[:4].upper()))
        return bool(rest)

    def _answer(self, command: bytes) -> bytes:
        if command == b"EHLO":
            return b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
        if command == b"DATA":
            self._in_data = True
            return b"354 go\r\n"
        return b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n"


async def main() -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(_Sink.mails, flush=True)


asyncio.run(main())
