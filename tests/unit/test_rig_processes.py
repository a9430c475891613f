"""Children are started, frozen and killed as asked, and none outlives its block."""

import asyncio
import signal
from pathlib import Path

import pytest

from tests.rig.proc import Process, alive, process_of
from tests.rig.processes import Child, ChildDied

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"
PARENT = (
    "import subprocess, sys, time; "
    "made = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], "
    "start_new_session=True); print('child', made.pid, flush=True); time.sleep(60)"
)


def python(folder: Path, code: str) -> Child:
    """Return a child that runs *code* as a module."""
    (folder / "told.py").write_text(code)
    return Child("told", env={"TOLD": "yes"}, log=folder / "told.log", cwd=folder)


async def test_output_and_environment_reach_the_log(tmp_path: Path) -> None:
    """The child sees the variables given, and both its streams are kept."""
    code = "import os, sys; print(os.environ['TOLD']); print('oops', file=sys.stderr)"
    async with python(tmp_path, code) as child:
        assert await child.wait(timeout_s=10) == 0
    assert set(child.output.split()) == {"yes", "oops"}


async def test_an_http_child_is_waited_for(tmp_path: Path) -> None:
    """The URL is polled until it answers the status."""
    code = "from http.server import *; s = HTTPServer(('127.0.0.1', 0), SimpleHTTPRequestHandler)"
    code += "; print('port', s.server_port, flush=True); s.serve_forever()"
    async with python(tmp_path, code) as child:
        port = (await child.wait_output(r"port (\d+)", timeout_s=30))[1]
        await child.wait_http(f"http://127.0.0.1:{port}/", timeout_s=30)


async def test_a_child_that_dies_early_says_why(tmp_path: Path) -> None:
    """The failure of a start carries the end of the log."""
    async with python(tmp_path, "raise SystemExit('no database')") as child:
        with pytest.raises(ChildDied, match="no database"):
            await child.wait_output("ready", timeout_s=30)


async def test_kill9_is_seen_as_such_and_the_child_starts_again(tmp_path: Path) -> None:
    """KP: the exit status names SIGKILL; a second start appends to the log."""
    async with python(tmp_path, SLEEPER) as child:
        await child.wait_output("up", timeout_s=30)
        child.kill9()
        assert await child.wait(timeout_s=5) == -signal.SIGKILL
        child.start()
        await child.wait_output("up\nup", timeout_s=30)


async def test_terminate_returns_the_status(tmp_path: Path) -> None:
    """F52: SIGTERM and its exit status."""
    async with python(tmp_path, SLEEPER) as child:
        await child.wait_output("up", timeout_s=30)
        assert await child.terminate(timeout_s=5) == -signal.SIGTERM


async def test_terminate_tells_when_it_was_ignored(tmp_path: Path) -> None:
    """F52: a child that does not stop in time fails the test, and is still ended."""
    async with python(tmp_path, STUBBORN) as child:
        await child.wait_output("up", timeout_s=30)
        with pytest.raises(TimeoutError, match="still running"):
            await child.terminate(timeout_s=0.2)
    assert child.returncode == -signal.SIGKILL


async def test_a_frozen_child_does_nothing_until_woken(tmp_path: Path) -> None:
    """F19: nothing is written while stopped, and it goes on afterwards."""
    code = "import time\nwhile True:\n    print('tick', flush=True)\n    time.sleep(0.01)"
    async with python(tmp_path, code) as child:
        await child.wait_output("tick", timeout_s=30)
        child.sigstop()
        await _stopped(child)
        frozen = child.output
        await asyncio.sleep(0.1)
        assert child.output == frozen
        child.sigcont()
        await child.wait_output(f"({frozen})tick", timeout_s=30)


async def test_a_frozen_child_is_ended_too(tmp_path: Path) -> None:
    """The block ends a stopped process."""
    async with python(tmp_path, SLEEPER) as child:
        child.sigstop()
    assert child.returncode == -signal.SIGKILL


async def test_orphans_are_ended(tmp_path: Path) -> None:
    """A grandchild in a session of its own does not outlive the block, even after kill -9."""
    async with python(tmp_path, PARENT) as child:
        orphan = process_of(int((await child.wait_output(r"child (\d+)", timeout_s=30))[1]))
        child.kill9()
        await child.wait(timeout_s=5)
        assert alive([orphan]) == {orphan}
    assert alive([orphan]) == frozenset()


async def test_an_id_taken_by_another_process_is_left_alone(tmp_path: Path) -> None:
    """Identity is pid and start time: a reused pid is nobody of ours."""
    async with python(tmp_path, SLEEPER) as child:
        real = process_of(child.pid)
        Process(real.pid, real.started - 1).kill()
        await asyncio.sleep(0.05)
        assert child.returncode is None


async def _stopped(child: Child) -> None:
    """Wait until the kernel says that the process is stopped."""

    async def stopped() -> bool:
        return _state(child.pid) == "T"

    await child.wait_ready(stopped, timeout_s=30)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
