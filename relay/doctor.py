"""The operator's examination: what is well, what is not, and how to mend it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from relay.bell import Bell
from relay.context import Context, open_context
from relay.database import is_current, queries, rows_of
from relay.errors import Unavailable
from relay.settings import Settings

CONNECT_TIMEOUT_S = 5.0
OLDEST_DUE_S = 300


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    is_well: bool
    said: str

    def as_json(self) -> dict[str, object]:
        """Return the finding for a program."""
        return asdict(self)


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything the relay depends on, and at its ledger."""
    async with open_context(settings, pool_size=2) as context:
        checks: list[Callable[[Context], Awaitable[Finding]]] = [
            _database,
            _ledger,
            _queue,
            _routes,
            _redis,
            _smarthost,
        ]
        return [await check(context) for check in checks]


async def _database(context: Context) -> Finding:
    try:
        async with context.database.connection() as connection:
            current = await is_current(connection)
    except Unavailable:
        return Finding("database", False, "does not answer; see RELAY_DATABASE_URL")
    said = "reachable, writable, migrated" if current else "not migrated: run `relay migrate`"
    return Finding("database", current, said)


async def _ledger(context: Context) -> Finding:
    try:
        async with context.database.connection() as connection:
            accepted = await rows_of(queries().count_accepted(connection))
            states = await rows_of(queries().count_states(connection))
    except Unavailable:
        return Finding("ledger", False, "cannot be counted")
    total, counted = sum(r["messages"] for r in accepted), sum(r["mails"] for r in states)
    said = f"{total} accepted = {counted} with a state"
    return Finding("ledger", total == counted, said if total == counted else f"{said}: report this")


async def _queue(context: Context) -> Finding:
    try:
        async with context.database.connection() as connection:
            age_s = await queries().oldest_due(connection) or 0
    except Unavailable:
        return Finding("queue", False, "cannot be read")
    said = f"the oldest due mail waits for {age_s:.0f} s"
    return Finding(
        "queue",
        age_s < OLDEST_DUE_S,
        said if age_s < OLDEST_DUE_S else f"{said}: is a `relay worker` running?",
    )


async def _routes(context: Context) -> Finding:
    try:
        async with context.database.connection() as connection:
            routes = await rows_of(queries().read_routes(connection))
    except Unavailable:
        return Finding("routes", False, "cannot be read")
    paused = [r for r in routes if r["paused_until"] and r["paused_until"] > context.clock()]
    said = ", ".join(f"{r['route']} paused: {r['reason']}" for r in paused)
    return Finding("routes", not paused, said or "none paused")


async def _redis(context: Context) -> Finding:
    if context.settings.redis_url is None:
        return Finding("redis", True, "not set: mails leave by the sweep, within seconds")
    bell = Bell(context.settings.redis_url.get_secret_value())
    bell.ring()
    await bell.close()
    heard = await bell.is_heard()
    said = "answers" if heard else "does not answer: mails leave by the sweep; see RELAY_REDIS_URL"
    return Finding("redis", heard, said)


async def _smarthost(context: Context) -> Finding:
    if not context.settings.smtp_url:
        return Finding("smarthost", False, "RELAY_SMTP_URL is not set: no mail can leave")
    host = context.settings.smtp_url[0]
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(host.host, host.port)
            greeting = await reader.readline() if host.tls != "implicit" else b"220"
            writer.close()
    except (OSError, TimeoutError):
        return Finding("smarthost", False, f"{host.name} does not answer; see RELAY_SMTP_URL")
    return Finding("smarthost", greeting.startswith(b"220"), f"{host.name} greets, tls={host.tls}")
