"""Commands that run the relay: everything at once, or one kind of process."""

import asyncio
import os
import signal
import sys
import time
from threading import Event

import click

from relay import log
from relay.cli.common import configured, environment_of, told, with_engines
from relay.settings import read_settings
from relay.supervisor import Family

RESTART_S = 1.0
PROCESSES = {"serve": ["relay", "serve"], "worker": ["workers"], "inbound": ["relay", "inbound"]}


@click.command("all")
@told
def run_all() -> None:
    """Run everything on this machine; brings its own PostgreSQL and Valkey when none is named."""
    from relay.database import migrate
    from relay.doctor import placeholders

    settings = read_settings()
    log.configure(settings.log_format)
    for sentence in placeholders(settings):
        click.echo(f"warning: {sentence}", err=True)
    stopped = Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stopped.set())
    with with_engines(settings) as (ready, _):
        if ready.database_url:
            asyncio.run(migrate(ready.database_url.get_secret_value()))
        environment = {**os.environ, **environment_of(ready)}
        family = Family()
        try:
            for name, command in PROCESSES.items():
                family.start(name, command, environment)
            while not stopped.wait(RESTART_S):
                _restart_ended(family, environment)
        finally:
            family.stop()


def _restart_ended(family: Family, environment: dict[str, str]) -> None:
    name = family.ended()
    if name:
        click.echo(f"{name} ended; starting it again", err=True)
        time.sleep(RESTART_S)
        family.start(name, PROCESSES[name], environment)


@click.command()
@told
def serve() -> None:
    """Run the HTTP service (RELAY_HTTP_LISTEN)."""
    from relay.web.app import serve as serve_web

    asyncio.run(serve_web(configured()))


@click.command()
@told
def inbound() -> None:
    """Run the mail door (RELAY_LMTP_LISTEN)."""
    from relay.inbound import serve as serve_mail

    asyncio.run(serve_mail(configured()))


@click.command()
@told
def worker() -> None:
    """Run a worker, which delivers and keeps the calendar."""
    configured()
    os.execv(sys.executable, [sys.executable, "-m", "workers"])  # noqa: S606 (our own program)
