"""The sites of this operator, kept in memory and read again every few seconds."""

import asyncio
import hmac
import time
from dataclasses import dataclass
from uuid import UUID

import structlog

from relay.addresses import new_local_part
from relay.database import Database, Record, queries, rows_of
from relay.errors import Refused, Unavailable
from relay.policy import Policy, PolicyInvalid, read_policy
from relay.sealing import DataKey, Keyring, Unsealable, keyed_hash, token_hash

log = structlog.get_logger()
FRESH_S = 5.0
RETRY_S = 1.0
MISS_S = 0.05  # a site nobody knew: it may have been opened since the last look


@dataclass(frozen=True, slots=True)
class Site:
    """One site with its newest policy and its opened key."""

    site_id: UUID
    slug: str
    mode: str
    origins: frozenset[str]
    policy: Policy
    key: DataKey

    @property
    def is_test(self) -> bool:
        """Whether numbers of fiction and example domains are taken (a sandbox)."""
        return self.mode == "test"

    def hash(self, kind: str, value: str) -> bytes:
        """Return the look-up hash of a normal form, under this site's key."""
        return keyed_hash(self.key, kind, value)

    @property
    def token_key(self) -> bytes:
        """The 32 bytes that seal listing tokens, given to the site's own programs."""
        return hmac.digest(self.key.secret, b"listing token", "sha256")

    def reply_local_part(self, conversation_id: UUID, side: str) -> str:
        """Return the local part of the alias that mails from *side* carry; it is never stored."""
        return new_local_part(keyed_hash(self.key, "reply address", f"{conversation_id}\0{side}"))


class Sites:
    """Look-up of a site by its id or by one of its keys."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring
        self._by_id: dict[UUID, Site] = {}
        self._by_key: dict[bytes, tuple[UUID, str]] = {}
        self._unread: list[str] = []
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def by_id(self, site_id: UUID) -> Site:
        """Return the site.

        Raises:
            Refused: ``site_unknown``.
        """
        await self._refresh()
        if site_id not in self._by_id:
            await self._refresh(older_than_s=MISS_S)
        if site_id not in self._by_id:
            raise Refused("site_unknown")
        return self._by_id[site_id]

    async def by_key(self, key: str, kind: str) -> Site:
        """Return the site whose live *kind* key (``public`` or ``secret``) is *key*.

        Raises:
            Refused: ``key_unknown``, the same for no key, an old one and one of the other kind.
        """
        await self._refresh()
        digest = token_hash(key)
        if digest not in self._by_key:
            async with self._database.connection() as connection:
                row = await queries().find_key(connection, key_hash=digest)
            if row is None:
                raise Refused("key_unknown")
            self._by_key[digest] = (row["site_id"], row["kind"])
        site_id, found_kind = self._by_key[digest]
        if site_id not in self._by_id:
            await self._refresh(older_than_s=MISS_S)
        if found_kind != kind or site_id not in self._by_id:
            raise Refused("key_unknown")
        return self._by_id[site_id]

    async def all(self) -> list[Site]:
        """Return every site that could be opened."""
        await self._refresh()
        return list(self._by_id.values())

    async def find(self, slug: str) -> Site | None:
        """Return the site called *slug*; None when there is none, or it cannot be opened."""
        return next((site for site in await self.all() if site.slug == slug), None)

    async def unread(self) -> list[str]:
        """Return the names of the sites whose key or policy cannot be read."""
        await self._refresh()
        return self._unread

    def forget(self) -> None:
        """Read everything again at the next look-up."""
        self._read_at = float("-inf")

    async def _refresh(self, older_than_s: float = FRESH_S) -> None:
        if time.monotonic() - self._read_at < older_than_s:
            return
        async with self._reading:
            if time.monotonic() - self._read_at < older_than_s:
                return
            try:
                async with self._database.connection() as connection:
                    rows = await rows_of(queries().all_sites(connection))
            except Unavailable:
                if not self._by_id:
                    raise
                # What was known a moment ago still shows a form; storing will say 503.
                self._read_at = time.monotonic() - FRESH_S + RETRY_S
                return
            found = [self._site(row) for row in rows]
            self._by_id = {site.site_id: site for site in found if site}
            self._unread = [row["slug"] for row in rows if row["site_id"] not in self._by_id]
            self._by_key = {}
            self._read_at = time.monotonic()

    def _site(self, row: Record) -> Site | None:
        """Open a site; one that cannot be opened keeps its last state and stops no other."""
        try:
            return Site(
                site_id=row["site_id"],
                slug=row["slug"],
                mode=row["mode"],
                origins=frozenset(row["origins"]),
                policy=read_policy(row["policy_source"]),
                key=self._keyring.unwrap(row["wrapped_key"], f"site:{row['site_id']}"),
            )
        except (PolicyInvalid, Unsealable):
            log.exception("site.unreadable", site=row["slug"])
            return self._by_id.get(row["site_id"])
