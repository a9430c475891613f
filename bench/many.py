"""A site of many messages, as a moderator meets it: thirteen months, few keys having most of them.

Contents and traces are sealed as the relay seals them, each under its sender's own key, so that
what opens them costs what it costs. Keys are heavy-tailed: a phone network behind one address, a
browser everybody has, a text everybody sends. Secondary indexes are built at the end, as a restore
does. What a page counts only lately (attempts, rules that saw something) is there for ten days.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from datetime import timedelta
from hashlib import md5
from uuid import UUID

import asyncpg

from bench.purge import NOW
from relay.context import Context
from relay.lookup import Kind
from relay.sealing import DataKey, content_place, first_id, new_id, origin_place
from relay.sites import Site

PEOPLE = 50_000
LISTINGS = 50_000
STEP = 50_000
SPAN_MS = 390 * 86_400_000
LATELY = timedelta(days=10)
# Kind: its name, how many keys there are, and how steeply the first of them are favoured.
KINDS = {
    Kind.PHONE: ("phone", 200_000, 3),
    Kind.MAILBOX: ("mailbox", 300_000, 3),
    Kind.IP: ("ip", 150_000, 4),
    Kind.NETWORK: ("net", 30_000, 4),
    Kind.BROWSER: ("browser", 5_000, 5),
    Kind.TEXT: ("text", 100_000, 4),
}
SKEW = (
    "floor({most} * power(('x' || substr(md5('{kind}' || i), 1, 7))::bit(28)::int / 268435456.0,"
    " {power}))"
)


def keyed(kind: Kind) -> str:
    """Return the SQL of a key of a row: the first of many far more often than the last."""
    name, most, power = KINDS[kind]
    which = SKEW.format(most=most, kind=name, power=power)
    return f"decode(md5('{name}' || {which}), 'hex')"


LISTING = (
    "insert into listing (site_id, listing_id, ref, title, details, language, state,"
    " advertiser_id, sealed_advertiser, show_phone, phone_hash) select $1,"
    " md5('listing' || i)::uuid, i::text, 'Annonce ' || i, '120 €', 'fr', 'open',"
    " md5('person' || i % $2)::uuid, '\\x00', false, decode(md5('phone' || i), 'hex')"
    " from generate_series(0, $3::int - 1) as i"
)
CONVERSATION = (
    "insert into conversation (site_id, conversation_id, listing_id, buyer_id)"
    " select $1, md5('conversation' || i)::uuid, md5('listing' || i % $3::int)::uuid,"
    " md5('person' || (i + i / $3::int * 7919) % $2::int)::uuid"
    " from generate_series(0, $4::int - 1) as i on conflict do nothing"
)
STAGE = (
    "create temporary table made (i bigint, id uuid, at timestamptz, sender uuid, content bytea,"
    " origin bytea)"
)
MESSAGE = f"""
with traces as (
    insert into sender_trace
    select $1::uuid, id, sender, origin, {keyed(Kind.IP)}, {keyed(Kind.NETWORK)},
        {keyed(Kind.BROWSER)}, at from made
), mails as (
    insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at)
    select $1, id, id, 'contact', 'delivered', 'delivered', at, at from made
), tries as (
    insert into attempt (site_id, mail_id, token, number, route, phase, started_at, ended_at,
        outcome, reason, code, provider)
    select $1, id, 1, 1, 'smarthost', 'quit', at, at + make_interval(secs => i % 90 / 100.0),
        'delivered', 'delivered', 250, 'orange' from made where id >= $3
), hits as (
    insert into rule_hit select $1, id, 'messenger', 3, true, false from made
    where id >= $3 and i % 30 = 0
), marks as (
    insert into text_mark select $1, id, encode({keyed(Kind.TEXT)}, 'hex')::uuid, false from made
)
insert into message (site_id, message_id, conversation_id, sender_id, language, sealed_content,
    mailbox_hash, phone_hash, text_hash, policy_version, score, signals, received_at)
select $1, id, md5('conversation' || i % $2::bigint)::uuid, sender, 'fr', content,
    {keyed(Kind.MAILBOX)}, {keyed(Kind.PHONE)}, decode(md5(i::text), 'hex'), 1, 0, '{{}}', at
