"""What one person asks and another agrees to, each at their own screen: an inbox of both.

A request waits three days. Whoever agrees carries the order out, in the name of who asked; to read
a text, the one who asked has an hour from then.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.desk.orders import Action, Effect, NewBlock, Order, Weight
from relay.desk.work import carry_out_in
from relay.errors import Refused
from relay.looks import Look, record_look
from relay.lookup import Field, Key, Kind
from relay.permissions import Level, Permission, Role, level
from relay.sealing import new_id
from relay.sites import Site

WAITS = timedelta(days=3)
READABLE = timedelta(hours=1)
SHOWN = 50

log = structlog.get_logger()


class Ask(StrEnum):
    """What is asked for."""

    ACT = "act"  # an order above the limits of one person
    OPEN = "open"  # to read a text that is neither held nor reported


# What one needs to ask for it, and to agree to it.
NEEDED = {Ask.ACT: Permission.HOLD_LARGE, Ask.OPEN: Permission.OPEN_OTHER}


@dataclass(frozen=True, slots=True)
class Reading:
    """Fields of one message that somebody wants to read."""

    message_id: UUID
    fields: frozenset[Field]
    reason: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A request as the inbox shows it.

    Args:
        state: ``waiting``, ``agreed``, ``declined``, ``withdrawn``; ``over`` when nobody answered.
        changed: Messages that would have changed when it was asked.
        order: What is asked for.
    """

    confirmation_id: UUID
    asked_by: UUID
    asker: str
    asked_at: datetime
    ends_at: datetime
    state: str
    changed: int
    decider: str | None
    decided_at: datetime | None
    order: Order | Reading


async def ask(context: Context, site: Site, wanted: Order | Reading, n: int, look: Look) -> UUID:
    """Put a request into the inbox of the others; return its id.

    Args:
        n: Messages it would change now.
        look: Who asks; its reason is the order's.

    Raises:
        Refused: ``reason_missing``.
    """
    if not look.reason.strip():
        raise Refused("reason_missing")
    now = context.clock()
    confirmation_id = new_id(now)
    written = _write_reading(wanted) if isinstance(wanted, Reading) else _write_order(wanted)
    async with context.database.connection() as connection, connection.transaction():
        await record_look(connection, look)
        await queries().add_confirmation(
            connection,
            site_id=site.site_id,
            confirmation_id=confirmation_id,
            kind=Ask.OPEN.value if isinstance(wanted, Reading) else Ask.ACT.value,
            asked_by=look.staff_id,
            asked_at=now,
            ends_at=now + WAITS,
            sealed_order=site.key.seal(json.dumps(written), _place(confirmation_id)),
            changed=n,
        )
    log.info("confirmation.asked", confirmation_id=str(confirmation_id), site=site.slug)
    return confirmation_id


async def list_confirmations(context: Context, site: Site, look: Look) -> list[Confirmation]:
    """Return the newest fifty requests of a site."""
    async with context.database.connection() as connection:
        await record_look(connection, look)
        rows = await rows_of(
            queries().list_confirmations(connection, site_id=site.site_id, most=SHOWN)
        )
    return [_confirmation(site, row, context.clock()) for row in rows]


async def agree(context: Context, site: Site, confirmation_id: UUID, look: Look) -> Effect | None:
    """Agree as the second person; what was asked is done, or may be read for an hour.

    Raises:
        Refused: ``not_found``; ``second_same``; ``confirmation_over``: answered, withdrawn or too
            old; ``asker_not_allowed``: who asked may no longer do it; and whatever the order
            itself is refused for. A refused order leaves its request waiting.
    """
    now = context.clock()
    async with context.database.connection() as connection, connection.transaction():
        row = await _lock(connection, site, confirmation_id, look)
        if row["asked_by"] == look.staff_id:
            raise Refused("second_same")
        await _check_asker(connection, site, row)
        effect = None
        if row["kind"] == Ask.ACT:
            order = _order(site, row, look, now)
            effect = await carry_out_in(connection, site, order, now)
        act_id = effect.act_id if effect else None
        await _settle(connection, confirmation_id, "agreed", look, act_id)
    context.bell.ring()
    log.info("confirmation.agreed", confirmation_id=str(confirmation_id), site=site.slug)
    return effect


async def decline(context: Context, site: Site, confirmation_id: UUID, look: Look) -> None:
    """Say no as the second person, or take one's own request back.

    Raises:
        Refused: ``not_found``; ``confirmation_over``.
    """
    async with context.database.connection() as connection, connection.transaction():
        row = await _lock(connection, site, confirmation_id, look)
        state = "withdrawn" if row["asked_by"] == look.staff_id else "declined"
        await _settle(connection, confirmation_id, state, look)
    log.info(
        "confirmation.ended", confirmation_id=str(confirmation_id), state=state, site=site.slug
    )


