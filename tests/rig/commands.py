"""The command line in a process of its own, forked from one that has imported it already.

Starting Python and importing the relay takes most of a command's time; here once, not each time.
"""

import asyncio
import multiprocessing
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from relay.cli import COMMANDS, main
from tests.rig.processes import ROOT

TIMEOUT_S = 60.0
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(sorted({f"relay.cli.{module}" for module, _ in COMMANDS.values()}))


async def relay(env: Mapping[str, str], *arguments: str) -> tuple[int, str, str]:
    """Run a command with no RELAY_* variable but those of *env*: its status, output and errors.

    Raises:
        TimeoutError: It did not end within a minute, and was killed.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RELAY_")}
    with tempfile.TemporaryDirectory() as folder:
        output, errors = Path(folder, "output"), Path(folder, "errors")
        process = FORKS.Process(target=_run, args=({**kept, **env}, arguments, output, errors))
        process.start()
        await asyncio.to_thread(process.join, TIMEOUT_S)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"relay {arguments[0]}: {errors.read_text()[-2000:]}")
        return process.exitcode, output.read_text("utf-8"), errors.read_text("utf-8")


def _run(env: Mapping[str, str], arguments: tuple[str, ...], output: Path, errors: Path) -> None:
    """Become what ``python -m relay`` is."""
    os.environ.clear()
    os.environ.update(env)
    os.chdir(ROOT)
    for number, file in ((1, output), (2, errors)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    main(list(arguments), prog_name="relay")
