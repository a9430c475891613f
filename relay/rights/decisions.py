"""Acts of the officer and of the person on a request: one transaction each, history within it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, queries
from relay.errors import Refused
from relay.looks import Look, record_look
from relay.rights.erasure import erase_persons
from relay.rights.measures import correct, freeze, unfreeze
from relay.rights.objections import object_to
from relay.rights.proof import end_duplicate, send_code
from relay.rights.requests import (
    PERSON,
    SYSTEM,
    DataRequest,
    advance,
    keep_words,
    read_request,
    write_letter,
)
from relay.rights.standing import Event, Ground, Kind, State, Step
from relay.rights.subjects import find_subjects
from relay.sites import Site

_NEXT = timedelta(milliseconds=1)  # two steps of one act keep their order

log = structlog.get_logger()

Measure = Callable[[Context, Connection, Site, DataRequest], Awaitable[None]]


async def _nothing(
    _context: Context, _connection: Connection, _site: Site, _request: DataRequest
) -> None:
    """Do nothing: an access is answered when it is fetched."""


# What an accepted request does at once, and the letter that says so; erasure waits for its undo.
MEASURES: dict[Kind, tuple[Measure, str]] = {
    Kind.ACCESS: (_nothing, "ready"),
    Kind.PORTABILITY: (_nothing, "ready"),
    Kind.RESTRICTION: (freeze, "frozen"),
    Kind.OBJECTION: (object_to, "objected"),
    Kind.RECTIFICATION: (correct, "corrected"),
}


async def accept(context: Context, site: Site, request_id: UUID, look: Look) -> DataRequest:
    """Accept a request: it is carried out now, or for an erasure in fifteen minutes.

    Raises:
        Refused: ``request_state``, ``request_unproved``, ``request_kind_missing``; what the
            measure refuses.
    """
    async with context.database.connection() as connection, connection.transaction():
        request = await _begin(context, connection, site, request_id, look)
        step = Step(Event.ACCEPTED, look.at, str(look.staff_id))
        request = await advance(connection, site, request, step)
        await _note(connection, site, request_id, look, None)
        kind = request.standing.kind
        if kind in MEASURES:
            measure, letter = MEASURES[kind]
            await measure(context, connection, site, request)
            step = Step(Event.CARRIED_OUT, look.at + _NEXT, SYSTEM)
            request = await advance(connection, site, request, step)
            await write_letter(context, connection, site, request_id, letter)
    context.bell.ring()
    log.info("request.accepted", request_id=str(request_id), site=site.slug)
    return request


async def take_back(context: Context, site: Site, request_id: UUID, look: Look) -> None:
    """Take an acceptance back before it is carried out.

    Raises:
        Refused: ``request_state``: it was; ``reason_missing``.
    """
    async with context.database.connection() as connection, connection.transaction():
        request = await _begin(context, connection, site, request_id, look)
        step = Step(Event.TAKEN_BACK, look.at, str(look.staff_id), look.reason)
        await advance(connection, site, request, step)


async def refuse(
    context: Context, site: Site, request_id: UUID, ground: Ground, look: Look, words: str
) -> None:
    """Refuse a request, with its ground and reasons; the letter names the CNIL and the court.

    Args:
        words: The officer's own, as the letter says them; those of the look are masked.

    Raises:
        Refused: ``request_state``, ``reason_missing``.
    """
    async with context.database.connection() as connection, connection.transaction():
        request = await _begin(context, connection, site, request_id, look)
        step = Step(Event.REFUSED, look.at, str(look.staff_id), look.reason)
        request = await advance(connection, site, request, step)
        await _note(connection, site, request_id, look, ground)
        await keep_words(connection, site, request, "refused", words)
        await write_letter(context, connection, site, request_id, "refused")
    context.bell.ring()
    log.info("request.refused", request_id=str(request_id), site=site.slug)


async def extend(context: Context, site: Site, request_id: UUID, look: Look, words: str) -> None:
    """Take two more months, within the first, and tell the person why (GDPR 12(3)).

    Args:
        words: The officer's own, as the letter says them; those of the look are masked.

    Raises:
        Refused: ``request_state``, ``reason_missing``, ``extension_late``, ``extension_twice``.
    """
    async with context.database.connection() as connection, connection.transaction():
        request = await _begin(context, connection, site, request_id, look)
        step = Step(Event.EXTENDED, look.at, str(look.staff_id), look.reason)
        request = await advance(connection, site, request, step)
        await keep_words(connection, site, request, "extended", words)
        await write_letter(context, connection, site, request_id, "extended")
    context.bell.ring()


async def ask_proof(context: Context, site: Site, request_id: UUID, look: Look) -> None:
    """Ask for proof again, by another code: the clock stands still until it comes.

    Raises:
        Refused: ``request_state``; of a mail, too, that was not read yet. ``codes_spent``: no
            letter can go today, and without one the clock would stand still for nothing.
    """
    async with context.database.connection() as connection, connection.transaction():
        request = await _begin(context, connection, site, request_id, look)
        if request.content is None:
            raise Refused("request_state")
        if request.standing.state is not State.IDENTITY_PENDING:
            step = Step(Event.PROOF_ASKED, look.at, str(look.staff_id), look.reason)
            await advance(connection, site, request, step)
        await queries().forget_proof(connection, site_id=site.site_id, request_id=request_id)
        if not await send_code(context, connection, site, request_id):
            raise Refused("codes_spent")
    context.bell.ring()


async def say_kind(context: Context, site: Site, request_id: UUID, kind: Kind, look: Look) -> None:
    """Say for a person what their letter asks for.

    Raises:
        Refused: ``request_state``: it was said.
    """
    async with context.database.connection() as connection, connection.transaction():
        request = await _begin(context, connection, site, request_id, look)
        if request.standing.kind is not None:
            raise Refused("request_state")  # what proved one kind may not prove another
        step = Step(Event.KIND_SAID, look.at, str(look.staff_id))
        await advance(connection, site, request, step, kind=kind)


async def lift(context: Context, site: Site, request_id: UUID, look: Look | None) -> None:
    """End a restriction; *look* is None when the person ends it.

    Raises:
        Refused: ``request_state``: there is none.
    """
    async with context.database.connection() as connection, connection.transaction():
        if look:
            await record_look(connection, look)
        request = await read_request(context, connection, site, request_id, lock=True)
        now = context.clock()
        actor = str(look.staff_id) if look else PERSON
        await advance(connection, site, request, Step(Event.LIFTED, now, actor))
        await unfreeze(context, connection, site, request)
        await write_letter(context, connection, site, request_id, "lifted")
    context.bell.ring()
    log.info("request.lifted", request_id=str(request_id), site=site.slug)


async def choose(context: Context, site: Site, request_id: UUID, kind: Kind) -> None:
    """Let the person of a request that came by mail say what it asks for.

    Raises:
        Refused: ``request_state``: it was said; ``right_not_offered``.
    """
    if kind.value not in {one.value for one in site.policy.rights}:
        raise Refused("right_not_offered")
    async with context.database.connection() as connection, connection.transaction():
        request = await read_request(context, connection, site, request_id, lock=True)
        if request.standing.kind is not None:
            raise Refused("request_state")
        step = Step(Event.KIND_SAID, context.clock(), PERSON)
        request = await advance(connection, site, request, step, kind=kind)
        if request.standing.proved_at is not None:
            await end_duplicate(context, connection, site, request)


async def withdraw(context: Context, site: Site, request_id: UUID) -> None:
    """Let a person take their request back while it is not carried out.

    Raises:
        Refused: ``request_state``.
    """
    await _by_person(context, site, request_id, Event.WITHDRAWN)


async def contest(context: Context, site: Site, request_id: UUID) -> None:
    """Let a person have a refusal examined again, by a fresh clock.

    Raises:
        Refused: ``request_state``.
    """
    await _by_person(context, site, request_id, Event.CONTESTED)


async def note_delivery(context: Context, site: Site, request_id: UUID) -> None:
    """Write that the answer was fetched."""
    await _by_person(context, site, request_id, Event.DELIVERED)


async def carry_out(context: Context, site: Site, request_id: UUID) -> None:
    """Erase the person of an accepted request whose time to be taken back is over."""
    async with context.database.connection() as connection, connection.transaction():
        request = await read_request(context, connection, site, request_id, lock=True)
        now = context.clock()
        standing = request.standing
        if (
            standing.state is not State.ACCEPTED
            or standing.acts_at is None
            or standing.acts_at > now
        ):
            return  # taken back meanwhile
        subjects = await find_subjects(context, connection, site, request)
        plan, kept_ids = await erase_persons(context, connection, site, subjects, request_id)
        event = Event.PARTLY_CARRIED_OUT if plan.keeps else Event.CARRIED_OUT
        await advance(connection, site, request, Step(event, now, SYSTEM))
        if kept_ids:
            await queries().note_kept(
                connection, site_id=site.site_id, request_id=request_id, kept_ids=kept_ids
            )
        letter = "partly" if plan.keeps else "erased"
        await write_letter(context, connection, site, request_id, letter)
    context.bell.ring()
    log.info("request.carried_out", request_id=str(request_id), site=site.slug)


async def _begin(
    context: Context, connection: Connection, site: Site, request_id: UUID, look: Look
) -> DataRequest:
    """Write an officer's act into the journal and lock its request."""
    await record_look(connection, look)
    return await read_request(context, connection, site, request_id, lock=True)


async def _note(
    connection: Connection, site: Site, request_id: UUID, look: Look, ground: Ground | None
) -> None:
    await queries().note_decision(
        connection,
        site_id=site.site_id,
        request_id=request_id,
        decided_by=look.staff_id,
        decided_at=look.at,
        ground=ground,
    )


async def _by_person(context: Context, site: Site, request_id: UUID, event: Event) -> None:
    async with context.database.connection() as connection, connection.transaction():
        request = await read_request(context, connection, site, request_id, lock=True)
        await advance(connection, site, request, Step(event, context.clock(), PERSON))
