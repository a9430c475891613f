"""One request as the acts hold it: its standing, and what it says, opened with its own key."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from uuid import UUID

from relay.contact_rows import DELIVERY_EXPIRY
from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.errors import Refused
from relay.rights.standing import (
    UNDECIDED,
    Door,
    Event,
    Kind,
    Standing,
    State,
    Step,
    take,
)
from relay.sealing import DataKey, new_id, request_place
from relay.sites import Site

PERSON, SYSTEM, SITE = "person", "system", "site"
_CLOCKS = [one.name for one in fields(Standing) if one.name not in ("kind", "state")]

DETAILS_SIGNS = 2000
NOTE_SIGNS = 2000


@dataclass(frozen=True, slots=True)
class Content:
    """What a request says; sealed, and gone some weeks after its end.

    Args:
        email: The address concerned, to which proof and answer go.
        phone: E.164, a help for the look-up and never a proof.
        changes: New ``name``, ``phone`` (E.164) or ``email`` of a rectification.
        purposes: What an objection is against.
        notes: The officer's words to the person, by the letter they stand in.
    """

    email: str
    phone: str | None = None
    details: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)
    purposes: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DataRequest:
    """A request; *content* is None once it was forgotten, *key* with it."""

    request_id: UUID
    door: Door
    language: str
    standing: Standing
    content: Content | None
    key: DataKey | None
    subject_hash: bytes | None
    ground: str | None
    decided_by: UUID | None
    kept_ids: tuple[UUID, ...]

    @property
    def reference(self) -> str:
        """Its number as people say it: two groups of four."""
        return reference_of(self.request_id)


def reference_of(request_id: UUID) -> str:
    """Return the number by which people name a request."""
    tail = request_id.hex[-8:].upper()
    return f"{tail[:4]}-{tail[4:]}"


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request on its way into the store.

    Args:
        copy_hash: Names the mail it came with: the same one again adds none.
    """

    request_id: UUID
    door: Door
    language: str
    standing: Standing
    wrapped_key: bytes
    subject_hash: bytes | None = None
    copy_hash: bytes | None = None
    sealed_content: bytes | None = None
    sealed_mail: bytes | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a request's history."""

    event: Event
    state: State
    actor: str
    reason: str
    at: datetime

    @property
    def told_actor(self) -> str:
        """Who did it, in the words of a page: ``person``, ``system`` or ``staff``."""
        if self.event is Event.PROOF_ASKED and self.actor == PERSON:
            return SYSTEM  # they asked for something, and the relay for the proof
        return self.actor if self.actor in (PERSON, SYSTEM) else "staff"


async def add_request(connection: Connection, site: Site, new: NewRequest, step: Step) -> bool:
    """Store a request with the first line of its history; tell whether it was not there before."""
    standing = new.standing
    added = await queries().add_request(
        connection,
        site_id=site.site_id,
        request_id=new.request_id,
        door=new.door,
        kind=standing.kind,
        language=new.language,
        state=standing.state,
        received_at=standing.received_at,
        due_on=standing.due_on,
        paused_at=standing.paused_at,
        proved_at=standing.proved_at,
        changed_at=standing.changed_at,
        subject_hash=new.subject_hash,
        copy_hash=new.copy_hash,
        wrapped_key=new.wrapped_key,
        sealed_content=new.sealed_content,
        sealed_mail=new.sealed_mail,
    )
    if added is None:
        return False
    await note_event(connection, site, new.request_id, step, standing.state)
    return True


async def read_request(
    context: Context, connection: Connection, site: Site, request_id: UUID, *, lock: bool = False
) -> DataRequest:
    """Read and open a request.

    Raises:
        Refused: ``not_found``.
    """
    ask = queries().lock_request if lock else queries().read_request
    row: Record | None = await ask(connection, site_id=site.site_id, request_id=request_id)
    if row is None:
        raise Refused("not_found")
    key = content = None
    if row["wrapped_key"] is not None:
        key = context.keyring.unwrap(row["wrapped_key"], f"data_request:{request_id}")
        if row["sealed_content"] is not None:
            content = open_content(key, request_id, row["sealed_content"])
    return DataRequest(
        request_id=request_id,
        door=Door(row["door"]),
        language=row["language"],
        standing=standing_of(row),
        content=content,
        key=key,
        subject_hash=row["subject_hash"],
        ground=row["ground"],
        decided_by=row["decided_by"],
        kept_ids=tuple(row["kept_ids"]),
    )


