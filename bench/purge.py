"""``python -m bench.purge``: a month of messages gone, three ways, while messages come in.

The drop of the partition, one plain DELETE, and the paced batches of the purge: seconds, WAL, and
the inserter's p99 beside its own without any purge. Figures of a shared machine; ratios count.
With ``--clients 2 --clients 8`` the drop is measured again beside so many clients of the form.

A million rows take 4 GB and some minutes. Ten million take 40 GB for as long as it runs, so it asks
for the room first. ``--rows 10000000 --months 10`` spreads them: each way takes one month of ten;
without it they are one month, which is filled anew for each way.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import asyncpg

from bench.house import House, process, up
from bench.house import house as open_house
from bench.http_load import load_until
from relay import administration
from relay.cli.common import new_master_key
from relay.context import Context, open_context
from relay.database import migrate
from relay.engines import engines
from relay.errors import Refused
from relay.retention import Pace, Run, purge_site
from relay.retention.months import drop_months
from relay.sealing import first_id, new_id
from relay.settings import read_settings
from relay.sites import Site

ROOT = Path(__file__).parent.parent
NOW = datetime.now(UTC)
YEAR = timedelta(days=366)
ID = (
    "(lpad(to_hex((extract(epoch from $2::timestamptz) * 1000)::bigint + i * 2000000 / $3::bigint),"
    " 12, '0') || '7' || substr(md5(i::text), 1, 19))::uuid"
)
FILL = f"""
with made as (
    select {ID} as id, $2::timestamptz as at from generate_series($5::bigint, $6::bigint) as i
), traces as (
    insert into sender_trace
    select $1::uuid, id, $1, $4::bytea, '\\x01', '\\x02', '\\x03', at from made
), mails as (
    insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at)
    select $1, id, id, 'contact', 'delivered', 'delivered', at, at from made
), attempts as (
    insert into attempt (site_id, mail_id, token, number, route, phase)
    select $1, id, 1, 1, 'smarthost', 'quit' from made
)
insert into message (site_id, message_id, conversation_id, sender_id, language, sealed_content,
    mailbox_hash, text_hash, policy_version, score, signals, received_at)
