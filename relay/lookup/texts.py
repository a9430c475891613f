"""Marks of texts that no rule read: what is held, short, or a reply; made by a worker.

What is about to leave is marked when it is screened (relay/screening.py).
"""

from datetime import timedelta
from uuid import UUID

from relay.context import Context
from relay.database import queries, rows_of
from relay.lookup.sealed import content_of
from relay.marks import mark, sketch_of
from relay.sealing import FIRST_ID, first_id, id_time
from relay.sites import Site

BATCH = 100  # whose message is about to leave waits for the lock
LATE = timedelta(minutes=5)  # ids are made before they are committed, on doors with other clocks


async def mark_texts(context: Context, site: Site, *, most: int = BATCH) -> int:
    """Mark the texts of new messages; return how many there were, *most* when more may wait.

    Safe to run at any time and twice at once; a text not marked yet is only not found yet.
    """
    async with context.database.connection() as connection, connection.transaction():
        if not await queries().lock_marks(connection, site_id=site.site_id):
            return 0
        last: UUID | None = await queries().last_marked(connection, site_id=site.site_id)
        first = first_id(id_time(last) - LATE) if last else FIRST_ID
        now = first_id(context.clock())
        rows = await rows_of(
            queries().list_unmarked(connection, site_id=site.site_id, first_id=first, most=most)
        )
        opened = ((one["message_id"], content_of(context.keyring, one)) for one in rows)
        sketches = {one: sketch_of(site, content.get("text")) for one, content in opened}
        await mark(connection, site, sketches)
        done = rows[-1]["message_id"] if len(rows) == most else now
        await queries().note_marked(connection, site_id=site.site_id, message_id=done)
    return len(rows)


async def forget_texts(context: Context, site: Site, *, page: int = 1000) -> int:
    """Forget the marks of messages that are purged; return how many."""
    after, gone = FIRST_ID, 0
    while True:
        async with context.database.connection() as connection:
            rows = await rows_of(
                queries().page_marks(connection, site_id=site.site_id, after_id=after, most=page)
            )
            if not rows:
                return gone
            stale = [row["message_id"] for row in rows if not row["is_kept"]]
            if stale:
                await queries().forget_marks(connection, site_id=site.site_id, message_ids=stale)
        after, gone = rows[-1]["message_id"], gone + len(stale)
