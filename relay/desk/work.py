"""Orders carried out: what they would change, the change itself, and its undoing."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.desk.changes import LAST_MESSAGES, apply, changes, place_block
from relay.desk.orders import (
    BULK_MOST,
    UNDO,
    Action,
    Effect,
    NewBlock,
    Order,
    Trail,
    Weight,
    check,
    check_second,
    check_second_block,
    needs_second,
)
from relay.desk.telling import (
    TOLD_TO_SITES,
    News,
    Teller,
    mark_of,
    take_back,
    tell_site,
)
from relay.errors import Refused
from relay.graph import SHARED_FROM
from relay.looks import Look, record_look
from relay.lookup import Key, Kind
from relay.lookup.search import find_ids
from relay.lookup.sender import SPAN
from relay.sealing import first_id, new_id
from relay.sites import Site

log = structlog.get_logger()

_NEWS = {Action.REFUSE: News.REFUSED, Action.WARN: News.WARNED}
# How an act is taken back within fifteen seconds; what was told is taken back besides.
_UNDOING = {
    Action.HOLD: Action.RELEASE,
    Action.BLOCK: Action.RELEASE,
    Action.RELEASE: Action.HOLD,
    Action.REFUSE: Action.REINSTATE,
    Action.REINSTATE: Action.REFUSE,
    Action.CLOSE: Action.REOPEN,
    Action.REOPEN: Action.CLOSE,
}


async def preview(context: Context, site: Site, order: Order) -> Effect:
    """Say what an order would change, and change nothing.

    Raises:
        Refused: As ``carry_out`` but for the second person.
    """
    now = context.clock()
    check(order, now)
    async with context.database.connection() as connection:
        await record_look(connection, replace(order.look, action="list"))
        rows = await _subjects(connection, site, order, now)
    touched = changes(order.action, rows, now)
    return Effect(
        action=order.action,
        changed=len(touched),
        unchanged=len(rows) - len(touched),
        told=_told(site, order.action, touched, now),
        needs_second=needs_second(order, len(touched), now),
    )


async def carry_out(context: Context, site: Site, order: Order) -> Effect:
    """Do what was ordered, and write it down, in one transaction.

    Raises:
        Refused: ``reason_missing``, ``bulk_too_large``, ``second_person_needed``; of blocks
            ``block_without_note``, ``block_end_past``, ``block_too_wide``, ``block_kind_unknown``,
            ``block_shared_network``; ``block_unknown``; ``hook_missing``;
            ``too_old_to_leave``.
    """
    async with context.database.connection() as connection, connection.transaction():
        effect = await carry_out_in(connection, site, order, context.clock())
    context.bell.ring()
    return effect


async def carry_out_in(connection: Connection, site: Site, order: Order, now: datetime) -> Effect:
    """Do what was ordered within the caller's transaction; the bell is the caller's to ring.

    Raises:
        Refused: As ``carry_out``.
    """
    check(order, now)
    await record_look(connection, order.look)
    rows = await _subjects(connection, site, order, now)
    ids = [row["message_id"] for row in changes(order.action, rows, now)]
    check_second(order, len(ids), now)
    trail = Trail()
    await _blocks(connection, site, order, now, trail)
    trail.message_ids = await apply(connection, site, order.action, ids, now + UNDO)
    await _tell(Teller(connection, site, now, trail), order.action, rows)
    if order.action in TOLD_TO_SITES:
        await tell_site(connection, site, order, rows, trail, now)
    act_id = await write_act(connection, site, order, trail, now)
    log.info("desk.done", site=site.slug, action=order.action.value, act_id=str(act_id))
    return Effect(
        action=order.action,
        changed=len(trail.message_ids),
        unchanged=len(rows) - len(trail.message_ids),
        told=len(trail.mail_ids),
        needs_second=needs_second(order, len(ids), now),
        act_id=act_id,
        block_id=trail.block_id,
    )


async def undo(context: Context, site: Site, act_id: UUID, look: Look) -> Effect:
    """Take back what an act changed, within fifteen seconds; what has left by then stays left.

    Raises:
        Refused: ``undo_too_late``: it is older, undone already, or a judgement; ``not_found``.
    """
    now = context.clock()
    async with context.database.connection() as connection, connection.transaction():
        await record_look(connection, look)
        act: Record | None = await queries().undo_act(
            connection, site_id=site.site_id, act_id=act_id, undone_at=now, oldest=now - UNDO
        )
        if act is None:
            known = await queries().find_act(connection, site_id=site.site_id, act_id=act_id)
            raise Refused("undo_too_late" if known else "not_found")
        changed = await _take_back(connection, site, act, look, now)
    context.bell.ring()
    log.info("desk.undone", site=site.slug, act_id=str(act_id))
    action = Action(act["action"])
    return Effect(action, len(changed), len(act["message_ids"]) - len(changed))


async def write_act(
    connection: Connection, site: Site, order: Order, trail: Trail, now: datetime
) -> UUID:
    """Write down what was done; return its id."""
    act_id = new_id(now)
    await queries().add_act(
        connection,
        site_id=site.site_id,
        act_id=act_id,
        staff_id=order.look.staff_id,
        approved_by=order.approved_by,
        action=order.action.value,
        reason=order.look.reason,
        case_id=order.case_id,
        block_id=trail.block_id,
        message_ids=trail.message_ids,
        mail_ids=trail.mail_ids,
        event_ids=trail.event_ids,
        rule=trail.rule,
        rule_was=trail.rule_was,
        at=now,
    )
    return act_id


async def _take_back(
    connection: Connection, site: Site, act: Record, look: Look, now: datetime
) -> list[UUID]:
    action = Action(act["action"])
    news = _NEWS.get(action, News.REPORT_DECIDED)
    await take_back(connection, site, act["mail_ids"], news, act["at"])
    await queries().cancel_events(connection, site_id=site.site_id, event_ids=act["event_ids"])
    if act["block_id"] is not None:
        await _turn_block(connection, site, act["block_id"], now, lift=action != Action.UNBLOCK)
    if action is Action.DECIDE:
        await queries().undecide_case(
            connection,
            site_id=site.site_id,
            case_id=act["case_id"],
            taken_by=look.staff_id,
            taken_until=now + timedelta(minutes=30),
        )
    if action is Action.SWITCH:
        await queries().set_mode(
            connection, site_id=site.site_id, rule=act["rule"], mode=act["rule_was"]
        )
    inverse = _UNDOING.get(action)
    if inverse is None:
        return []
    changed = await apply(connection, site, inverse, act["message_ids"], now)
    if inverse is Action.RELEASE:  # nobody looked at them: the rules are asked all the same
        await queries().forget_released(connection, site_id=site.site_id, message_ids=changed)
    return changed


async def _subjects(
    connection: Connection, site: Site, order: Order, now: datetime
) -> list[Record]:
    """Return where the messages are that an order is about; of a block, those of its key."""
    ids = list(order.message_ids)
    if order.block is not None:
        await _refuse_shared(connection, site, order.block, now)
        if order.block.weight is Weight.HOLD:
            ids = await _newest(connection, site, order.block.key, now - LAST_MESSAGES)
    elif order.key is not None:
        ids = await _newest(connection, site, order.key, now - SPAN)
    return await rows_of(queries().read_states(connection, site_id=site.site_id, message_ids=ids))


async def _newest(connection: Connection, site: Site, key: Key, since: datetime) -> list[UUID]:
    return await find_ids(connection, site, key, first=first_id(since), most=BULK_MOST)


async def _refuse_shared(
    connection: Connection, site: Site, block: NewBlock, now: datetime
) -> None:
    """Refuse to hold everybody behind a shared address: it is never a ground by itself."""
    if block.weight is not Weight.HOLD or block.key.kind not in (Kind.IP, Kind.NETWORK):
        return
    ids = await _newest(connection, site, block.key, now - SPAN)
    rows = await rows_of(queries().read_keys(connection, site_id=site.site_id, message_ids=ids))
    phones = len({row["phone_hash"] for row in rows} - {None})
    if phones >= SHARED_FROM:
        raise Refused("block_shared_network", n=phones)


async def _blocks(
    connection: Connection, site: Site, order: Order, now: datetime, trail: Trail
) -> None:
    if order.block is not None:
        trail.block_id = await place_block(connection, site, order.block, order.look, now)
    elif order.action in (Action.UNBLOCK, Action.RESTORE):
        lift = order.action is Action.UNBLOCK
        row = await _turn_block(connection, site, order.block_id, now, lift=lift)
        if row is None:
            raise Refused("block_unknown")
        if not lift:
            check_second_block(order, row["ends_at"], now)
        trail.block_id = order.block_id


async def _turn_block(
    connection: Connection, site: Site, block_id: UUID | None, now: datetime, *, lift: bool
) -> Record | None:
    named = {"site_id": site.site_id, "block_id": block_id}
    row: Record | None = (
        await queries().lift_block(connection, **named, lifted_at=now)
        if lift
        else await queries().restore_block(connection, **named, restored_at=now)
    )
    return row


async def _tell(teller: Teller, action: Action, rows: list[Record]) -> None:
    news = _NEWS.get(action)
    if news is None:
        return
    changed = set(teller.trail.message_ids)
    for row in rows:
        if row["message_id"] in changed:
            mark = mark_of(teller.site, row, news, teller.now)
            await teller.tell(row["message_id"], news, mark, to_author=news is News.REFUSED)


def _told(site: Site, action: Action, rows: list[Record], now: datetime) -> int:
    """Return how many mails would go, but for those somebody got already today."""
    news = _NEWS.get(action)
    return len({mark_of(site, row, news, now) for row in rows}) if news else 0
