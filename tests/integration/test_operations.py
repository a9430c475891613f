"""What an operator's programs read, and a database that asks again, is locked or falls silent."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from aiohttp import ClientSession

from relay.context import open_context
from relay.database import Connection, Database, count_ledger, make_partitions, pool
from relay.errors import Unavailable
from relay.settings import Settings
from relay.web.app import make_app
from tests.relays import Relay, served, until
from tests.rig.cluster import through
from tests.rig.listener import HOST
from tests.rig.proxy import Proxy

FAR = datetime(2042, 5, 1, tzinfo=UTC)
PROXIED = {"X-Forwarded-For": "203.0.113.9"}


async def get(settings: Settings, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """Ask a relay with *settings* from 127.0.0.1."""
    async with (
        open_context(settings) as context,
        served(make_app(context)) as url,
        ClientSession() as http,
        http.get(f"{url}{path}", headers=headers) as answer,
    ):
        return answer.status, await answer.text()


def changed(settings: Settings, **changes: Any) -> Settings:
    """Return *settings* with changes."""
    return Settings.model_validate(dict(settings) | changes)


@pytest.mark.parametrize(
    ("trusted", "headers", "status"),
    [
        ((), {}, 200),
        ((), PROXIED, 404),
        (("127.0.0.1/32",), PROXIED, 404),
        (("127.0.0.1/32",), {"X-Forwarded-For": "127.0.0.1"}, 200),
    ],
)
async def test_metrics_are_the_operators(
    settings: Settings, trusted: tuple[str, ...], headers: dict[str, str], status: int
) -> None:
    """Behind a proxy on this machine the figures are still only for the operator's networks."""
    networks = tuple(map(ip_network, trusted))
    found, _ = await get(changed(settings, trusted_proxies=networks), "/metrics", headers)
    assert found == status


async def test_metrics_forget_a_state_without_rows(relay: Relay) -> None:
    """A state that no message has any more is no longer counted."""
    await relay.post()
    queued = 'relay_messages{site="demo",state="queued"} 1.0'
    async with relay.http.get(f"{relay.url}/metrics") as answer:
        assert queued in await answer.text()
    await relay.fetch("update outbox set state = 'held'")
    async with relay.http.get(f"{relay.url}/metrics") as answer:
        text = await answer.text()
    assert 'relay_messages{site="demo",state="queued"}' not in text
    assert 'relay_unaccounted{site="demo"} 0.0' in text
    await relay.fetch("update outbox set state = 'queued'")


async def test_requests_are_counted_by_one_process(relay: Relay) -> None:
    """What waits at the privacy desk is a figure of serve's alone: a sum over processes is true."""
    async with relay.http.get(f"{relay.url}/metrics") as answer:
        assert 'relay_requests_late{site="demo"} 0.0' in await answer.text()
    names = (
        "import workers.main; from prometheus_client import generate_latest;"
        " print(generate_latest().decode())"
    )
    worker = subprocess.run(
        [sys.executable, "-c", names], capture_output=True, text=True, check=True, timeout=60
    )
    assert "relay_worker_bell_up" in worker.stdout
    assert "relay_requests" not in worker.stdout


async def test_ledger_is_counted_at_one_moment(relay: Relay) -> None:
    """Both sides of the ledger are counted, and no site misses a state."""
    await relay.post()
    async with relay.context.database.connection() as connection:
        ledger = await count_ledger(connection)
    assert ledger.accepted == {relay.site.site_id: 1}
    assert ledger.unaccounted() == {relay.site.site_id: 0}


async def test_ready_asks_redis_itself(settings: Settings) -> None:
    """A Redis that is away is told before any message has rung the bell."""
    away = changed(settings, redis_url="redis://127.0.0.1:1/0")
    assert '"degraded"' in (await get(away, "/readyz", {}))[1]
    assert '"ok"' in (await get(settings, "/readyz", {}))[1]


@pytest.mark.parametrize("code", ["40001", "40P01", "55P03"])
async def test_again_outside_run_is_unavailable(settings: Settings, code: str) -> None:
    """F15: what `run` would repeat is Unavailable, never a fault of ours, where nothing repeats."""
    async with open_context(settings) as context:
        with pytest.raises(Unavailable):
            async with context.database.connection() as connection:
                await connection.execute(f"do $$ begin raise sqlstate '{code}'; end $$")


async def test_partitions_wait_for_a_lock_in_short_tries(database_url: str) -> None:
    """A table that is locked for a moment delays its new partitions, and stops nothing."""
    holder, maker = await asyncpg.connect(database_url), await asyncpg.connect(database_url)
    held = holder.transaction()
    await held.start()
    await holder.execute("lock table message in access exclusive mode")
    making = asyncio.create_task(make_partitions(maker, FAR))
    waits = "select count(*) from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'"

    async def stepped_back() -> bool:
        return not await holder.fetchval(waits, maker.get_server_pid())

    await until(lambda: _not(stepped_back))
    await until(stepped_back)
    await held.rollback()
    assert await making == 16
    assert await maker.fetchval("show lock_timeout") == "0"
    await holder.close()
    await maker.close()


async def _not(check: Any) -> bool:
    return not await check()


async def test_f16_half_open_listener_is_noticed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F16: a listener whose connection has silently died says so, and can be started again."""
    monkeypatch.setattr(pool, "KEEPALIVE_S", 0.1)
    monkeypatch.setattr(pool, "COMMAND_TIMEOUT_S", 0.5)
    async with Proxy(HOST, urlsplit(database_url).port or 0) as proxy:
        heard = asyncio.Event()
        listening = asyncio.create_task(
            Database(through(database_url, proxy)).listen("outbox", heard.set)
        )
        await heard.wait()
        heard.clear()
        sender: Connection = await asyncpg.connect(database_url)
        await sender.execute("notify outbox")
        await sender.close()
        await asyncio.wait_for(heard.wait(), 5)
        proxy.blackhole()
        with pytest.raises(Unavailable):
            await asyncio.wait_for(listening, 5)
