"""How each action changes rows: one statement each, guarded by the state it starts from."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from relay.blocks import ANY_TEXT
from relay.contact_rows import DELIVERY_EXPIRY, HOLD_EXPIRY, OLDEST
from relay.database import Connection, Record, queries, rows_of
from relay.desk.orders import UNDO, Action, NewBlock
from relay.errors import Refused
from relay.looks import Look
from relay.lookup import Kind
from relay.sealing import block_place, id_time, new_id
from relay.sites import Site

LAST_MESSAGES = timedelta(days=30)  # a message waits no longer than this

_FROM = {
    Action.HOLD: ("queued", "deferred"),
    Action.BLOCK: ("queued", "deferred"),
    Action.RELEASE: ("held",),
    Action.REFUSE: ("held",),
    Action.REINSTATE: ("refused",),
    Action.WARN: ("delivered", "unconfirmed", "sending"),
}


def changes(action: Action, rows: Iterable[Record], now: datetime) -> list[Record]:
    """Return the rows of ``read_states`` that an action changes.

    Of CLOSE and REOPEN one for each conversation.

    Raises:
        Refused: ``too_old_to_leave``: nothing changes, since what would is past its time.
    """
    if action in (Action.CLOSE, Action.REOPEN):
        closes = action is Action.CLOSE
        threads = {
            row["conversation_id"]: row for row in rows if (row["blocked_at"] is None) == closes
        }
        return list(threads.values())
    if action in (Action.NOTIFY, Action.CLEAR):
        return list(rows)
    states = _FROM.get(action, ())
    found = [row for row in rows if row["state"] in states and _may(action, row)]
    if action not in (Action.RELEASE, Action.REINSTATE):
        return found
    oldest_at = now + DELIVERY_EXPIRY - OLDEST  # what is older is not claimed to its end
    young = [row for row in found if id_time(row["message_id"]) >= oldest_at]
    if found and not young:
        raise Refused("too_old_to_leave")
    return young


async def apply(
    connection: Connection, site: Site, action: Action, ids: Sequence[UUID], due_at: datetime
) -> list[UUID]:
    """Change messages; return those that were still in the state the action starts from.

    Args:
        due_at: When what is let go may leave: after the time for undoing.
    """
    named = {"site_id": site.site_id, "message_ids": list(ids)}
    ask = queries()
    match action:
        case Action.HOLD | Action.BLOCK:
            until = due_at - UNDO + HOLD_EXPIRY
            found = ask.hold_messages(connection, **named, due_at=until, expires_at=until)
        case Action.REINSTATE:
            until = due_at - UNDO + HOLD_EXPIRY
            found = ask.reinstate_messages(connection, **named, due_at=until, expires_at=until)
        case Action.RELEASE:
            end = due_at + DELIVERY_EXPIRY
            found = ask.release_messages(connection, **named, due_at=due_at, expires_at=end)
        case Action.REFUSE:
            found = ask.refuse_messages(connection, **named, settled_at=due_at - UNDO)
        case Action.CLOSE:
            found = ask.close_threads(connection, **named, closed_at=due_at - UNDO)
        case Action.REOPEN:
            found = ask.reopen_threads(connection, **named)
        case _:  # WARN, NOTIFY and CLEAR change no message: they only tell
            return list(ids)
    return [row["message_id"] for row in await rows_of(found)]


async def place_block(
    connection: Connection, site: Site, block: NewBlock, look: Look, now: datetime
) -> UUID:
    """Write a block and the keys by which accepted messages meet it.

    Raises:
        Refused: ``block_unknown``: the cluster of texts is gone.
    """
    block_id = new_id(now)
    sketch, keys = b"", list(block.key.hashes)
    if block.key.kind is Kind.TEXT:
        row = await queries().read_cluster(
            connection, site_id=site.site_id, cluster_id=UUID(bytes=block.key.hashes[0])
        )
        if row is None or not row["bands"]:
            raise Refused("block_unknown")
        sketch, keys = row["sketch"], [*row["bands"], ANY_TEXT]
    note = json.dumps({"shown": block.shown, "note": block.note})
    await queries().add_block(
        connection,
        site_id=site.site_id,
        block_id=block_id,
        kind=block.key.kind.value,
        effect=block.weight.value,
        sketch=sketch,
        sealed_note=site.key.seal(note, block_place(block_id)),
        placed_by=look.staff_id,
        placed_at=now,
        ends_at=block.ends_at,
    )
    await queries().add_block_keys(
        connection, site_id=site.site_id, block_id=block_id, key_hashes=keys, until=block.ends_at
    )
    return block_id


def _may(action: Action, row: Record) -> bool:
    """Only what staff refused comes back: not what an advertiser's own block refused."""
    return action is not Action.REINSTATE or row["reason"] == "by_moderator"
