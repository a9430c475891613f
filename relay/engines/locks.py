"""One owner per state directory, and no server left over from an owner that was killed.

``owner.lock`` belongs to the process that started the engines. ``servers.lock`` is inherited
by every server, so the kernel frees it only when the last of them is gone: pid files, which
can be short, corrupt or name a reused pid, are not asked.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from relay.engines.failure import EnginesFailed

_SERVERS_LOCK = "servers.lock"
# An owner just killed may need a moment to be gone.
_OWNER_S = 1.0
# A guard that lost its owner is stopping its server right now; leave it that time first.
_STEPS_S = ((1.5, signal.SIGINT), (8.0, signal.SIGKILL), (5.0, None))


@contextmanager
def owned(state_dir: Path) -> Iterator[None]:
    """Hold the state directory for this process.

    Raises:
        EnginesFailed: Another live process holds it.
    """
    descriptor = _open(state_dir / "owner.lock")
    try:
        if not _lock_within(descriptor, _OWNER_S):
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "?"
            raise EnginesFailed(
                f"{state_dir} is in use by process {holder}: stop it first, or set "
                "RELAY_STATE_DIR to another directory."
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def servers_lock(state_dir: Path) -> Iterator[int]:
    """Take the lock that the servers inherit; stop what an earlier owner left behind.

    On leaving, nothing that inherited the lock is alive.

    Raises:
        EnginesFailed: A left-over server survives even SIGKILL.
    """
    descriptor = _cleared(state_dir)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
        os.close(_cleared(state_dir))


def _cleared(state_dir: Path) -> int:
    path = state_dir / _SERVERS_LOCK
    descriptor = _open(path)
    for patience_s, last_word in _STEPS_S:
        if _lock_within(descriptor, patience_s):
            return descriptor
        if last_word is not None:
            _signal_leftovers(state_dir, last_word)
    os.close(descriptor)
    raise EnginesFailed(
        f"A server of {state_dir} left from an earlier start cannot be stopped: end it by hand, "
        "or set RELAY_STATE_DIR to another directory."
    )


def _signal_leftovers(state_dir: Path, word: signal.Signals) -> None:
    if sys.platform == "linux":
        pids = _lock_holders(state_dir)
    else:
        pids = servers_in(_process_list(), state_dir)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, word)


def _lock_holders(state_dir: Path) -> list[int]:
    """Processes that inherited the servers' lock: the surest proof that they are ours."""
    lock = (state_dir / _SERVERS_LOCK).stat()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            if any(os.path.samestat(fd.stat(), lock) for fd in (entry / "fd").iterdir()):
                found.append(int(entry.name))
        except OSError:  # it ended meanwhile, or belongs to somebody else
            continue
    return found


def _process_list() -> str:
    command = ["/bin/ps", "-axww", "-o", "pid=,command="]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603  constant


def servers_in(process_list: str, state_dir: Path) -> list[int]:
    """Find the processes whose command line names our data: the proof where there is no /proc.

    Args:
        process_list: One process a line: its pid, a space, its command line.
        state_dir: Absolute path of the state directory.

    Returns:
        Their pids.
    """
    marks = (f" -D {state_dir / 'postgres'} ", f" {state_dir / 'valkey' / 'valkey.conf'} ")
    found = []
    for line in process_list.splitlines():
        pid, _, command = line.strip().partition(" ")
        if any(mark in f"{command} " for mark in marks):
            found.append(int(pid))
    return found


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _lock_within(descriptor: int, patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        else:
            return True
