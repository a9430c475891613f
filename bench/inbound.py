"""Mails that come in: how many a second from LMTP to the commit, how long a reply is under way."""

import asyncio
import itertools
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import asyncpg
import psutil

from bench.house import House, free_port, process, said, sunk, up
from bench.http_load import load
from relay.context import open_context

SESSIONS = 16
ALIASES = 500
WORDS = "Bonjour, oui, toujours disponible, vous pouvez passer samedi matin si vous voulez."
_numbers = itertools.count()


async def rates(place: House, rounds: int, seconds: float) -> tuple[list[float], list[float]]:
    """Return mails a second by turns: the relay's door, and aiosmtpd alone."""
    aliases = await _aliases(place, seconds=1)
    ours, theirs = [], []
    with _door(place) as port, process("bench.bare_lmtp") as bare:
        bare_port = said(bare)
        await up(port)
        for turn in range(rounds + 1):
            await _empty(place.database_url)
            mine = await _flood(port, aliases, seconds)
            other = await _flood(bare_port, aliases, seconds)
            if turn:  # the first turn warms both up
                ours.append(mine)
                theirs.append(other)
    return ours, theirs


async def round_trips(place: House, sink: psutil.Popen, count: int) -> list[float]:
    """Return the seconds from the end of a reply to its mail at the next hop, one at a time."""
    waits = []
    with _door(place) as port, process("workers", environment=place.environment):
        await up(port)
        for turn in range(count + 1):
            to = (await _aliases(place, seconds=0))[0]
            await asyncio.sleep(0.3)  # the contact and its receipt leave first
            before = sunk(sink)
            started = time.perf_counter()
            await _session(port, [(to, _mail(to, next(_numbers), "Oui."))])
            while sunk(sink) == before:
                await asyncio.sleep(0.001)
            if turn:  # the first starts the reading process
                waits.append(time.perf_counter() - started)
    return waits


@contextmanager
def _door(place: House) -> Iterator[int]:
    port = free_port()
    variables = place.environment | {"RELAY_LMTP_LISTEN": f"127.0.0.1:{port}"}
    with process("relay", "inbound", environment=variables):
        yield port


async def _aliases(place: House, *, seconds: float) -> list[str]:
    """Post contacts; return the addresses at which advertisers answer, the newest first.

    With *seconds*, posts that long, again until no alias will be as full as one may be.
    """
    posted = 0
    with process("relay", "serve", environment=place.environment):
        await up(place.port)
        while posted < (ALIASES if seconds else 1):
            done = await load(
                place.port, place.request, clients=8 if seconds else 1, seconds=seconds
            )
            posted += sum(done.statuses.values())
    async with open_context(place.settings, pool_size=1) as context:
        [site] = await context.sites.all()
        async with context.database.connection() as connection:
            rows = await connection.fetch(
                "select conversation_id from conversation order by conversation_id desc limit 500"
            )
    domain = place.settings.mail_domain
    return [f"{site.reply_local_part(row['conversation_id'], 'buyer')}@{domain}" for row in rows]


async def _empty(url: str) -> None:
    """Forget what waits to be read: nobody reads it here, and the door would stop at its limits."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("truncate inbound")
    finally:
        await connection.close()


async def _flood(port: int, aliases: list[str], seconds: float) -> float:
    """Send mails of two kilobytes over sessions that stay open; return how many a second."""
    started = time.perf_counter()
    ends_at = started + seconds
    counts = await asyncio.gather(*(_until(port, aliases, ends_at) for _ in range(SESSIONS)))
    return sum(counts) / (time.perf_counter() - started)


async def _until(port: int, aliases: list[str], ends_at: float) -> int:
    def mails() -> Iterator[tuple[str, bytes]]:
        while time.perf_counter() < ends_at:
            number = next(_numbers)
            to = aliases[number % len(aliases)]
            yield to, _mail(to, number, "\r\n".join([WORDS] * 18))

    return await _session(port, mails())


async def _session(port: int, mails: Iterable[tuple[str, bytes]]) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def say(line: bytes, expected: bytes) -> None:
        writer.write(line)
        while (answer := await reader.readline())[3:4] == b"-":
            pass
        if not answer.startswith(expected):
            raise SystemExit(f"unexpected answer: {answer!r}")

    await say(b"", b"220")
    await say(b"LHLO bench\r\n", b"250")
    sent = 0
    for to, mail in mails:
        await say(b"MAIL FROM:<camille@annonceur.example>\r\n", b"250")
        await say(f"RCPT TO:<{to}>\r\n".encode(), b"250")
        await say(b"DATA\r\n", b"354")
        await say(mail, b"250")
        sent += 1
    writer.close()
    return sent


def _mail(to: str, number: int, text: str) -> bytes:
    lines = [
        "From: Camille <ad1@annonceur.example>",
        f"To: <{to}>",
        "Subject: Re: message",
        f"Message-ID: <{number}.{time.time_ns()}@annonceur.example>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "",
        text,
        ".",
        "",
    ]
    return "\r\n".join(lines).encode()
