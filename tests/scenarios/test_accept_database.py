"""A contact is accepted while PostgreSQL loses answers, refuses, blocks or falls silent."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import pytest

from relay.context import open_context
from relay.database import Connection
from relay.errors import Unavailable
from relay.settings import Settings
from tests.relays import Relay, open_relay
from tests.rig.cluster import settings_with, through
from tests.rig.listener import HOST
from tests.rig.proxy import Proxy
from tests.rig.scale import scale

KEY = {"Idempotency-Key": "one-click"}
BIND = b"accepted"  # stands in the row that is bound, and in the text that is parsed


@asynccontextmanager
async def relay_behind(settings: Settings) -> AsyncIterator[tuple[Relay, Proxy]]:
    """Open a relay whose way to the database leads through a proxy."""
    url = settings.database_url.get_secret_value() if settings.database_url else ""
    async with (
        Proxy(HOST, urlsplit(url).port or 0) as proxy,
        open_context(settings_with(settings, through(url, proxy))) as context,
        open_relay(context) as relay,
    ):
        yield relay, proxy
        await proxy.restore()
        await relay.check_ledger()


async def messages(relay: Relay) -> int:
    """Count the messages stored."""
    return int((await relay.fetch("select count(*) from message"))[0][0])


async def test_f09_lost_answer_to_commit(settings: Settings) -> None:
    """F9: when the answer to a commit is lost, the message is looked up and answered 202, once."""
    async with relay_behind(settings) as (relay, proxy):
        assert (await relay.post())[0] == 202
        for n in range(scale(3, 100)):
            proxy.swallow_after(BIND)
            status, body = await relay.post(message=f"Bonjour, question numéro {n} sur le vélo.")
            assert status == 202
            assert body["id"] in await relay.states()
            await relay.post(message=f"On réchauffe la connexion neuve, {n}.")
        assert proxy.swallowed >= 1
        assert await messages(relay) == len(relay.accepted)


async def test_f09_lost_before_commit(settings: Settings) -> None:
    """F9: when the connection is lost before the commit, 503 says when to try again; one row."""
    async with relay_behind(settings) as (relay, proxy):
        await proxy.cut_all()
        proxy.swallow_after(BIND)  # a new connection parses the statement first
        async with relay.http.post(relay.form, json={}) as warm:
            assert warm.status == 422
        body = {"listing": "48213", "email": "lea@acheteuse.example", "phone": "06 39 98 04 56"}
        body["message"] = "Bonjour, est-il disponible ?"
        async with relay.http.post(relay.form, json=body, headers=KEY) as answer:
            assert answer.status == 503
            assert int(answer.headers["Retry-After"]) > 0
        assert proxy.swallowed == 1
        assert await messages(relay) == 0
        async with relay.http.post(relay.form, json=body, headers=KEY) as answer:
            assert answer.status == 202
        assert await messages(relay) == 1


async def test_f09_lost_answer_and_database_gone(settings: Settings) -> None:
    """F9: when nothing can be asked after the loss, the answer is 503 and a retry finds the row."""
    async with relay_behind(settings) as (relay, proxy):
        await relay.post(message="On réchauffe la connexion.")
        proxy.swallow_after(BIND)
        posting = asyncio.create_task(relay.post(KEY))
        await proxy.wait_swallowed(1, 5)
        await proxy.pause()
        status, _ = await posting
        await proxy.restore()
        again, body = await relay.post(KEY)
        assert (status, again) in {(503, 202), (202, 202)}
        assert body["id"] in await relay.states()
        assert await messages(relay) == 2


async def test_f15_too_many_connections(relay: Relay, settings: Settings) -> None:
    """F15: with every connection of the server taken, the answer is 503; freed, it is 202."""
    url = settings.database_url.get_secret_value() if settings.database_url else ""
    taken: list[asyncpg.Connection] = []
    async with open_context(settings) as other, open_relay_again(relay, other) as late:
        try:
            with pytest.raises(asyncpg.TooManyConnectionsError):
                while True:
                    taken.append(await asyncpg.connect(url))
            assert (await late.post(KEY))[0] == 503
        finally:
            await asyncio.gather(*(connection.close() for connection in taken))
        assert (await late.post(KEY))[0] == 202


@asynccontextmanager
async def open_relay_again(relay: Relay, context: object) -> AsyncIterator[Relay]:
    """Serve the same site from another context, as a second process would."""
    from relay.web.app import make_app
    from tests.relays import served

    async with served(make_app(context)) as url:  # type: ignore[arg-type]
        yield Relay(context, relay.site, relay.keys, url, relay.http, relay.accepted)  # type: ignore[arg-type]


async def test_f15_lock_timeout(relay: Relay, settings: Settings) -> None:
    """F15: a lock that stays is tried three times, then 503 with nothing stored; freed, 202."""
    url = settings.database_url.get_secret_value() if settings.database_url else ""
    holder = await asyncpg.connect(url)
    try:
        async with holder.transaction():
            await holder.execute("lock table outbox in access exclusive mode")
            started = time.monotonic()
            assert (await relay.post(KEY))[0] == 503
            assert time.monotonic() - started < 10
    finally:
        await holder.close()
    assert await messages(relay) == 0
    assert (await relay.post(KEY))[0] == 202


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03"])
async def test_f15_serialization_and_deadlock(relay: Relay, state: str) -> None:
    """F15: what the server asks to repeat is tried three times, no more, then is unavailable."""
    tried = 0

    async def act(connection: Connection, failures: int) -> int:
        nonlocal tried
        tried += 1
        if tried <= failures:
            await connection.execute(f"do 'begin raise exception using errcode = ''{state}''; end'")
        return tried

    assert await relay.context.database.run(lambda connection: act(connection, 2)) == 3
    tried = 0
    with pytest.raises(Unavailable):
        await relay.context.database.run(lambda connection: act(connection, 9))
    assert tried == 3


async def test_f16_half_open_connections(settings: Settings) -> None:
    """F16: silently dead connections cost a bounded wait, 503, and are replaced."""
    async with relay_behind(settings) as (relay, proxy):
        assert (await relay.post())[0] == 202
        proxy.blackhole()
        started = time.monotonic()
        status, _ = await relay.post(KEY, message="Cette fois, personne n’écoute.")
        waited_s = time.monotonic() - started
        await proxy.restore()
        assert status == 503
        assert waited_s < 8
        assert (await relay.post(KEY, message="Cette fois, personne n’écoute."))[0] == 202
        assert await messages(relay) == 2
