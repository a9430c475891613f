"""The demonstration keeps to itself, whatever the shell names."""

import json
from pathlib import Path

from tests.relays import until
from tests.rig.processes import Child

WAIT_S = 60.0
PRODUCTION = {
    "RELAY_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x",
    "RELAY_REDIS_URL": "redis://127.0.0.1:1/0",
    "RELAY_SMTP_URL": "smtp://127.0.0.1:1?tls=none",
    "RELAY_MASTER_KEY_FILE": "/nonexistent",
    "RELAY_MAIL_DOMAIN": "annonces.example",
}


async def test_demo_uses_nothing_of_the_shell(tmp_path: Path) -> None:
    """With a production relay's settings in the shell, the demo runs on its own, to its end."""
    log = tmp_path / "demo.log"
    state = {"RELAY_STATE_DIR": str(tmp_path / "state")}
    tmp_path.chmod(0o755)
    async with Child("relay", "demo", "--once", "--json", env=PRODUCTION | state, log=log) as demo:
        assert await demo.wait(WAIT_S) == 0, demo.output
    [line] = [line for line in demo.output.splitlines() if line.startswith("{")]
    result = json.loads(line)
    assert result["state"] == "delivered"
    assert result["mail"]["from"].endswith("@relais.example>")
    assert "/welcome/" in result["console"]
    reply = result["reply"]
    assert reply["to"] == "lea@acheteuse.example"
    assert "oui, il est toujours disponible" in reply["text"]
    for secret in ("Dupont", "camille@", "06 39 98 01 23", "06\u00a039\u00a098\u00a001\u00a023"):
        assert secret not in reply["text"]


async def test_demo_refuses_the_data_of_a_relay(tmp_path: Path) -> None:
    """A state directory that is not a demo's is refused, and nothing in it is touched."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "master.key").write_text("k1:kept")
    env = {"RELAY_STATE_DIR": str(state)}
    async with Child("relay", "demo", "--once", env=env, log=tmp_path / "log") as demo:
        assert await demo.wait(WAIT_S) == 1
    assert "holds something else than a demo" in demo.output
    assert [path.name for path in state.iterdir()] == ["master.key"]


async def test_the_console_has_a_past_to_show(tmp_path: Path) -> None:
    """The demo that stays puts two thousand messages behind the first one, which never waits."""
    tmp_path.chmod(0o755)
    state = tmp_path / "state"
    env = {"RELAY_STATE_DIR": str(state)}
    async with Child("relay", "demo", "--json", env=env, log=tmp_path / "demo.log") as demo:

        async def is_put_on() -> bool:
            log = state / "relay.log"
            return log.exists() and "demo.put_on" in log.read_text("utf-8", "replace")

        await until(is_put_on, 2 * WAIT_S)
        first = [line for line in demo.output.splitlines() if line.startswith("{")]
        assert json.loads(first[0])["state"] == "delivered"
        assert '"messages": 2000' in (state / "relay.log").read_text("utf-8", "replace")
