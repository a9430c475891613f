"""What is installed is what the locks say, all of it and nothing else."""

import hashlib
import json
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pip_requirements_parser import RequirementsFile

ROOT = Path(__file__).parents[2]
LOCKS = ("run", "dev", "uv")


def _locked(name: str) -> RequirementsFile:
    return RequirementsFile.from_file(str(ROOT / f"lock/{name}.txt"))


def _asked() -> list[Requirement]:
    """Return what pyproject.toml asks for at run time."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["embedded"],
        *project["dependency-groups"]["build"],
    ]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("name", LOCKS)
def test_a43_every_package_is_named_exactly(name: str) -> None:
    """A43: each locked package has one exact version and hashes, and comes as a wheel only."""
    lock = _locked(name)
    assert [option.options for option in lock.options] == [{"only_binary": [":all:"]}]
    assert not lock.invalid_lines
    for one in lock.requirements:
        assert one.get_pinned_version, one.name
        assert one.hash_options, one.name
        assert all(len(digest) == len("sha256:") + 64 for digest in one.hash_options), one.name


def test_a43_the_lock_keeps_what_is_asked() -> None:
    """A43: the lock holds each package that pyproject.toml asks for, within its bounds."""
    versions = {
        canonicalize_name(one.name): one.get_pinned_version for one in _locked("run").requirements
    }
    for asked in _asked():
        assert asked.specifier.contains(versions[canonicalize_name(asked.name)]), asked.name


def test_a43_nobody_stows_away() -> None:
    """A43: each package of the lock is asked for by us, or by a package that is."""
    known: set[str] = set()
    waiting = {canonicalize_name(asked.name) for asked in _asked()}
    while waiting:
        name = waiting.pop()
        known.add(name)
        waiting |= _needs(name) - known
    assert {canonicalize_name(one.name) for one in _locked("run").requirements} <= known


def _needs(name: str) -> set[str]:
    """Return what a package asks for, on any platform; nothing for one of another platform."""
    try:
        lines = requires(name) or []
    except PackageNotFoundError:
        return set()
    return {canonicalize_name(Requirement(line).name) for line in lines}


@pytest.mark.parametrize("sent", ["wheel", "changed", "source"])
def test_a43_installed_offline_from_hashes(tmp_path: Path, sent: str) -> None:
    """A43: the lock's wheel is installed; a changed one, and a source package, are refused."""
    wheel = tmp_path / "honest-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("honest.py", "")
        archive.writestr(
            "honest-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: honest\nVersion: 1.0\n"
        )
        archive.writestr(
            "honest-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr("honest-1.0.dist-info/RECORD", "")
    expected = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if sent == "changed":
        with zipfile.ZipFile(wheel, "a") as archive:
            archive.writestr("stowaway.py", "")
    if sent == "source":
        wheel.rename(tmp_path / "honest-1.0.zip")
    [header] = {(ROOT / f"lock/{name}.txt").read_text().splitlines()[0] for name in LOCKS}
    lock = tmp_path / "lock.txt"
    lock.write_text(f"{header}\nhonest==1.0 --hash=sha256:{expected}\n")
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--no-index", "--find-links", str(tmp_path)),
            *("--no-deps", "--require-hashes", "--target", str(tmp_path / "to"), "-r", str(lock)),
        ],
        capture_output=True,
        check=False,
    )
    assert (run.returncode == 0) is (sent == "wheel"), run.stderr
    assert (tmp_path / "to" / "honest.py").exists() is (sent == "wheel")


def test_a43_the_bill_of_materials_is_the_lock() -> None:
    """A43: the bill of materials names each locked package once, with its version and hashes."""
    run = subprocess.run([sys.executable, ".ci/sbom.py"], cwd=ROOT, capture_output=True, check=True)
    bill = json.loads(run.stdout)
    assert run.stderr == b""
    assert {(one["purl"], len(one["hashes"])) for one in bill["components"]} == {
        (f"pkg:pypi/{one.name}@{one.get_pinned_version}", len(one.hash_options))
        for one in _locked("run").requirements
    }
