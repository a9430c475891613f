"""The reading process: mails come in on standard input, what they are goes out.

Whatever a mail makes the parser do happens here and not in the listener: memory and processor
time have an end, which the kernel keeps. It holds no key, no connection and no setting, and ends
when its parent does.
"""

import math
import resource
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from relay.mail.reading.encoding import to_json
from relay.mail.reading.frames import GREETING, LENGTH_BYTES, framed, length_of
from relay.mail.reading.reader import read
from relay.mail.reading.values import Attachment, AutoReply, Incoming, Reply

MEMORY_BYTES = 200 * 1024 * 1024  # beyond what the loaded parser itself takes
# Processor time and not the clock's: a busy machine costs no mail.
MAIL_CPU_S = 2
QUOTED_MOST = 64 * 1024  # signs
WORDS_MOST = 20_000  # signs
FILE_CPU_S = 2  # more for each megabyte: pictures are made anew


def main() -> None:
    """Read mail after mail until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for the parent to act on
    _limit_memory()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    _write(target, GREETING)
    while head := source.read(LENGTH_BYTES):
        raw = source.read(length_of(head))
        _limit_time(MAIL_CPU_S)
        found = read(raw)
        _limit_time(MAIL_CPU_S + FILE_CPU_S * (len(raw) >> 20))
        _write(target, to_json(_made_safe(found)))


def _made_safe(incoming: Incoming) -> Incoming:
    """Return what was read with words of a bounded length and files made anew."""
    match incoming:
        case Reply():
            return _with_files(_shortened(incoming))
        case AutoReply(heading, text):
            return AutoReply(heading, text[:WORDS_MOST])
    return incoming


def _shortened(reply: Reply) -> Reply:
    """Cut what no person writes in one message: it is masked again for every later mail."""
    text, rest = reply.text[:WORDS_MOST], reply.text[WORDS_MOST:]
    return replace(
        reply,
        text=text,
        doubtful=(rest + reply.doubtful)[:WORDS_MOST],
        quoted=reply.quoted[:QUOTED_MOST],  # looked through for what was typed in between
        signature=reply.signature[:WORDS_MOST],
        dropped=(*reply.dropped, "text") if rest else reply.dropped,
    )


def _with_files(reply: Reply) -> Reply:
    """Make the files anew: no byte of theirs leaves this process."""
    if not reply.attachments:
        return reply
    # Pictures are decoded by a library of their own: most replies have none.
    from relay.mail.attachments import Allowed, FileKind, clean  # noqa: PLC0415

    cleaned = clean(reply.attachments, allowed=Allowed(frozenset(FileKind)))
    files = tuple(Attachment(one.name, one.kind, one.content) for one in cleaned.files)
    dropped = (*reply.dropped, *map(str, cleaned.left_out))
    return replace(reply, attachments=files, dropped=dropped)


def _write(target: BinaryIO, data: bytes) -> None:
    target.write(framed(data))
    target.flush()


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the mail


def _limit_time(seconds: int) -> None:
    """Let the kernel end this process (SIGXCPU) when what comes next takes too long."""
    limit = math.ceil(time.process_time()) + seconds  # it counts whole seconds; none are lost
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
