"""KP: run one process of the relay that ends itself with SIGKILL at a named point.

    Child("tests.rig.armed", "serve", env={**environment, **kill_at("accept.committed")}, log=…)
    Child("tests.rig.armed", "worker", env={**environment, **kill_at("deliver.dot_sent", 2)}, …)

``RIG_KILL=point:n`` names the point and the passage; ``RIG_TIMING`` is a JSON object of
``workers.journal.Timing``; ``RIG_DEADLINE_S`` shortens the deadlines of slow HTTP clients;
rendering a listing whose title is ``RIG_POISON`` ends the process, as a fault in C would;
``RIG_CONFINED`` takes away what a container takes away.
"""

import asyncio
import json
import os
import signal
import sys
from collections import Counter

from relay import checkpoints
from relay.cli.common import configured
from tests.rig.confined import CONFINED, confine

KILL, TIMING, DEADLINE = "RIG_KILL", "RIG_TIMING", "RIG_DEADLINE_S"
POISON = "RIG_POISON"


def kill_at(point: str, passage: int = 1) -> dict[str, str]:
    """Return the environment of a process that dies at the *passage*-th time at *point*."""
    return {KILL: f"{point}:{passage}"}


def _arm(word: str) -> None:
    point, _, passage = word.partition(":")
    passed: Counter[str] = Counter()

    def hook(name: str) -> None:
        passed[name] += 1
        if name == point and passed[name] == int(passage):
            os.kill(os.getpid(), signal.SIGKILL)

    checkpoints.arm(hook)


def _poison(title: str) -> None:
    from relay.outgoing import mails

    render = mails._MAKERS["contact"]

    def deadly(thread, files):
        if thread.row["title"] == title:
            os.kill(os.getpid(), signal.SIGKILL)
        return render(thread, files)

    mails._MAKERS["contact"] = deadly


def main() -> None:
    """Run ``serve``, ``inbound`` or ``worker`` with the settings of the environment."""
    if CONFINED in os.environ:
        confine()
    if KILL in os.environ:
        _arm(os.environ[KILL])
    if POISON in os.environ:
        _poison(os.environ[POISON])
    settings = configured()
    if sys.argv[1] == "serve":
        from relay.web import app, bodies

        if DEADLINE in os.environ:
            app.HEADER_TIMEOUT_S = bodies.BODY_TIMEOUT_S = float(os.environ[DEADLINE])
            app.KEEPALIVE_S = float(os.environ[DEADLINE])
        asyncio.run(app.serve(settings))
    elif sys.argv[1] == "inbound":
        from relay import inbound

        asyncio.run(inbound.serve(settings))
    else:
        from workers.journal import Timing
        from workers.main import run

        asyncio.run(run(settings, timing=Timing(**json.loads(os.environ.get(TIMING, "{}")))))


if __name__ == "__main__":
    main()
