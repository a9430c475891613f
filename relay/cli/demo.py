"""``relay demo``: the whole relay on this machine, with one real message through it."""

import asyncio
import importlib
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from relay import log
from relay.cli.common import told
from relay.engines import Engines, start_engines
from relay.supervisor import Family

STATE_DIR = "RELAY_STATE_DIR"
MARK = "demo"


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
    log.configure("console")
    family = Family()
    engines: Engines | None = None
    try:
        # The engines take a second to start, and so do the imports: side by side.
        with ThreadPoolExecutor(1) as beside:
            starting = beside.submit(start_engines, state)
            show_all = importlib.import_module("relay.cli.showing").show_all
            engines = starting.result()
        asyncio.run(show_all(engines, family, state, once=once, as_json=as_json))
    finally:
        family.stop()
        if engines:
            engines.stop()
        if not named:
            shutil.rmtree(state, ignore_errors=True)


def _claim(state: Path) -> None:
    """Mark *state* as a demo's; a relay in service would lose its mails to the catcher."""
    mark = state / MARK
    if state.exists() and any(state.iterdir()) and not mark.exists():
        raise click.ClickException(
            f"{state} holds something else than a demo: name an empty {STATE_DIR}, or none."
        )
    state.mkdir(parents=True, exist_ok=True)
    mark.touch()
