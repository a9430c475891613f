"""Runs the relay's own processes side by side; none outlives the one that started them."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

GRACE_S = 25.0
PROCESSES = {"serve": ["relay", "serve"], "worker": ["workers"], "inbound": ["relay", "inbound"]}
MODULES = ("relay.web.app", "workers.main", "relay.inbound")  # what they import, once for all
# To change the schema and to purge is the business of few.
OWNER, PURGER = "RELAY_OWNER_URL", "RELAY_PURGE_URL"
NOT_TOLD = {"migrate": (), "worker": (OWNER,)}


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended, and its exit code; minus the signal that ended it."""

    name: str
    code: int


class Family:
    """Processes forked from one nursery (``nursery.py``), ended together.

    Args:
        modules: What the nursery imports, once for all; it starts to at once.
        errors: Where the processes' log goes, else to ours.
    """

    def __init__(self, modules: Sequence[str], errors: IO[bytes] | None = None) -> None:
        self._modules = modules
        self._errors = errors
        self._running: set[str] = set()
        self._open()

    def _open(self) -> None:
        heard, told = os.pipe()
        self._heard = os.fdopen(heard, "rb", buffering=0)
        self._nursery = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-m", "relay.supervisor.nursery", str(told), *self._modules],
            stdin=subprocess.PIPE,
            stderr=self._errors,
            pass_fds=(told,),
            # Ctrl-C in a terminal must reach us only: we end the others in their order.
            start_new_session=True,
        )
        os.close(told)

    def start(
        self,
        name: str,
        command: list[str],
        environment: Mapping[str, str],
        *,
        speaks: bool = False,
    ) -> None:
        """Start ``python -m <command>`` as *name*.

        Args:
            environment: All its variables, but for those it has no business to know; nothing of
                ours is added.
            speaks: Its output is for the person in front of us, not for the log.
        """
        if self._nursery.poll() is not None:
            self.stop()
            self._open()
        hidden = NOT_TOLD.get(name, (OWNER, PURGER))
        order = {
            "name": name,
            "command": command,
            "environment": {key: environment[key] for key in environment if key not in hidden},
            "speaks": speaks,
        }
        if self._nursery.stdin:
            self._nursery.stdin.write(json.dumps(order).encode() + b"\n")
            self._nursery.stdin.flush()
        self._running.add(name)

    def ended(self, timeout_s: float | None) -> list[Ended]:
        """Return what has ended since this was asked for last.

        Args:
            timeout_s: How long to wait for the first; None for as long as it takes.
        """
        if not select.select([self._heard], [], [], timeout_s)[0]:
            return []
        told = os.read(self._heard.fileno(), 65536).decode().splitlines()
        if told:
            ended = [Ended(name, int(code)) for name, code in map(str.split, told)]
        else:  # the nursery was killed: its children end with it
            ended = [Ended(name, -signal.SIGTERM) for name in sorted(self._running)]
        self._running -= {one.name for one in ended}
        return ended

    def stop(self) -> None:
        """Ask all to end, wait, and kill what does not within its grace; harmless when repeated."""
        for pipe in (self._nursery.stdin, self._heard):
            if pipe:
                pipe.close()
        try:
            self._nursery.wait(GRACE_S + 3)
        except subprocess.TimeoutExpired:
            self._nursery.kill()
            self._nursery.wait()
