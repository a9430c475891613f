"""The reading process with faults on order: what a mail says in its first field, it does.

``RIG: loop`` never ends, ``RIG: memory`` takes all it can get, ``RIG: exit`` ends the process,
``RIG: lie`` answers what no reader writes, ``RIG: tell`` tells what it was started with.
"""

import os
import sys
from pathlib import Path
from typing import NoReturn

from relay.mail.reading import __main__ as program
from relay.mail.reading.values import Incoming, Unreadable

_read = program.read


def _loop() -> NoReturn:
    while True:
        pass


def _eat() -> NoReturn:
    hoard = []
    while True:
        hoard.append(bytearray(16 * 1024 * 1024))


def _exit() -> NoReturn:
    os._exit(3)


def _lie() -> Incoming:
    sys.stdout.buffer.write((4).to_bytes(4, "big") + b"null")
    return Unreadable("lie")


def _tell() -> Incoming:
    opened = sorted(int(fd.name) for fd in Path("/proc/self/fd").iterdir())
    return Unreadable(repr((sorted(os.environ), os.getpid(), opened)))


FAULTS = {b"loop": _loop, b"memory": _eat, b"exit": _exit, b"lie": _lie, b"tell": _tell}


def _faulty(raw: bytes) -> Incoming:
    order = raw.partition(b"\n")[0].removeprefix(b"RIG: ").strip()
    return FAULTS[order]() if order in FAULTS else _read(raw)


if __name__ == "__main__":
    program.read = _faulty
    program.main()
