"""Commands as an operator runs them: beside `relay all`, with faults told in a sentence."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from relay.cli.common import kept_key, new_master_key
from relay.cli.telling import SENTENCES
from relay.context import Context
from relay.database import DatabaseRole, is_current
from relay.doctor import examine
from relay.settings import Settings, SettingsInvalid, read_settings
from tests.relays import open_relay
from tests.rig.commands import relay
from tests.rig.processes import ROOT, Child
from tests.rig.serving import environment, free_port
from tests.rig.users import settings_as

START_S = 60.0


async def test_commands_beside_relay_all(tmp_path: Path) -> None:
    """While `relay all` runs, other commands find its engines by the state directory alone."""
    state = tmp_path / "state"
    tmp_path.chmod(0o755)
    beside = {"RELAY_STATE_DIR": str(state)}
    listen = {
        "RELAY_HTTP_LISTEN": f"127.0.0.1:{free_port()}",
        "RELAY_LMTP_LISTEN": f"127.0.0.1:{free_port()}",
    }
    url = f"http://{listen['RELAY_HTTP_LISTEN']}/readyz"
    async with Child("relay", "all", env=beside | listen, log=tmp_path / "all.log") as everything:
        await everything.wait_http(url, START_S)
        await everything.wait_output("warning: RELAY_SMTP_URL is not set", START_S)
        running = state / "running.json"
        assert running.stat().st_mode & 0o777 == 0o600
        arguments = ("site", "open", "annonces", str(ROOT / "policies" / "demo.toml"), "--test")
        code, output, errors = await relay(beside, *arguments, "--json")
        assert code == 0, errors
        assert set(json.loads(output)) == {"public", "secret"}
        code, output, errors = await relay(
            beside, "site", "origins", "annonces", "https://a.example", "--json"
        )
        assert (code, output) == (0, '{"origins": ["https://a.example"]}\n'), errors
        async with Child("relay", "worker", env=beside, log=tmp_path / "worker.log") as second:
            await second.wait_output("worker.started", START_S)
        code, output, _ = await relay(beside | listen, "healthcheck", "--json")
        assert (code, json.loads(output)["status"]) == (0, "ok")
        assert await everything.terminate(START_S) == 0
    assert not running.exists()
    code, _, errors = await relay(beside, "site", "list")
    assert code == 1
    assert "no `relay all` runs" in errors
    assert "RELAY_MASTER_KEY" not in errors  # its key is kept: nobody is asked to make another


async def test_key_json() -> None:
    """`relay key --json` prints a key that settings take."""
    _, output, _ = await relay({}, "key", "--json")
    assert (
        len(read_settings({"RELAY_MASTER_KEY": json.loads(output)["master_key"]}).master_key) == 1
    )


def test_kept_key_is_whole_private_and_the_first(tmp_path: Path) -> None:
    """The kept key is a whole key of mode 0600, the same at every start, with nothing beside it."""
    path = tmp_path / "state" / "master.key"
    first = kept_key(path)
    assert len(read_settings({"RELAY_MASTER_KEY": first}).master_key) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert kept_key(path) == first
    assert list(path.parent.iterdir()) == [path]


def test_kept_key_is_never_empty(tmp_path: Path) -> None:
    """An empty key file stops the start with a sentence: a new key would lose every message."""
    path = tmp_path / "master.key"
    path.touch()
    with pytest.raises(SettingsInvalid, match="backup"):
        kept_key(path)
    assert path.read_text() == ""


async def test_newer_database_is_told(settings: Settings, database_url: str) -> None:
    """`relay migrate` of an older version says so in a sentence; `serve` still takes the schema."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("insert into migration values (9999, '9999_next', '')")
    code, _, errors = await relay(environment(settings), "migrate")
    assert code == 1
    assert "newer than this program" in errors
    assert "Traceback" not in errors
    assert await is_current(connection)
    await connection.close()


@pytest.mark.parametrize("wrong", ["password", "database"])
async def test_wrong_credentials_are_told(
    settings: Settings, database_url: str, wrong: str
) -> None:
    """A wrong password or database name ends a command with a sentence that names the setting."""
    secret = urlsplit(database_url).password or ""
    url = database_url.replace(secret, "wrong") if wrong == "password" else f"{database_url}_none"
    for command in (("migrate",), ("site", "list")):
        env = environment(settings) | {"RELAY_DATABASE_URL": url}
        code, _, errors = await relay(env, *command)
        assert code == 1
        assert "RELAY_DATABASE_URL" in errors
        assert "Traceback" not in errors


@pytest.mark.parametrize(
    "command", ["policy verify", "policy verify --site demo", "audit verify", "purge", "doctor"]
)
async def test_a_wrong_master_key_is_told(
    context: Context, settings: Settings, command: str
) -> None:
    """With another master key no command says that all is well: it names the setting."""
    env = environment(settings) | {"RELAY_MASTER_KEY": new_master_key()}
    async with open_relay(context):
        code, output, errors = await relay(env, *command.split())
    assert code == 1
    assert "RELAY_MASTER_KEY" in output + errors
    _, output, _ = await relay(env, "site", "list")
    assert output == "demo  cannot be opened: see `relay keys list`\n"


@pytest.mark.parametrize("name", ["My_Site", "é", "", "-a", "a" * 41, "a/b"])
async def test_a_sites_name_fits_its_addresses(settings: Settings, name: str) -> None:
    """A name that no address of a page or a mailbox can hold is refused, with the form it has."""
    policy = str(ROOT / "policies" / "demo.toml")
    code, _, errors = await relay(environment(settings), "site", "open", "--", name, policy)
    assert (code, errors) == (1, f"Error: {SENTENCES['site_name_wrong']}\n")


async def test_doctor_names_what_was_left_as_it_was(settings: Settings) -> None:
    """The doctor fails on placeholders, and only advises on the DNS records of the domain."""
    changes = {"public_url": "http://127.0.0.1:8080", "smtp_url": ()}
    used = settings_as(settings, DatabaseRole.APP)
    found = await examine(Settings.model_validate(dict(used) | changes))
    failed = {one.what for one in found if not one.is_well}
    assert failed == {"smarthost", "mail domain", "public url"}
    [records] = [one for one in found if one.kind == "advice"]
    for part in ("relais.example. MX", "v=spf1", "v=DMARC1"):
        assert part in records.said


async def test_doctor_names_the_smarthost_in_spf(settings: Settings) -> None:
    """The SPF record names each smarthost, by name or by address."""
    changes = {"smtp_url": "smtp://127.0.0.1:1?tls=none smtp://mx.invalid"}
    found = await examine(Settings.model_validate(dict(settings) | changes))
    assert "v=spf1 ip4:127.0.0.1 a:mx.invalid -all" in found[-1].said
