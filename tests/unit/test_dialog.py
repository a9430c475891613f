"""What a server answers: in order, in pieces, unasked, without end."""

import asyncio

import pytest
from aiosmtplib import SMTPResponseException, SMTPServerDisconnected
from hypothesis import given
from hypothesis import strategies as st

from workers.dialog import ANSWER_BYTES, Dialog

SOON_S = 0.05


class _Wire(asyncio.Transport):
    """A connection that keeps what is written and does nothing with it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def set_protocol(self, _protocol: asyncio.BaseProtocol) -> None:
        """Nobody else is to be told."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


def _opened() -> tuple[Dialog, _Wire]:
    wire = _Wire()
    return Dialog(wire, pipelines=True), wire


@given(st.lists(st.integers(1, 80)))
async def test_answers_come_in_pieces(sizes: list[int]) -> None:
    """However the bytes of several answers are cut, each command gets its own."""
    said = b"250-ok\r\n250 2.1.0 sender ok\r\n550 5.1.1 nobody\r\n354 go\r\n"
    expected = [(250, "ok\n2.1.0 sender ok"), (550, "5.1.1 nobody"), (354, "go")]

    dialog, _ = _opened()
    dialog.say(b"MAIL\r\n", b"RCPT\r\n", b"DATA\r\n")
    at = 0
    for size in [*sizes, len(said)]:
        dialog.data_received(said[at : at + size])
        at += size
    assert [await dialog.answer(SOON_S) for _ in expected] == expected


async def test_commands_leave_together() -> None:
    """What is said at once is written at once."""
    dialog, wire = _opened()
    dialog.say(b"MAIL\r\n", b"RCPT\r\n")
    assert wire.written == b"MAIL\r\nRCPT\r\n"


@pytest.mark.parametrize("said", [b"421 4.4.2 bye\r\n", b"42"])
async def test_a_server_that_speaks_unasked_is_left(said: bytes) -> None:
    """What nobody asked for must not be taken for the answer to what is asked next."""
    dialog, wire = _opened()
    dialog.data_received(said)
    assert wire.closed
    with pytest.raises(SMTPServerDisconnected):
        dialog.say(b"MAIL\r\n")


async def test_more_answers_than_commands_end_it() -> None:
    """The answer that was asked for is kept; the one too many ends the connection."""
    dialog, wire = _opened()
    dialog.say(b"RSET\r\n")
    dialog.data_received(b"250 ok\r\n250 ok\r\n")
    assert ((await dialog.answer(SOON_S)).code, wire.closed) == (250, True)


@pytest.mark.parametrize(
    "said", [b"hello\r\n", b"250-" + b"x" * ANSWER_BYTES, b"250-\r\n" * ANSWER_BYTES]
)
async def test_no_answer_of_smtp_is_none(said: bytes) -> None:
    """F26: words without a code, or without an end, break the connection in bounded memory."""
    dialog, wire = _opened()
    dialog.say(b"MAIL\r\n")
    dialog.data_received(said)
    assert wire.closed
    with pytest.raises(SMTPResponseException):
        await dialog.answer(SOON_S)


async def test_who_waits_is_told_of_the_end() -> None:
    """A lost connection is an end of waiting."""
    dialog, _ = _opened()
    dialog.say(b"MAIL\r\n")
    waiting = asyncio.ensure_future(dialog.answer(5))
    await asyncio.sleep(0)
    dialog.connection_lost(None)
    with pytest.raises(SMTPServerDisconnected):
        await waiting


@pytest.mark.parametrize(
    "left", [b"354 go all the same\r\n250 reset\r\n", b"503 no\r\n500 no RSET\r\n"]
)
async def test_there_is_no_way_back(left: bytes) -> None:
    """A server that waits for content after a refusal, or knows no RSET, gets no further mail."""
    dialog, _ = _opened()
    dialog.say(b"RCPT\r\n", b"DATA\r\n")
    dialog.data_received(b"550 5.1.1 nobody\r\n")
    await dialog.answer(SOON_S)
    again = asyncio.ensure_future(dialog.start_over())
    for line in left.splitlines(keepends=True):
        await asyncio.sleep(0)
        dialog.data_received(line)
    with pytest.raises(SMTPServerDisconnected):
        await again
