"""The rig that lets a test run again when the machine stood still."""

import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = """
from tests.rig.stalls import Stalls

def pytest_configure(config):
    config.pluginmanager.register(Stalls())
"""
# Stopped and continued from outside, a process sees what a machine without processors shows it.
TEST = """
import os, subprocess, pathlib, time

def test_fails_until_told():
    seen = pathlib.Path(__file__).with_name("runs")
    runs = int(seen.read_text()) + 1 if seen.exists() else 1
    seen.write_text(str(runs))
    if {stalled}:
        stop = f"kill -STOP {{os.getpid()}}; sleep 1.5; kill -CONT {{os.getpid()}}"
        subprocess.run(["sh", "-c", stop])
        time.sleep(0.2)
    assert runs > {fails}
"""


@pytest.mark.parametrize(
    ("stalled", "fails", "runs", "passes"),
    [
        pytest.param(True, 1, "2", True, id="a stall alone made it fail"),
        pytest.param(True, 2, "2", False, id="it fails in a stall, and again"),
        pytest.param(False, 1, "1", False, id="no stall"),
    ],
)
def test_only_a_stalled_test_runs_again(
    tmp_path: Path, *, stalled: bool, fails: int, runs: str, passes: bool
) -> None:
    """A failure is forgiven once, when the machine stood still, and never otherwise."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(TEST.format(stalled=stalled, fails=fails))
    command = [sys.executable, "-m", "pytest", "-p", "pytest_rerunfailures", str(tmp_path)]
    alone = {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, check=False)
    assert (tmp_path / "runs").read_text() == runs, done.stdout
    assert (done.returncode == 0) is passes, done.stdout
