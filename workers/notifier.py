"""Delivers events to the programs of sites: claim, check where they lead, post, settle.

A name is resolved once, every address it has must be public, and the connection goes to one of
those and nowhere else (A25). Redirects are not followed, proxies of the environment not used,
answers not read. What fails is tried again, later and later, for three days.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import aiohttp
import structlog
from aiohttp.abc import AbstractResolver, ResolveResult
from prometheus_client import Counter

from relay.context import Context
from relay.database import Record, queries, rows_of
from relay.errors import Refused, Unavailable
from relay.resolver import Lookup as Ask
from relay.sealing import Unsealable, public_id
from relay.webhooks import is_public, open_hook, read_target, signed_headers

EVERY_S = 5.0
LEASE_S = 60.0
MOST = 20  # of each site at a time
TIMEOUT_S = 10.0
WAITS_S = (10, 60, 300, 1800, 7200, 14400)
TRIES_MOST = 22  # three days of them
GONE = 410  # the site wants no more of this

tries_total = Counter("relay_events_total", "Tries to tell a site's program", ["outcome"])
log = structlog.get_logger()

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Post:
    """An event about to leave."""

    url: str
    headers: dict[str, str]
    body: bytes


class Forbidden(OSError):
    """A name leads to an address that is not of the public internet."""


def lookup_by(ask: Ask) -> Lookup:
    """Return what finds the addresses of a name in DNS.

    The machine's own resolver would hold a thread for as long as a name server of a site's is
    silent, and there are few: connections to the smarthost wait for the same ones.
    """

    async def lookup(host: str, _port: int) -> Sequence[str]:
        kinds = (ask(host, kind) for kind in ("A", "AAAA"))
        found = await asyncio.gather(*kinds, return_exceptions=True)
        answers = [one for one in found if not isinstance(one, BaseException)]
        if not answers:
            raise OSError("no answer")
        return [address for one in answers for address in one]

    return lookup


class PublicResolver(AbstractResolver):
    """Resolves names for connections; one address of theirs that is not public refuses all."""

    def __init__(self, lookup: Lookup, allows: Callable[[str], bool]) -> None:
        self._lookup = lookup
        self._allows = allows

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return what may be connected to.

        Raises:
            Forbidden: An address is not public, or there is none.
        """
        addresses = await self._lookup(host, port)
        if not addresses or not all(map(self._allows, addresses)):
            raise Forbidden(host)
        found = [_resolved(host, address, port) for address in addresses]
        return [one for one in found if family in (socket.AF_UNSPEC, one["family"])]

    async def close(self) -> None:
        """Nothing is kept."""


class Poster:
    """Posts to programs of sites, over connections of its own for each.

    Args:
        allows: Whether an address may be connected to; tests let their own machine in.
        trust: Which certificates are believed; None for those the machine believes.
    """

    def __init__(
        self,
        *,
        lookup: Lookup,
        allows: Callable[[str], bool] = is_public,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._lookup = lookup
        self._allows = allows
        self._trust = trust or ssl.create_default_context()

    async def post(self, one: Post) -> str:
        """Send it once; return ``taken``, ``gone``, or why it must be tried again."""
        try:
            read_target(one.url)  # what stands in the database is looked at again
            resolver = PublicResolver(self._lookup, self._allows)
            connector = aiohttp.TCPConnector(
                resolver=resolver, ssl=self._trust, use_dns_cache=False, force_close=True
            )
            timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
            async with (
                aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
                session.post(
                    one.url, data=one.body, headers=one.headers, allow_redirects=False
                ) as answer,
            ):
                return _outcome(answer.status)
        except Refused as refusal:
            return refusal.code
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return _fault(error)


class Notifier:
    """Tells sites what waits for them, until it is cancelled."""

    def __init__(self, context: Context, poster: Poster) -> None:
        self._context = context
        self._poster = poster

    async def run(self) -> None:
        """Deliver what is due every few seconds."""
        while True:
            await self.round()
            await asyncio.sleep(EVERY_S)

    async def round(self) -> int:
        """Deliver what is due now; return how many events there were."""
        try:
            rows = await self._context.database.run(
                lambda one: rows_of(queries().claim_events(one, most=MOST, lease_s=LEASE_S))
            )
        except Unavailable:
            return 0
        await asyncio.gather(*(self._tell(row) for row in rows))
        return len(rows)

    async def _tell(self, row: Record) -> None:
        try:
            outcome = await self._poster.post(await self._prepare(row))
        except (Refused, Unsealable):
            outcome = "unsealable"
        tries_total.labels(outcome).inc()
        state, wait_s = _settled(outcome, row["tries"])
        named: dict[str, Any] = {"site_id": row["site_id"], "event_id": row["event_id"]}
        try:
            await self._context.database.run(
                lambda one: queries().settle_event(
                    one,
                    **named,
                    token=row["token"],
                    state=state,
                    reason=outcome,
                    wait_s=wait_s,
                )
            )
        except Unavailable:
            return  # its lease ends, and it is told once more: its id says that it is the same
        log.info("event.told", event_id=str(row["event_id"]), outcome=outcome, state=state)

    async def _prepare(self, row: Record) -> Post:
        site = await self._context.sites.by_id(row["site_id"])
        now = self._context.clock()
        hook = open_hook(site, row, now)
        body, event_id = row["body"].encode(), _name(row["event_id"])
        headers = signed_headers(event_id, now, body, hook.secrets)
        return Post(hook.url, {**headers, "Content-Type": "application/json"}, body)


def _resolved(host: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST,
    )


def _name(event_id: UUID) -> str:
    return public_id("evt", event_id)


def _outcome(status: int) -> str:
    if 200 <= status < 300:  # noqa: PLR2004 (2xx)
        return "taken"
    return "gone" if status == GONE else f"status_{status // 100}xx"


def _fault(error: Exception) -> str:
    """Return why nothing came of a try; an address that is forbidden is told apart."""
    causes = (error, error.__cause__, getattr(error, "os_error", None))
    if any(isinstance(cause, Forbidden) for cause in causes):
        return "address_forbidden"
    if isinstance(error, TimeoutError):
        return "timeout"
    is_tls = isinstance(error, (aiohttp.ClientSSLError, ssl.SSLError))
    return "tls" if is_tls else "unreachable"


def _settled(outcome: str, tries: int) -> tuple[str, float]:
    """Return the state an outcome leads to, and how long to wait."""
    if outcome == "taken":
        return "delivered", 0.0
    if outcome == "gone" or tries >= TRIES_MOST:
        return "failed", 0.0
    return "queued", float(WAITS_S[min(tries, len(WAITS_S)) - 1])
