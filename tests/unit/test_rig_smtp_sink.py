"""The scripted SMTP server keeps what it is given and misbehaves as its table says."""

import asyncio
import time

import aiosmtplib
import pytest

from tests.rig.smtp_sink import (
    Phase,
    RateLimit,
    SmtpSink,
    cut,
    delay,
    endless,
    hang,
    reply,
    slow,
)

MAIL = b"Message-ID: <one@rig.test>\r\nSubject: hello\r\n\r\nGood morning.\r\n"


async def send(sink: SmtpSink, recipient: str = "ada@rig.test", content: bytes = MAIL) -> None:
    """Send one mail with the real client, without TLS, one second at most per answer."""
    client = aiosmtplib.SMTP(hostname=sink.host, port=sink.port, timeout=1, start_tls=False)
    async with client:
        await client.sendmail("from@rig.test", [recipient], content)


async def talk(sink: SmtpSink, script: bytes) -> bytes:
    """Send raw bytes and return everything the server says until it closes."""
    reader, writer = await asyncio.open_connection(sink.host, sink.port)
    writer.write(script)
    async with asyncio.timeout(5):
        said = await reader.read()
    writer.close()
    await writer.wait_closed()
    return said


async def code_of(sink: SmtpSink, recipient: str) -> int:
    """Return the final code of one attempt: 250, or the one of the refusal, 0 for a cut."""
    try:
        await send(sink, recipient)
    except aiosmtplib.SMTPRecipientsRefused as refused:
        return refused.recipients[0].code
    except aiosmtplib.SMTPResponseException as refused:
        return refused.code
    except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError):
        return 0
    return 250


async def test_a_mail_is_kept_with_its_envelope_and_bytes() -> None:
    """What the client sent is what the sink keeps, and it is marked as answered."""
    async with SmtpSink() as sink:
        await send(sink)
        [mail] = await sink.wait_for(1, timeout_s=2)
    assert (mail.message_id, mail.sender) == ("<one@rig.test>", "from@rig.test")
    assert (mail.recipients, mail.content) == (("ada@rig.test",), MAIL)
    assert (mail.answered, mail.reply_code) == (True, 250)


async def test_dots_are_kept_on_the_wire_and_removed_in_the_content() -> None:
    """A4: the raw bytes show the doubled dot, the content shows the author's one."""
    async with SmtpSink() as sink:
        await send(sink, content=MAIL + b".\r\n.hidden\r\n")
        [mail] = await sink.wait_for(1, timeout_s=2)
    assert mail.raw == MAIL + b"..\r\n..hidden\r\n"
    assert mail.content == MAIL + b".\r\n.hidden\r\n"


@pytest.mark.parametrize("false_end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r"])
async def test_only_crlf_dot_crlf_ends_a_mail(false_end: bytes) -> None:
    """A4: other forms of end of data stay inside the content."""
    body = b"a" + false_end + b"MAIL FROM:<evil@rig.test>\r\n"
    dialogue = b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<ada@rig.test>\r\nDATA\r\n%b.\r\nQUIT\r\n" % body
    async with SmtpSink() as sink:
        await talk(sink, dialogue)
    assert [mail.raw for mail in sink.mails] == [body]


async def test_an_empty_mail_ends_with_its_first_dot() -> None:
    """The CRLF of the DATA line counts as the first half of the end."""
    async with SmtpSink() as sink:
        await talk(sink, b"HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n.\r\nQUIT\r\n")
    assert [(mail.raw, mail.sender) for mail in sink.mails] == [(b"", "")]


async def test_pipelined_commands_are_answered_in_order() -> None:
    """One packet with a whole transaction gets one answer per command."""
    async with SmtpSink(extensions=("PIPELINING",)) as sink:
        said = await talk(sink, b"EHLO x\r\nNOOP\r\nBAD\r\nRSET\r\nDATA\r\nQUIT\r\n")
    codes = [line[:4] for line in said.split(b"\r\n") if line]
    assert codes == [b"220 ", b"250-", b"250 ", b"250 ", b"500 ", b"250 ", b"503 ", b"221 "]


