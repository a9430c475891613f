"""How a site is set up: its keys, the versions of its policy, and since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from relay.context import Context
from relay.database import queries, rows_of
from relay.looks import Look, record_look
from relay.sites import Site


@dataclass(frozen=True, slots=True)
class KeyShown:
    """A key the site's pages or programs use; *label* is how it begins, never the key.

    Args:
        expires_at: None while it is in use; set when a newer pair took over.
    """

    kind: str
    label: str
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Setup:
    """What may be shown of a site's settings besides its policy.

    Args:
        versions: Version and publication of each policy, the newest first.
        master_ids: Names of the operator's master keys, the one that wraps new keys first.
        wrapped_by: Name of the master key that wraps the key of the site.
    """

    opened_at: datetime
    keys: Sequence[KeyShown]
    versions: Sequence[tuple[int, datetime]]
    master_ids: Sequence[str]
    wrapped_by: str


async def read_setup(context: Context, site: Site, look: Look) -> Setup:
    """Show the keys and versions of a site."""
    named = {"site_id": site.site_id}
    async with context.database.connection() as connection:
        await record_look(connection, look)
        row = await queries().read_site_key(connection, **named)
        keys = await rows_of(queries().list_keys(connection, **named))
        versions = await rows_of(queries().policy_versions(connection, **named))
    published = [(one["version"], one["published_at"]) for one in versions]
    return Setup(
        opened_at=row["created_at"],
        keys=tuple(KeyShown(**key) for key in keys),
        versions=sorted(published, reverse=True),
        master_ids=tuple(key.key_id for key in context.settings.master_key),
        wrapped_by=row["wrapped_key"].partition(b"\0")[0].decode("ascii", "replace"),
    )
