"""The reading process: mails come in on standard input, what they are goes out.

Whatever a mail makes the parser do happens here and not in the listener: the memory has an end
(RLIMIT_AS), the parent watches the clock. It holds no key, no connection and no setting, and
ends when its parent does.
"""

import resource
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from relay.mail.reading.encoding import to_json
from relay.mail.reading.frames import GREETING, LENGTH_BYTES, framed, length_of
from relay.mail.reading.reader import read

MEMORY_BYTES = 200 * 1024 * 1024  # beyond what the loaded parser itself takes


def main() -> None:
    """Read mail after mail until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for the parent to act on
    _limit_memory()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    _write(target, GREETING)
    while head := source.read(LENGTH_BYTES):
        raw = source.read(length_of(head))
        _write(target, to_json(read(raw)))


def _write(target: BinaryIO, data: bytes) -> None:
    target.write(framed(data))
    target.flush()


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    main()
