"""The register of requests, and one request as its officer sees it; every look is written first."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.errors import Refused
from relay.looks import Look, record_look
from relay.rights.documents import Document, read_document
from relay.rights.plan import Plan, plan_erasure
from relay.rights.requests import (
    DataRequest,
    Happened,
    read_history,
    read_request,
    reference_of,
    standing_of,
)
from relay.rights.standing import ENDS, Door, Kind, Standing, State
from relay.rights.subjects import Subject, find_subjects
from relay.sealing import LAST_ID
from relay.sites import Site

PAGE = 50
OPEN = (State.RECEIVED, State.IDENTITY_PENDING, State.ACCEPTED, State.PARTLY_HELD)
VIEWS: dict[str, tuple[State, ...]] = {
    "open": OPEN,
    "answered": (State.READY, State.DELIVERED, State.REFUSED),
    "ended": tuple(sorted(ENDS)),
    "all": tuple(State),
}
EXPORT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """One request in the register: nothing of the person."""

    request_id: UUID
    door: Door
    standing: Standing
    ground: str | None

    @property
    def reference(self) -> str:
        """Its number as people say it."""
        return reference_of(self.request_id)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the register is asked for."""

    view: str = "open"
    kind: Kind | None = None
    before: UUID = LAST_ID


@dataclass(frozen=True, slots=True)
class Found:
    """What the look-up of a person found: counts, never words.

    Args:
        plan: What an erasure would do to it.
        is_frozen: Their data is under a restriction already.
        same_phone: Messages and persons under the same phone, who are not shown to be the same.
    """

    persons: int
    counts: dict[str, int]
    plan: Plan
    is_frozen: bool
    same_phone: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Case:
    """One request as its officer sees it."""

    request: DataRequest
    history: tuple[Happened, ...]
    found: Found
    document: Document | None = None


async def read_register(
    context: Context, site: Site, wanted: Wanted, look: Look, most: int = PAGE
) -> list[Line]:
    """Return requests to staff, newest first."""
    async with context.database.connection() as connection:
        await record_look(connection, look)
    return await list_lines(context, site, wanted, most)


async def list_lines(context: Context, site: Site, wanted: Wanted, most: int = PAGE) -> list[Line]:
    """Return requests, newest first; nothing of anybody is in them."""
    async with context.database.connection() as connection:
        rows = await rows_of(
            queries().list_requests(
                connection,
                site_id=site.site_id,
                states=[state.value for state in VIEWS[wanted.view]],
                kind=wanted.kind,
                before_id=wanted.before,
                most=most,
            )
        )
    return [_line(row) for row in rows]


async def read_line(context: Context, site: Site, request_id: UUID) -> Line:
    """Return one request as the register has it.

    Raises:
        Refused: ``not_found``.
    """
    async with context.database.connection() as connection:
        row = await queries().read_line(connection, site_id=site.site_id, request_id=request_id)
    if row is None:
        raise Refused("not_found")
    return _line(row)


async def read_case(context: Context, site: Site, request_id: UUID, look: Look) -> Case:
    """Return a request with what is held of its person, counted.

    Raises:
        Refused: ``not_found``.
    """
    async with context.database.connection() as connection:
        await record_look(connection, look)
        request = await read_request(context, connection, site, request_id)
        history = await read_history(connection, site, request_id)
        subjects = await find_subjects(context, connection, site, request)
        found = await _find(context, connection, site, request, subjects)
        document = await read_document(connection, site, request_id)
    return Case(request, tuple(history), found, document)


async def _find(
    context: Context,
    connection: Connection,
    site: Site,
    request: DataRequest,
    subjects: Sequence[Subject],
) -> Found:
    ids = [one.person_id for one in subjects]
    counts = await queries().count_of_persons(connection, site_id=site.site_id, person_ids=ids)
    phone = request.content.phone if request.content else None
    same = None
    if phone:
        same = await queries().count_by_phone(
            connection,
            site_id=site.site_id,
            phone_hash=site.hash("phone", phone),
            person_ids=ids,
        )
    return Found(
        persons=len(subjects),
        counts={name: n for name, n in counts.items() if n},
        plan=await plan_erasure(context, connection, site, subjects),
        is_frozen=any(one.row["frozen_at"] for one in subjects),
        same_phone=(same["messages"], same["persons"]) if same else (0, 0),
    )


def _line(row: Record) -> Line:
    return Line(row["request_id"], Door(row["door"]), standing_of(row), row["ground"])
