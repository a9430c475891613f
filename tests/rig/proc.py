"""Who descends from whom, read from Linux's ``/proc``."""

import contextlib
import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True, order=True)
class Process:
    """One process; the start time tells it from a later one with the same id.

    Args:
        pid: Process id.
        started: Start time in clock ticks since boot.
    """

    pid: int
    started: int

    def kill(self) -> None:
        """Send SIGKILL if this very process still lives."""
        if alive([self]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class _Stat:
    process: Process
    state: str
    parent: int
    session: int


def alive(processes: Iterable[Process]) -> frozenset[Process]:
    """Return those that still run; a zombie has ended."""
    found = {process: _stat(process.pid) for process in processes}
    return frozenset(
        process
        for process, stat in found.items()
        if stat is not None and stat.process == process and stat.state != "Z"
    )


def process_of(pid: int) -> Process:
    """Return the identity of a process that was just started and not yet reaped."""
    stat = _stat(pid)
    if stat is None:
        raise ProcessLookupError(pid)
    return stat.process


def family(root: Process, mark: str, known: frozenset[Process]) -> frozenset[Process]:
    """Return every living process that came from *root*.

    Args:
        root: The ancestor, leader of its session; it may have ended.
        mark: A ``NAME=value`` only this family has in its environment. It finds orphans, except
            programs that overwrite their environment, as PostgreSQL does for its title.
        known: Members found before, whose children belong to the family too.

    Returns:
        The ancestor, its session, what carries the mark, and all their descendants.
    """
    stats = [
        stat for entry in PROC.iterdir() if entry.name.isdigit() if (stat := _stat(int(entry.name)))
    ]
    # The kernel keeps a session's id taken while the session lives: the id under another process
    # means that the session is gone, and that this other process is none of ours.
    reused = any(s.process.pid == root.pid and s.process != root for s in stats)
    roots = known | {root}
    members = {
        stat.process.pid
        for stat in stats
        if stat.process in roots
        or (stat.session == root.pid and not reused)
        or _has_mark(stat.process.pid, mark)
    }
    while grown := {s.process.pid for s in stats if s.parent in members} - members:
        members |= grown
    return frozenset(stat.process for stat in stats if stat.process.pid in members)


def _stat(pid: int) -> _Stat | None:
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    # proc(5): the name, in parentheses, may hold spaces and parentheses.
    fields = text.rpartition(")")[2].split()
    return _Stat(Process(pid, int(fields[19])), fields[0], int(fields[1]), int(fields[3]))


def _has_mark(pid: int, mark: str) -> bool:
    try:
        environment = (PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return False
    return mark.encode() in environment.split(b"\0")
