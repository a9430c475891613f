"""Bytes of one connection to the scripted SMTP server: log, TLS, cut."""

import asyncio
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import Literal

CHUNK_BYTES = 65_536
Side = Literal["client", "server"]


class Gone(Exception):
    """The connection has ended; nothing more can be said on it."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes seen at once, after decryption when TLS is on.

    Args:
        at: Monotonic time, seconds.
        by: Who sent them.
        data: The bytes.
        encrypted: Whether they travelled inside TLS.
    """

    at: float
    by: Side
    data: bytes
    encrypted: bool


@dataclass(frozen=True, slots=True)
class AuthAttempt:
    """One AUTH command that reached the password."""

    mechanism: str
    username: str
    password: str
    accepted: bool
    encrypted: bool


@dataclass(slots=True)
class Connection:
    """Everything that happened on one connection, kept after its end.

    Args:
        number: 1 for the first connection of the sink.
        opened_at: Monotonic time, seconds.
        chunks: Every byte of both sides, in order.
        commands: The command lines the client sent (no body, no AUTH answers).
        auths: The log-in attempts.
        encrypted: Whether TLS is on now.
        early_plaintext: What the client pipelined behind STARTTLS; dropped by the server.
        closed_at: Monotonic time of the end, None while open.
        closed_by: Who ended it, None while open.
    """

    number: int
    opened_at: float
    chunks: list[Chunk] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    auths: list[AuthAttempt] = field(default_factory=list)
    encrypted: bool = False
    early_plaintext: bytes = b""
    closed_at: float | None = None
    closed_by: Side | None = None

    @property
    def received(self) -> bytes:
        """All bytes of the client, decrypted."""
        return self._joined("client")

    @property
    def sent(self) -> bytes:
        """All bytes of the server, before encryption."""
        return self._joined("server")

    @property
    def received_in_clear(self) -> bytes:
        """Bytes of the client that travelled outside TLS."""
        return b"".join(c.data for c in self.chunks if c.by == "client" and not c.encrypted)

    def _joined(self, side: Side) -> bytes:
        return b"".join(chunk.data for chunk in self.chunks if chunk.by == side)


class Wire:
    """Read and write one socket, with the log kept in *connection*."""

    def __init__(self, sock: socket.socket, connection: Connection) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = sock
        self._connection = connection
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None
        self._buffer = bytearray()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def read_line(self) -> bytes:
        """Return the next line without its CRLF; a bare CR or LF stays inside the line.

        Raises:
            Gone: The client has left.
        """
        return await self.read_until(b"\r\n")

    async def read_until(self, end: bytes) -> bytes:
        """Return what comes before *end*, and consume *end*.

        Raises:
            Gone: The client has left first.
        """
        start = 0
        while (found := self._buffer.find(end, start)) < 0:
            start = max(0, len(self._buffer) - len(end) + 1)
            await self._fill()
        taken = bytes(self._buffer[:found])
        del self._buffer[: found + len(end)]
        return taken

    async def read_content(self) -> bytes:
        """Return the wire bytes of a mail, dots doubled, up to the final dot.

        Raises:
            Gone: The client has left first.
        Source: RFC 5321 section 4.1.1.4: nothing but CRLF.CRLF ends the mail.
        """
        # The CRLF of the DATA line is the first of an empty mail's CRLF.CRLF.
        self._buffer[:0] = b"\r\n"
        return (await self.read_until(b"\r\n.\r\n") + b"\r\n")[2:]

    async def read_some(self) -> bytes:
        """Wait until there is something to read and return it without consuming it.

        Raises:
            Gone: The client has left.
        """
        if not self._buffer:
            await self._fill()
        return bytes(self._buffer)

    async def send(self, data: bytes) -> None:
        """Write and log.

        Raises:
            Gone: The client has left.
        """
        self._log("server", data)
        if self._tls is None:
            await self._send_raw(data)
            return
        self._tls.write(data)
        await self._send_raw(self._outgoing.read())

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Become TLS; plaintext pipelined behind STARTTLS is noted and dropped.

        Raises:
            Gone: The handshake failed, for example because the client refused the certificate.
        Source: RFC 3207 section 4.2.
        """
        self._connection.early_plaintext = bytes(self._buffer)
        self._buffer.clear()
        tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._send_raw(self._outgoing.read())
                self._incoming.write(await self._receive_raw())
            except ssl.SSLError as error:
                self._ended("client")
                raise Gone from error
        await self._send_raw(self._outgoing.read())
        self._tls = tls
        self._connection.encrypted = True
        # The end of the handshake and the next command may have come in one segment.
        self._take(self._decrypted(tls))

    async def drain_until_gone(self) -> None:
        """Read and log without ever answering.

        Raises:
            Gone: Always, when the client has left.
        """
        while True:
            await self._fill()

    def cut(self) -> None:
        """Close the socket at once."""
        self._ended("server")
        self._socket.close()

    def _ended(self, by: Side) -> None:
        if self._connection.closed_at is None:
            self._connection.closed_at = time.monotonic()
            self._connection.closed_by = by

    async def _fill(self) -> None:
        data = await self._receive_raw()
        if self._tls is not None:
            self._incoming.write(data)
            data = self._decrypted(self._tls)
        self._take(data)

    def _take(self, data: bytes) -> None:
        if data:
            self._log("client", data)
            self._buffer += data

    def _decrypted(self, tls: ssl.SSLObject) -> bytes:
        parts = []
        try:
            while part := tls.read(CHUNK_BYTES):
                parts.append(part)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self._ended("client")
            raise Gone from error
        return b"".join(parts)

    async def _receive_raw(self) -> bytes:
        try:
            data = await self._loop.sock_recv(self._socket, CHUNK_BYTES)
        except OSError as error:
            self._ended("client")
            raise Gone from error
        if not data:
            self._ended("client")
            raise Gone
        return data

    async def _send_raw(self, data: bytes) -> None:
        try:
            await self._loop.sock_sendall(self._socket, data)
        except OSError as error:
            self._ended("client")
            raise Gone from error

    def _log(self, by: Side, data: bytes) -> None:
        self._connection.chunks.append(
            Chunk(time.monotonic(), by, data, self._connection.encrypted)
        )