async def test_both_sides_are_logged_with_times() -> None:
    """Each connection keeps the bytes of both sides in order, and who ended it."""
    async with SmtpSink() as sink:
        said = await talk(sink, b"NOOP\r\nQUIT\r\n")
        [connection] = sink.connections
    assert (connection.received, connection.sent) == (b"NOOP\r\nQUIT\r\n", said)
    assert connection.commands == ["NOOP", "QUIT"]
    assert connection.closed_by == "server"
    assert connection.opened_at <= connection.chunks[0].at <= connection.chunks[-1].at


@pytest.mark.parametrize(
    ("local_part", "codes", "kept", "dropped"),
    [
        ("greylist", [450, 250], 1, 0),
        ("greylist-2", [450, 450, 250], 1, 0),
        ("busy", [421, 250], 1, 0),
        ("unknown", [550, 550], 0, 0),
        ("disabled", [550], 0, 0),
        ("full", [552, 552], 0, 0),
        ("policy", [550, 550], 0, 0),
        ("rcpt-452-4-2-2", [452, 452], 0, 0),
        ("data-451", [451, 451], 0, 0),
        ("dot-554-5-7-1", [554, 554], 0, 2),
        ("data4xx", [451, 250], 1, 0),
        ("data5xx", [554, 554], 0, 0),
        ("dot4xx", [451, 250], 1, 1),
        ("dot5xx", [554, 554], 0, 2),
        ("cutrcpt", [0, 250], 1, 0),
        ("cutdata", [0, 250], 1, 0),
        ("cutbody", [0, 250], 1, 0),
        ("cutdot-kept", [0, 250], 2, 0),
        ("cutdot-kept-2", [0, 0, 250], 3, 0),
        ("cutdot-lost", [0, 250], 1, 1),
        ("delayrcpt-0", [250], 1, 0),
        ("anything.else", [250, 250], 2, 0),
    ],
)
async def test_the_recipient_chooses_the_behaviour(
    local_part: str, codes: list[int], kept: int, dropped: int
) -> None:
    """F30-F33, F35: each local part of the table gives its codes and its number of copies."""
    recipient = f"{local_part}@rig.test"
    async with SmtpSink() as sink:
        assert [await code_of(sink, recipient) for _ in codes] == codes
    assert (len(sink.mails), len(sink.dropped)) == (kept, dropped)


async def test_addresses_count_apart() -> None:
    """What follows the plus sign makes another address with its own count."""
    async with SmtpSink() as sink:
        codes = [await code_of(sink, f"greylist+{n}@rig.test") for n in (1, 2, 1)]
    assert codes == [450, 450, 250]


async def test_an_unanswered_dot_leaves_a_mail_marked_unanswered() -> None:
    """F33: the kept copy of a cut dot says that nobody was told."""
    async with SmtpSink() as sink:
        await code_of(sink, "cutdot-kept@rig.test")
        await code_of(sink, "cutdot-kept@rig.test")
    copies = sink.by_message_id()["<one@rig.test>"]
    assert [(copy.answered, copy.reply_code) for copy in copies] == [(False, None), (True, 250)]


@pytest.mark.parametrize("phase", [Phase.GREETING, Phase.EHLO, Phase.MAIL, Phase.RCPT, Phase.DATA])
async def test_a_phase_can_be_cut_a_counted_number_of_times(phase: Phase) -> None:
    """F24-F32: after the counted cuts the sink is normal again."""
    async with SmtpSink() as sink:
        sink.behave(phase, cut(times=1))
        # Without an answer to EHLO the library tries HELO on the dead connection, then gives up.
        with pytest.raises((aiosmtplib.SMTPException, OSError)):
            await send(sink)
        await send(sink)
    assert len(sink.mails) == 1


async def test_hang_lasts_until_the_client_leaves() -> None:
    """F34: a hanging server notes when the client gave up, and that it was the client."""
    async with SmtpSink() as sink:
        sink.behave(Phase.DOT, hang(keeps_mail=True))
        with pytest.raises(aiosmtplib.SMTPReadTimeoutError):
            await send(sink)
        await sink.wait_closed(timeout_s=2)
    assert sink.connections[0].closed_by == "client"
    assert [mail.answered for mail in sink.mails] == [False]


