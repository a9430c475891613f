"""The reading process with faults on order: what a mail says in its field RIG, it does.

``loop`` never ends, ``busy`` works for most of a second, ``sleep`` waits, ``memory`` takes all it
can get, ``exit`` ends the process, ``lie`` answers what no reader writes, ``tell`` tells what the
process was started with.
"""

import os
import sys
import time
from pathlib import Path
from typing import NoReturn

from relay.mail.reading import __main__ as program
from relay.mail.reading.values import Incoming, Unreadable

_read = program.read


def _loop() -> NoReturn:
    while True:
        pass


def _busy() -> Incoming:
    end = time.process_time() + 0.7
    while time.process_time() < end:
        pass
    return Unreadable("busy")


def _sleep() -> Incoming:
    time.sleep(600)
    return Unreadable("slept")


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


FAULTS = {
    b"loop": _loop,
    b"busy": _busy,
    b"sleep": _sleep,
    b"memory": _eat,
    b"exit": _exit,
    b"lie": _lie,
    b"tell": _tell,
}


def _faulty(raw: bytes) -> Incoming:
    order = raw.partition(b"\n")[0].removeprefix(b"RIG: ").strip()
    return FAULTS[order]() if order in FAULTS else _read(raw)


if __name__ == "__main__":
    program.read = _faulty
    program.main()
