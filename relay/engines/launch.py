"""What both engines need to start: where, as whom, under whose guard."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from relay.engines import guard
from relay.engines.account import Account
from relay.engines.failure import EnginesFailed
from relay.engines.wheels import Programs

GRACE_S = 10.0
PORT_TRIES = 8
_POLL_S = 0.005


class Guarded:
    """One program running under its guard."""

    def __init__(self, command: list[str], process: subprocess.Popen[bytes], log: Path) -> None:
        self._name = Path(command[0]).name
        self._process = process
        self._log = log
        self._log_start_bytes = log.stat().st_size
        assert process.stdout is not None  # noqa: S101  for the type checker: PIPE was asked
        with process.stdout as line:
            self.pid = int(line.readline() or 0)

    def has_ended(self) -> bool:
        """Tell whether the program is gone."""
        return self._process.poll() is not None

    def exit_code(self, timeout_s: float) -> int:
        """Wait for the program's end.

        Raises:
            subprocess.TimeoutExpired: It is still running.
        """
        return self._process.wait(timeout_s)

    def ask_to_stop(self) -> None:
        """Tell the guard to stop the program; returns at once, harmless when repeated."""
        pipe = self._process.stdin
        if pipe is None or pipe.closed:
            return
        try:
            # Closing alone is not enough when a forked child still holds the pipe's other copy.
            os.write(pipe.fileno(), b"x")
        except BrokenPipeError:
            pass
        finally:
            pipe.close()

    def finish(self) -> None:
        """Wait for the guard, which kills the program after its grace; then kill the guard."""
        try:
            self._process.wait(GRACE_S + 2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def said(self) -> str:
        """Read what the program has logged since this start."""
        with self._log.open("rb") as lines:
            lines.seek(self._log_start_bytes)
            return lines.read(65_536).decode(errors="replace")

    def failure(self) -> EnginesFailed:
        """Say why the program ended before it was of use."""
        code = self._process.poll()
        lines = self.said().strip().splitlines()
        told = lines[-1] if lines else "it said nothing"
        if code == guard.CANNOT_BECOME:
            return EnginesFailed(
                f"{self._name} refuses to run as root, and no other user can take its place here "
                f"({told}). Put the state directory where every user may enter, for example "
                "RELAY_STATE_DIR=/var/lib/relais; or run relay as a normal user; "
                "or set RELAY_DATABASE_URL and RELAY_REDIS_URL."
            )
        return EnginesFailed(
            f"{self._name} ended with code {code}: {told}. The whole story is in {self._log}."
        )


@dataclass(frozen=True, slots=True)
class Launch:
    """The circumstances of one start.

    Args:
        state_dir: Absolute path of the directory that holds all data.
        programs: The executables to run.
        account: Who runs them and owns their files.
        lock_fd: Descriptor of the servers' lock; every server inherits it, so that the lock
            is free only when the last of them is gone.
        secret: Password of both engines, URL-safe.
        guards: Every program started so far, in order.
    """

    state_dir: Path
    programs: Programs
    account: Account
    lock_fd: int
    secret: str
    guards: list[Guarded]

    def run(self, command: list[str], stop_signal: signal.Signals, log: str) -> Guarded:
        """Start *command* under a guard, with an empty environment and its words in a log file.

        Raises:
            OSError: The guard cannot be started, or the log cannot be written.
        """
        path = self.state_dir / log
        options = [str(int(stop_signal)), str(GRACE_S), self.account.run_as]
        log_fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            process = subprocess.Popen(  # noqa: S603  our own program, absolute paths, no shell
                [sys.executable, "-I", "-S", guard.__file__, *options, *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log_fd,
                cwd="/",
                # No PATH: initdb would spend its time listing the system's locales.
                env={"LC_ALL": "C", "TZ": "UTC", "PATH": "/nonexistent"},
                pass_fds=(self.lock_fd,),
                # Ctrl-C in a terminal must reach relay only: it stops the engines last.
                start_new_session=True,
            )
        finally:
            os.close(log_fd)
        guarded = Guarded(command, process, path)
        self.guards.append(guarded)
        return guarded


def stop_all(guards: list[Guarded]) -> None:
    """Stop every program at the same time and wait for all of them."""
    for guarded in guards:
        guarded.ask_to_stop()
    for guarded in guards:
        guarded.finish()


def free_port() -> int:
    """Find a TCP port of 127.0.0.1 that nothing uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def becomes_ready(server: Guarded, is_ready: Callable[[], bool], timeout_s: float) -> bool:
    """Wait until the server serves.

    Returns:
        False when it ended instead.

    Raises:
        EnginesFailed: It neither ended nor served within *timeout_s* seconds.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if is_ready():
            return True
        if server.has_ended():
            return False
        time.sleep(_POLL_S)
    server.ask_to_stop()
    raise EnginesFailed(f"A server did not start within {timeout_s:.0f} s: {server.said()[-200:]}")
