"""The reading process: mails come in on standard input, what they are goes out.

Whatever a mail makes the parser do happens here and not in the listener: the memory has an end
(RLIMIT_AS), the parent watches the clock. It holds no key, no connection and no setting, and
ends when its parent does.
"""

import resource
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from relay.mail.reading.encoding import to_json
from relay.mail.reading.frames import GREETING, LENGTH_BYTES, framed, length_of
from relay.mail.reading.reader import read
from relay.mail.reading.values import Attachment, Incoming, Reply

MEMORY_BYTES = 200 * 1024 * 1024  # beyond what the loaded parser itself takes


def main() -> None:
    """Read mail after mail until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for the parent to act on
    _limit_memory()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    _write(target, GREETING)
    while head := source.read(LENGTH_BYTES):
        raw = source.read(length_of(head))
        _write(target, to_json(_made_safe(read(raw))))


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


if __name__ == "__main__":
    main()
