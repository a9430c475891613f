"""The act of taking a contact.

A contact is accepted when message, trace, outbox row, reply addresses and idempotency row are
committed in one statement; contacts that arrive together share the commit.
"""

import hmac
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from prometheus_client import Counter

from relay import checkpoints
from relay.batching import Batcher
from relay.blocks import BLOCK_POINTS, Arriving, Hit, find_blocked, holds, refuses, signals_of
from relay.contact_rows import HOLD_EXPIRY, SAME_TEXT, Batch, ContactRequest, NewContact, Place
from relay.context import Context
from relay.database import Connection, Record, UniqueConflict, queries, rows_of
from relay.errors import Refused, Unavailable

TRIES = 3
CROWD = 8  # contacts that do not wait for the end of the batch under way

accepted_total = Counter("relay_accepted_total", "Contacts accepted", ["state"])
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer to a contact.

    Args:
        state: ``queued`` or ``held``; that a sender is blocked is said on the private page only.
        replayed: The same was accepted before.
        is_own: Whoever asks is the one who sent it: the first answer, or the same key or form.
    """

    message_id: UUID
    state: str
    received_at: datetime
    replayed: bool
    is_own: bool


class ContactDesk:
    """Accepts contacts, writing those that arrive together with one commit."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._writer: Batcher[ContactRequest, Accepted] = Batcher(self._write, crowd=CROWD)

    async def accept(self, request: ContactRequest) -> Accepted:
        """Store a contact, or return the one that it repeats.

        Raises:
            Refused: ``listing_unknown``, ``listing_closed``, ``sender_frozen``,
                ``idempotency_conflict``.
            Unavailable: Nothing was stored, or nothing can be said about it now; a retry with
                the same key or the same text finds what was stored.
        """
        accepted = await self._writer.submit(request)
        if not accepted.replayed:
            accepted_total.labels(accepted.state).inc()
            log.info(
                "message.accepted",
                message_id=str(accepted.message_id),
                site=request.site.slug,
                state=accepted.state,
            )
        return accepted

    async def drain(self) -> None:
        """Write everything that was submitted, before the process stops."""
        await self._writer.drain()

    async def _write(
        self, requests: Sequence[ContactRequest]
    ) -> Sequence[Accepted | BaseException]:
        try:
            return await self._write_again(requests)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 (one bad row must not fail its neighbours)
            log.warning("contacts.apart", fault=type(error).__name__, requests=len(requests))
        return [await self._write_alone(request) for request in requests]

    async def _write_alone(self, request: ContactRequest) -> Accepted | BaseException:
        try:
            return (await self._write_again([request]))[0]
        except UniqueConflict:
            return Unavailable()
        except Exception as error:  # noqa: BLE001 (the caller's to answer)
            return error

    async def _write_again(
        self, requests: Sequence[ContactRequest]
    ) -> list[Accepted | BaseException]:
        """Write together; read again when another batch or process met the same person first."""
        for _ in range(TRIES - 1):
            with suppress(UniqueConflict):
                return await self._write_together(requests)
        return await self._write_together(requests)

    async def _write_together(
        self, requests: Sequence[ContactRequest]
    ) -> list[Accepted | BaseException]:
        batch = Batch(self._context.keyring)
        written: list[NewContact | Refused] = [
            batch.row(request, place) if isinstance(place, Place) else place
            for request, place in zip(requests, await self._find_places(requests), strict=True)
        ]
        written = await self._weigh_blocks(requests, written)
        stored = await self._store([row for row in written if isinstance(row, NewContact)])
        return [
            await self._answer(request, row, stored)
            for request, row in zip(requests, written, strict=True)
        ]

    async def _weigh_blocks(
        self, requests: Sequence[ContactRequest], written: Sequence[NewContact | Refused]
    ) -> list[NewContact | Refused]:
        """Let what staff block weigh on messages: a higher score, or a hold; never a drop."""
        asked = [
            Arriving(request.site, _hashes(row), request.contact.text)
            for request, row in zip(requests, written, strict=True)
            if isinstance(row, NewContact)
        ]
        if not asked:
            return list(written)
        hits = iter(await self._context.database.run(lambda one: find_blocked(one, asked)))
        return [
            _weighed(row, next(hits)) if isinstance(row, NewContact) else row for row in written
        ]

    async def _answer(
        self, request: ContactRequest, row: NewContact | Refused, stored: frozenset[UUID]
    ) -> Accepted | BaseException:
        if isinstance(row, NewContact) and row.message_id in stored:
            state = "queued" if row.state == "refused" else row.state
            return Accepted(row.message_id, state, row.received_at, replayed=False, is_own=True)
        try:
            twin = await self._twin(request)
        except Exception as error:  # noqa: BLE001 (its neighbours are stored all the same)
            return error
        # No twin of a row that was there already: it was rolled back, or purged this instant.
        return twin or (row if isinstance(row, Refused) else Unavailable())

    async def _find_places(self, requests: Sequence[ContactRequest]) -> list[Place | Refused]:
        rows = await self._context.database.run(
            lambda connection: rows_of(
                queries().find_places(
                    connection,
                    site_ids=[request.site.site_id for request in requests],
                    refs=[request.contact.ref for request in requests],
                    mail_hashes=[request.mail_hash for request in requests],
                )
            )
        )
        return [_place(row) for row in rows]

    async def _store(self, rows: Sequence[NewContact]) -> frozenset[UUID]:
        """Commit *rows*; return which are new. A lost answer to the commit is asked for again."""
        if not rows:
            return frozenset()
        checkpoints.reached("accept.before_commit")
        # In one order in every batch, so that two with the same twins do not wait for each other.
        rows = sorted(rows, key=lambda row: row.content_hash)
        try:
            new = await self._context.database.run(
                lambda connection: rows_of(queries().store_contacts(connection, contacts=rows))
            )
        except Unavailable:
            new = await self._find_stored(rows)
            if not new:
                raise
        checkpoints.reached("accept.committed")
        self._context.bell.ring()
        return frozenset(row["message_id"] for row in new)

    async def _find_stored(self, rows: Sequence[NewContact]) -> list[Record]:
        async with self._context.database.connection() as connection:
            found: list[Record] = await rows_of(
                queries().find_stored(
                    connection,
                    site_ids=[row.site_id for row in rows],
                    message_ids=[row.message_id for row in rows],
                )
            )
            return found

    async def _twin(self, request: ContactRequest) -> Accepted | BaseException | None:
        """Answer a request that was stored before, under its key or within ten minutes."""
        async with self._context.database.connection() as connection:
            twin = await queries().find_twin(
                connection,
                site_id=request.site.site_id,
                key_hash=request.key_hash,
                content_hash=request.content_hash,
            )
            if twin is None:
                return None
            is_same = hmac.compare_digest(twin["request_hash"], request.request_hash)
            if twin["same_key"]:
                if not is_same:
                    return Refused("idempotency_conflict")
            elif request.received_at - twin["created_at"] > SAME_TEXT:
                await queries().forget_content(
                    connection, site_id=request.site.site_id, message_id=twin["message_id"]
                )
                return await self._write_alone(request)
            elif request.key:
                await _remember_key(connection, request, twin["message_id"])
        is_own = twin["is_first"] or (request.key is None and is_same)
        return Accepted(
            twin["message_id"], twin["state"], twin["created_at"], replayed=True, is_own=is_own
        )