async def test_delay_gives_the_normal_answer_later() -> None:
    """F34: the mail is there before its late answer."""
    async with SmtpSink() as sink:
        sink.behave(Phase.DOT, delay(0.3))
        started = time.monotonic()
        sending = asyncio.create_task(send(sink))
        [mail] = await sink.wait_for(1, timeout_s=2)
        assert not mail.answered
        await sending
    assert mail.answered
    assert time.monotonic() - started >= 0.3


async def test_slow_answers_come_byte_by_byte() -> None:
    """F38: a slow reply is cut into single bytes."""
    async with SmtpSink() as sink:
        sink.behave(Phase.QUIT, slow(bytes_per_s=1000))
        await talk(sink, b"QUIT\r\n")
        [connection] = sink.connections
    assert {len(chunk.data) for chunk in connection.chunks if chunk.by == "server"} >= {1}
    assert connection.sent.endswith(b"221 2.0.0 bye\r\n")


async def test_an_endless_greeting_is_bounded() -> None:
    """F26: the flood stops by itself at 32 MiB and the connection is closed."""
    async with SmtpSink() as sink:
        sink.behave(Phase.GREETING, endless())
        said = await talk(sink, b"")
    assert 30 * 2**20 < len(said) <= 32 * 2**20


async def test_the_client_refuses_an_endless_greeting() -> None:
    """F26: the client that leaves early ends the flood."""
    async with SmtpSink() as sink:
        sink.behave(Phase.GREETING, endless())
        with pytest.raises(aiosmtplib.SMTPException):
            await send(sink)


async def test_ehlo_refused_falls_back_to_helo() -> None:
    """F26: HELO has a phase of its own and still works."""
    async with SmtpSink() as sink:
        sink.behave(Phase.EHLO, reply(502, "5.5.1 no ESMTP here"))
        await send(sink)
    assert sink.reached[Phase.HELO] == 1


async def test_a_script_decides_before_everything_else() -> None:
    """The script sees the nth event of a phase and wins over behaviour and recipient."""
    async with SmtpSink(
        script=lambda event: (
            reply(452, "4.5.3 third try, please")
            if event.phase is Phase.RCPT and event.nth < 3
            else None
        )
    ) as sink:
        codes = [await code_of(sink, "ada@rig.test") for _ in range(3)]
    assert codes == [452, 452, 250]


async def test_a_reply_inside_the_body_is_refused_to_the_test() -> None:
    """An action without sense at its phase is told at once."""
    async with SmtpSink() as sink:
        with pytest.raises(ValueError, match="cut or hang"):
            sink.behave(Phase.BODY, reply(451))


async def test_the_rate_limit_refuses_what_is_too_much() -> None:
    """F29: beyond the limit MAIL is refused with the chosen code, then admitted again."""
    limit = RateLimit(2, window_s=0.5, code=451)
    async with SmtpSink(limit=limit) as sink:
        assert [await code_of(sink, "a@rig.test") for _ in range(3)] == [250, 250, 451]
        await asyncio.sleep(0.6)
        assert await code_of(sink, "a@rig.test") == 250
    assert len(limit.refused_at) == 1


async def test_a_paused_sink_refuses_and_comes_back_on_its_port() -> None:
    """F24: while paused a connect is refused; the port number stays."""
    async with SmtpSink() as sink:
        port = sink.port
        await sink.pause()
        with pytest.raises(aiosmtplib.SMTPConnectError):
            await send(sink)
        sink.resume()
        await send(sink)
    assert (sink.port, len(sink.mails)) == (port, 1)


async def test_a_pause_ends_open_connections() -> None:
    """F24: a client in the middle of its dialogue loses the server."""
    async with SmtpSink() as sink:
        reader, writer = await asyncio.open_connection(sink.host, sink.port)
        await reader.readline()
        await sink.pause()
        async with asyncio.timeout(2):
            assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
    assert sink.connections[0].closed_by == "server"


async def test_waiting_for_too_many_mails_says_how_many_came() -> None:
    """A test that waits in vain reads the counts in the message."""
    async with SmtpSink() as sink:
        with pytest.raises(TimeoutError, match="0 of 1 mails"):
            await sink.wait_for(1, timeout_s=0.05)
