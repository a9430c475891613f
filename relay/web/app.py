"""Builds the public application and serves it, with deadlines for slow clients."""

import asyncio
import signal
import weakref
from dataclasses import dataclass
from pathlib import Path

import structlog
from aiohttp import web

from relay.contact_rows import describe_browser
from relay.context import Context, open_context
from relay.conversations import ContactDesk
from relay.rights.letterbox import Letterbox
from relay.settings import Listen, Settings
from relay.web import (
    actions,
    api,
    consents,
    data_requests,
    decisions,
    exchange,
    hook,
    operations,
    own_request,
    privacy,
    public,
    reports,
    rights,
)
from relay.web.bodies import LIMIT_BYTES
from relay.web.console import make_console
from relay.web.keys import CONTEXT, DESK, LETTERBOX, PAGES, SPOKEN
from relay.web.pages import Pages
from relay.web.problems import answer_problems
from relay.web.requests import name_request

STATIC = Path(__file__).parent.parent / "static"
HEADER_TIMEOUT_S = 10.0
KEEPALIVE_S = 15.0
STOP_S = 9.0  # the framework waits for it twice; all must end within 25 s
LINGER_S = 1.0  # for the rest of a body that was refused

log = structlog.get_logger()


def make_app(context: Context) -> web.Application:
    """Build the public application on an open context."""
    app = web.Application(middlewares=[name_request, answer_problems], client_max_size=LIMIT_BYTES)
    app[CONTEXT] = context
    app[DESK] = ContactDesk(context)
    app[LETTERBOX] = Letterbox(context)
    app[PAGES] = Pages()
    app[SPOKEN] = weakref.WeakSet()
    doors = (
        *(public, exchange, consents, decisions, rights, own_request),
        *(hook, actions, api, reports, data_requests, privacy, operations),
    )
    for door in doors:
        app.add_routes(door.routes)
    app.router.add_static("/static/", STATIC)
    app.on_shutdown.append(_drain)
    return app


async def _drain(app: web.Application) -> None:
    await app[DESK].drain()


class _Listener:
    """Makes connections that are closed when no request has come through in time.

    The framework waits for ever for the end of a header (slowloris, A27).
    """

    def __init__(self, runner: web.AppRunner) -> None:
        self._runner = runner

    def __call__(self) -> asyncio.Protocol:
        if self._runner.server is None:
            raise RuntimeError("the runner is not set up")
        protocol = self._runner.server()
        asyncio.get_running_loop().call_later(HEADER_TIMEOUT_S, self._check, protocol)
        return protocol

    def _check(self, protocol: web.RequestHandler) -> None:
        transport = protocol.transport
        if transport is not None and transport not in self._runner.app[SPOKEN]:
            protocol.force_close()


@dataclass(frozen=True, slots=True)
class _Served:
    """An application on its address."""

    runner: web.AppRunner
    server: asyncio.Server

    async def stop(self) -> None:
        """Take no more, and finish what is under way."""
        self.server.close()
        await self.runner.cleanup()


async def serve(settings: Settings) -> None:
    """Serve the public doors and the console until SIGTERM or SIGINT; finish what is under way."""
    async with open_context(settings) as context:
        app = make_app(context)
        served = [await _listen(app, settings.http_listen), *await _console(context)]
        stopped = asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, stopped.set)
        log.info("serve.started", listen=str(settings.http_listen))
        describe_browser("")  # what is slow once, before the first visitor asks for it
        await app[PAGES].compile()
        await stopped.wait()
        await asyncio.gather(*(one.stop() for one in served))
        log.info("serve.stopped")


async def _console(context: Context) -> list[_Served]:
    """Serve the console; where another `serve` has its port, the public doors open all the same."""
    address = context.settings.console_listen
    try:
        return [await _listen(make_console(context), address)]
    except OSError as error:
        log.warning("serve.no_console", listen=str(address), fault=error.strerror)
        return []


async def _listen(app: web.Application, address: Listen) -> _Served:
    runner = web.AppRunner(
        app,
        access_log=None,
        keepalive_timeout=KEEPALIVE_S,
        shutdown_timeout=STOP_S,
        lingering_time=LINGER_S,
        auto_decompress=False,  # compressed bodies are refused: never unpack one (A29)
    )
    listener = _Listener(runner)
    await runner.setup()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(listener, address.host, address.port, backlog=1024)
    return _Served(runner, server)
