"""Rules as the desk sees them: how much each counts, what it saw lately, and switching it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.desk.orders import Action, Effect, Order, Trail
from relay.desk.work import write_act
from relay.errors import Refused
from relay.looks import Look, record_look
from relay.lookup import Found
from relay.lookup.search import describe
from relay.rules import RULES, Side
from relay.sealing import LAST_ID, first_id
from relay.sites import Site

MONTH, WEEK = timedelta(days=30), timedelta(days=7)
EXAMPLES = 20
NAMES = frozenset(rule.name for rule in RULES)

log = structlog.get_logger()


class Mode(StrEnum):
    """How much a rule counts at a site."""

    OFF = "off"
    SHADOW = "shadow"  # what it sees is written and shown, and counts nothing
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule at a site, with what it saw in thirty days.

    Args:
        points: What it adds to a score; 8 hold a message.
        week, month: Messages in which it saw something.
        held: Messages it held, others helping or not.
        would_hold: Messages it would have held, did it and the others in shadow count.
        let_go: Of those held, how many a person let leave: it was wrong there.
    """

    name: str
    side: Side
    points: int
    mode: Mode
    week: int = 0
    month: int = 0
    held: int = 0
    would_hold: int = 0
    let_go: int = 0

    @property
    def wrong_share(self) -> int | None:
        """Of a hundred messages it held, how many a person let leave; None when it held none."""
        return round(100 * self.let_go / self.held) if self.held else None


@dataclass(frozen=True, slots=True)
class Hit:
    """What a rule saw in one message.

    Args:
        holds: The message waits because of it and others; in shadow: it would.
    """

    rule: str
    points: int
    is_live: bool
    holds: bool


async def list_rules(context: Context, site: Site, look: Look) -> tuple[RuleShown, ...]:
    """Return all rules in their order, with what they did at a site."""
    now = context.clock()
    async with context.database.connection() as connection:
        await record_look(connection, look)
        modes = await _modes(connection, site)
        counted = await _count(connection, site, now)
    return tuple(
        RuleShown(rule.name, rule.side, rule.points, modes[rule.name], **counted.get(rule.name, {}))
        for rule in RULES
    )


async def list_examples(context: Context, site: Site, rule: str, look: Look) -> tuple[Found, ...]:
    """Return the newest messages in which a rule saw something, with masked values.

    Raises:
        Refused: ``not_found``: there is no such rule.
    """
    _check(rule)
    async with context.database.connection() as connection:
        await record_look(connection, look)
        rows = await rows_of(
            queries().find_by_rule(
                connection, site_id=site.site_id, rule=rule, before_id=LAST_ID, most=EXAMPLES
            )
        )
        ids = [row["message_id"] for row in rows]
        return await describe(context.keyring, connection, site, ids, context.clock())


async def list_hits(context: Context, site: Site, message_id: UUID) -> tuple[Hit, ...]:
    """Return what rules saw in a message, the heaviest first: part of what its lists show."""
    async with context.database.connection() as connection:
        rows = await rows_of(
            queries().list_hits(connection, site_id=site.site_id, message_id=message_id)
        )
    return tuple(Hit(**row) for row in rows)


async def switch_rule(context: Context, site: Site, rule: str, mode: Mode, look: Look) -> Effect:
    """Let a rule count, watch or rest at a site; ``undo`` takes it back for fifteen seconds.

    Raises:
        Refused: ``not_found``: there is no such rule; ``reason_missing``.
    """
    _check(rule)
    if not look.reason.strip():
        raise Refused("reason_missing")
    now = context.clock()
    async with context.database.connection() as connection, connection.transaction():
        await record_look(connection, look)
        was = Mode(await queries().lock_mode(connection, site_id=site.site_id, rule=rule))
        await queries().set_mode(connection, site_id=site.site_id, rule=rule, mode=mode.value)
        trail = Trail(rule=rule, rule_was=was.value)
        act_id = await write_act(connection, site, Order(Action.SWITCH, look), trail, now)
    log.info("rule.switched", site=site.slug, rule=rule, mode=mode.value, act_id=str(act_id))
    changed = int(was is not mode)
    return Effect(Action.SWITCH, changed, 1 - changed, act_id=act_id)


def _check(rule: str) -> None:
    if rule not in NAMES:
        raise Refused("not_found")


async def _modes(connection: Connection, site: Site) -> Mapping[str, Mode]:
    rows = await rows_of(queries().list_modes(connection, site_id=site.site_id))
    chosen = {row["rule"]: Mode(row["mode"]) for row in rows}
    return {name: chosen.get(name, Mode.SHADOW) for name in NAMES}


async def _count(connection: Connection, site: Site, now: datetime) -> dict[str, dict[str, int]]:
    rows: list[Record] = await rows_of(
        queries().count_hits(
            connection,
            site_id=site.site_id,
            first_id=first_id(now - MONTH),
            week_id=first_id(now - WEEK),
        )
    )
    names = ("week", "month", "held", "would_hold", "let_go")
    return {row["rule"]: {name: row[name] for name in names} for row in rows}
