"""Attacks on what must not be told: personal data, keys, who exists, where a request came from."""

import asyncio
import io
import json
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio
from aiohttp import ClientSession

from relay.context import open_context
from relay.errors import Refused
from relay.links import Side, read_link
from relay.sealing import Keyring, Unsealable
from relay.settings import Settings
from tests.relays import LISTING, Relay, open_relay, until
from tests.rig.cluster import own_cluster, settings_with
from tests.rig.scale import scale
from tests.rig.serving import serving, without_limits, working
from tests.rig.smtp_sink import SmtpSink

CANARY = {
    "name": "Zephyrinekanari",
    "email": "kanari.zephyrine@boiteauxlettres.example",
    "phone": "06 39 98 07 41",
    "message": "kanaritexte9f3b, toujours disponible ? kanari.zephyrine@boiteauxlettres.example",
}
ADDRESS = "203.0.113.77"
BROWSER = "KanariBrowser/9.1"
ADVERTISER = {
    "pseudonym": "Kanarinette",
    "email": "kanarinette@annonceurs.example",
    "phone": "06 39 98 06 52",
    "company": "Kanaricorp",
}
NEEDLES = [
    *("Zephyrinekanari", "kanari.zephyrine", "boiteauxlettres", "kanaritexte9f3b"),
    *("0639980741", "639980741", "06 39 98 07 41", "6 39 98 07 41", ADDRESS, "KanariBrowser"),
    *("Kanarinette", "kanarinette", "Kanaricorp", "639980652", "06 39 98 06 52"),
]


async def tables_of(url: str) -> bytes:
    """Return every table of a database as text."""
    connection = await asyncpg.connect(url)
    out = io.BytesIO()
    try:
        for row in await connection.fetch(
            "select relname from pg_class"
            " where relkind = 'r' and relnamespace = 'public'::regnamespace"
        ):
            await connection.copy_from_query(f'select * from "{row["relname"]}"', output=out)
    finally:
        await connection.close()
    return out.getvalue()


@asynccontextmanager
async def redis_heard(url: str) -> AsyncIterator[list[str]]:
    """Collect every command Redis is given, arq's payloads among them."""
    client = redis.asyncio.from_url(url)
    heard: list[str] = []

    async def listen(monitor: redis.asyncio.client.Monitor) -> None:
        while True:
            heard.append(str((await monitor.next_command())["command"]))

    async with client.monitor() as monitor:
        listening = asyncio.create_task(listen(monitor))
        yield heard
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    await client.aclose()


def files_of(folder: Path) -> bytes:
    """Return all bytes of all files below a folder."""
    return b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def found_in(data: bytes, needles: list[str]) -> list[str]:
    """Return the needles that stand in *data*, plain or as hexadecimal."""
    return [n for n in needles if n.encode() in data or n.encode().hex().encode() in data]


async def test_a37_canary_person(settings: Settings, tmp_path: Path) -> None:
    """A37, A35, A36: a person and the keys are nowhere in logs, metrics, Redis, tables, files."""
    state = tmp_path / "state"
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:2]:
        parent.chmod(0o755)
    async with own_cluster(state) as cluster:
        values = dict(settings_with(settings, cluster.url)) | {
            "redis_url": cluster.engines.redis_url
        }
        used = Settings.model_validate(values)
        async with open_context(used) as context, open_relay(context) as relay:
            async with redis_heard(cluster.engines.redis_url) as heard:
                spilt = await _live_through_it(relay, tmp_path, used)
            spilt["redis"] = "\n".join(heard).encode()
            secrets = [relay.keys.secret, relay.keys.public, relay.site.key.secret.hex()]
            secrets += [key.key.get_secret_value() for key in used.master_key]
            secrets += [key.secret.hex() for key in used.master_key]
        spilt["tables"] = await tables_of(cluster.engines.database_url)
        await cluster.execute("checkpoint")
        spilt["files"] = files_of(state)
        password = cluster.engines.database_url.split("@")[0].rsplit(":", 1)[1]
    assert all(spilt.values())
    found = {place: found_in(data, NEEDLES + secrets) for place, data in spilt.items()}
    assert not any(found.values()), found
    assert not found_in(spilt["logs"] + spilt["tables"] + spilt["redis"], [password])


