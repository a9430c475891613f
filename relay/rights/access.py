"""Acts of access and portability: gathers what is held of the person of a request, and packs it."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.register import controller_register
from relay.retention import read_versions
from relay.rights.choices import read_consents, read_objections
from relay.rights.dossier import Consented, Dossier, Looked, Objected
from relay.rights.packet import pack
from relay.rights.reading import Reading
from relay.rights.requests import DataRequest
from relay.rights.standing import Kind
from relay.rights.subjects import find_subjects
from relay.sealing import public_id
from relay.sites import Site

RECEIVED = ("delivered", "unconfirmed", None)  # states of mails; None: its row is gone already


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the database holds of the person of a request; consents and objections are open."""

    said: Sequence[Record]
    traces: Sequence[Record]
    listings: Sequence[Record]
    reports: Sequence[Record]
    appeals: Sequence[Record]
    files: Sequence[Record]
    looks: Sequence[Record]
    consents: tuple[Consented, ...]
    objections: tuple[Objected, ...]


async def build_packet(context: Context, site: Site, request: DataRequest) -> bytes:
    """Return the ZIP of a request; what is made is given away at once and kept nowhere."""
    async with context.database.connection() as connection:
        reading = await _begin(context, connection, site, request)
        rows = await _read(connection, reading)
    # Long texts made to be hard take seconds to redact: others are served meanwhile.
    return await asyncio.to_thread(lambda: pack(_dossier(reading, rows)))


async def _read(connection: Connection, reading: Reading) -> _Rows:
    site = reading.site
    named = {"site_id": site.site_id, "person_ids": list(reading.subjects)}
    rows = await rows_of(queries().list_said(connection, **named))
    said = [row for row in rows if _is_theirs(reading, row)]
    reports = await rows_of(queries().list_own_reports(connection, **named))
    message_ids = [row["message_id"] for row in said]
    return _Rows(
        said=said,
        traces=await rows_of(queries().list_own_traces(connection, **named)),
        listings=await rows_of(queries().list_own_listings(connection, **named)),
        reports=reports,
        appeals=await rows_of(queries().list_own_appeals(connection, **named)),
        files=await rows_of(
            queries().list_own_files(connection, site_id=site.site_id, message_ids=message_ids)
        ),
        looks=await _looks(connection, reading, message_ids, reports),
        consents=await read_consents(connection, site, reading.keys),
        objections=await _objections(connection, reading),
    )


def _is_theirs(reading: Reading, row: Record) -> bool:
    """Tell whether a person wrote a message or received it: one that never left is its writer's."""
    return row["sender_id"] in reading.subjects or row["state"] in RECEIVED


def _dossier(reading: Reading, rows: _Rows) -> Dossier:
    """Open and redact what was read."""
    site, request = reading.site, reading.request
    counts = Counter(row["message_id"] for row in rows.files)
    senders = {row["message_id"]: row["sender_id"] for row in rows.said}
    return Dossier(
        policy=site.policy,
        language=request.language,
        made_at=reading.context.clock(),
        asked_for=request.content.email if request.content else "",
        identities=tuple(map(reading.identity, reading.subjects.values())),
        said=tuple(reading.said(row, counts[row["message_id"]]) for row in rows.said),
        traces=tuple(map(reading.trace, rows.traces)),
        listings=tuple(map(reading.listing, rows.listings)),
        reports=tuple(map(reading.report, rows.reports)),
        appeals=tuple(map(reading.appeal, rows.appeals)),
        consents=rows.consents,
        objections=rows.objections,
        looks=tuple(
            Looked(row["at"], row["action"], reading.masked(row["reason"])) for row in rows.looks
        ),
        files=tuple(
            reading.file(row, senders)
            for row in rows.files
            if senders[row["message_id"]] in reading.subjects
        ),
        purposes=tuple(controller_register(site.policy, request.language)),
    )


async def _begin(
    context: Context, connection: Connection, site: Site, request: DataRequest
) -> Reading:
    versions = await read_versions(connection, site)
    subjects = await find_subjects(context, connection, site, request)
    return Reading(
        context=context,
        site=site,
        request=request,
        subjects={one.person_id: one for one in subjects},
        policies={version.policy.version: version.policy for version in versions},
    )


async def _objections(connection: Connection, reading: Reading) -> tuple[Objected, ...]:
    """Return what the person objected to; portability is of what they gave, not of a duty (20(1)).

    Whoever is nobody here may have objected all the same.
    """
    request = reading.request
    if request.content is None or request.standing.kind is Kind.PORTABILITY:
        return ()
    own = (reading.identity(one).email for one in reading.subjects.values())
    return await read_objections(connection, reading.site, [request.content.email, *own])


async def _looks(
    connection: Connection,
    reading: Reading,
    message_ids: Sequence[UUID],
    reports: Sequence[Record],
) -> Sequence[Record]:
    """Return the looks that name a message, a report, a case or the request of the person."""
    site_id = reading.site.site_id
    cases = await rows_of(
        queries().list_cases_of(connection, site_id=site_id, message_ids=list(message_ids))
    )
    subjects = [public_id("msg", one) for one in message_ids]
    subjects += [public_id("rep", row["report_id"]) for row in reports]
    subjects += [public_id("case", row["case_id"]) for row in cases]
    subjects.append(public_id("req", reading.request.request_id))
    return await rows_of(queries().list_looks_at(connection, site_id=site_id, subjects=subjects))
