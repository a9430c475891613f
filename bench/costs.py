"""What a contact costs, stage by stage: CPU of each process, and the quickest run of pure parts.

A busy machine doubles CPU times, too; the quickest of many short runs hardly moves.
"""

import asyncio
import time
from collections.abc import Callable

import asyncpg
import psutil

from bench.house import House, cpu_s, process, up
from bench.http_load import load
from bench.rows import Row, median
from relay.contact_rows import Batch, ContactRequest, Place
from relay.contacts import Fields, Origin, read_contact
from relay.context import Context, open_context
from relay.database import Record
from relay.outgoing import read_mails, render
from relay.outgoing.thread import open_thread
from relay.rules import Facts, judge, read
from relay.sites import Site

CLIENTS = 16
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
DUE = "select count(*) from outbox where state in ('queued', 'deferred', 'sending')"
SOME = "select site_id, mail_id from outbox where kind = $1 limit 1"
Cost = tuple[float, float]  # µs of our process, and of PostgreSQL


async def rows(place: House, rounds: int, seconds: float) -> list[Row]:
    """Measure accepting and delivering apart, then their pure parts."""
    accepted, delivered = [], []
    for _ in range(rounds):
        accepted.append(await _accept(place, seconds))
        delivered.append(await _deliver(place))
    return [
        *_stage("accept, CPU per contact", "serve", accepted),
        *_stage("deliver, CPU per mail", "worker", delivered),
        *await _parts(place),
    ]


def _stage(name: str, ours: str, costs: list[Cost]) -> list[Row]:
    return [
        {"row": f"{name}, {who}", "figure": f"{median(each)} µs"}
        for who, each in zip((ours, "PostgreSQL"), zip(*costs, strict=True), strict=True)
    ]


async def _accept(place: House, seconds: float) -> Cost:
    with process("relay", "serve", environment=place.environment) as serve:
        await up(place.port)
        await load(place.port, place.request, clients=CLIENTS, seconds=0.5)
        before = cpu_s(serve.pid), cpu_s(place.postgres)
        taken = await load(place.port, place.request, clients=CLIENTS, seconds=seconds)
        return _spent(before, serve, place, sum(taken.statuses.values()))


async def _deliver(place: House) -> Cost:
    """Let a worker deliver what waits; its start is not counted."""
    connection = await asyncpg.connect(place.database_url)
    try:
        waiting = await connection.fetchval(DUE)
        with process("workers", environment=place.environment) as worker:
            while (begun := await connection.fetchval(DUE)) > 0.9 * waiting:
                await asyncio.sleep(0.05)
            before = cpu_s(worker.pid), cpu_s(place.postgres)
            while await connection.fetchval(DUE):
                await asyncio.sleep(0.05)
            return _spent(before, worker, place, begun)
    finally:
        await connection.close()


def _spent(before: Cost, ours: psutil.Popen, place: House, count: int) -> Cost:
    now = cpu_s(ours.pid), cpu_s(place.postgres)
    return (now[0] - before[0]) / count * 1e6, (now[1] - before[1]) / count * 1e6


async def _parts(place: House) -> list[Row]:
    async with open_context(place.settings, pool_size=1) as context:
        [site] = await context.sites.all()
        contact, receipt = await _mail(context, "contact"), await _mail(context, "receipt")
        thread = open_thread(context, site, contact)
        made = render(context, site, contact).content
        text, policy = thread.content["text"], site.policy
        acts: dict[str, Callable[[], object]] = {
            "read, seal and hash a contact": _accepting(context, site, contact, text),
            "make a contact mail, all of it": lambda: render(context, site, contact),
            "  of which: last look at the bytes": lambda: thread.secrets.is_leaked_by(made),
            "  of which: mask the message": lambda: thread.secrets.clear(text),
            "make a receipt": lambda: render(context, site, receipt),
            "put the rules": lambda: judge(read(text, region=policy.site.region), Facts(), ()),
        }
        return [
            {"row": name, "figure": f"{_quickest_us(act):.0f} µs"} for name, act in acts.items()
        ]


async def _mail(context: Context, kind: str) -> Record:
    async with context.database.connection() as connection:
        found = await connection.fetchrow(SOME, kind)
    [row] = (await read_mails(context, [found["site_id"]], [found["mail_id"]])).values()
    return row


def _accepting(context: Context, site: Site, row: Record, text: str) -> Callable[[], object]:
    fields = Fields(row["ref"], "buyer@acheteuse.example", "06 39 98 01 23", text, "Léa")
    place, origin = Place(row["listing_id"], None, None, None), Origin("::1", 1, "", BROWSER, "fr")

    def act() -> object:
        contact = read_contact(fields, site.policy, language="fr", sandbox=True, form=None)
        now = context.clock()
        request = ContactRequest(site, contact, origin, None, b"x" * 32, 1, now, None, receipt=True)
        return Batch(context.keyring).row(request, place)

    return act


def _quickest_us(act: Callable[[], object], times: int = 1000) -> float:
    took = []
    for _ in range(times):
        started = time.perf_counter()
        act()
        took.append(time.perf_counter() - started)
    return min(took) * 1e6
