"""Who often reports without ground, or often writes what is manifestly illegal (DSA 23).

Set aside for a time only after two earlier decisions of a year that carried a warning and stand,
each for reasons of its own; by a person who sees how many there were of how many; told with the
reasons, ending by itself, and over at once when the decision is overturned on appeal.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.desk.changes import place_block
from relay.desk.orders import NewBlock, Weight
from relay.desk.ruling import Decision, Ruling
from relay.errors import Refused
from relay.looks import Look, record_look
from relay.lookup import Key, Kind
from relay.sealing import first_id
from relay.sites import Site

FREQUENT = 2  # earlier warnings
WITHIN = timedelta(days=365)
SUSPENSIONS = (timedelta(days=7), timedelta(days=30))  # a longer one would need two persons


@dataclass(frozen=True, slots=True)
class Standing:
    """How what somebody did ended within a year (DSA 23(3)(a), (b)).

    Args:
        total: Reports of a reporter; messages of an author, 1,000 at most.
        ill: Of those, reports without action; messages with one.
        warnings: Decisions that warned them and were not overturned.
    """

    total: int
    ill: int
    warnings: int

    @property
    def may_be_suspended(self) -> bool:
        """Whether the next warning may come with a suspension."""
        return self.warnings >= FREQUENT


async def read_standings(
    context: Context, site: Site, case_id: UUID, look: Look
) -> tuple[Standing, list[Standing]]:
    """Show how messages of a case's author, and reports of each party who reported, ended.

    Raises:
        Refused: ``not_found``.
    """
    since = context.clock() - WITHIN
    async with context.database.connection() as connection:
        await record_look(connection, look)
        author = await _author(connection, site, case_id, since)
        reporters = await _reporters(connection, site, case_id, since)
    if author is None:
        raise Refused("not_found")
    return _standing(author), [_standing(row) for row in reporters]


async def set_aside(
    connection: Connection, site: Site, row: Record, ruling: Ruling, look: Look, now: datetime
) -> UUID | None:
    """Note whom a decision warns and suspends; return the block that refuses an author's messages.

    Args:
        row: Of ``lock_case``.

    Raises:
        Refused: ``suspension_too_early``: who would be suspended was not warned often enough.
    """
    until = now + ruling.suspension if ruling.suspension else None
    persons, block_id = list[UUID](), None
    if until and ruling.decision is Decision.ACTION:
        block_id = await _suspend_author(connection, site, row, until, look, now)
    elif until:
        persons = await _find_frequent(connection, site, row["case_id"], now)
    await queries().note_standing(
        connection,
        site_id=site.site_id,
        case_id=row["case_id"],
        is_warning=ruling.is_warning or until is not None,
        suspended_until=until,
        suspended_ids=persons,
    )
    return block_id


async def lift_suspension(connection: Connection, site: Site, case_id: UUID, now: datetime) -> None:
    """End what a decision suspended: it was overturned."""
    named = {"site_id": site.site_id, "case_id": case_id}
    for row in await rows_of(queries().list_case_blocks(connection, **named)):
        block_id = row["block_id"]
        await queries().lift_block(
            connection, site_id=site.site_id, block_id=block_id, lifted_at=now
        )


async def _suspend_author(
    connection: Connection, site: Site, row: Record, until: datetime, look: Look, now: datetime
) -> UUID:
    author = await _author(connection, site, row["case_id"], now - WITHIN)
    if author is None or not _standing(author).may_be_suspended:
        raise Refused("suspension_too_early", n=FREQUENT)
    key = Key(Kind.MAILBOX, (row["mailbox_hash"],))
    block = NewBlock(key, Weight.REFUSE, ends_at=until, shown="", note=look.reason)
    return await place_block(connection, site, block, look, now)


async def _find_frequent(
    connection: Connection, site: Site, case_id: UUID, now: datetime
) -> list[UUID]:
    rows = await _reporters(connection, site, case_id, now - WITHIN)
    frequent = [row["person_id"] for row in rows if _standing(row).may_be_suspended]
    if not frequent:
        raise Refused("suspension_too_early", n=FREQUENT)
    return frequent


async def _author(
    connection: Connection, site: Site, case_id: UUID, since: datetime
) -> Record | None:
    row: Record | None = await queries().count_author(
        connection,
        site_id=site.site_id,
        case_id=case_id,
        since=since,
        first_id=first_id(since),
    )
    return row


async def _reporters(
    connection: Connection, site: Site, case_id: UUID, since: datetime
) -> list[Record]:
    return await rows_of(
        queries().count_reporters(connection, site_id=site.site_id, case_id=case_id, since=since)
    )


def _standing(row: Record) -> Standing:
    return Standing(row["total"], row["ill"], row["warnings"])
