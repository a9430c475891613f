"""``python -m bench.lookup``: what a moderator waits for, in a site of many messages.

One site over thirteen months (bench/many.py). Each figure is the whole act: the look written to
the log and committed, the page found, its values opened and masked; the last one is the whole of
what happens between the paste and the page, over HTTP. ``--keep`` fills a directory once.
"""

import argparse
import asyncio
import json
import logging
import os
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from hashlib import md5
from pathlib import Path
from uuid import UUID

import asyncpg
import structlog

from bench.many import KINDS, STAGE, fill, insert, seal
from bench.purge import NOW, house
from relay import lookup, overview, retention
from relay.context import Context
from relay.looks import Look
from relay.lookup import Key, Kind
from relay.permissions import Role
from relay.sealing import new_id
from relay.sites import Site
from tests.desk import open_browser, open_console, seat

RESULTS = Path(__file__).parent / "results"
HASHED = 20_000
WARM = 10  # of each act: plans are made, pages compiled, the newest pages read
INDEXES = (
    "message_by_phone", "message_by_mailbox", "sender_trace_by_ip", "sender_trace_by_net",
    "sender_trace_by_browser",
)  # fmt: skip


async def main() -> None:
    """Fill a site, or take the one that is kept, and print what each look-up takes."""
    parser = argparse.ArgumentParser(prog="python -m bench.lookup")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="a directory to fill once and measure again")
    parser.add_argument("--only", choices=("page",), help="the whole page alone")
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    async with house(chosen.keep) as (context, site, url):
        await filled(context, site, url, chosen.rows)
        note({"row": "load", "one_minute": round(os.getloadavg()[0], 1), "rows": chosen.rows})
        staff_id = await staff(url)
        if chosen.only is None:
            await parts(context, site, staff_id, chosen.rounds)
        await whole_page(context, site, chosen.rounds // 2)
        if chosen.only is None:
            note(hash_cost(site))
            note(await accept_cost(context, url, site))
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / f"{time.strftime('%Y%m%d-%H%M%S')}-lookup.json"
    target.write_text(json.dumps(NOTED, indent=1), "utf-8")


async def filled(context: Context, site: Site, url: str, rows: int) -> None:
    """Fill a site unless a run before did."""
    connection = await asyncpg.connect(url)
    is_new = await connection.fetchval("select not exists (select 1 from message)")
    await connection.close()
    if is_new:
        began = time.monotonic()
        await fill(context, site, url, rows)
        note({"row": "filling", "messages": rows, "seconds": round(time.monotonic() - began)})


async def parts(context: Context, site: Site, staff_id: UUID, rounds: int) -> None:
    """Measure the acts behind pages, one by one."""
    for kind in KINDS:
        await row(f"search {kind}", rounds, searcher(context, site, staff_id, kind))
    for kind in (Kind.PHONE, Kind.MAILBOX, Kind.IP):
        await row(f"sender {kind}", rounds // 4, picture(context, site, staff_id, kind))
    for name, page in pages(context, site, staff_id).items():
        await row(name, rounds // 10, page)


async def whole_page(context: Context, site: Site, rounds: int) -> None:
    """Measure what a moderator waits for after a paste: search, redirection, page, over HTTP."""
    async with open_console(context) as url, open_browser(url) as browser:
        browser.keep(await seat(context, site, Role.LEAD))
        await browser.get("/account")

        async def paste() -> None:
            digits = f"06 39 98 {random.randrange(100):02d} {random.randrange(100):02d}"
            found = await browser.post(f"/s/{site.slug}/search", q=digits)
            page = await browser.get(f"/s/{site.slug}/keys/{some(Kind.PHONE).token}")
            assert (found.status, page.status) == (303, 200), (found.status, page.status)

        await row("paste a phone, the whole page", rounds, paste)


def pages(
    context: Context, site: Site, staff_id: UUID
) -> dict[str, Callable[[], Awaitable[object]]]:
    """Return the acts behind pages that count a whole site."""
    seen = look(site, staff_id)
    return {
        "page deliveries": lambda: overview.read_deliveries(context, site, seen),
        "page health": lambda: overview.read_signs(context, site, seen),
        "page purge calendar": lambda: retention.read_calendar(context, site, seen),
        "live counts": lambda: overview.count_waiting(context, site),
    }


def searcher(
    context: Context, site: Site, staff_id: UUID, kind: Kind
) -> Callable[[], Awaitable[object]]:
    """Return an act that searches some key of a kind."""

    async def act() -> object:
        return await lookup.search(context, site, some(kind), look(site, staff_id))

    return act


def picture(
    context: Context, site: Site, staff_id: UUID, kind: Kind
) -> Callable[[], Awaitable[object]]:
    """Return an act that draws some sender."""

    async def act() -> object:
        return await lookup.read_sender(context, site, some(kind), look(site, staff_id))

    return act


def hash_cost(site: Site) -> dict[str, object]:
    """Measure the five hashes by which an accepted contact is found, in a processor's time."""
    kinds = ("mailbox", "phone", "ip", "net", "browser")
    began = time.process_time()
    for number in range(HASHED):
        for kind in kinds:
            site.hash(kind, f"value {number} of some length")
    taken = time.process_time() - began
    return {"row": "look-up hashes of a contact", "us": round(taken * 1e6 / HASHED, 1)}


def some(kind: Kind) -> Key:
    """Return a key: one time in four the heaviest of all, else as heavy as chance wants."""
    name, most, power = KINDS[kind]
    which = 0 if random.random() < 0.25 else int(most * random.random() ** power)
    digits = md5(f"{name}{which}".encode()).digest()
    return Key(kind, (digits,))


def look(site: Site, staff_id: UUID) -> Look:
    """Return a look that is written for good, as every look is."""
    return Look(site.site_id, staff_id, "search", "phone", "bench", NOW)


async def row(name: str, rounds: int, act: Callable[[], Awaitable[object]]) -> None:
    """Measure an act and print its figures, after it was done a few times."""
    for _ in range(WARM):
        await act()
    taken: list[float] = []
    cpu_s = time.process_time()
    for _ in range(rounds):
        began = time.monotonic()
        await act()
        taken.append((time.monotonic() - began) * 1000)
    taken.sort()
    note(
        {
            "row": name,
            "p50_ms": round(statistics.median(taken), 1),
            "p95_ms": round(taken[int(len(taken) * 0.95)], 1),
            "worst_ms": round(taken[-1], 1),
            "own_cpu_ms": round((time.process_time() - cpu_s) * 1000 / rounds, 1),
        }
    )


async def accept_cost(context: Context, url: str, site: Site) -> dict[str, object]:
    """Compare the time of 20,000 rows with the look-up indexes and without, and take both back."""
    connection = await asyncpg.connect(url)
    await connection.execute("set session_replication_role = replica")
    await connection.execute(STAGE)
    sender = new_id(NOW)
    keys = [(sender, context.keyring.new_person_key(sender)[0])]
    made = seal(keys, range(HASHED), 0.3)
    taken = []
    for drop in (False, True):
        transaction = connection.transaction()
        await transaction.start()
        for name in INDEXES if drop else ():
            await connection.execute(f"drop index {name}")
        began = time.monotonic()
        await insert(connection, site, made, 100_000)
        taken.append(time.monotonic() - began)
        await transaction.rollback()
    await connection.close()
    with_indexes, without = (seconds * 1e6 / HASHED for seconds in taken)
    return {
        "row": "a stored message, six tables",
        "with_us": round(with_indexes),
        "without_us": round(without),
    }


NOTED: list[dict[str, object]] = []


def note(figures: dict[str, object]) -> None:
    """Keep figures, and print them."""
    NOTED.append(figures)
    print(json.dumps(figures), flush=True)


async def staff(url: str) -> UUID:
    """Return somebody who looks."""
    connection = await asyncpg.connect(url)
    staff_id = await connection.fetchval(
        "insert into staff (staff_id, name, wrapped_key) values ($1, 'bench', '')"
        " on conflict (name) do update set name = excluded.name returning staff_id",
        new_id(NOW),
    )
    await connection.close()
    return UUID(str(staff_id))


if __name__ == "__main__":
    asyncio.run(main())
