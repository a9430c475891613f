"""Commands that run the relay: everything at once, or one kind of process."""

import asyncio
import os
import signal
import sys
import time
from contextlib import ExitStack
from threading import Event

import click

from relay import log
from relay.cli.common import configured, environment_of, with_engines
from relay.cli.telling import told
from relay.settings import Settings, read_settings
from relay.supervisor import MODULES, PROCESSES, Family

RESTART_S = 1.0


@click.command("all")
@told
def run_all() -> None:
    """Run everything on this machine; brings its own PostgreSQL and Valkey when none is named."""
    settings = read_settings()
    log.configure(settings.log_format)
    stopped = Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stopped.set())
    with ExitStack() as closing:
        family = Family(MODULES)  # it imports while the engines start
        closing.callback(family.stop)
        ready, _ = closing.enter_context(with_engines(settings))
        closing.callback(family.stop)  # before the engines
        environment = {**os.environ, **environment_of(ready)}
        family.start("migrate", ["relay", "migrate"], environment)
        if any(one.code for one in family.ended(None)):
            raise SystemExit(1)  # it said why
        for name, command in PROCESSES.items():
            family.start(name, command, environment)
        _warn(ready)
        while not stopped.wait(RESTART_S):
            _restart_ended(family, environment)


def _warn(settings: Settings) -> None:
    from relay.doctor import placeholders

    for sentence in placeholders(settings):
        click.echo(f"warning: {sentence}", err=True)


def _restart_ended(family: Family, environment: dict[str, str]) -> None:
    for one in family.ended(0):
        click.echo(f"{one.name} ended; starting it again", err=True)
        time.sleep(RESTART_S)
        family.start(one.name, PROCESSES[one.name], environment)


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
    settings = configured().model_copy(update={"owner_url": None})  # it changes no schema
    environment = {**os.environ, **environment_of(settings)}
    os.execve(sys.executable, [sys.executable, "-m", "workers"], environment)  # noqa: S606 (our own program)
