"""Acts of the operator on sites: open one, publish its policy, give it keys."""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import structlog

from relay.context import Context
from relay.database import Connection, UniqueConflict, queries
from relay.errors import Refused
from relay.policy import read_policy
from relay.sealing import new_id, token_hash
from relay.sites import Site

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")  # stands in addresses, of pages and of mailboxes
KEY_OVERLAP = timedelta(days=7)
LABEL_SIGNS = 12

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The two keys of a site, shown once: the public one stands in pages, the other never does."""

    public: str
    secret: str


async def open_site(
    context: Context, slug: str, policy_source: str, *, origins: list[str], test: bool
) -> KeyPair:
    """Open a site under a policy and give it its first keys.

    Args:
        slug: Short name for commands, logs and addresses (NAME).
        policy_source: The TOML text of its policy.
        origins: Pages that may post and be returned to, as ``https://site.example``.
        test: A sandbox, where numbers of fiction and example domains are taken.

    Raises:
        PolicyInvalid: The policy has faults.
        Refused: ``site_name_wrong``, ``site_exists``.
    """
    if not NAME.fullmatch(slug):
        raise Refused("site_name_wrong")
    policy = read_policy(policy_source)
    site_id = new_id(context.clock())
    try:
        async with context.database.connection() as connection, connection.transaction():
            await queries().add_site(
                connection,
                site_id=site_id,
                slug=slug,
                mode="test" if test else "live",
                wrapped_key=context.keyring.new_key(f"site:{site_id}")[1],
                policy_version=policy.version,
                origins=[_origin(url) for url in origins],
            )
            await queries().publish_policy(
                connection, site_id=site_id, version=policy.version, source=policy_source
            )
            pair = _new_pair(test=test)
            await _add_pair(connection, site_id, pair)
    except UniqueConflict:
        raise Refused("site_exists") from None
    context.sites.forget()
    log.info("site.opened", site=slug)
    return pair


async def find_site(context: Context, slug: str) -> Site:
    """Return the site called *slug*.

    Raises:
        Refused: ``site_unknown``; ``site_unread``: its key or its policy cannot be read.
    """
    site = await context.sites.find(slug)
    if site is None:
        raise Refused("site_unread" if slug in await context.sites.unread() else "site_unknown")
    return site


async def rotate_keys(context: Context, site: Site) -> KeyPair:
    """Give a site a new pair; the keys in use stay good for seven days."""
    pair = _new_pair(test=site.is_test)
    async with context.database.connection() as connection, connection.transaction():
        await queries().retire_keys(
            connection, site_id=site.site_id, until=context.clock() + KEY_OVERLAP
        )
        await _add_pair(connection, site.site_id, pair)
    log.info("site.keys_rotated", site=site.slug)
    return pair


async def publish_policy(context: Context, site: Site, source: str) -> int:
    """Publish a new version of a site's policy and use it from now on.

    Raises:
        PolicyInvalid: The policy has faults.
        Refused: ``policy_version_exists``: a published version never changes.
    """
    policy = read_policy(source)
    try:
        async with context.database.connection() as connection, connection.transaction():
            await queries().publish_policy(
                connection, site_id=site.site_id, version=policy.version, source=source
            )
            await queries().use_policy(connection, site_id=site.site_id, version=policy.version)
    except UniqueConflict:
        raise Refused("policy_version_exists") from None
    context.sites.forget()
    log.info("site.policy_published", site=site.slug, version=policy.version)
    return policy.version


async def set_origins(context: Context, site: Site, origins: list[str]) -> None:
    """Replace the pages that may post to a site's form."""
    async with context.database.connection() as connection:
        await queries().set_origins(
            connection, site_id=site.site_id, origins=[_origin(url) for url in origins]
        )
    context.sites.forget()


def _new_pair(*, test: bool) -> KeyPair:
    mode = "test" if test else "live"
    return KeyPair(
        public=f"pk_{mode}_{secrets.token_hex(16)}", secret=f"sk_{mode}_{secrets.token_hex(32)}"
    )


async def _add_pair(connection: Connection, site_id: object, pair: KeyPair) -> None:
    for kind, key in (("public", pair.public), ("secret", pair.secret)):
        await queries().add_key(
            connection,
            site_id=site_id,
            key_hash=token_hash(key),
            kind=kind,
            label=key[:LABEL_SIGNS],
        )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Refused("origin_wrong")
    return f"{parts.scheme}://{parts.netloc.lower()}"
