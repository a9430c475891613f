"""The bell: arq wakes the worker, and nothing is lost when Redis is away, empty or deaf."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from arq.connections import create_pool

from relay.bell import JOB, QUEUE, dumps, redis_settings
from relay.context import open_context
from relay.settings import Settings
from relay.web.app import make_app
from tests.relays import QUICK, Relay, served, until
from tests.rig.deliveries import attempts, reach, worker, write
from tests.rig.ledger import check_wire
from tests.rig.smtp_sink import SmtpSink
from tests.rig.valkey import OwnValkey

# Without a bell this worker would look after an hour.
DEAF = replace(QUICK, sweep_s=3600.0)


def _with_redis(settings: Settings, url: str) -> Settings:
    return Settings.model_validate({**dict(settings), "redis_url": url})


async def _ring(url: str, job_id: str | None = None) -> None:
    redis = await create_pool(redis_settings(url), job_serializer=dumps, default_queue_name=QUEUE)
    await redis.enqueue_job(JOB, _job_id=job_id)
    await redis.aclose()


async def _make_due_silently(relay: Relay) -> None:
    """Let deferred mails be due without any NOTIFY."""
    await relay.travel(86_400)


async def test_f21_the_bell_really_rings(relay: Relay, settings: Settings, tmp_path: Path) -> None:
    """F21: a job put into Redis by hand starts a round in a worker that would sleep an hour."""
    async with SmtpSink() as sink, OwnValkey() as valkey:
        far = _with_redis(settings, valkey.url)
        async with worker(far, sink.port, tmp_path / "worker.log", timing=DEAF) as deaf:
            [message_id] = await write(relay, to="greylist")
            await reach(relay, [message_id], "deferred")
            await _make_due_silently(relay)
            await asyncio.sleep(1)
            assert (await relay.states())[message_id] == "deferred"
            await _ring(valkey.url)
            await reach(relay, [message_id], "delivered")
            assert deaf.returncode is None


async def test_f21_redis_goes_and_comes_back(
    relay: Relay, settings: Settings, tmp_path: Path
) -> None:
    """F21: through stop, FLUSHALL, a full memory and a pause every contact is taken and sent."""
    async with SmtpSink() as sink, OwnValkey() as valkey:
        far = _with_redis(settings, valkey.url)
        async with (
            open_context(far) as context,
            served(make_app(context)) as url,
            worker(far, sink.port, tmp_path / "worker.log") as child,
        ):
            relay.url = url
            await child.wait_output("worker.started", timeout_s=30)

            async def accept(text: str) -> str:
                status, body = await relay.post(message=text)
                assert status == 202
                return str(body["id"])

            ids = [await accept("Avant la panne, le vélo est-il disponible ?")]
            await valkey.ask("FLUSHALL")
            ids.append(await accept("Après FLUSHALL, le vélo est-il disponible ?"))
            await valkey.ask("CONFIG", "SET", "maxmemory", "1")
            ids.append(await accept("Mémoire pleine, le vélo est-il disponible ?"))
            await valkey.ask("CONFIG", "SET", "maxmemory", "0")
            await valkey.ask("CLIENT", "PAUSE", "1500", "ALL")
            ids.append(await accept("Pendant la pause, le vélo est-il disponible ?"))
            await reach(relay, ids, "delivered")
            await valkey.stop()
            ids.append(await accept("Sans Redis, le vélo est-il disponible ?"))
            await reach(relay, ids, "delivered")
            await valkey.start()
            await until(lambda: _arq_polls(valkey), timeout_s=30)
            assert child.returncode is None
            assert (await child.terminate(timeout_s=10)) == 0
        await check_wire(relay, sink)


async def _arq_polls(valkey: OwnValkey) -> bool:
    """Whether arq reads its queue: a job that is put there goes away."""
    await _ring(valkey.url, job_id="probe")
    await asyncio.sleep(0.1)
    return await valkey.ask("ZCARD", QUEUE) == 0


async def test_f22_the_same_job_twice_late_and_after_days(
    relay: Relay, settings: Settings, tmp_path: Path
) -> None:
    """F22: bells rung twice, very late or for nothing change nothing but the time of a look."""
    async with SmtpSink() as sink, OwnValkey() as valkey:
        far = _with_redis(settings, valkey.url)
        [message_id] = await write(relay)
        async with worker(far, sink.port, tmp_path / "worker.log", timing=DEAF) as deaf:
            await reach(relay, [message_id], "delivered")
            redis = await create_pool(
                redis_settings(valkey.url), job_serializer=dumps, default_queue_name=QUEUE
            )
            for number in range(5):
                await redis.enqueue_job(JOB, _job_id=f"late-{number}")
            await redis.enqueue_job(
                JOB, _job_id="old", _defer_by=timedelta(days=-2), _expires=86_400
            )
            await redis.aclose()
            await until(lambda: _is_drained(valkey))
            assert deaf.returncode is None
        assert len(sink.mails) == 1
        assert len(await attempts(relay, message_id)) == 1


async def _is_drained(valkey: OwnValkey) -> bool:
    return await valkey.ask("ZCARD", QUEUE) == 0


async def test_f23_killed_while_arq_holds_the_job(
    relay: Relay, settings: Settings, tmp_path: Path
) -> None:
    """F23: a job that arq believes to run for minutes keeps no mail waiting."""
    async with SmtpSink() as sink, OwnValkey() as valkey:
        far = _with_redis(settings, valkey.url)
        await valkey.ask("SET", f"arq:in-progress:{JOB}", "1", "EX", "310")
        ids = await write(relay, 3)
        log = tmp_path / "worker.log"
        async with worker(far, sink.port, log, kill=("deliver.claimed", 1)) as killed:
            await killed.wait(timeout_s=10)
            await relay.travel(QUICK.lease_s)
        async with worker(far, sink.port, log):
            await reach(relay, ids, "delivered")
        await check_wire(relay, sink)
