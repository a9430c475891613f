"""A copy of an identity document: the exception, asked with a reason, gone with the decision.

The code to the address concerned is the proof; a copy is asked only where reasonable doubt is left
(GDPR 12(6); CNIL, SAN-2020-008). It comes over the page of the request, is made anew in the process
that reads mails, lies sealed, is shown to an officer for a logged reason, and is deleted by the
step that decides (relay/rights/requests.py).
"""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, Record, queries
from relay.errors import Refused
from relay.looks import Look, record_look
from relay.mail.reading.values import Attachment, Reply
from relay.reader import Reader
from relay.rights.proof import household_limit
from relay.rights.requests import (
    PERSON,
    DataRequest,
    advance,
    keep_words,
    read_request,
    write_letter,
)
from relay.rights.standing import Event, State, Step
from relay.sealing import DataKey, document_place
from relay.sites import Site

LARGEST_BYTES = 5 * 1024 * 1024
PICTURES = ("image/jpeg", "image/png")  # as they are made anew; nothing that can act, as a PDF may

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Document:
    """Where a copy that was asked for stands; *is_here* while it can be looked at."""

    asked_at: datetime
    given_at: datetime | None
    deleted_at: datetime | None
    is_here: bool


async def read_document(connection: Connection, site: Site, request_id: UUID) -> Document | None:
    """Return where a request's copy stands; None when none was ever asked for."""
    row: Record | None = await queries().read_document(
        connection, site_id=site.site_id, request_id=request_id
    )
    if row is None:
        return None
    is_here = row["sealed_content"] is not None
    return Document(row["asked_at"], row["given_at"], row["deleted_at"], is_here)


async def ask_document(
    context: Context, site: Site, request_id: UUID, look: Look, words: str
) -> None:
    """Ask the person of a request for a copy; the clock stands still until it comes.

    Args:
        words: Why there is doubt, as the letter says it.

    Raises:
        Refused: ``request_state``; ``request_unproved``: the address comes first;
            ``reason_missing``.
    """
    if not words.strip():
        raise Refused("reason_missing")
    async with context.database.connection() as connection, connection.transaction():
        await record_look(connection, look)
        request = await read_request(context, connection, site, request_id, lock=True)
        if request.standing.proved_at is None:
            raise Refused("request_unproved")
        step = Step(Event.PROOF_ASKED, look.at, str(look.staff_id), look.reason)
        request = await advance(connection, site, request, step)
        await queries().ask_document(
            connection,
            site_id=site.site_id,
            request_id=request_id,
            asked_by=look.staff_id,
            asked_at=look.at,
        )
        await keep_words(connection, site, request, "document", words)
        await write_letter(context, connection, site, request_id, "document")
    context.bell.ring()


async def give_document(
    context: Context, site: Site, request_id: UUID, content: bytes, source: str
) -> None:
    """Take the copy a person gives: the clock runs on, and an officer can look at it.

    Args:
        content: The file as it came; of it only the picture is kept.
        source: Names the household it comes from, for limits.

    Raises:
        Refused: ``request_state``: none is awaited; ``document_refused``: it is no picture;
            ``rate_limited``.
        Unavailable: It could not be read now.
    """
    context.limiter.hit([household_limit(site, "rights document", source)], context.clock())
    async with context.database.connection() as connection:
        _awaited(
            await read_request(context, connection, site, request_id),
            await read_document(connection, site, request_id),
        )
    picture = await _made_anew(content)
    async with context.database.connection() as connection, connection.transaction():
        request = await read_request(context, connection, site, request_id, lock=True)
        document = await read_document(connection, site, request_id)
        key = _awaited(request, document)
        now = context.clock()
        await advance(connection, site, request, Step(Event.PROVED, now, PERSON))
        await queries().keep_document(
            connection,
            site_id=site.site_id,
            request_id=request_id,
            given_at=now,
            kind=picture.kind,
            sealed_content=key.seal_bytes(picture.content, document_place(request_id)),
        )
    log.info("request.document_given", request_id=str(request_id), site=site.slug)


async def open_document(context: Context, site: Site, request_id: UUID, look: Look) -> Attachment:
    """Show the copy to an officer; the look is written first.

    Raises:
        Refused: ``not_found``: there is none, or it is deleted; ``reason_missing``.
    """
    if not look.reason.strip():
        raise Refused("reason_missing")
    async with context.database.connection() as connection:
        await record_look(connection, look)
        request = await read_request(context, connection, site, request_id)
        row = await queries().read_document(connection, site_id=site.site_id, request_id=request_id)
    if row is None or row["sealed_content"] is None or request.key is None:
        raise Refused("not_found")
    content = request.key.open_bytes(row["sealed_content"], document_place(request_id))
    return Attachment("document", row["kind"], content)


def _awaited(request: DataRequest, document: Document | None) -> DataKey:
    """Return the key a copy is sealed with, where one is awaited."""
    is_asked = document is not None and document.given_at is None  # else a code is awaited
    is_awaited = request.standing.state is State.IDENTITY_PENDING and is_asked
    if not is_awaited or request.key is None:
        raise Refused("request_state")
    return request.key


async def _made_anew(content: bytes) -> Attachment:
    """Have a file read by the process that reads mails, and only a picture given back."""
    if len(content) > LARGEST_BYTES:
        raise Refused("document_refused")
    mail = EmailMessage()
    mail["From"] = "page@desk.invalid"
    mail.set_content("-")
    mail.add_attachment(content, maintype="application", subtype="octet-stream")
    reader = Reader()
    try:
        read = await reader.read(mail.as_bytes())
    finally:
        await reader.close()
    files = read.attachments if isinstance(read, Reply) else ()
    picture = next((one for one in files if one.kind in PICTURES), None)
    if picture is None:
        raise Refused("document_refused")
    return picture
