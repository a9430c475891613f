"""The rows of the table; each measures both of its sides in turn."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence

import aiosmtplib
import asyncpg
import psutil

from bench.house import House, cpu_s, process, said, sunk, up
from bench.http_load import Load, load

NAMES = (
    "accept",
    "handoff",
    "endtoend",
    "postfix",
    "inbound",
    "costs",
    "reply",
    "growth",
    "compose",
    "masking",
)
Row = dict[str, object]
FILL = """
with source as (
    select * from message limit 1
), made as (
    select (lpad(to_hex(floor(extract(epoch from now()) * 1000)::bigint - i), 12, '0') || '7'
        || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid as message_id
    from generate_series(1, $1::int) as i
), put as (
    insert into message
    select s.site_id, made.message_id, s.conversation_id, s.sender_id, s.language, s.sealed_content,
        s.mailbox_hash, s.phone_hash, s.text_hash, s.policy_version, s.score, s.signals,
        s.received_at
    from made, source as s
    returning site_id, message_id
)
insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at)
select site_id, message_id, message_id, 'contact', 'delivered', 'delivered', now(), now() from put
"""


async def measure(
    name: str, place: House, sink: psutil.Popen, rounds: int, seconds: float
) -> list[Row]:
    """Measure one row."""
    acts: dict[str, Callable[[], Awaitable[list[Row]]]] = {
        "accept": lambda: accept(place, rounds, seconds),
        "handoff": lambda: handoff(place, sink, 100),
        "endtoend": lambda: endtoend(place, sink, rounds),
        "postfix": lambda: mails(place, sink, rounds),
        "inbound": lambda: arrivals(place, rounds, seconds),
        "costs": lambda: costs(place, rounds, seconds),
        "reply": lambda: replies(place, sink),
        "growth": lambda: growth(place, rounds, seconds),
        "compose": compose,
        "masking": masking,
    }
    return await acts[name]()


async def accept(place: House, rounds: int, seconds: float) -> list[Row]:
    """The form, validated, sealed and durable, against a bare handler with one INSERT."""
    found: list[Row] = []
    with (
        process("relay", "serve", environment=place.environment),
        process("bench.bare", place.database_url) as bare,
    ):
        bare_port = said(bare)
        await up(place.port)
        for clients in (16, 64):
            ours, theirs = [], []
            for turn in range(rounds + 1):
                mine = await load(place.port, place.request, clients=clients, seconds=seconds)
                other = await load(bare_port, place.bare_request, clients=clients, seconds=seconds)
                if turn:  # the first round warms both up
                    ours.append(mine)
                    theirs.append(other)
            _expect(ours, 202)
            _expect(theirs, 201)
            found.append(_accept_row(clients, ours, theirs))
    return found


def _accept_row(clients: int, ours: Sequence[Load], theirs: Sequence[Load]) -> Row:
    ratios = [a.per_s / b.per_s for a, b in zip(ours, theirs, strict=True)]
    tails = [a.p99_ms / b.p99_ms for a, b in zip(ours, theirs, strict=True)]
    mine, bare = median([a.per_s for a in ours]), median([b.per_s for b in theirs])
    return {
        "row": f"accept, {clients} clients",
        "figure": f"{mine} req/s, bare {bare}",
        "ratio": f"{median(ratios)}×, p99 {median(tails)}×",
        "target": "≥ 1.2×, p99 ≤ 2×",
    }


async def handoff(place: House, sink: psutil.Popen, count: int) -> list[Row]:
    """From the form post to the mail at the next hop, one at a time on an idle machine."""
    waits: list[float] = []
    with (
        process("relay", "serve", environment=place.environment),
        process("workers", environment=place.environment),
    ):
        await up(place.port)
        await deliver_one(place, sink)
        waits += [await deliver_one(place, sink) for _ in range(count)]
    waits.sort()
    p50, p95 = waits[len(waits) // 2] * 1000, waits[int(len(waits) * 0.95)] * 1000
    return [
        {
            "row": "form to hand-off, idle",
            "figure": f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, worst {waits[-1] * 1000:.1f} ms",
            "target": "p50 ≤ 30 ms, p95 ≤ 100 ms",
        }
    ]


async def deliver_one(place: House, sink: psutil.Popen) -> float:
    """Post one contact and wait for its mail; receipts are mails too, so wait for both."""
    before = sunk(sink)
    started = time.perf_counter()
    await load(place.port, place.request, clients=1, seconds=0)
    took = 0.0
    async with asyncio.timeout(20):
        while (now := sunk(sink)) < before + 2:
            if now > before and not took:
                took = time.perf_counter() - started
            await asyncio.sleep(0.001)
    return took or time.perf_counter() - started


async def endtoend(place: House, sink: psutil.Popen, rounds: int) -> list[Row]:
    """Contacts from form to next hop, against aiosmtplib with ready bytes and open lines."""
    rates, costs, pool_rates = [], [], []
    names = ("serve", "worker", "PostgreSQL")
    with (
        process("relay", "serve", environment=place.environment) as serve,
        process("workers", environment=place.environment) as worker,
    ):
        await up(place.port)
        await deliver_one(place, sink)
        port = place.settings.smtp_url[0].port
        for _ in range(rounds):
            rate, cost = await batch(place, sink, (serve.pid, worker.pid, place.postgres))
            rates.append(rate)
            costs.append(cost)
            pool_rates.append(await _pool(port, 1000))
        memory = [psutil.Process(one.pid).memory_info().rss / 1e6 for one in (serve, worker)]
    ratios = [a / b for a, b in zip(rates, pool_rates, strict=True)]
    return [
        {
            "row": "end to end",
            "figure": f"{median(rates)} contacts/s (two mails each, receipt included)",
            "ratio": f"{median(ratios)}× a bare aiosmtplib pool ({median(pool_rates)}/s)",
        },
        {
            "row": "CPU per contact, all processes",
            "figure": f"{median([sum(cost) for cost in costs])} µs",
            "target": "≤ 900 µs",
        },
        *(
            {"row": f"CPU per contact, {name}", "figure": f"{median(each)} µs"}
            for name, each in zip(names, zip(*costs, strict=True), strict=True)
        ),
        {
            "row": "memory",
            "figure": f"serve {memory[0]:.0f} MB, worker {memory[1]:.0f} MB",
            "target": "≤ 150 MB each",
        },
    ]


async def batch(place: House, sink: psutil.Popen, pids: Sequence[int]) -> tuple[float, list[float]]:
    """Send contacts for two seconds.

    Returns:
        How many a second arrived, and what each cost every process: µs of CPU.
    """
    before, used, started = sunk(sink), [cpu_s(pid) for pid in pids], time.perf_counter()
    taken = await load(place.port, place.request, clients=32, seconds=2)
    _expect([taken], 202)
    count = sum(taken.statuses.values())
    async with asyncio.timeout(120):
        while sunk(sink) < before + 2 * count:
            await asyncio.sleep(0.01)
    took = time.perf_counter() - started
    return count / took, [
        (cpu_s(pid) - at) / count * 1e6 for pid, at in zip(pids, used, strict=True)
    ]


async def _pool(port: int, count: int) -> float:
    content = b"Subject: x\r\nFrom: a@b.example\r\n\r\n" + b"x" * 76 + b"\r\n"
    content += (b"y" * 76 + b"\r\n") * 80

    async def one(number: int) -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)
        await client.connect()
        for _ in range(number):
            await client.sendmail("a@b.example", ["c@d.example"], content)
        await client.quit()

    started = time.perf_counter()
    await asyncio.gather(*(one(count // 16) for _ in range(16)))
    return count // 16 * 16 / (time.perf_counter() - started)


async def arrivals(place: House, rounds: int, seconds: float) -> list[Row]:
    """Mails from LMTP to the commit, against aiosmtpd that keeps nothing."""
    from bench.inbound import rates

    ours, theirs = await rates(place, rounds, seconds)
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    return [
        {
            "row": "inbound to commit, 16 sessions",
            "figure": f"{median(ours)} mails/s, bare aiosmtpd {median(theirs)}",
            "ratio": f"{median(ratios)}×",
            "target": "≥ 0.6×",
        }
    ]


async def costs(place: House, rounds: int, seconds: float) -> list[Row]:
    """CPU of accepting and of delivering, each alone, and of their pure parts."""
    from bench.costs import rows

    return await rows(place, rounds, seconds)


async def replies(place: House, sink: psutil.Popen) -> list[Row]:
    """From the end of a reply to its mail at the next hop, one at a time."""
    from bench.inbound import round_trips

    waits = sorted(wait * 1000 for wait in await round_trips(place, sink, 15))
    middle, worst = waits[len(waits) // 2], waits[-1]
    figure = f"p50 {middle:.0f} ms, worst {worst:.0f} ms"
    return [{"row": "a reply's way, end to end", "figure": figure}]


async def growth(place: House, rounds: int, seconds: float) -> list[Row]:
    """The accept path on empty tables and beside many stored messages."""
    found: list[Row] = []
    with process("relay", "serve", environment=place.environment):
        await up(place.port)
        for rows in (0, 200_000):
            if rows:
                await _fill(place.database_url, rows)
            loads = [
                await load(place.port, place.request, clients=32, seconds=seconds)
                for _ in range(rounds)
            ]
            _expect(loads, 202)
            found.append(
                {
                    "row": f"accept beside {rows} more messages",
                    "figure": f"{median([one.per_s for one in loads])} req/s",
                    "rate": statistics.median(one.per_s for one in loads),
                }
            )
    ratio = float(str(found[1]["rate"])) / float(str(found[0]["rate"]))
    found[1]["ratio"] = f"{ratio:.2f}× of empty"
    return found


async def _fill(url: str, rows: int) -> None:
    """Copy stored contacts until there are *rows* more, settled as delivered."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            FILL,
            rows,
            timeout=300,
        )
        await connection.execute("analyze")
    finally:
        await connection.close()


