"""Everything long-lived that an act needs, made once per process and closed once."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from relay.bell import Bell
from relay.database import Database
from relay.limiter import Limiter
from relay.resolver import MailDomains, dns_lookup
from relay.sealing import Keyring
from relay.settings import Settings
from relay.sites import Sites

log = structlog.get_logger()


def utc_now() -> datetime:
    """Return the time now, aware and in UTC."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Context:
    """The connections, keys and caches of one process."""

    settings: Settings
    database: Database
    keyring: Keyring
    sites: Sites
    domains: MailDomains
    limiter: Limiter
    bell: Bell
    link_keys: tuple[bytes, ...] = field(
        repr=False
    )  # of signed links in mails and pages, newest first
    bounce_keys: tuple[bytes, ...] = field(repr=False)  # of envelope senders, newest first
    clock: Callable[[], datetime] = utc_now


@asynccontextmanager
async def open_context(
    settings: Settings, *, clock: Callable[[], datetime] = utc_now, pool_size: int = 10
) -> AsyncIterator[Context]:
    """Open what *settings* names; a database that is away now is connected to later."""
    if settings.database_url is None:
        raise ValueError("database_url is not set")
    keyring = Keyring([(key.key_id, key.secret) for key in settings.master_key])
    # A session names the master keys its process has: they are not rotated while one lacks the new.
    name = " ".join(["relais", *keyring.key_ids])
    database = Database(settings.database_url.get_secret_value(), size=pool_size, name=name)
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    context = Context(
        settings=settings,
        database=database,
        keyring=keyring,
        sites=Sites(database, keyring),
        domains=MailDomains(
            lookup=dns_lookup(nameservers=[*map(str, settings.dns_servers)] or None)
        ),
        limiter=Limiter(),
        bell=Bell(redis_url),
        link_keys=keyring.signing_keys("links"),
        bounce_keys=keyring.signing_keys("bounces"),
        clock=clock,
    )
    try:
        yield context
    finally:
        await context.bell.close()
        await database.close()
