"""What a container takes away, taken from this process: files, capabilities, new privileges, PATH.

A log driver of the container's kind stays: a child copies what is printed to the test's log.
"""

import ctypes
import os
import resource
from pathlib import Path

CONFINED = "RIG_CONFINED"

_NO_NEW_PRIVS, _DROP_FROM_BOUNDING_SET = 38, 24  # prctl(2)
_CAPABILITIES_V3 = 0x20080522  # capget(2)
_LAST_CAPABILITY = 63


def confine() -> None:
    """Give up everything that ``compose.yaml`` takes from a container, for good.

    Read-only root: no regular file may be written (RLIMIT_FSIZE). ``cap_drop: [ALL]``: no
    capability is left, root or not. ``no-new-privileges``. And no program is found on PATH.

    Raises:
        OSError: The kernel refused.
    """
    _copy_output()
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ["PATH"] = "/nonexistent"
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(_LAST_CAPABILITY + 1):
        libc.prctl(_DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)  # refused to those who had none
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.capset(header, nothing):
        raise OSError(ctypes.get_errno(), "could not be confined")


def status_of(pid: int) -> dict[str, str]:
    """Read what the kernel says of a process: ``CapEff``, ``NoNewPrivs`` and the rest."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _copy_output() -> None:
    """Print through a pipe from now on; its other end is read by a process that may write."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(writing)
        while printed := os.read(reading, 65_536):
            os.write(1, printed)
        os._exit(0)
    os.dup2(writing, 1)
    os.dup2(writing, 2)
    os.close(reading)
    os.close(writing)