async def _live_through_it(relay: Relay, folder: Path, used: Settings) -> dict[str, bytes]:
    """Let the person do everything there is, well and badly; return logs and metrics."""
    listing = {"title": "Vélo", "advertiser": ADVERTISER}
    trusting = {"trusted_proxies": "127.0.0.0/8", "redis_url": used.redis_url.get_secret_value()}  # type: ignore[union-attr]
    async with (
        SmtpSink() as sink,
        serving(relay, folder / "serve.log", settings=used, **trusting) as door,
        working(relay, folder / "worker.log", sink.port) as worker,
    ):
        headers = {"X-Forwarded-For": ADDRESS, "User-Agent": BROWSER}
        url = f"{door.url}/v1/listings/kan-1"
        async with door.http.put(url, json=listing, headers=relay.secret) as answer:
            assert answer.status == 201
        assert (await door.post(headers, listing="kan-1", **CANARY))[0] == 202
        await sink.wait_for(2, timeout_s=30)
        unknown = {**listing, "advertiser": {**ADVERTISER, "email": "unknown@annonceurs.example"}}
        async with door.http.put(url, json=unknown, headers=relay.secret) as answer:
            assert answer.status == 200
        await door.post(headers, **CANARY | {"listing": "kan-1", "message": "kanaritexte9f3b bis"})
        for field, value in CANARY.items():
            await door.post(
                headers, **{**CANARY, field: f"{value}@@ kanaritexte9f3b 4242424242424242"}
            )
        bad = {"Authorization": f"Bearer {relay.keys.secret}x", "Idempotency-Key": CANARY["email"]}
        async with door.http.post(f"{door.url}/v1/messages", json=CANARY, headers=bad) as answer:
            assert answer.status == 401
        body = {"listing": "kan-1", **CANARY, "sender": {"ip": ADDRESS, "user_agent": BROWSER}}
        both = relay.secret | {"Idempotency-Key": CANARY["email"]}
        async with door.http.post(f"{door.url}/v1/messages", json=body, headers=both) as answer:
            assert answer.status == 202
        for path in (f"/f/{CANARY['email']}", f"/m/{CANARY['email']}", f"/x?{CANARY['name']}"):
            await door.http.get(f"{door.url}{path}")
        await relay.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
            " and application_name like 'relais%'"
        )
        await door.post(headers, **CANARY | {"listing": "kan-1", "message": "kanaritexte9f3b ter"})

        async def settled() -> bool:
            rows = await relay.fetch("select 1 from outbox where state in ('queued', 'sending')")
            return not rows

        await until(settled, timeout_s=30)
        async with door.http.get(f"{door.url}/metrics") as answer:
            metrics = await answer.read()
        await door.child.terminate(10)
        await worker.terminate(10)
        logs = (door.child.output + worker.output).encode()
    return {"logs": logs, "metrics": metrics}


async def test_a36_master_key_rotation(settings: Settings, relay: Relay) -> None:
    """A36: a new master key in front reads what the old one sealed; without the old, nothing."""
    _, body = await relay.post()
    token = body["status_url"].rsplit("/", 1)[1]
    old = [(key.key_id, key.secret) for key in settings.master_key]
    both = Keyring([("k2", b"\x02" * 32), *old])
    [row] = await relay.fetch(
        "select person_id, wrapped_key from person order by person_id limit 1"
    )
    owner = f"person:{row['person_id']}"
    sealed = relay.context.keyring.unwrap(row["wrapped_key"], owner).seal("bonjour", "a.b:c")
    assert both.unwrap(row["wrapped_key"], owner).open(sealed, "a.b:c") == "bonjour"
    assert both.new_key(owner)[1].startswith(b"k2\0")
    today = relay.context.clock().date()
    assert read_link(token, {Side.SENDER}, both.signing_keys("links"), today)
    alone = Keyring([("k2", b"\x02" * 32)])
    with pytest.raises(Refused):
        read_link(token, {Side.SENDER}, alone.signing_keys("links"), today)
    with pytest.raises(Unsealable):
        alone.unwrap(row["wrapped_key"], owner)