def _hashes(row: NewContact) -> tuple[bytes, ...]:
    keys = (row.phone_hash, row.mailbox_hash, row.ip_hash, row.net_hash)
    return tuple(key for key in keys if key is not None)


def _weighed(row: NewContact, hits: Sequence[Hit]) -> NewContact:
    if not hits or row.state == "refused":
        return row
    signals = [*row.signals, *signals_of(hits)]
    row = row._replace(score=row.score + BLOCK_POINTS, signals=signals)
    if refuses(hits):
        return row._replace(state="refused", reason="suspended", receipt_id=None)
    if row.state == "held" or not holds(hits):
        return row
    until = row.received_at + HOLD_EXPIRY
    return row._replace(
        state="held", reason="suspicious", due_at=until, expires_at=until, receipt_id=None
    )


async def _remember_key(connection: Connection, request: ContactRequest, message_id: UUID) -> None:
    """Let a key that came with a text stored before be answered as that one from now on."""
    await queries().remember_key(
        connection,
        site_id=request.site.site_id,
        key_hash=request.key_hash,
        message_id=message_id,
        request_hash=request.request_hash,
    )


def _place(row: Record) -> Place | Refused:
    if row["listing_id"] is None:
        return Refused("listing_unknown")
    if row["listing_state"] != "open":
        return Refused("listing_closed")
    if row["sender_id"] is not None and row["wrapped_key"] is None:
        return Refused("sender_frozen")  # at their own wish (GDPR 18)
    return Place(
        row["listing_id"],
        row["sender_id"],
        row["wrapped_key"],
        row["conversation_id"],
        is_blocked=row["blocked_at"] is not None,
    )