from made
"""
FILLED = ("message", "sender_trace", "outbox", "text_mark")
DEFINED = (
    "select indexrelid::regclass::text as name,"
    " replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') as definition"
    " from pg_index where indrelid = any($1::regclass[]) and not indisunique"
)
TEXT = (
    "Bonjour, votre annonce m’intéresse beaucoup. L’objet est-il toujours disponible, et peut-on le"
    " voir ce week-end ? Je peux passer samedi matin ou dimanche après-midi. Merci d’avance. {}"
)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def fill(context: Context, site: Site, url: str, rows: int) -> None:
    """Put messages over thirteen months into an empty site, the oldest first."""
    connection = await asyncpg.connect(url, command_timeout=3600)
    await connection.execute("set session_replication_role = replica")
    await connection.execute("set synchronous_commit = off")
    await connection.execute("set maintenance_work_mem = '512MB'")
    first = (NOW - timedelta(days=395)).date().replace(day=1)
    await connection.execute("select ensure_partitions($1, 16)", first)
    keys = await people(context, connection, site)
    conversations = max(rows // 3, 1)
    await connection.execute(LISTING, site.site_id, PEOPLE, LISTINGS)
    await connection.execute(CONVERSATION, site.site_id, PEOPLE, LISTINGS, conversations)
    indexes = await connection.fetch(DEFINED, list(FILLED))
    for index in indexes:
        await connection.execute(f"drop index {index['name']}")
    await connection.execute(STAGE)
    await pour(connection, site, keys, rows, conversations)
    for index in indexes:
        await connection.execute(index["definition"])
    await connection.execute("vacuum analyze")
    await connection.execute("checkpoint")
    await connection.close()


async def pour(
    connection: asyncpg.Connection,
    site: Site,
    keys: Sequence[tuple[UUID, DataKey]],
    rows: int,
    conversations: int,
) -> None:
    """Insert messages; the next ones are sealed meanwhile."""
    interval = SPAN_MS / rows
    starts = range(max(0, (rows - 1) // STEP) * STEP, -1, -STEP)

    def sealed(start: int) -> list[tuple[object, ...]]:
        numbers = range(min(start + STEP, rows) - 1, start - 1, -1)
        return seal(keys, numbers, interval)

    coming = asyncio.create_task(asyncio.to_thread(sealed, starts[0]))
    for at, start in enumerate(starts):
        made = await coming
        if at + 1 < len(starts):
            coming = asyncio.create_task(asyncio.to_thread(sealed, starts[at + 1]))
        await insert(connection, site, made, conversations)
        if at % 20 == 19:
            print(f"{rows - start} messages", flush=True)


async def insert(
    connection: asyncpg.Connection,
    site: Site,
    made: list[tuple[object, ...]],
    conversations: int,
) -> None:
    """Insert sealed messages with all their rows."""
    await connection.execute("truncate made")
    await connection.copy_records_to_table("made", records=made)
    await connection.execute(MESSAGE, site.site_id, conversations, first_id(NOW - LATELY))


def seal(
    keys: Sequence[tuple[UUID, DataKey]], numbers: range, interval_ms: float
) -> list[tuple[object, ...]]:
    """Return messages by number, the first one now and each further one an interval before."""
    made = []
    for number in numbers:
        at = NOW - timedelta(milliseconds=number * interval_ms)
        message_id, (person_id, key) = new_id(at), keys[number % len(keys)]
        content = {
            "name": "Léa",
            "email": f"lea{number % len(keys)}@acheteuse.example",
            "phone": f"+3363998{number % 10000:04d}",
            "phone_typed": None,
            "text": TEXT.format(number),
        }
        origin = {
            "ip": f"203.0.113.{number % 256}",
            "port": 40000,
            "chain": "",
            "user_agent": BROWSER,
            "accept_language": "fr-FR,fr;q=0.8",
            "browser": "Firefox",
            "system": "Linux",
            "device": None,
        }
        sealed = key.seal(json.dumps(content), content_place(message_id))
        trace = key.seal(json.dumps(origin), origin_place(message_id))
        made.append((number, message_id, at, person_id, sealed, trace))
    return made


async def people(
    context: Context, connection: asyncpg.Connection, site: Site
) -> list[tuple[UUID, DataKey]]:
    """Add the persons who write and advertise, each with a key; return their keys."""
    keys, rows = [], []
    for number in range(PEOPLE):
        person_id = UUID(md5(f"person{number}".encode()).hexdigest())
        key, wrapped = context.keyring.new_person_key(person_id)
        keys.append((person_id, key))
        mail_hash = md5(f"mail{number}".encode()).digest()
        rows.append((site.site_id, person_id, mail_hash, wrapped, os.urandom(60)))
    await connection.copy_records_to_table(
        "person",
        records=rows,
        columns=["site_id", "person_id", "mail_hash", "wrapped_key", "sealed_mail"],
    )
    return keys
