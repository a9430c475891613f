"""A4: nothing a person writes ends a mail early or starts another one."""

import re
from contextlib import suppress

import pytest

from relay.errors import Invalid
from tests.relays import Relay, courier
from tests.rig.deliveries import reach, write
from tests.rig.ledger import check_wire
from tests.rig.smtp_sink import Phase, SmtpSink

NEXT = "MAIL FROM:<evil@example.org>{0}RCPT TO:<victim@example.org>{0}DATA{0}evil{0}.{0}"
ENDS = ["\n", "\r", "\r\n", "\n\r", "\u2028", "\u0085", "\x0b", "\x0c"]
DOTS = [".", "..", ".\r", "\r.", " .", ".\u200b"]
_LINE = re.compile(rb"[^\r\n]*\r\n")


@pytest.mark.parametrize("field", ["message", "name"])
async def test_a4_dots_and_line_ends(relay: Relay, field: str) -> None:
    """A4: the wire has dot-stuffed CRLF lines only, one mail per contact, nobody else's address."""
    texts = [f"Bonjour{end}{dot}{end}{NEXT.format(end)}" for end in ENDS for dot in DOTS]
    if field == "name":
        texts = [text[:50] for text in texts]
    ids = []
    for text in texts:
        with suppress(Invalid):  # refused at the door is as good
            ids += await write(relay, **{field: text})
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await reach(relay, ids, "delivered", timeout_s=14)
        assert len(sink.mails) == len(ids)
        assert sink.reached[Phase.MAIL] == sink.reached[Phase.DOT] == len(ids)
        commands = " ".join(line for one in sink.connections for line in one.commands)
        assert "evil@" not in commands
        assert "victim@" not in commands
        for mail in sink.mails:
            lines = _LINE.findall(mail.raw)
            assert b"".join(lines) == mail.raw
            assert not any(line == b".\r\n" for line in lines)
            assert max(map(len, lines)) <= 1000
        await check_wire(relay, sink)
    if field == "message":
        assert len(ids) > len(texts) / 2, "the door refused nearly everything: nothing was proved"
