"""What the Dockerfile and compose.yaml name is there, and says what it must."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from relay.cli import COMMANDS
from relay.settings import Settings, read_settings

ROOT = Path(__file__).parents[2]
INSTRUCTIONS = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if "build" in one}
KEY = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def _copied() -> list[str]:
    """Return what the image's build takes from the project."""
    copies = [line.split()[1:-1] for line in INSTRUCTIONS if line.startswith("COPY ")]
    return [source for sources in copies if not sources[0].startswith("--") for source in sources]


def _settings(service: str) -> Settings:
    """Read a service's environment as its process does, above the image's own."""
    given = next(line for line in INSTRUCTIONS if line.startswith("ENV "))
    image = dict(pair.split("=", 1) for pair in given.split()[1:])
    return read_settings(image | SERVICES[service]["environment"] | {"RELAY_MASTER_KEY": KEY})


def _tracked(*folders: str) -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", *folders], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return set(listed.stdout.split())


def test_what_is_copied_is_there_and_let_in() -> None:
    """Each source of a COPY exists, and .dockerignore lets it in."""
    let_in = (ROOT / ".dockerignore").read_text().split()
    assert let_in[0] == "*"
    for source in _copied():
        assert (ROOT / source).exists(), source
        assert f"!{source.partition('/')[0]}" in let_in, source


def test_the_package_of_the_image_is_whole(tmp_path: Path) -> None:
    """Built from what the image copies, the package holds each file of ours, and no test."""
    context = tmp_path / "context"
    for name in _tracked(*_copied()):
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, context / name)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=context, capture_output=True, check=True)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        licences = [name for name in archive.namelist() if name.endswith("licenses/LICENSE")]
    assert held == _tracked("relay", "workers", "sql", "policies")
    assert licences


def test_a44_the_image_runs_as_nobody_in_particular() -> None:
    """A44: the last user of the image is a number other than root's."""
    users = [line.split()[1] for line in INSTRUCTIONS if line.startswith("USER ")]
    user, group = users[-1].split(":")
    assert int(user) > 0
    assert int(group) > 0


@pytest.mark.parametrize("service", sorted(OURS))
def test_a44_everything_is_taken_away(service: str) -> None:
    """A44: each process of ours has a read-only root, no capability and no new privilege."""
    taken = OURS[service]
    assert taken["read_only"] is True
    assert taken["cap_drop"] == ["ALL"]
    assert taken["security_opt"] == ["no-new-privileges:true"]
    assert taken["tmpfs"] == ["/tmp"]
    assert "volumes" not in taken


@pytest.mark.parametrize("service", sorted(OURS))
def test_each_process_is_started_as_it_can_be(service: str) -> None:
    """Each service names a command of ours, settings that can be read, and hears SIGTERM."""
    assert OURS[service]["command"][0] in COMMANDS
    assert _settings(service).database_url
    assert OURS[service]["init"] is True


def test_each_process_knows_its_own_users_only() -> None:
    """The owner's password is known to the migration only, that of the purge to workers too."""
    knows = {name: _settings(name) for name in OURS}
    assert {name for name, one in knows.items() if one.owner_url} == {"migrate"}
    assert {name for name, one in knows.items() if one.purge_url} == {"migrate", "worker"}


def test_what_is_published_listens() -> None:
    """Each published port of ours is one that the process listens on, beyond its loopback."""
    for name, one in OURS.items():
        settings = _settings(name)
        listens = {
            "serve": (settings.http_listen, settings.console_listen),
            "inbound": (settings.lmtp_listen,),
        }
        ports = {int(port.rpartition(":")[2]) for port in one.get("ports", ())}
        assert ports == {address.port for address in listens.get(name, ())}, name
        assert all(address.host == "0.0.0.0" for address in listens.get(name, ())), name


def test_the_database_is_asked_where_the_migration_asks() -> None:
    """The check of PostgreSQL goes over TCP: on the socket a half-made cluster says yes."""
    assert "-h" in SERVICES["postgres"]["healthcheck"]["test"]
    waited = OURS["migrate"]["depends_on"]["postgres"]
    assert waited == {"condition": "service_healthy"}
