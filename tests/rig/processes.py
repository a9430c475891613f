"""KP: real processes for the scenarios: start, freeze, kill, and never leave one behind.

    async with Child("relay", "serve", env={"RELAY_HTTP_LISTEN": "127.0.0.1:8081"},
                     log=tmp_path / "serve.log") as serve:
        await serve.wait_http("http://127.0.0.1:8081/readyz", timeout_s=20)
        serve.kill9()
        assert await serve.wait(timeout_s=5) == -signal.SIGKILL

At the end of the block the child, everything it started and everything that was orphaned when
it was killed are ended, by process id. Linux only: it reads ``/proc``.
"""

import asyncio
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from tests.rig.proc import Process, alive, family, process_of

ROOT = Path(__file__).parents[2]
POLL_S = 0.02
PROBE_TIMEOUT_S = 2.0
TAIL_CHARACTERS = 4_000


class ChildDied(Exception):
    """The process ended while the test was waiting for it; carries the end of its log."""


class Child:
    """One ``python -m`` process in a session of its own; an async context manager.

    Args:
        arguments: What follows ``python -m``: module, then its arguments.
        env: Variables added to (or replacing) those of the test process.
        log: File that receives stdout and stderr; appended to, so that a restart keeps it.
        cwd: Working directory, by default the root of the repository.
    """

    def __init__(
        self, *arguments: str, env: Mapping[str, str], log: Path, cwd: Path = ROOT
    ) -> None:
        self._command = [sys.executable, "-m", *arguments]
        self._mark = f"RELAIS_RIG_CHILD={secrets.token_hex(16)}"
        name, _, value = self._mark.partition("=")
        # Unbuffered: what is printed must be in the log at once for wait_output.
        self._env = {**os.environ, "PYTHONUNBUFFERED": "1", **env, name: value}
        self._log = log
        self._cwd = cwd
        self._popen: subprocess.Popen[bytes] | None = None
        self._root: Process | None = None
        self._known: set[Process] = set()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end()

    @property
    def pid(self) -> int:
        """Process id, also the id of its session and process group."""
        return self._running.pid

    @property
    def returncode(self) -> int | None:
        """Exit status, minus the signal number when killed, None while it lives."""
        return self._running.poll()

    @property
    def output(self) -> str:
        """Everything written to stdout and stderr so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def start(self) -> None:
        """Start the process; again after it has ended, as a supervisor would.

        Raises:
            RuntimeError: It is still running.
        """
        if self._popen is not None and self._popen.poll() is None:
            raise RuntimeError("the child is still running")
        self._remember()
        with self._log.open("ab") as log:
            self._popen = subprocess.Popen(
                self._command,
                env=self._env,
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._root = process_of(self._popen.pid)
        self._known.add(self._root)

    async def wait_ready(self, predicate: Callable[[], Awaitable[bool]], timeout_s: float) -> None:
        """Poll *predicate* until it is true.

        Raises:
            ChildDied: The process ended first.
            TimeoutError: Still false after *timeout_s* seconds; carries the end of the log.
        """
        until = time.monotonic() + timeout_s
        while not await predicate():
            if self.returncode is not None:
                raise ChildDied(f"exit status {self.returncode}\n{self._tail}")
            if time.monotonic() > until:
                raise TimeoutError(f"not ready after {timeout_s} s\n{self._tail}")
            await asyncio.sleep(POLL_S)
        # A child that later kills itself at a kill point leaves no time to look around.
        self._remember()

    async def wait_http(self, url: str, timeout_s: float, *, status: int = 200) -> None:
        """Wait until a GET of *url* (plain http) answers *status*; raises as ``wait_ready``."""
        await self.wait_ready(lambda: _answers(url, status), timeout_s)

    async def wait_output(self, pattern: str, timeout_s: float) -> re.Match[str]:
        """Wait until the log matches the regular expression; raises as ``wait_ready``."""

        async def written() -> bool:
            return re.search(pattern, self.output) is not None

        await self.wait_ready(written, timeout_s)
        match = re.search(pattern, self.output)
        assert match is not None
        return match

    async def wait(self, timeout_s: float) -> int:
        """Wait for the end of the process and return its exit status.

        Raises:
            TimeoutError: It still runs; it is left running.
        """
        until = time.monotonic() + timeout_s
        while (code := self.returncode) is None:
            if time.monotonic() > until:
                raise TimeoutError(f"still running after {timeout_s} s\n{self._tail}")
            await asyncio.sleep(POLL_S)
        return code

    async def terminate(self, timeout_s: float) -> int:
        """Send SIGTERM and return the exit status; raises as ``wait``."""
        self._signal(signal.SIGTERM)
        return await self.wait(timeout_s)

    def kill9(self) -> None:
        """Kill this one process with SIGKILL; what it had started is left to itself."""
        self._remember()
        self._signal(signal.SIGKILL)

    def sigstop(self) -> None:
        """Freeze this one process."""
        self._signal(signal.SIGSTOP)

    def sigcont(self) -> None:
        """Let a frozen process go on."""
        self._signal(signal.SIGCONT)

    def family(self) -> frozenset[Process]:
        """Return the living processes that came from this child, itself included."""
        self._remember()
        return alive(self._known)

    async def end(self) -> None:
        """Kill what is left of the family and wait until it is gone.

        Raises:
            TimeoutError: A process outlived SIGKILL for five seconds.
        """
        if self._popen is None:
            return
        until = time.monotonic() + 5
        while left := self.family():
            for process in left:
                process.kill()
            # Our own child stays a zombie, which counts as gone, until it is polled.
            self._popen.poll()
            if time.monotonic() > until:
                raise TimeoutError(f"still alive after SIGKILL: {sorted(left)}")
            await asyncio.sleep(POLL_S)
        self._popen.wait()

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._popen is None:
            raise RuntimeError("the child was not started")
        return self._popen

    @property
    def _tail(self) -> str:
        return self.output[-TAIL_CHARACTERS:]

    def _signal(self, number: signal.Signals) -> None:
        # Popen.send_signal polls first: a pid that was already reaped is never signalled.
        self._running.send_signal(number)

    def _remember(self) -> None:
        """Note the family now: orphans will have lost the parent that leads to them."""
        if self._root is not None:
            self._known |= family(self._root, self._mark, alive(self._known))


async def _answers(url: str, status: int) -> bool:
    parts = urlsplit(url)
    path = parts.path or "/"
    request = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
            try:
                writer.write(request.encode())
                line = await reader.readline()
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError):
        return False
    return line.split()[1:2] == [str(status).encode()]