async def test_a33_forwarded_for(relay: Relay, tmp_path: Path) -> None:
    """A33: a spoofed header changes nothing; behind a trusted proxy the client's hop is stored."""

    async def stored(headers: dict[str, str], n: int, **more: str) -> dict[str, str]:
        async with serving(relay, tmp_path / "serve.log", **more) as door:
            _, body = await door.post(headers, message=f"Bonjour, essai {n}.")
        [row] = await relay.fetch(
            "select sender_trace.*, wrapped_key from sender_trace"
            " join person on person.person_id = sender_id where message_id = $1::text::uuid",
            body["id"].removeprefix("msg_"),
        )
        key = relay.context.keyring.unwrap(row["wrapped_key"], f"person:{row['sender_id']}")
        place = f"sender_trace.sealed_origin:{row['message_id']}"
        return dict(json.loads(key.open(row["sealed_origin"], place)))

    chain = "198.51.100.9, 203.0.113.4:4711"
    plain = await stored({"X-Forwarded-For": chain}, 1)
    assert (plain["ip"], plain["chain"]) == ("127.0.0.1", chain)
    behind = await stored({"X-Forwarded-For": chain}, 2, trusted_proxies="127.0.0.0/8")
    assert (behind["ip"], behind["port"], behind["chain"]) == ("203.0.113.4", 4711, chain)


Post = Callable[[int], Awaitable[object]]


async def indistinct(one: Post, other: Post, samples: int) -> bool:
    """Tell whether two ways to ask take the same time (Mann-Whitney, p > 0.01), in three tries."""
    for attempt in range(3):
        times: tuple[list[float], list[float]] = ([], [])
        for n in range(samples):
            order = (0, 1) if n % 2 else (1, 0)
            for which in order:
                started = time.perf_counter()
                await (one, other)[which](attempt * samples + n)
                times[which].append(time.perf_counter() - started)
        if mann_whitney_p(*times) > 0.01:
            return True
    return False


def mann_whitney_p(one: list[float], other: list[float]) -> float:
    """Return the two-sided probability that both come from one distribution (normal limit)."""
    wins = sum((a > b) + 0.5 * (a == b) for a in one for b in other)
    n, m = len(one), len(other)
    z = (wins - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))


async def test_a08_who_exists(relay: Relay) -> None:
    """A8: an advertiser who cannot be written to is told by nothing: status, body, time."""
    await without_limits(relay)
    await relay.put_listing(ref="mort", advertiser=LISTING.advertiser)
    await relay.put_listing(ref="vif")
    [row] = await relay.fetch("select mail_hash from person limit 1")
    await relay.fetch(
        "insert into suppression (site_id, mail_hash, reason, expires_at)"
        " values ($1, $2, 'bounced', now() + interval '1 day')",
        relay.site.site_id,
        row["mail_hash"],
    )
    seen: dict[str, set[tuple[int, tuple[str, ...], int]]] = {"mort": set(), "vif": set()}

    async def post(ref: str, n: int) -> None:
        status, body = await relay.post(listing=ref, message=f"Bonjour, question {n:05}.")
        seen[ref].add((status, tuple(body), sum(len(str(v)) for v in body.values())))

    assert await indistinct(lambda n: post("mort", n), lambda n: post("vif", n), scale(50, 10_000))
    assert seen["mort"] == seen["vif"]
    assert len(seen["vif"]) == 1


async def test_a08_known_sender(relay: Relay) -> None:
    """A8: the answer to a sender seen before has the form of that to one never seen."""
    await without_limits(relay)
    shapes = set()
    for n in range(scale(20, 1000)):
        for address in ("lea@acheteuse.example", f"p{n:04}@acheteus.example"):
            status, body = await relay.post(email=address, message=f"Bonjour, question {n:05}.")
            shapes.add((status, tuple(body), sum(len(str(v)) for v in body.values())))
    assert len(shapes) == 1


async def test_a34_key_compare(relay: Relay) -> None:
    """A34: a key wrong at its first sign takes as long as one wrong at its last; both look-ups."""
    url = f"{relay.url}/v1/listings/48213"
    key = relay.keys.secret

    async def ask(http: ClientSession, wrong: str) -> None:
        async with http.get(url, headers={"Authorization": f"Bearer {wrong}"}) as answer:
            assert answer.status == 401

    early, late = key[:8] + "g" + key[9:], key[:-1] + "g"
    assert await indistinct(
        lambda _: ask(relay.http, early), lambda _: ask(relay.http, late), scale(60, 5_000)
    )
    rows = await relay.fetch("select key_hash, label from site_key where kind = 'secret'")
    assert all(len(row["key_hash"]) == 32 and len(row["label"]) <= 12 for row in rows)
