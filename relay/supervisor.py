"""Runs the relay's own processes side by side; none outlives the one that started them."""

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from relay.engines import guard

GRACE_S = 25.0


class Family:
    """Processes started under a guard, ended together."""

    def __init__(self) -> None:
        self._members: dict[str, subprocess.Popen[bytes]] = {}

    def start(
        self,
        name: str,
        command: list[str],
        environment: Mapping[str, str],
        errors: IO[bytes] | None = None,
    ) -> None:
        """Start ``python -m <command>`` as *name*.

        Args:
            environment: All its variables; nothing of ours is added.
            errors: Where its log goes, else to ours.
        """
        self._members[name] = subprocess.Popen(  # noqa: S603 (our own programs)
            [
                *(sys.executable, "-I", "-S", str(Path(guard.__file__))),
                *(str(int(signal.SIGTERM)), str(GRACE_S), "same"),
                *(sys.executable, "-m", *command),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=environment,
            start_new_session=True,
        )

    def ended(self) -> str | None:
        """Return the name of a process that has ended, None while all run."""
        for name, process in self._members.items():
            if process.poll() is not None:
                return name
        return None

    def stop(self) -> None:
        """Ask all to end, wait, and kill what does not within its grace."""
        for process in self._members.values():
            if process.stdin:
                process.stdin.close()
        for process in self._members.values():
            try:
                process.wait(GRACE_S + 3)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._members.clear()
