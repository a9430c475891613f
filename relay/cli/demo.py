"""``relay demo``: the whole relay on this machine, with one real message through it."""

import asyncio
import importlib
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from relay import log
from relay.cli.common import told
from relay.engines import Engines, start_engines
from relay.settings import read_settings
from relay.supervisor import Family


@click.command()
@click.option("--once", is_flag=True, help="Send the message, wait for the mail, then stop.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@told
def demo(*, once: bool, as_json: bool) -> None:
    """Show the relay at work: engines, processes, a form post, and the mail it becomes."""
    named = read_settings()
    keeps = "state_dir" in named.model_fields_set
    state = named.state_dir if keeps else Path(tempfile.mkdtemp(prefix="relais-demo-"))
    state.mkdir(parents=True, exist_ok=True)
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
        if not keeps:
            shutil.rmtree(state, ignore_errors=True)
