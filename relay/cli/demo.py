"""``relay demo``: the whole relay on this machine, with one real message through it.

What takes long to load is loaded after the family has begun to load it as well.
"""

import os
import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from relay.cli.telling import told
from relay.supervisor import MODULES, PROCESSES, Family

if TYPE_CHECKING:
    from relay.engines import Engines

STATE_DIR = "RELAY_STATE_DIR"
MARK = "demo"
LOG = "relay.log"
SHOW = ["relay", "show-demo"]


@click.command()
@click.option("--once", is_flag=True, help="Send the message, wait for the mail, then stop.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@told
def demo(*, once: bool, as_json: bool) -> None:
    """Show the relay at work: engines, processes, a form post, and the mail it becomes."""
    # Of the shell's settings only this one is read: a real outbox must never reach the catcher.
    named = os.environ.get(STATE_DIR)
    state = Path(named or tempfile.mkdtemp(prefix="relais-demo-"))
    _claim(state)
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, _leave)
    with ExitStack() as closing:
        if not named:
            closing.callback(shutil.rmtree, state, ignore_errors=True)
        errors = closing.enter_context((state / LOG).open("ab"))
        family = Family((*MODULES, "relay.cli.showing"), errors)  # imports while engines start
        closing.callback(family.stop)
        from relay.engines import engines

        running = closing.enter_context(engines(state))
        closing.callback(family.stop)  # before the engines
        options = ["--once"] * once + ["--json"] * as_json
        _run(family, running, state, options)


def _leave(*_: object) -> None:
    """End the demo in order, and not be hurried."""
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, signal.SIG_IGN)
    sys.exit(0)


def _run(family: Family, running: "Engines", state: Path, options: list[str]) -> None:
    """Start every process; stay until the one that shows them ends."""
    environment = _environment(running, state)
    family.start("serve", PROCESSES["serve"], environment)
    family.start("migrate", ["relay", "migrate"], environment)
    _wait_for("migrate", family, state)
    for name in ("worker", "inbound"):
        family.start(name, PROCESSES[name], environment)
    versions = [running.postgres_version, running.valkey_version]
    show = [*SHOW, *options, *versions]
    family.start("show", show, environment, speaks=True)
    _wait_for("show", family, state)


def _wait_for(name: str, family: Family, state: Path) -> None:
    """Wait for the good end of one process.

    Raises:
        ClickException: It failed, or another one ended before it.
    """
    first = next(iter(family.ended(None)))
    if (first.name, first.code) != (name, 0):
        lines = (state / LOG).read_text("utf-8", "replace").strip().splitlines()
        last = lines[-1] if lines else "nothing"
        raise click.ClickException(f"`{first.name}` ended. The last it said: {last}")


def _environment(running: "Engines", state: Path) -> dict[str, str]:
    """Return all variables of the demo's processes: free ports, and of the shell's settings none.

    The next hop is the catcher.
    """
    from relay.cli.common import completed, environment_of
    from relay.engines.launch import free_port
    from relay.settings import PREFIX, read_settings

    http, console, lmtp, smtp = (free_port() for _ in range(4))
    shell = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {
        **shell,
        **environment_of(completed(read_settings({}, state_dir=state), running)),
        "RELAY_SMTP_URL": f"smtp://127.0.0.1:{smtp}?tls=none",
        "RELAY_HTTP_LISTEN": f"127.0.0.1:{http}",
        "RELAY_CONSOLE_LISTEN": f"127.0.0.1:{console}",
        "RELAY_LMTP_LISTEN": f"127.0.0.1:{lmtp}",
        "RELAY_PUBLIC_URL": f"http://127.0.0.1:{http}",
        STATE_DIR: str(state),
    }


def _claim(state: Path) -> None:
    """Mark *state* as a demo's; a relay in service would lose its mails to the catcher."""
    mark = state / MARK
    if state.exists() and any(state.iterdir()) and not mark.exists():
        raise click.ClickException(
            f"{state} holds something else than a demo: name an empty {STATE_DIR}, or none."
        )
    state.mkdir(parents=True, exist_ok=True)
    mark.touch()
