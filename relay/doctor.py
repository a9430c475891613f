"""The operator's examination: what is well, what is not, and how to mend it."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from relay.addresses import probe_address
from relay.bell import Bell
from relay.context import Context, open_context
from relay.database import count_ledger, is_current, may_change_schema, queries, rows_of
from relay.errors import Unavailable
from relay.rights.round import count_live
from relay.sealing import new_id
from relay.settings import Settings, Smarthost

CONNECT_TIMEOUT_S = 5.0
OLDEST_DUE_S = 300
LOOP_TIMEOUT_S = 60.0
LOOP_PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``advice`` is to be read, and never a failure."""

    what: str
    is_well: bool
    said: str
    kind: Literal["check", "advice"] = "check"

    @property
    def mark(self) -> str:
        """What stands before it on a person's screen."""
        if self.kind == "advice":
            return "note"
        return "ok  " if self.is_well else "FAIL"

    def as_json(self) -> dict[str, object]:
        """Return the finding for a program."""
        return asdict(self)


async def examine(settings: Settings, *, loop: bool = False) -> list[Finding]:
    """Look at everything the relay depends on, and at its ledger.

    Args:
        loop: Send a mail by the smarthost to the mail door and wait for it, too.
    """
    async with open_context(settings, pool_size=2) as context:
        checks: list[Callable[[Context], Awaitable[Finding]]] = [
            _database,
            _database_role,
            _sites,
            _ledger,
            _queue,
            _inbound,
            _routes,
            _requests,
            _redis,
            _smarthost,
        ]
        if loop:
            checks.append(_mail_loop)
        found = [await check(context) for check in checks]
    return [*found, *_identity(settings), _records(settings)]


def placeholders(settings: Settings) -> list[str]:
    """Return a sentence for each setting that no relay in service can keep as it is."""
    faults = []
    if not settings.smtp_url:
        faults.append("RELAY_SMTP_URL is not set: no mail can leave; name the smarthost")
    return faults + [finding.said for finding in _identity(settings) if not finding.is_well]


def _identity(settings: Settings) -> list[Finding]:
    """Look at the names the relay is known by to others."""
    domain, url = settings.mail_domain, settings.public_url
    own_domain = not domain.endswith(".example")
    domain_said = f"RELAY_MAIL_DOMAIN is {domain}: replies come back to nobody; name a domain"
    host = urlsplit(url).hostname or ""
    url_said = f"RELAY_PUBLIC_URL is {url}: the links in mails open for nobody else; name the site"
    return [
        Finding("mail domain", own_domain, domain if own_domain else f"{domain_said} of yours"),
        Finding("public url", not _is_local(host), url_said if _is_local(host) else url),
    ]


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False  # a name


async def _mail_loop(context: Context) -> Finding:
    """Send a mail the whole way round: smarthost, DNS, mail server in front, mail door."""
    settings = context.settings
    if not settings.smtp_url:
        return Finding("mail loop", False, "not run: RELAY_SMTP_URL is not set")
    probe_id = new_id(context.clock())
    address = probe_address(probe_id, domain=settings.mail_domain, keys=context.bounce_keys)
    started = time.monotonic()
    # Only workers speak SMTP; the program reads the same environment.
    sender = await asyncio.create_subprocess_exec(sys.executable, "-m", "workers.probe", address)
    if await sender.wait():
        return Finding("mail loop", False, "the smarthost did not take the mail")
    while time.monotonic() - started < LOOP_TIMEOUT_S:
        async with context.database.connection() as connection:
            row = await queries().read_probe(connection, probe_id=probe_id)
        if row:
            found = "; ".join(row["verdicts"]) or "no server on the way checked its sender"
            took_s = time.monotonic() - started
            return Finding("mail loop", True, f"came back in {took_s:.1f} s; {found}")
        await asyncio.sleep(LOOP_PAUSE_S)
    return Finding(
        "mail loop",
        False,
        f"did not come back in {LOOP_TIMEOUT_S:.0f} s: look at the MX record of"
        f" {settings.mail_domain} and at the server that hands over to {settings.lmtp_listen}",
    )


def _records(settings: Settings) -> Finding:
    """Say which DNS records the mail domain needs."""
    domain = settings.mail_domain
    spf = " ".join(["v=spf1", *(_spf_term(host) for host in settings.smtp_url), "-all"])
    records = (
        f"{domain}. MX 10 <the host whose mail server hands over to {settings.lmtp_listen}>.",
        f'{domain}. TXT "{spf}"',
        f'_dmarc.{domain}. TXT "v=DMARC1; p=quarantine"',
    )
    said = "needed, as the smarthost's operator may refine them: " + "; ".join(records)
    return Finding("dns records", True, said, kind="advice")


