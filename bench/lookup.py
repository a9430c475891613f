"""``python -m bench.lookup``: what a moderator waits for, in a site of many messages.

One site over thirteen months, with skew: few keys have most messages, as a phone network behind
one address, a browser everybody has, a text everybody sends. Each figure is the whole act: the
look written to the log and committed, the page found, its values opened and masked.
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
from datetime import timedelta
from hashlib import md5
from uuid import UUID

import asyncpg
import structlog

from bench.purge import NOW, house
from relay import lookup, overview, retention
from relay.context import Context
from relay.looks import Look
from relay.lookup import Key, Kind
from relay.sealing import new_id
from relay.sites import Site

ID = (
    "(lpad(to_hex((extract(epoch from $2::timestamptz) * 1000 - i * $3::float8)::bigint), 12, '0')"
    " || '7' || substr(md5(i::text), 1, 19))::uuid"
)
# The n-th of many, the first ones far more often: a third of all messages to one in a thousand.
SKEW = (
    "floor({most} * power(('x' || substr(md5('{kind}' || i), 1, 7))::bit(28)::int / 268435456.0,"
    " {power}))"
)
KINDS = {
    Kind.PHONE: ("phone", 200_000, 3),
    Kind.MAILBOX: ("mailbox", 300_000, 3),
    Kind.IP: ("ip", 150_000, 4),
    Kind.NETWORK: ("net", 30_000, 4),
    Kind.BROWSER: ("browser", 5_000, 5),
    Kind.TEXT: ("text", 100_000, 4),
}


def keyed(kind: Kind) -> str:
    """Return the SQL of a key of a row."""
    name, most, power = KINDS[kind]
    which = SKEW.format(most=most, kind=name, power=power)
    return f"decode(md5('{name}' || {which}), 'hex')"


PEOPLE = (
    "insert into person (site_id, person_id, mail_hash, wrapped_key, sealed_mail)"
    " select $1, md5('person' || i)::uuid, decode(md5('mail' || i), 'hex'), $2, $3"
    " from generate_series(0, 49999) as i"
)
LISTINGS = (
    "insert into listing (site_id, listing_id, ref, title, details, language, state,"
    " advertiser_id, sealed_advertiser, show_phone) select $1, md5('listing' || i)::uuid,"
    " i::text, 'Annonce ' || i, '120 €', 'fr', 'open', md5('person' || i)::uuid, '\\x00', false"
    " from generate_series(0, 49999) as i"
)
CONVERSATIONS = (
    "insert into conversation (site_id, conversation_id, listing_id, buyer_id)"
    " select $1, md5('conversation' || i)::uuid, md5('listing' || i % 50000)::uuid,"
    " md5('person' || i / 50000 * 7919 % 50000)::uuid from generate_series(0, $2::int) as i"
    " on conflict do nothing"
)
MESSAGES = f"""
with made as (
    select i, {ID} as id, $2::timestamptz - make_interval(secs => i * $3::float8 / 1000) as at,
        md5('person' || i % 50000)::uuid as sender
    from generate_series($5::bigint, $6::bigint) as i
), traces as (
    insert into sender_trace
    select $1::uuid, id, sender, $4::bytea, {keyed(Kind.IP)}, {keyed(Kind.NETWORK)},
        {keyed(Kind.BROWSER)}, at from made
), mails as (
    insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at)
    select $1, id, id, 'contact', 'delivered', 'delivered', at, at from made
), marks as (
    insert into text_mark select $1, id, encode({keyed(Kind.TEXT)}, 'hex')::uuid, false from made
)
insert into message (site_id, message_id, conversation_id, sender_id, language, sealed_content,
    mailbox_hash, phone_hash, text_hash, policy_version, score, signals, received_at)
select $1, id, md5('conversation' || i % $7::bigint)::uuid, sender, 'fr', $4, {keyed(Kind.MAILBOX)},
    {keyed(Kind.PHONE)}, decode(md5(i::text), 'hex'), 1, 0, '{{}}', at from made
