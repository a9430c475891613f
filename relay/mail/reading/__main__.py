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
from relay.mail.reading.values import Attachment, Incoming, Reply

MEMORY_BYTES = 200 * 1024 * 1024  # beyond what the loaded parser itself takes
# Processor time and not the clock's: a busy machine costs no mail.
MAIL_CPU_S = 2
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
    """Return a reply with its files made anew: no byte of theirs leaves this process."""
    if not isinstance(incoming, Reply) or not incoming.attachments:
        return incoming
    # Pictures are decoded by a library of their own: most replies have none.
    from relay.mail.attachments import Allowed, FileKind, clean  # noqa: PLC0415

    cleaned = clean(incoming.attachments, allowed=Allowed(frozenset(FileKind)))
    files = tuple(Attachment(one.name, one.kind, one.content) for one in cleaned.files)
    dropped = (*incoming.dropped, *map(str, cleaned.left_out))
    return replace(incoming, attachments=files, dropped=dropped)


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
    limit = math.floor(time.process_time()) + seconds  # it counts whole seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