async def find_agreed(
    context: Context, site: Site, staff_id: UUID, message_id: UUID, fields: Collection[Field]
) -> str | None:
    """Return who agreed that a person reads these fields; None when nobody did."""
    async with context.database.connection() as connection:
        rows = await rows_of(
            queries().list_agreed(
                connection, site_id=site.site_id, staff_id=staff_id, now=context.clock()
            )
        )
    for row in rows:
        reading = _reading(_opened(site, row))
        if reading.message_id == message_id and reading.fields >= set(fields):
            return str(row["decider"])
    return None


async def _lock(connection: Connection, site: Site, confirmation_id: UUID, look: Look) -> Record:
    await record_look(connection, look)
    row: Record | None = await queries().lock_confirmation(
        connection, site_id=site.site_id, confirmation_id=confirmation_id
    )
    if row is None:
        raise Refused("not_found")
    if row["state"] != "waiting" or row["ends_at"] <= look.at:
        raise Refused("confirmation_over")
    return row


async def _check_asker(connection: Connection, site: Site, row: Record) -> None:
    """Refuse what is done in the name of somebody who left, or may no longer do it."""
    found = await rows_of(
        queries().list_roles(connection, site_id=site.site_id, staff_id=row["asked_by"])
    )
    roles = [Role(one["role"]) for one in found]
    if level(roles, NEEDED[Ask(row["kind"])]) < Level.SECOND:
        raise Refused("asker_not_allowed")


async def _settle(
    connection: Connection,
    confirmation_id: UUID,
    state: str,
    look: Look,
    act_id: UUID | None = None,
) -> None:
    await queries().settle_confirmation(
        connection,
        site_id=look.site_id,
        confirmation_id=confirmation_id,
        state=state,
        decided_by=look.staff_id,
        decided_at=look.at,
        ends_at=look.at + READABLE,
        act_id=act_id,
    )


def _place(confirmation_id: UUID) -> str:
    return f"confirmation.sealed_order:{confirmation_id}"


def _opened(site: Site, row: Record) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(
        site.key.open(row["sealed_order"], _place(row["confirmation_id"]))
    )
    return written


def _confirmation(site: Site, row: Record, now: datetime) -> Confirmation:
    written = _opened(site, row)
    is_over = row["state"] == "waiting" and row["ends_at"] <= now
    asker = Look(site.site_id, row["asked_by"], "act", "", written["reason"], row["asked_at"])
    return Confirmation(
        confirmation_id=row["confirmation_id"],
        asked_by=row["asked_by"],
        asker=row["asker"] or "",
        asked_at=row["asked_at"],
        ends_at=row["ends_at"],
        state="over" if is_over else row["state"],
        changed=row["changed"],
        decider=row["decider"],
        decided_at=row["decided_at"],
        order=_reading(written) if row["kind"] == Ask.OPEN else _read_order(written, asker),
    )


def _order(site: Site, row: Record, second: Look, now: datetime) -> Order:
    """Return the order to carry out: by who asked, now, with the second person."""
    written = _opened(site, row)
    subject = f"{written['action']} agreed"
    asker = Look(site.site_id, row["asked_by"], "act", subject, written["reason"], now)
    return _read_order(written, asker, second.staff_id)


def _write_reading(reading: Reading) -> dict[str, Any]:
    return {
        "message_id": reading.message_id.hex,
        "fields": sorted(reading.fields),
        "reason": reading.reason,
    }


def _reading(written: dict[str, Any]) -> Reading:
    fields = frozenset(Field(name) for name in written["fields"])
    return Reading(UUID(written["message_id"]), fields, written["reason"])


def _write_order(order: Order) -> dict[str, Any]:
    block = order.block
    return {
        "action": order.action.value,
        "reason": order.look.reason,
        "message_ids": [one.hex for one in order.message_ids],
        "key": _write_key(order.key) if order.key else None,
        "case_id": order.case_id.hex if order.case_id else None,
        "block": block
        and {
            "key": _write_key(block.key),
            "weight": block.weight.value,
            "ends_at": block.ends_at.isoformat(),
            "shown": block.shown,
            "note": block.note,
        },
    }


def _read_order(written: dict[str, Any], look: Look, approved_by: UUID | None = None) -> Order:
    block = written["block"]
    return Order(
        Action(written["action"]),
        look,
        message_ids=tuple(UUID(one) for one in written["message_ids"]),
        key=_read_key(written["key"]) if written["key"] else None,
        case_id=UUID(written["case_id"]) if written["case_id"] else None,
        block=NewBlock(
            _read_key(block["key"]),
            Weight(block["weight"]),
            datetime.fromisoformat(block["ends_at"]),
            block["shown"],
            block["note"],
        )
        if block
        else None,
        approved_by=approved_by,
    )


def _write_key(key: Key) -> dict[str, Any]:
    return {"kind": key.kind.value, "hashes": [one.hex() for one in key.hashes]}


def _read_key(written: dict[str, Any]) -> Key:
    return Key(Kind(written["kind"]), tuple(bytes.fromhex(one) for one in written["hashes"]))