"""
STEP = 50_000
HASHED = 20_000
SPAN_MS = 390 * 86_400_000
INDEXES = (
    "message_by_phone", "message_by_mailbox", "sender_trace_by_ip", "sender_trace_by_net",
    "sender_trace_by_browser",
)  # fmt: skip


async def main() -> None:
    """Fill a site and print what each look-up takes."""
    parser = argparse.ArgumentParser(prog="python -m bench.lookup")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=200)
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    async with house() as (context, site, url):
        began = time.monotonic()
        await fill(url, site, chosen.rows)
        print(f"{chosen.rows} messages in {time.monotonic() - began:.0f} s", flush=True)
        staff_id = await staff(url)
        for kind in KINDS:
            await row(f"search {kind}", chosen.rounds, searcher(context, site, staff_id, kind))
        for kind in (Kind.PHONE, Kind.MAILBOX, Kind.IP):
            act = picture(context, site, staff_id, kind)
            await row(f"sender {kind}", chosen.rounds // 4, act)
        await row("paste a phone, full picture", chosen.rounds // 4, paste(context, site, staff_id))
        print(json.dumps(hash_cost(site)), flush=True)
        for name, page in pages(context, site, staff_id).items():
            await row(name, chosen.rounds // 10, page)
        print(json.dumps(await accept_cost(url, site)), flush=True)


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


def paste(context: Context, site: Site, staff_id: UUID) -> Callable[[], Awaitable[object]]:
    """Return an act that does all a moderator sees after pasting some phone."""

    async def act() -> object:
        key = some(Kind.PHONE)
        await lookup.search(context, site, key, look(site, staff_id))
        return await lookup.read_sender(context, site, key, look(site, staff_id))

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
    """Measure an act and print its figures."""
    taken = []
    for _ in range(rounds):
        began = time.monotonic()
        await act()
        taken.append((time.monotonic() - began) * 1000)
    taken.sort()
    figures = {
        "row": name,
        "p50_ms": round(statistics.median(taken), 1),
        "p95_ms": round(taken[int(len(taken) * 0.95)], 1),
        "worst_ms": round(taken[-1], 1),
    }
    print(json.dumps(figures), flush=True)


async def accept_cost(url: str, site: Site) -> dict[str, object]:
    """Compare the time of 20,000 rows with the look-up indexes and without, and take both back."""
    connection = await asyncpg.connect(url)
    await connection.execute("set session_replication_role = replica")
    taken = []
    for drop in (False, True):
        transaction = connection.transaction()
        await transaction.start()
        for name in INDEXES if drop else ():
            await connection.execute(f"drop index {name}")
        began = time.monotonic()
        await insert(connection, site, range(100_000_000, 100_020_000), 100_000, 0.3)
        taken.append(time.monotonic() - began)
        await transaction.rollback()
    await connection.close()
    with_indexes, without = (seconds * 1e6 / 20_000 for seconds in taken)
    return {
        "row": "a stored message, four tables",
        "with_us": round(with_indexes),
        "without_us": round(without),
    }


async def fill(url: str, site: Site, rows: int) -> None:
    """Put messages over thirteen months."""
    connection = await asyncpg.connect(url)
    await connection.execute("set session_replication_role = replica")
    first = (NOW - timedelta(days=395)).date().replace(day=1)
    await connection.execute("select ensure_partitions($1, 16)", first)
    await connection.execute(PEOPLE, site.site_id, os.urandom(80), os.urandom(60), timeout=600)
    await connection.execute(LISTINGS, site.site_id, timeout=600)
    conversations = max(rows // 3, 1)
    await connection.execute(CONVERSATIONS, site.site_id, conversations, timeout=600)
    for start in range(0, rows, STEP):
        numbers = range(start, min(start + STEP, rows))
        await insert(connection, site, numbers, conversations, SPAN_MS / rows)
    await connection.execute("vacuum analyze", timeout=900)
    await connection.close()


async def insert(
    connection: asyncpg.Connection,
    site: Site,
    numbers: range,
    conversations: int,
    interval_ms: float,
) -> None:
    """Insert messages by number, the first one now and each further one an interval before."""
    await connection.execute(
        MESSAGES, site.site_id, NOW, interval_ms, os.urandom(400), numbers.start,
        numbers.stop - 1, conversations, timeout=600,
    )  # fmt: skip


async def staff(url: str) -> UUID:
    """Add somebody who looks."""
    connection = await asyncpg.connect(url)
    staff_id = new_id(NOW)
    await connection.execute(
        "insert into staff (staff_id, name, wrapped_key) values ($1, 'bench', '')", staff_id
    )
    await connection.close()
    return staff_id


if __name__ == "__main__":
    asyncio.run(main())
