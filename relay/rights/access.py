"""Acts of access and portability: gathers what is held of the person of a request, and packs it."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.register import controller_register
from relay.retention import read_versions
from relay.rights.choices import read_consents, read_objections
from relay.rights.dossier import Dossier, Looked, Objected, Said
from relay.rights.packet import pack
from relay.rights.reading import Reading
from relay.rights.requests import DataRequest
from relay.rights.standing import Kind
from relay.rights.subjects import find_subjects
from relay.sealing import public_id
from relay.sites import Site


async def build_packet(context: Context, site: Site, request: DataRequest) -> bytes:
    """Return the ZIP of a request; what is made is given away at once and kept nowhere."""
    async with context.database.connection() as connection:
        dossier = await gather(context, connection, site, request)
    return await asyncio.to_thread(pack, dossier)


async def gather(
    context: Context, connection: Connection, site: Site, request: DataRequest
) -> Dossier:
    """Read and open all that is held of the person of a request."""
    reading = await _begin(context, connection, site, request)
    named = {"site_id": site.site_id, "person_ids": list(reading.subjects)}
    said = await rows_of(queries().list_said(connection, **named))
    traces = await rows_of(queries().list_own_traces(connection, **named))
    listings = await rows_of(queries().list_own_listings(connection, **named))
    reports = await rows_of(queries().list_own_reports(connection, **named))
    appeals = await rows_of(queries().list_own_appeals(connection, **named))
    message_ids = [row["message_id"] for row in said]
    files = await rows_of(
        queries().list_own_files(connection, site_id=site.site_id, message_ids=message_ids)
    )
    consents = await read_consents(connection, site, reading.keys)
    counts = Counter(row["message_id"] for row in files)
    # Long texts made to be hard take seconds to redact: others are served meanwhile.
    words = await asyncio.to_thread(_words, reading, said, counts)
    senders = {row["message_id"]: row["sender_id"] for row in said}
    return Dossier(
        policy=site.policy,
        language=request.language,
        made_at=context.clock(),
        asked_for=request.content.email if request.content else "",
        identities=tuple(map(reading.identity, reading.subjects.values())),
        said=words,
        traces=tuple(map(reading.trace, traces)),
        listings=tuple(map(reading.listing, listings)),
        reports=tuple(map(reading.report, reports)),
        appeals=tuple(map(reading.appeal, appeals)),
        consents=consents,
        objections=await _objections(connection, reading),
        looks=await _looks(connection, reading, message_ids, reports),
        files=tuple(
            reading.file(row, senders)
            for row in files
            if senders[row["message_id"]] in reading.subjects
        ),
        purposes=tuple(controller_register(site.policy, request.language)),
    )


def _words(reading: Reading, said: Sequence[Record], files: Counter[UUID]) -> tuple[Said, ...]:
    return tuple(reading.said(row, files[row["message_id"]]) for row in said)


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
) -> tuple[Looked, ...]:
    """Return the looks that name a message, a report, a case or the request of the person."""
    site_id = reading.site.site_id
    cases = await rows_of(
        queries().list_cases_of(connection, site_id=site_id, message_ids=list(message_ids))
    )
    subjects = [public_id("msg", one) for one in message_ids]
    subjects += [public_id("rep", row["report_id"]) for row in reports]
    subjects += [public_id("case", row["case_id"]) for row in cases]
    subjects.append(public_id("req", reading.request.request_id))
    rows = await rows_of(queries().list_looks_at(connection, site_id=site_id, subjects=subjects))
    return tuple(Looked(row["at"], row["action"], reading.masked(row["reason"])) for row in rows)
