"""The reading process with faults on order: what a mail says in its first field, it does.

``RIG: loop`` never ends, ``RIG: memory`` takes all it can get, ``RIG: exit`` ends the process,
``RIG: lie`` answers what no reader writes, ``RIG: environment`` tells what it was started with.
"""

import os
import sys
from pathlib import Path

from relay.mail.reading import __main__ as program
from relay.mail.reading.values import Incoming, Unreadable

_read = program.read


def _faulty(raw: bytes) -> Incoming:
    order = raw.partition(b"\n")[0].strip()
    if order == b"RIG: loop":
        while True:
            pass
    if order == b"RIG: memory":
        hoard = []
        while True:
            hoard.append(bytearray(16 * 1024 * 1024))
    if order == b"RIG: exit":
        os._exit(3)
    if order == b"RIG: lie":
        sys.stdout.buffer.write((4).to_bytes(4, "big") + b"null")
    if order == b"RIG: environment":
        opened = sorted(os.readlink(fd) for fd in Path("/proc/self/fd").iterdir() if fd.exists())
        return Unreadable(repr((sorted(os.environ), os.getpid(), opened)))
    return _read(raw)


if __name__ == "__main__":
    program.read = _faulty
    program.main()
