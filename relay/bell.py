"""The bell: tells workers that mails are due. Losing it costs seconds, never a mail.

PostgreSQL rings first (NOTIFY, inside the statement that stores the mails); arq rings beside
it through Redis. The only room besides ``workers`` that knows arq.
"""

import asyncio
import json
from contextlib import suppress
from typing import Any

import structlog
from arq.connections import ArqRedis, RedisSettings
from prometheus_client import Counter

QUEUE = "relais:queue"
JOB = "deliver"
RING_TIMEOUT_S = 1.0
GATHER_S = 0.1  # commits that share a ring; arq looks every half second, NOTIFY has rung already

lost = Counter("relay_bell_lost_total", "Rings that Redis did not take; the sweep replaces them")
log = structlog.get_logger()


def redis_settings(url: str) -> RedisSettings:
    """Read a Redis URL for arq, failing fast: the relay works without Redis."""
    settings = RedisSettings.from_dsn(url)
    settings.conn_timeout = 1
    settings.conn_retries = 0
    return settings


def dumps(job: dict[str, Any]) -> bytes:
    """Serialise a job: ids and numbers only, as JSON and never pickle."""
    return json.dumps(job, default=str).encode()


def loads(job: bytes) -> dict[str, Any]:
    """Read a serialised job."""
    read: dict[str, Any] = json.loads(job)
    return read


class Bell:
    """Rings through arq; ringing never waits, never raises and is grouped."""

    def __init__(self, redis_url: str | None) -> None:
        self._url = redis_url
        self._redis: ArqRedis | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def ring(self) -> None:
        """Ask for a delivery round, together with whoever asks within a tenth of a second."""
        if self._url and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._ring(self._url))

    async def _ring(self, url: str) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(GATHER_S):
                await self._closing.wait()
        try:
            async with asyncio.timeout(RING_TIMEOUT_S):
                await self._client(url).enqueue_job(JOB, _job_id=JOB)
        except Exception as error:  # noqa: BLE001 (whatever Redis does, the mail is stored)
            lost.inc()
            log.info("bell.lost", fault=type(error).__name__)

    async def is_heard(self) -> bool:
        """Tell whether Redis answers within a second; where none is set, nothing is missing."""
        if self._url is None:
            return True
        try:
            async with asyncio.timeout(RING_TIMEOUT_S):
                return bool(await self._client(self._url).ping())
        except Exception:  # noqa: BLE001 (any failure is the answer)
            return False

    def _client(self, url: str) -> ArqRedis:
        """Return the client, which connects when it is first used.

        Ours from the start: what ``create_pool`` of arq opens belongs to nobody when it is cut
        short, or when two ask for it at once.
        """
        if self._redis is None:
            self._redis = ArqRedis.from_url(url, socket_connect_timeout=RING_TIMEOUT_S)
            self._redis.job_serializer, self._redis.default_queue_name = dumps, QUEUE
        return self._redis

    async def close(self) -> None:
        """Ring at once what waits for company, then close the connection."""
        self._closing.set()
        if self._task:
            await asyncio.wait([self._task], timeout=GATHER_S + RING_TIMEOUT_S)
        if self._redis:
            await self._redis.aclose()
