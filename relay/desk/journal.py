"""What was done and what is blocked, as the desk shows it."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from relay.context import Context
from relay.database import Record, queries, rows_of
from relay.desk.orders import Action
from relay.looks import Look, record_look
from relay.lookup.search import PAGE
from relay.sealing import LAST_ID, block_place, first_id
from relay.sites import Site

KEPT = timedelta(days=365)  # as the log of looks
SEEN_KEPT = timedelta(days=90)  # as far back as a sender is shown


@dataclass(frozen=True, slots=True)
class Done:
    """One act: who did what to how many messages, and whether it was undone."""

    act_id: UUID
    staff_id: UUID
    approved_by: UUID | None
    action: Action
    reason: str
    case_id: UUID | None
    block_id: UUID | None
    messages: int
    at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class BlockShown:
    """One block; *shown* is its key, masked."""

    block_id: UUID
    kind: str
    weight: str
    shown: str
    note: str
    placed_by: UUID
    placed_at: datetime
    ends_at: datetime
    lifted_at: datetime | None


async def list_acts(
    context: Context, site: Site, look: Look, *, before: UUID = LAST_ID
) -> list[Done]:
    """Return fifty acts, newest first, from below the id *before*."""
    async with context.database.connection() as connection:
        await record_look(connection, look)
        rows = await rows_of(
            queries().list_acts(connection, site_id=site.site_id, before_id=before, most=PAGE)
        )
    return [_done(row) for row in rows]


async def list_case_acts(context: Context, site: Site, case_id: UUID, look: Look) -> list[Done]:
    """Return what was done in a case, oldest first."""
    async with context.database.connection() as connection:
        await record_look(connection, look)
        rows = await rows_of(
            queries().list_case_acts(connection, site_id=site.site_id, case_id=case_id)
        )
    return [_done(row) for row in rows]


async def list_blocks(
    context: Context, site: Site, look: Look, *, before: UUID = LAST_ID
) -> list[BlockShown]:
    """Return fifty blocks, newest first, those that are over too."""
    async with context.database.connection() as connection:
        await record_look(connection, look)
        rows = await rows_of(
            queries().list_blocks(connection, site_id=site.site_id, before_id=before, most=PAGE)
        )
    return [_block(site, row) for row in rows]


async def forget(context: Context, site: Site) -> int:
    """Forget cases whose reports are purged, and what is over; return how many.

    Blocks and acts a year after; what rules saw after ninety days, or with its message.
    """
    lives = timedelta(days=site.policy.retention.message_days)
    before, since = context.clock() - KEPT, context.clock() - min(SEEN_KEPT, lives)
    named = {"site_id": site.site_id}
    async with context.database.connection() as connection:
        cases: int = await queries().forget_cases(connection, **named)
        blocks: int = await queries().forget_blocks(connection, **named, before_at=before)
        acts: int = await queries().forget_acts(connection, **named, before_id=first_id(before))
        asked: int = await queries().forget_confirmations(
            connection, **named, before_id=first_id(before)
        )
        hits: int = await queries().forget_hits(connection, **named, before_id=first_id(since))
    return cases + blocks + acts + asked + hits


def _done(row: Record) -> Done:
    return Done(**{**row, "action": Action(row["action"])})


def _block(site: Site, row: Record) -> BlockShown:
    note = json.loads(site.key.open(row["sealed_note"], block_place(row["block_id"])))
    return BlockShown(
        block_id=row["block_id"],
        kind=row["kind"],
        weight=row["effect"],
        shown=note["shown"],
        note=note["note"],
        placed_by=row["placed_by"],
        placed_at=row["placed_at"],
        ends_at=row["ends_at"],
        lifted_at=row["lifted_at"],
    )