def _spf_term(smarthost: Smarthost) -> str:
    """Name a smarthost in SPF (RFC 7208, sections 5.3 and 5.6)."""
    try:
        return f"ip{ip_address(smarthost.host).version}:{smarthost.host}"
    except ValueError:
        return f"a:{smarthost.host}"


async def _database(context: Context) -> Finding:
    try:
        async with context.database.connection() as connection:
            current = await is_current(connection)
    except Unavailable:
        return Finding("database", False, "does not answer; see RELAY_DATABASE_URL")
    said = "reachable, writable, migrated" if current else "not migrated: run `relay migrate`"
    return Finding("database", current, said)


async def _database_role(context: Context) -> Finding:
    """Tell whether this process could change the schema: then a hole in it is a larger one."""
    try:
        async with context.database.connection() as connection:
            is_owner = await may_change_schema(connection)
    except Unavailable:
        return Finding("database user", False, "cannot be looked at")
    if not is_owner:
        return Finding("database user", True, "may not change the schema")
    said = "owns the tables: name the owner in RELAY_OWNER_URL, and another in RELAY_DATABASE_URL"
    return Finding("database user", True, said, kind="advice")


async def _ledger(context: Context) -> Finding:
    try:
        async with context.database.connection() as connection:
            ledger = await count_ledger(connection)
    except Unavailable:
        return Finding("ledger", False, "cannot be counted")
    total, counted = sum(ledger.accepted.values()), sum(ledger.states.values())
    if any(ledger.unaccounted().values()):
        return Finding(
            "ledger", False, f"{total} accepted, {counted} with a state: report this difference"
        )
    return Finding("ledger", True, f"{total} accepted = {counted} with a state")


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


async def _inbound(context: Context) -> Finding:
    """Look at the mails that came in: read in time, and none that waits for a person."""
    try:
        async with context.database.connection() as connection:
            rows = await rows_of(queries().count_inbound(connection))
    except Unavailable:
        return Finding("mails that came in", False, "cannot be counted")
    waiting, held = (sum(row[name] for row in rows) for name in ("waiting", "held"))
    due_s = max((row["due_s"] or 0 for row in rows), default=0)
    said = f"{waiting} to be read, the oldest due for {due_s:.0f} s; {held} held"
    if due_s >= OLDEST_DUE_S:
        return Finding("mails that came in", False, f"{said}: is a `relay worker` running?")
    if held:
        said += ": see `relay held list` of each site"
    return Finding("mails that came in", True, said, kind="advice" if held else "check")


async def _routes(context: Context) -> Finding:
    try:
        async with context.database.connection() as connection:
            routes = await rows_of(queries().read_routes(connection))
    except Unavailable:
        return Finding("routes", False, "cannot be read")
    paused = [r for r in routes if r["paused_until"] and r["paused_until"] > context.clock()]
    said = ", ".join(f"{r['route']} paused: {r['reason']}" for r in paused)
    return Finding("routes", not paused, said or "none paused")


async def _requests(context: Context) -> Finding:
    """Look whether every request of a person is answered in time."""
    waiting = late = 0
    try:
        for site in await context.sites.all():
            live = await count_live(context, site)
            waiting, late = waiting + live[0], late + live[1]
    except Unavailable:
        return Finding("rights requests", False, "cannot be counted")
    return Finding("rights requests", not late, f"{waiting} wait for an officer, {late} are late")


async def _sites(context: Context) -> Finding:
    """Look whether the master key opens every site: nothing else shows that it is another one."""
    try:
        opened, unread = await context.sites.all(), await context.sites.unread()
    except Unavailable:
        return Finding("sites", False, "cannot be read")
    if unread:
        names = ", ".join(unread)
        mend = "put their key back into RELAY_MASTER_KEY (`relay keys list` names it)"
        return Finding("sites", False, f"cannot be opened: {names}; {mend}")
    return Finding("sites", True, f"{len(opened)} open")


async def _redis(context: Context) -> Finding:
    if context.settings.redis_url is None:
        return Finding("redis", True, "not set: mails leave by the sweep, within seconds")
    bell = Bell(context.settings.redis_url.get_secret_value())
    bell.ring()
    await bell.close()
    heard = await bell.is_heard()
    await bell.close()  # asking opened it anew
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
