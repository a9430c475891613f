"""The log of what staff look at: written before anything is read, and never changed.

Each site has one chain. A row's digest covers the row and the digest of the row before, so that
an altered, removed or added row is found (``verify``). The digest is SHA-256 of the previous
digest and of these fields, each as its length in characters, a colon and itself: site, number,
staff, action, subject, reason, microseconds since 1970. The digest of each look is also
written to the log of the process, which another machine can keep: whoever owns the database
could otherwise write a whole new chain.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.sites import Site

ACTIONS = ("search", "list", "open", "reveal", "export", "act")
REASON_SIGNS = 500
PAGE_ROWS = 1000
FAULTS_MOST = 100
GUARDS = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Look:
    """One thing a person is about to see or do.

    Args:
        action: One of ACTIONS.
        subject: A public id (``msg_…``) or a kind of key (``phone``); never a person's data.
        reason: Why, in the person's words or as the number of a case; may be empty for lists.
    """

    site_id: UUID
    staff_id: UUID
    action: str
    subject: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """A look as the journal shows it; *name* is the login name of who looked."""

    number: int
    name: str
    action: str
    subject: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check of one chain found.

    Args:
        looks: Rows that are there.
        last_digest: Digest of the newest, in hexadecimal; to be compared with one noted elsewhere.
        faults: ``<number>:<what>``, with what one of ``altered``, ``broken``, ``missing``,
            ``unknown``; at most FAULTS_MOST.
    """

    looks: int
    last_digest: str
    faults: tuple[str, ...]


async def record_look(connection: Connection, look: Look) -> None:
    """Write a look, for good, before what it is about is read.

    Raises:
        RuntimeError: The connection is in a transaction, which could take the row back; only an
            ``act`` may share the transaction of what it does.
    """
    if connection.is_in_transaction() and look.action != "act":
        raise RuntimeError("a look is committed before anything is read")
    digest = await queries().record_look(
        connection,
        site_id=look.site_id,
        staff_id=look.staff_id,
        action=look.action,
        subject=look.subject,
        reason=look.reason[:REASON_SIGNS],
        at=look.at,
    )
    log.info("look.recorded", site_id=str(look.site_id), action=look.action, digest=digest.hex())


async def list_looks(
    connection: Connection, site: Site, *, staff_id: UUID | None, before: int, most: int
) -> list[Seen]:
    """Return looks at a site's data, newest first, from below the number *before*.

    Args:
        staff_id: Whose; None for everybody's.
    """
    rows = await rows_of(
        queries().list_looks(
            connection, site_id=site.site_id, staff_id=staff_id, before_number=before, most=most
        )
    )
    return [
        Seen(row["number"], row["name"], row["action"], row["subject"], row["reason"], row["at"])
        for row in rows
    ]


async def verify(context: Context, site: Site) -> Verdict:
    """Check a site's chain from its first kept row to its last, in one snapshot."""
    async with (
        context.database.connection() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        chain = await queries().read_chain(connection, site_id=site.site_id)
        pages = _pages(connection, site.site_id)
        return await _check(chain, pages, site.site_id)


async def is_guarded(context: Context) -> bool:
    """Tell whether every trigger that refuses changes to the log is switched on."""
    async with context.database.connection() as connection:
        return int(await queries().count_guards(connection)) == GUARDS


async def _check(
    chain: Record | None, pages: AsyncIterator[list[Record]], site_id: UUID
) -> Verdict:
    expected = chain["first_number"] if chain else 1
    previous: bytes | None = b"" if expected == 1 else None
    looks, faults = 0, []
    async for page in pages:
        for row in page:
            looks += 1
            faults += _faults(row, expected, previous, site_id)
            expected, previous = row["number"] + 1, row["digest"]
    faults += _faults_at_end(chain, expected, previous)
    return Verdict(looks, (previous or b"").hex(), tuple(faults[:FAULTS_MOST]))


def _faults(row: Record, expected: int, previous: bytes | None, site_id: UUID) -> list[str]:
    number = row["number"]
    found = []
    if number > expected:
        found.append(f"{expected}:missing")
    elif number < expected:
        found.append(f"{number}:unknown")
    elif previous is not None and row["previous"] != previous:
        found.append(f"{number}:broken")
    if row["digest"] != digest_of(row, site_id):
        found.append(f"{number}:altered")
    return found


def _faults_at_end(chain: Record | None, expected: int, previous: bytes | None) -> list[str]:
    """Compare the last row with where the chain is said to end."""
    last = chain["last_number"] if chain else 0
    if expected <= last:
        return [f"{expected}:missing"]
    if expected > last + 1:
        return [f"{last + 1}:unknown"]
    is_same = chain is None or previous is None or chain["last_digest"] == previous
    return [] if is_same else [f"{last}:broken"]


def digest_of(row: Record, site_id: UUID) -> bytes:
    """Return the digest a row must have; the function ``record_look`` of the database agrees."""
    fields = (
        str(site_id),
        str(row["number"]),
        str(row["staff_id"]),
        row["action"],
        row["subject"],
        row["reason"],
        str((row["at"] - _EPOCH) // timedelta(microseconds=1)),
    )
    content = "".join(f"{len(field)}:{field}" for field in fields)
    return sha256(row["previous"] + content.encode()).digest()


async def _pages(connection: Connection, site_id: UUID) -> AsyncIterator[list[Record]]:
    after = -1
    while True:
        page = await rows_of(
            queries().page_looks(connection, site_id=site_id, after_number=after, most=PAGE_ROWS)
        )
        if not page:
            return
        yield page
        after = page[-1]["number"]