async def compose() -> list[Row]:
    """One mail, text and HTML, from values to bytes."""
    from relay.mail.compose import compose_contact
    from tests.unit.mail_samples import contact

    mail = contact()
    compose_contact(mail)
    times = []
    for _ in range(500):
        started = time.perf_counter()
        compose_contact(mail)
        times.append((time.perf_counter() - started) * 1e6)
    return [{"row": "building one mail", "figure": f"{median(times)} µs", "target": "≤ 200 µs"}]


async def mails(place: House, sink: psutil.Popen, rounds: int) -> list[Row]:
    """Mails beside Postfix."""
    from bench.beside_postfix import rows

    return await rows(place, sink, rounds)


async def masking() -> list[Row]:
    """Masking beside PhoneNumberMatcher."""
    from bench.masking import rows

    return [
        {
            "row": f"masking, {row['text']}",
            "figure": f"{row['masker texts/s']} texts/s, matcher {row['matcher texts/s']}",
            "ratio": f"{_times(row):.2f}× its time",
            "target": "≤ 1.0× ordinary, ≤ 2.0× dense",
        }
        for row in rows()
    ]


def _times(row: dict[str, str | float]) -> float:
    return float(row["matcher texts/s"]) / float(row["masker texts/s"])


def _expect(loads: Sequence[Load], status: int) -> None:
    for one in loads:
        if set(one.statuses) != {status}:
            raise SystemExit(f"unexpected answers: {one.statuses}")


def median(values: Sequence[float]) -> str:
    """Write the median of *values* with their range."""
    middle, low, high = statistics.median(values), min(values), max(values)
    digits = 0 if middle >= 100 else 2
    return f"{middle:.{digits}f} [{low:.{digits}f}–{high:.{digits}f}]"
