"""What the desk reads of one message: first without its words, then with them."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from relay.context import Context
from relay.database import queries, rows_of
from relay.errors import Refused
from relay.sealing import Unsealable
from relay.sites import Site


@dataclass(frozen=True, slots=True)
class Report:
    """One report of a message, without what it says."""

    report_id: UUID
    message_id: UUID
    at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Case:
    """A message as it stands, without its words.

    Args:
        side: Who wrote it, ``buyer`` or ``advertiser``.
        due_at: For a held message, when its hold is over.
    """

    message_id: UUID
    side: str
    score: int
    signals: tuple[str, ...]
    received_at: datetime
    listing_ref: str
    listing_title: str
    state: str
    reason: str
    due_at: datetime
    reports: int

    @property
    def is_concerned(self) -> bool:
        """Whether it is held or reported: only such a message is opened in daily work."""
        return self.state == "held" or self.reports > 0


@dataclass(frozen=True, slots=True)
class Words:
    """What was written."""

    name: str
    text: str


async def list_reports(context: Context, site: Site) -> list[Report]:
    """Return a site's reports, oldest first, at most 500."""
    async with context.database.connection() as connection:
        rows = await rows_of(queries().list_reports(connection, site_id=site.site_id))
    return [
        Report(row["report_id"], row["message_id"], row["created_at"], row["state"]) for row in rows
    ]


async def read_case(context: Context, site: Site, message_id: UUID) -> Case:
    """Return a message without opening it.

    Raises:
        Refused: ``not_found``: no such message at this site.
    """
    async with context.database.connection() as connection:
        row = await queries().read_case(connection, site_id=site.site_id, message_id=message_id)
    if row is None:
        raise Refused("not_found")
    return Case(
        row["message_id"],
        row["side"],
        row["score"],
        tuple(row["signals"]),
        row["received_at"],
        row["ref"],
        row["title"],
        row["state"],
        row["reason"],
        row["due_at"],
        row["reports"],
    )


async def read_words(context: Context, site: Site, message_id: UUID) -> Words:
    """Open a message; why, stands in the journal before.

    Raises:
        Refused: ``not_found``; ``message_erased``.
    """
    async with context.database.connection() as connection:
        row = await queries().read_words(connection, site_id=site.site_id, message_id=message_id)
    if row is None:
        raise Refused("not_found")
    try:
        key = context.keyring.unwrap(row["wrapped_key"], f"person:{row['sender_id']}")
        content = key.open(row["sealed_content"], f"message.sealed_content:{message_id}")
    except Unsealable:
        raise Refused("message_erased") from None
    said = json.loads(content)
    return Words(said.get("name") or "", said.get("text") or "")
