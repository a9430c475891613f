"""A family of processes: forked from one nursery, each with its own environment, none left over."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from relay.supervisor import MODULES, Ended, Family

ROOT = Path(__file__).parents[2]
WAIT_S = 30.0
MEMBER = """
import os, sys, time
from pathlib import Path
Path(sys.argv[1]).write_text(f"{os.getpid()} {sorted(n for n in os.environ if n != 'LC_CTYPE')}")
time.sleep(float(sys.argv[2]))
"""
OWNER = """
import sys, time
from relay.supervisor import Family
family = Family(("json",))
family.start("one", ["member", sys.argv[1], "60"], {})
time.sleep(60)
"""


@pytest.fixture
def member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, float], list[str]]:
    """A module a family can run: it writes its pid and its variables, then sleeps."""
    (tmp_path / "member.py").write_text(MEMBER)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    return lambda target, seconds: ["member", str(target), str(seconds)]


@pytest.fixture
def family(member: object) -> Iterator[Family]:
    """A family that has imported almost nothing, and finds the member."""
    assert member
    made = Family(("json",))
    yield made
    made.stop()


def _read(target: Path) -> tuple[int, str]:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if target.exists() and (text := target.read_text()):
            pid, _, rest = text.partition(" ")
            return int(pid), rest
        time.sleep(0.02)
    raise AssertionError(f"{target} was not written")


def _is_gone(pid: int) -> bool:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.02)
    return False


def test_member_has_its_own_environment(
    family: Family, member: Callable[[Path, float], list[str]], tmp_path: Path
) -> None:
    """A member sees the variables it is given and no other, and its end is told with its code."""
    family.start("one", member(tmp_path / "out", 0), {"ONLY": "this"})
    assert family.ended(WAIT_S) == [Ended("one", 0)]
    assert _read(tmp_path / "out")[1] == "['ONLY']"


def test_failing_member_is_told(family: Family) -> None:
    """A member that cannot run ends alone, with a code that is not 0; the next one runs."""
    family.start("wrong", ["no_such_module_anywhere"], {})
    [ended] = family.ended(WAIT_S)
    assert ended.name == "wrong"
    assert ended.code != 0


def test_stop_ends_all(
    family: Family, member: Callable[[Path, float], list[str]], tmp_path: Path
) -> None:
    """After a stop no member is alive, and a second stop does nothing."""
    for name in ("one", "two"):
        family.start(name, member(tmp_path / name, 60), {})
    pids = [_read(tmp_path / name)[0] for name in ("one", "two")]
    family.stop()
    family.stop()
    assert all(not Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.mark.usefixtures("member")
def test_members_die_with_an_owner_killed_by_9(tmp_path: Path) -> None:
    """When the owner is killed with -9, its members end."""
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path / "out")])
    pid, _ = _read(tmp_path / "out")
    owner.kill()
    owner.wait()
    assert _is_gone(pid)


def test_killed_nursery_takes_its_members_and_is_made_again(
    family: Family, member: Callable[[Path, float], list[str]], tmp_path: Path
) -> None:
    """When the nursery is killed its members end, are told as ended, and can be started again."""
    family.start("one", member(tmp_path / "first", 60), {})
    pid, _ = _read(tmp_path / "first")
    nursery = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(nursery, signal.SIGKILL)
    assert [one.name for one in family.ended(WAIT_S)] == ["one"]
    assert _is_gone(pid)
    family.start("one", member(tmp_path / "second", 0), {})
    assert family.ended(WAIT_S) == [Ended("one", 0)]


def test_imports_start_no_thread() -> None:
    """What the nursery imports starts no thread: a fork would not carry it, nor free its locks."""
    count = "import os, importlib, sys; [importlib.import_module(m) for m in sys.argv[1:]];"
    count += "print(len(os.listdir('/proc/self/task')))"
    found = subprocess.run(
        [sys.executable, "-c", count, *MODULES, "relay.cli.showing"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "1"