select $1, id, id, $1, 'fr', $4, '\\x01', '\\x02', 1, 0, '{{}}', at from made
"""
INSERT = (
    "insert into message (site_id, message_id, conversation_id, sender_id, language,"
    " sealed_content, mailbox_hash, text_hash, policy_version, score, signals, received_at)"
    " values ($1, $2, $2, $1, 'fr', $3, '\\x01', '\\x02', 1, 0, '{}', now())"
)
DELETES = (
    "delete from attempt where site_id = $1 and mail_id between $2 and $3",
    "delete from outbox where site_id = $1 and mail_id between $2 and $3",
    "delete from sender_trace where site_id = $1 and message_id between $2 and $3",
    "delete from message where site_id = $1 and message_id between $2 and $3",
)
Way = Callable[[datetime], Awaitable[object]]  # what makes a month go
Probe = Callable[[Awaitable[object]], Awaitable[list[float]]]  # what each took beside it, in ms
WAYS = ("drop of the month", "one DELETE", "paced batches")
STEP = 250_000
ROW_BYTES = 4_000  # on disk, with its trace, mail and attempt, their indexes, and WAL beside
FILL_TIMEOUT_S = 3600
ALONE_S = 15


async def main() -> None:
    """Measure the three ways and print them."""
    parser = argparse.ArgumentParser(prog="python -m bench.purge")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--months", type=int, default=1, help="that the rows are spread over")
    parser.add_argument("--only", action="append", choices=WAYS, help="a way; may be repeated")
    parser.add_argument("--most", type=int, default=10**9, help="rows of a class by batches")
    parser.add_argument("--clients", type=int, action="append", default=[], help="of the form")
    chosen = parser.parse_args()
    if shutil.disk_usage(tempfile.gettempdir()).free < chosen.rows * ROW_BYTES:
        parser.error(f"{chosen.rows} rows need {chosen.rows * ROW_BYTES / 1e9:.0f} GB")
    async with house() as (context, site, url):
        ways: dict[str, Way] = {
            "drop of the month": partial(drop, context, site),
            "one DELETE": partial(plain, url, site),
            "paced batches": partial(batches, context, site, chosen.most),
        }
        for name in chosen.only or WAYS:
            if await count_left(url) < chosen.rows // 2:
                await fill(url, site, chosen.rows, chosen.months)
            act = partial(ways[name], await oldest_month(url, site))
            print(json.dumps(await measure(name, url, act, partial(insert, url, site))), flush=True)
    for clients in chosen.clients:
        print(json.dumps(await beside_accept(chosen.rows, chosen.months, clients)), flush=True)


async def beside_accept(rows: int, months: int, clients: int) -> dict[str, object]:
    """Drop a month while *clients* post the form, which is validated, sealed and committed."""
    async with open_house(25) as place, open_context(place.settings) as context:
        site = await administration.find_site(context, "bench")
        await fill(place.database_url, site, rows, months)
        with process("relay", "serve", environment=place.environment):
            await up(place.port)
            await accept(place, clients, asyncio.sleep(3))
            return {"clients": clients} | await measure(
                "drop of the month",
                place.database_url,
                partial(drop, context, site, await oldest_month(place.database_url, site)),
                partial(accept, place, clients),
            )


async def measure(
    name: str, url: str, act: Callable[[], Awaitable[object]], probe: Probe
) -> dict[str, object]:
    """Run one way beside a probe, which runs alone just before and just after, too."""
    rows = await count_left(url)
    quiet = [p99(await probe(asyncio.sleep(ALONE_S)))]
    connection = await asyncpg.connect(url)
    before = await connection.fetchval("select pg_current_wal_lsn()")
    began = time.monotonic()
    taken = await probe(act())
    busy = p99(taken)
    seconds = time.monotonic() - began
    wal = await connection.fetchval("select pg_wal_lsn_diff(pg_current_wal_lsn(), $1)", before)
    await connection.close()
    quiet.append(p99(await probe(asyncio.sleep(ALONE_S))))
    left = await count_left(url)
    return {
        "way": name,
        "rows": rows - left,
        "seconds": round(seconds, 2),
        "wal_mb": round(float(wal) / 1e6, 1),
        "p99_ms": round(busy, 1),
        "alone_p99_ms": [round(one, 1) for one in quiet],
        "p99_ratio": round(busy / (sum(quiet) / 2), 2),
        "worst_ms": round(max(taken), 1),
        "rows_left": left,
        "load": os.getloadavg()[0],
    }


async def oldest_month(url: str, site: Site) -> datetime:
    """Return when the month of the oldest message began."""
    connection = await asyncpg.connect(url)
    oldest = "select received_at from message where site_id = $1 order by message_id limit 1"
    at: datetime = await connection.fetchval(oldest, site.site_id)
    await connection.close()
    return month_of(at)


def month_of(at: datetime) -> datetime:
    """Return when the month of *at* began."""
    return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def after(month: datetime) -> datetime:
    """Return when the month after *month* begins."""
    return month_of(month + timedelta(days=31))


async def count_left(url: str) -> int:
    """Count the messages that are old."""
    connection = await asyncpg.connect(url)
    left: int = await connection.fetchval(
        "select count(*) from message where message_id < $1",
        first_id(NOW - timedelta(days=30)),
        timeout=FILL_TIMEOUT_S,
    )
    await connection.close()
    return left


def p99(taken: list[float]) -> float:
    """Return the 99th percentile."""
    return statistics.quantiles(taken, n=100)[98]


async def insert(url: str, site: Site, beside: Awaitable[object]) -> list[float]:
    """Insert one row after the other until *beside* is done."""
    task, taken = asyncio.ensure_future(beside), []
    connection = await asyncpg.connect(url)
    while not task.done() or len(taken) < 100:
        began = time.monotonic()
        await connection.execute(INSERT, site.site_id, new_id(datetime.now(UTC)), bytes(500))
        taken.append((time.monotonic() - began) * 1000)
        await asyncio.sleep(0.002)
    await connection.close()
    await task
    return taken


async def accept(place: House, clients: int, beside: Awaitable[object]) -> list[float]:
    """Post the form, *clients* at a time, until *beside* is done."""
    task = asyncio.ensure_future(beside)
    done = await load_until(place.port, place.request, task.done, clients=clients)
    if set(done.statuses) != {202}:
        raise SystemExit(f"unexpected answers: {done.statuses}")
    await task
    return done.taken_ms


async def drop(context: Context, site: Site, month: datetime) -> None:
    """Drop the month as the purge does, on the day on which it is over and the next is not."""
    await drop_months(context, [site], {site.site_id: after(month) + YEAR})


async def plain(url: str, site: Site, month: datetime) -> None:
    """Delete the month as one would by hand, and vacuum."""
    connection = await asyncpg.connect(url)
    bounds = first_id(month), first_id(after(month))
    async with connection.transaction():
        for delete in DELETES:
            await connection.execute(delete, site.site_id, *bounds, timeout=FILL_TIMEOUT_S)
    vacuum = "vacuum message, outbox, attempt, sender_trace"
    await connection.execute(vacuum, timeout=FILL_TIMEOUT_S)
    await connection.close()


async def batches(context: Context, site: Site, most: int, month: datetime) -> None:
    """Delete the month as the purge does where it cannot drop it, up to a ceiling."""
    run = Run(context, site, after(month) + YEAR, Pace(ceiling=most), lambda *_: None)
    await purge_site(run)


async def fill(url: str, site: Site, rows: int, months: int) -> None:
    """Put months of messages where none are, by steps: each commits, so that nothing piles up."""
    began = time.monotonic()
    connection = await asyncpg.connect(url)
    month = month_of(NOW - timedelta(days=470 + 31 * months))
    await connection.execute("select ensure_partitions($1, $2)", month.date(), months)
    each = rows // months
    for _ in range(months):
        known = (site.site_id, month + timedelta(days=2), each, bytes(500))
        for first in range(1, each + 1, STEP):
            last = min(each, first + STEP - 1)
            await connection.execute(FILL, *known, first, last, timeout=FILL_TIMEOUT_S)
        month = after(month)
    vacuum = "vacuum analyze message, outbox, attempt, sender_trace"
    await connection.execute(vacuum, timeout=FILL_TIMEOUT_S)
    await connection.close()
    print(json.dumps({"filled": rows, "seconds": round(time.monotonic() - began)}), flush=True)


@asynccontextmanager
async def house(kept: Path | None = None) -> AsyncIterator[tuple[Context, Site, str]]:
    """Start an engine of its own with one site.

    Args:
        kept: A directory to keep it all in; what a run before left there is used again.
    """
    state = kept or Path(tempfile.mkdtemp(prefix="relais-bench-"))
    state.mkdir(exist_ok=True)
    state.chmod(0o755)
    try:
        with engines(state) as running:
            await migrate(running.database_url)
            settings = read_settings(
                {},
                database_url=running.database_url,
                master_key=_master_key(state),
                public_url="https://relais.example",
            )
            async with open_context(settings) as context:
                yield context, await _site(context), running.database_url
    finally:
        if kept is None:
            shutil.rmtree(state, ignore_errors=True)


def _master_key(state: Path) -> str:
    place = state / "bench-key"
    if not place.exists():
        place.write_text(new_master_key(), "ascii")
    return place.read_text("ascii")


async def _site(context: Context) -> Site:
    try:
        return await administration.find_site(context, "bench")
    except Refused:
        source = (ROOT / "policies" / "demo.toml").read_text("utf-8")
        await administration.open_site(context, "bench", source, origins=[], test=True)
        return await administration.find_site(context, "bench")


if __name__ == "__main__":
    asyncio.run(main())
