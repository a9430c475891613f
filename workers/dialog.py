"""Commands and answers on a connection that the SMTP library has opened, greeted and protected.

The library awaits each answer before it sends the next command. Here commands may leave together
where the server offers that (RFC 2920); answers are told apart by their order alone, so a server
that says more than it was asked is listened to no further.
"""

import asyncio
from collections import deque

from aiosmtplib import SMTPResponse, SMTPResponseException, SMTPServerDisconnected, SMTPStatus

ANSWER_BYTES = 32_768
RESET_TIMEOUT_S = 5.0


class Dialog(asyncio.Protocol):
    """One open connection: what is said, and what is answered, in order.

    Args:
        transport: Of a client that has greeted and says nothing any more.
        pipelines: The server takes several commands at once.
    """

    def __init__(self, transport: asyncio.Transport, *, pipelines: bool) -> None:
        self.pipelines = pipelines
        self._transport = transport
        self._transport.set_protocol(self)
        self._unread = b""
        self._lines: list[bytes] = []
        self._answers: deque[SMTPResponse] = deque()
        self._expected = 0
        self._end: Exception | None = None
        self._heard = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Tell whether something can be said."""
        return not self._transport.is_closing()

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def write(self, data: bytes) -> None:
        """Send what is not answered.

        Raises:
            SMTPServerDisconnected: The connection is gone.
        """
        if not self.is_open:
            raise SMTPServerDisconnected("connection lost")
        self._transport.write(data)

    def say(self, *commands: bytes) -> None:
        """Send commands, each with its line end and each to be answered.

        Raises:
            SMTPServerDisconnected: The connection is gone.
        """
        self.write(b"".join(commands))
        self._expected += len(commands)

    async def answer(self, timeout_s: float) -> SMTPResponse:
        """Return the next answer.

        Raises:
            TimeoutError: It did not come in time.
            SMTPServerDisconnected: The connection is gone, or the server spoke unasked.
            SMTPResponseException: It is no answer of SMTP.
        """
        if not self._answers:  # of commands that left together, most came with the first
            async with asyncio.timeout(timeout_s):
                await self._hear()
        return self._answers.popleft()

    async def _hear(self) -> None:
        while not self._answers:
            if self._end:
                raise self._end
            self._heard.clear()
            await self._heard.wait()

    async def start_over(self) -> None:
        """Go back to where a mail may begin, after something was refused.

        Raises:
            SMTPServerDisconnected: The server waits for content all the same, or refuses.
        """
        codes = [
            (await self.answer(RESET_TIMEOUT_S)).code
            for _ in range(self._expected + len(self._answers))
        ]
        self.say(b"RSET\r\n")
        codes.append((await self.answer(RESET_TIMEOUT_S)).code)
        if SMTPStatus.start_input in codes or codes[-1] != SMTPStatus.completed:
            raise SMTPServerDisconnected("no way back")

    def data_received(self, data: bytes) -> None:
        """Read answers, whole or in pieces (RFC 5321 4.2.1)."""
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            self._read(line)
        if self._unread and not self._expected:
            self._break(SMTPServerDisconnected("spoke unasked"))
        if len(self._unread) + sum(map(len, self._lines)) > ANSWER_BYTES:
            self._break(SMTPResponseException(SMTPStatus.invalid_response, "answer too long"))

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell who waits."""
        self._break(SMTPServerDisconnected("connection lost"))

    def _read(self, line: bytes) -> None:
        if not self._expected:
            self._break(SMTPServerDisconnected("spoke unasked"))
            return
        if not line[:3].isdigit():
            self._break(SMTPResponseException(SMTPStatus.invalid_response, "not an answer"))
            return
        self._lines.append(line)
        if line[3:4] != b"-":
            text = b"\n".join(one[4:].strip() for one in self._lines).decode(
                "utf-8", "surrogateescape"
            )
            self._lines.clear()
            self._expected -= 1
            self._answers.append(SMTPResponse(int(line[:3]), text))
            self._heard.set()

    def _break(self, error: Exception) -> None:
        self._end = self._end or error
        self._heard.set()
        self._transport.close()