def standing_of(row: Record) -> Standing:
    """Return the standing in a row of requests."""
    clocks = {name: row[name] for name in _CLOCKS}
    return Standing(Kind(row["kind"]) if row["kind"] else None, State(row["state"]), **clocks)


def open_content(key: DataKey, request_id: UUID, sealed: bytes) -> Content:
    """Open what a request says."""
    said = json.loads(key.open(sealed, request_place(request_id)))
    return Content(**{**said, "purposes": tuple(said["purposes"])})


def seal_content(key: DataKey, request_id: UUID, content: Content) -> bytes:
    """Seal what a request says."""
    return key.seal(json.dumps(asdict(content)), request_place(request_id))


async def advance(
    connection: Connection,
    site: Site,
    request: DataRequest,
    step: Step,
    *,
    kind: Kind | None = None,
) -> DataRequest:
    """Let a request take a step, and write who, when and why beside it.

    Args:
        kind: What is asked, where the step says it.

    Raises:
        Refused: As ``standing.take``.
    """
    standing = take(request.standing, step)
    if step.event is Event.KIND_SAID:
        standing = replace(standing, kind=kind)
    await queries().keep_standing(
        connection,
        site_id=site.site_id,
        request_id=request.request_id,
        kind=standing.kind,
        state=standing.state,
        **{name: getattr(standing, name) for name in _CLOCKS if name != "received_at"},
    )
    if standing.state not in UNDECIDED:  # decided, or ended: nobody needs to know more (CNIL)
        await queries().delete_document(
            connection, site_id=site.site_id, request_id=request.request_id, at=step.at
        )
    await note_event(connection, site, request.request_id, step, standing.state)
    return replace(request, standing=standing)


async def note_event(
    connection: Connection, site: Site, request_id: UUID, step: Step, state: State
) -> None:
    """Write one line of a request's history: codes only, no words of the person."""
    await queries().add_event(
        connection,
        site_id=site.site_id,
        event_id=new_id(step.at),
        request_id=request_id,
        event=step.event,
        state=state,
        actor=step.actor,
        reason=step.reason if step.actor == SYSTEM else "",  # words of people are sealed elsewhere
        at=step.at,
    )


async def keep_content(
    connection: Connection, site: Site, request: DataRequest, content: Content
) -> DataRequest:
    """Store what a request says now.

    Raises:
        Refused: ``request_state``: what it said is forgotten already.
    """
    if request.key is None:
        raise Refused("request_state")
    await queries().keep_content(
        connection,
        site_id=site.site_id,
        request_id=request.request_id,
        subject_hash=request.subject_hash,
        sealed_content=seal_content(request.key, request.request_id, content),
    )
    return replace(request, content=content)


async def keep_words(
    connection: Connection, site: Site, request: DataRequest, letter: str, words: str
) -> None:
    """Keep an officer's words for a letter, sealed with the request."""
    if request.content is not None:
        notes = {**request.content.notes, letter: words.strip()[:NOTE_SIGNS]}
        await keep_content(connection, site, request, replace(request.content, notes=notes))


async def write_letter(
    context: Context, connection: Connection, site: Site, request_id: UUID, name: str
) -> None:
    """Enqueue a letter of the desk (relay/outgoing/rights_letters.py), within a transaction."""
    await queries().enqueue_letter(
        connection,
        site_id=site.site_id,
        mail_id=new_id(context.clock()),
        request_id=request_id,
        reason=f"letter:{name}",
        life=DELIVERY_EXPIRY,
    )


async def read_history(connection: Connection, site: Site, request_id: UUID) -> list[Happened]:
    """Return every step of a request, oldest first."""
    rows = await rows_of(
        queries().list_events(connection, site_id=site.site_id, request_id=request_id)
    )
    return [
        Happened(Event(row["event"]), State(row["state"]), row["actor"], row["reason"], row["at"])
        for row in rows
    ]
