"""The worker process: a courier, an intake, their bells and the clock of the nightly jobs.

Both need PostgreSQL only. arq rings it through Redis and keeps the calendar; when Redis
is away arq is started again and again beside them, and they go on by their own sweeps.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from arq import Worker, cron, func
from prometheus_client import Gauge, start_http_server

from relay import log as relay_log
from relay.bell import JOB, QUEUE, dumps, loads, redis_settings
from relay.context import Context, open_context
from relay.lookup import hash_listings, mark_texts
from relay.resolver import dns_lookup
from relay.settings import Listen, Settings, read_settings
from workers.deliver import Courier
from workers.intake import Intake
from workers.journal import Timing
from workers.notifier import Notifier, Poster, lookup_by
from workers.purge import purge_expired
from workers.rights import attend_requests
from workers.transport import Transport

RESTART_S = 2.0
PURGE_EVERY_S = 3600.0
MARK_EVERY_S = 10.0
PURGE_FIRST_S = 60.0  # after a start: what is late after a time away
log = structlog.get_logger()
bell_up = Gauge("relay_worker_bell_up", "Whether arq is connected to Redis")


async def run(settings: Settings, *, timing: Timing = Timing()) -> None:  # noqa: B008 (frozen)
    """Deliver and keep the calendar until SIGTERM or SIGINT."""
    if settings.worker_listen:
        _tell_metrics(settings.worker_listen)
    async with open_context(settings) as context:
        transport = Transport(settings.smtp_url, hostname=settings.mail_domain)
        route = settings.smtp_url[0].name if settings.smtp_url else "none"
        courier = Courier(context, transport, route=route, timing=timing)
        intake = Intake(context, timing=timing)
        ask = dns_lookup(nameservers=[*map(str, settings.dns_servers)] or None)
        poster = Poster(lookup=lookup_by(ask))

        def stop() -> None:
            courier.stop()
            intake.stop()

        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop)
        bells: dict[str, Callable[[], Awaitable[None]]] = {
            "listen": lambda: context.database.listen("outbox", courier.ring),
            "listen_in": lambda: context.database.listen("inbound", intake.ring),
            "purge": lambda: _purge_hourly(context),
            "marks": lambda: _mark_texts(context),
            "events": Notifier(context, poster).run,
            "rights": lambda: attend_requests(context),
        }
        if settings.redis_url:
            redis_url = settings.redis_url.get_secret_value()
            bells["arq"] = lambda: _run_arq(context, courier, redis_url)
        beside = [asyncio.create_task(_keep_up(name, act)) for name, act in bells.items()]
        log.info("worker.started", route=route)
        try:
            await asyncio.gather(courier.run(), intake.run())
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        log.info("worker.stopped")


def _tell_metrics(address: Listen) -> None:
    """Serve a worker's own metrics; where another worker has the port, mails leave all the same."""
    try:
        start_http_server(address.port, address.host)
    except OSError as error:
        log.warning("worker.no_metrics", listen=str(address), fault=error.strerror)


async def _keep_up(name: str, act: Callable[[], Awaitable[None]]) -> None:
    """Run *act* again whenever it ends: it lives as long as its server does."""
    while True:
        try:
            await act()
        except Exception as error:  # noqa: BLE001 (Redis or the listening connection went away)
            log.info("worker.beside_lost", name=name, fault=type(error).__name__)
        await asyncio.sleep(RESTART_S)


async def _purge_hourly(context: Context) -> None:
    """Keep the calendar without Redis too; what arq does besides costs nothing twice."""
    await asyncio.sleep(PURGE_FIRST_S)
    while True:
        await purge_expired(context)
        await asyncio.sleep(PURGE_EVERY_S)


async def _mark_texts(context: Context) -> None:
    """Keep what the desk finds by: marks of near texts, phones of listings of before."""
    while True:
        await asyncio.sleep(MARK_EVERY_S)
        for site in await context.sites.all():
            await mark_texts(context, site)
            await hash_listings(context, site)


async def _run_arq(context: Context, courier: Courier, redis_url: str) -> None:
    async def deliver(_ctx: dict[str, Any]) -> None:
        courier.ring()

    async def purge(_ctx: dict[str, Any]) -> None:
        await purge_expired(context)

    worker = Worker(
        functions=[func(deliver, name=JOB, keep_result=0, max_tries=1)],  # type: ignore[arg-type]
        cron_jobs=[
            cron(
                purge,  # type: ignore[arg-type]
                name="purge",
                minute={7, 37},
                timeout=PURGE_EVERY_S,
                keep_result=0,
                max_tries=1,
            )
        ],
        queue_name=QUEUE,
        redis_settings=redis_settings(redis_url),
        handle_signals=False,
        job_serializer=dumps,
        job_deserializer=loads,
        poll_delay=0.5,
        health_check_interval=60,
    )
    bell_up.set(1)
    try:
        await worker.async_run()
    finally:
        bell_up.set(0)
        await worker.close()


def main() -> None:
    """Run one worker with the settings of the environment."""
    settings = read_settings().as_purger()
    relay_log.configure(settings.log_format)
    asyncio.run(run(settings))
