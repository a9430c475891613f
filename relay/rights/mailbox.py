"""The mailbox of the desk: a request by mail is kept, sealed, read later (``workers/rights.py``).

Nobody is answered at the envelope sender; a code goes to the address of From:, as to any address
that is named on the page.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.errors import Invalid
from relay.mail.reading.values import Incoming, Reply, Unreadable
from relay.outgoing.rights_letters import privacy_local_part
from relay.rights.proof import send_code
from relay.rights.requests import (
    DETAILS_SIGNS,
    SYSTEM,
    Content,
    DataRequest,
    NewRequest,
    add_request,
    advance,
    keep_content,
    read_request,
)
from relay.rights.standing import Door, Event, Kind, State, Step, begin
from relay.sealing import Unsealable, new_id
from relay.sites import Site
from relay.validation import mailbox_key, read_email

KEPT_BYTES = 200_000  # text comes first; what is attached is not asked for
UNREAD_MOST = 200
LANGUAGE = "fr"
# What letters say, after the models of the CNIL; one kind at most is meant.
_WORDS = {
    Kind.ACCESS: r"droit d.acc[eè]s|copie de.{0,30}donn[ée]es|right of access|copy of my data",
    Kind.PORTABILITY: r"portabilit|lisible par (?:une )?machine|machine.readable",
    Kind.RECTIFICATION: r"rectifi|corriger|mettre [àa] jour|correct my",
    Kind.ERASURE: r"effac|supprim|erase|delet",
    Kind.RESTRICTION: r"limitation|verrouill|geler|restriction|freeze",
    Kind.OBJECTION: r"m.oppose|opposition|object to",
}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The mailbox of a site's desk."""

    site: Site


@dataclass(frozen=True, slots=True)
class Unread:
    """A mail that waits to be read; *sender* stood on its envelope."""

    request_id: UUID
    sender: str
    raw: bytes


async def find_mailbox(context: Context, address: str) -> Mailbox | None:
    """Return the desk whose mailbox *address* is; None for any other.

    Raises:
        Unavailable: The sites cannot be read.
    """
    local_part, _, domain = address.lower().rpartition("@")
    if domain != context.settings.mail_domain or not local_part.startswith("privacy-"):
        return None
    sites = await context.sites.all()
    return next((Mailbox(one) for one in sites if privacy_local_part(one) == local_part), None)


async def is_full(context: Context, mailbox: Mailbox) -> bool:
    """Tell whether so many mails wait to be read that one more should wait at its sender's."""
    async with context.database.connection() as connection:
        waiting = await queries().count_unread_mails(connection, site_id=mailbox.site.site_id)
    return int(waiting) >= UNREAD_MOST


async def keep_mail(context: Context, mailbox: Mailbox, sender: str, raw: bytes) -> None:
    """Commit a request that came by mail: its clock runs from now; a repeated delivery adds none.

    Raises:
        Unavailable: It is not known to be stored.
    """
    site, now = mailbox.site, context.clock()
    request_id = new_id(now)
    key, wrapped = context.keyring.new_key(f"data_request:{request_id}")
    standing = begin(None, now)
    path = f"Return-Path: <{sender if sender.isprintable() else ''}>\r\n".encode()
    new = NewRequest(
        request_id=request_id,
        door=Door.MAILBOX,
        language=LANGUAGE,
        standing=standing,
        wrapped_key=wrapped,
        copy_hash=sha256(raw).digest(),
        sealed_mail=key.seal_bytes(path + raw[:KEPT_BYTES], _place(request_id)),
    )
    async with context.database.connection() as connection, connection.transaction():
        await add_request(connection, site, new, Step(Event.RECEIVED, now, SYSTEM))
    log.info("request.mailed", request_id=str(request_id), size_bytes=len(raw), site=site.slug)


async def list_unread(context: Context, site: Site) -> list[Unread]:
    """Return the mails that wait to be read, opened, oldest first; none that cannot be."""
    async with context.database.connection() as connection:
        rows = await rows_of(queries().list_unread_mails(connection, site_id=site.site_id))
    return list(_opened(context, rows))


async def take_mail(context: Context, site: Site, unread: Unread, incoming: Incoming) -> None:
    """Make a request of a mail that was read: a code goes to its sender; programs get none.

    What could not be read is a request all the same: its sender says on the page what it asks.
    """
    request_id = unread.request_id
    async with context.database.connection() as connection, connection.transaction():
        request = await read_request(context, connection, site, request_id, lock=True)
        if request.standing.state is not State.RECEIVED or request.content is not None:
            return
        now = context.clock()
        email = _sender(site, unread, incoming)
        if email is None:
            await _end(connection, site, request, Step(Event.CLOSED, now, SYSTEM, "automatic"))
            return
        subject_hash = site.hash("mailbox", mailbox_key(email))
        said = _words(incoming)
        kind = kind_of(said)
        # Anybody may begin a request under an address: one nobody proved stands for no other.
        earlier = await queries().find_open_request(
            connection, site_id=site.site_id, subject_hash=subject_hash, kind=kind
        )
        request = replace(request, subject_hash=subject_hash)
        content = Content(email=email, details=said[:DETAILS_SIGNS])
        request = await keep_content(connection, site, request, content)
        if earlier:  # an answer to a letter of the desk, or the same once more
            step = Step(Event.DUPLICATE, now, SYSTEM, str(earlier["request_id"]))
            await _end(connection, site, request, step)
            return
        if kind:
            step = Step(Event.KIND_SAID, now, SYSTEM)
            request = await advance(connection, site, request, step, kind=kind)
        await advance(connection, site, request, Step(Event.PROOF_ASKED, now, SYSTEM))
        await send_code(context, connection, site, request_id)
    context.bell.ring()


def kind_of(text: str) -> Kind | None:
    """Return what a letter asks for, when it names exactly one right."""
    found = [kind for kind, words in _WORDS.items() if re.search(words, text, re.IGNORECASE)]
    return found[0] if len(found) == 1 else None


def _sender(site: Site, unread: Unread, incoming: Incoming) -> str | None:
    """Return the address a person wrote from; None of programs and of none that takes mail."""
    match incoming:
        case Reply():
            sender = incoming.heading.sender
        case Unreadable():
            sender = unread.sender
        case _:
            return None
    try:
        return read_email(sender or "", examples=site.is_test).address
    except Invalid:
        return None


def _words(incoming: Incoming) -> str:
    """Return what a letter says; nothing of one that could not be read."""
    if not isinstance(incoming, Reply):
        return ""
    return f"{incoming.heading.subject}\n{incoming.text}".strip()


async def _end(connection: Connection, site: Site, request: DataRequest, step: Step) -> None:
    if request.content is None:  # its mail is not needed any more
        await queries().forget_mail(connection, site_id=site.site_id, request_id=request.request_id)
    await advance(connection, site, request, step)


def _opened(context: Context, rows: Iterable[Record]) -> Iterator[Unread]:
    for row in rows:
        try:
            yield _open(context, row)
        except Unsealable:
            log.exception("rights.failed", request_id=str(row["request_id"]))


def _open(context: Context, row: Record) -> Unread:
    request_id = row["request_id"]
    key = context.keyring.unwrap(row["wrapped_key"], f"data_request:{request_id}")
    raw = key.open_bytes(row["sealed_mail"], _place(request_id))
    first = raw.partition(b"\r\n")[0].decode(errors="replace")  # the path that keep_mail wrote
    return Unread(request_id, first.removeprefix("Return-Path: <").removesuffix(">"), raw)


def _place(request_id: UUID) -> str:
    return f"data_request.sealed_mail:{request_id}"
