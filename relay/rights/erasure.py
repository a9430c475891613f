"""The act of erasure: the end of all that nothing keeps (GDPR 17).

What goes is deleted and its key destroyed, so that backups cannot be read either. What a hold or
a legal duty keeps is sealed anew under a key of its own, apart from everything else of the person.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.rights.certificate import Certificate, write_certificate
from relay.rights.moving import move_kept
from relay.rights.plan import Plan, plan_erasure
from relay.rights.subjects import Subject, open_subject
from relay.sealing import Unsealable
from relay.sites import Site

BATCH = 1000

log = structlog.get_logger()


async def erase(
    context: Context, connection: Connection, site: Site, subjects: Sequence[Subject], plan: Plan
) -> list[UUID]:
    """Carry out a plan within a transaction; return under whom what is kept lies, if anything.

    What an earlier erasure moved is not moved again: several requests may wait for its end.
    The transaction holds the lock of ``heed_holds``: no hold is placed meanwhile (A40).
    """
    kept_ids = [
        one.person_id if one.is_kept else await move_kept(context, connection, site, one, plan)
        for one in subjects
        if plan.keeps_of(one.person_id)
    ]
    ids = [one.person_id for one in subjects]
    await _let_go(connection, site, ids, plan, context.clock())
    return kept_ids


async def _let_go(
    connection: Connection, site: Site, person_ids: Sequence[UUID], plan: Plan, at: datetime
) -> None:
    """Delete what nothing keeps, and end every conversation."""
    named = {"site_id": site.site_id}
    threads = (*plan.conversations.goes, *plan.conversations.kept)
    ids = [row["conversation_id"] for row in threads]
    await queries().end_conversations(connection, **named, conversation_ids=ids, at=at)
    await _delete(connection, site, "delete_messages", plan.messages.goes, "message_id")
    await _delete(connection, site, "delete_traces", plan.traces.goes, "message_id")
    await _delete(connection, site, "delete_reports", plan.reports.goes, "report_id")
    await _delete(connection, site, "forget_appeals", plan.appeals.goes, "case_id")
    await _delete(connection, site, "delete_inbound", plan.inbound.goes, "inbound_id")
    await queries().blank_listings(
        connection, **named, listing_ids=[row["listing_id"] for row in plan.listings.goes]
    )
    bought = [row for row in plan.conversations.goes if row["buyer_id"] in person_ids]
    await _delete(connection, site, "delete_conversations", bought, "conversation_id")


async def destroy_keys(
    connection: Connection,
    site: Site,
    person_ids: Sequence[UUID],
    request_id: UUID | None,
    at: datetime,
) -> None:
    """Destroy the keys of persons and write their end into the log of erasures.

    Args:
        request_id: None after a restore: the request may be newer than the backup.
    """
    gone = await rows_of(
        queries().destroy_keys(
            connection,
            site_id=site.site_id,
            person_ids=list(person_ids),
            request_id=request_id,
            erased_at=at,
        )
    )
    for row in gone:
        log.info(
            "person.erased",
            site=site.slug,
            person_id=str(row["person_id"]),
            request_id=str(request_id) if request_id else None,
        )


async def erase_persons(
    context: Context,
    connection: Connection,
    site: Site,
    subjects: Sequence[Subject],
    request_id: UUID,
) -> tuple[Plan, list[UUID]]:
    """Erase persons within a transaction; returns what was done, and under whom the rest lies."""
    await queries().heed_holds(connection, site_id=site.site_id)
    plan = await plan_erasure(context, connection, site, subjects)
    kept_ids = await erase(context, connection, site, subjects, plan)
    ids = [one.person_id for one in subjects if one.person_id not in kept_ids]
    await destroy_keys(connection, site, ids, request_id, context.clock())
    certificate = Certificate(
        request_id=request_id,
        made_at=context.clock(),
        gone={**plan.counts, "persons": len(ids)},
        kept=plan.kept_lines,
    )
    await write_certificate(context, connection, site, certificate)
    return plan, kept_ids


async def end_kept(
    context: Context,
    connection: Connection,
    site: Site,
    kept_ids: Sequence[UUID],
    request_id: UUID,
) -> bool:
    """Erase what was kept of a person and is not kept any more; tell whether all of it is gone."""
    await queries().heed_holds(connection, site_id=site.site_id)
    subjects = []
    for kept_id in kept_ids:
        row = await queries().read_person(connection, site_id=site.site_id, person_id=kept_id)
        if row:  # else the purge took the last of it, or another request that waited for the same
            subjects.append(open_subject(context, row))
    plan = await plan_erasure(context, connection, site, subjects)
    if plan.keeps:  # each part goes at its own end
        await _let_go(connection, site, kept_ids, plan, context.clock())
        return False
    await erase_persons(context, connection, site, subjects, request_id)
    return True


async def erase_again(context: Context, site: Site, person_ids: Sequence[UUID]) -> int:
    """Erase persons whom a restored backup brought back; return how many there were.

    Rows that a hold or a duty keeps are kept, under a key of their own, as at the first time.
    """
    done = 0
    for person_id in person_ids:
        async with context.database.connection() as connection, connection.transaction():
            done += await _erase_again(context, connection, site, person_id)
    return done


async def _erase_again(
    context: Context, connection: Connection, site: Site, person_id: UUID
) -> bool:
    row = await queries().read_person(connection, site_id=site.site_id, person_id=person_id)
    if row is None:
        return False
    await queries().heed_holds(connection, site_id=site.site_id)
    subject, is_readable = _subject_of_backup(context, row)
    plan = await plan_erasure(context, connection, site, [subject])
    if plan.keeps and not is_readable:
        log.error("person.unreadable", site=site.slug, person_id=str(person_id))
        return False  # nobody can read what would have to be kept, and nobody can seal it anew
    await erase(context, connection, site, [subject], plan)
    await destroy_keys(connection, site, [person_id], None, context.clock())
    return True


def _subject_of_backup(context: Context, row: Record) -> tuple[Subject, bool]:
    """Open a person of a backup; one whose master key is retired gets a key that opens nothing."""
    try:
        return open_subject(context, row), True
    except Unsealable:
        key, _ = context.keyring.new_person_key(row["person_id"])
        return Subject(row["person_id"], key, row), False


async def _delete(
    connection: Connection, site: Site, query: str, rows: Sequence[Record], name: str
) -> None:
    ids = [row[name] for row in rows]
    for at in range(0, len(ids), BATCH):
        await getattr(queries(), query)(connection, site_id=site.site_id, ids=ids[at : at + BATCH])
