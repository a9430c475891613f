"""Orders, their effects, and what may be ordered alone (pure)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from relay.errors import Refused
from relay.looks import Look
from relay.lookup import Key, Kind

UNDO = timedelta(seconds=15)
BULK_MOST = 500
ALONE_MOST = 50
BLOCK_ALONE = timedelta(days=30)
BLOCKED_KINDS = (Kind.PHONE, Kind.MAILBOX, Kind.IP, Kind.NETWORK, Kind.TEXT)


class Action(StrEnum):
    """What can be ordered."""

    HOLD = "hold"
    RELEASE = "release"
    REFUSE = "refuse"
    REINSTATE = "reinstate"
    BLOCK = "block"
    UNBLOCK = "unblock"
    RESTORE = "restore"
    WARN = "warn"
    CLOSE = "close"
    REOPEN = "reopen"
    NOTIFY = "notify"  # the site's own program
    CLEAR = "clear"
    SWITCH = "switch"  # of a rule
    DECIDE = "decide"
    JUDGE = "judge"
    NOTE = "note"  # beside a case, for the others


# What makes each action undone later; a warning that was read stays read.
INVERSES = {
    Action.HOLD: Action.RELEASE,
    Action.RELEASE: Action.HOLD,
    Action.REFUSE: Action.REINSTATE,
    Action.REINSTATE: Action.REFUSE,
    Action.BLOCK: Action.UNBLOCK,
    Action.UNBLOCK: Action.RESTORE,
    Action.RESTORE: Action.UNBLOCK,
    Action.CLOSE: Action.REOPEN,
    Action.REOPEN: Action.CLOSE,
    Action.NOTIFY: Action.CLEAR,
    Action.CLEAR: Action.NOTIFY,
    Action.SWITCH: Action.SWITCH,
}


class Weight(StrEnum):
    """What a block does to the messages that meet it."""

    SCORE = "score"
    HOLD = "hold"
    REFUSE = "refuse"  # of who is suspended by a decision (DSA 23): told, never silent


@dataclass(frozen=True, slots=True)
class NewBlock:
    """A block to be placed.

    Args:
        key: One phone, mailbox, address, network of /24 or /48, or cluster of texts.
        shown: What staff see of it in lists, masked.
        note: Why, in the moderator's words.
    """

    key: Key
    weight: Weight
    ends_at: datetime
    shown: str
    note: str


@dataclass(frozen=True, slots=True)
class Order:
    """What a moderator wants done.

    Args:
        look: Who, why and when; its action is ``act``.
        message_ids: What HOLD, RELEASE, REFUSE, REINSTATE, WARN, CLOSE, REOPEN,
            NOTIFY and CLEAR are about.
        key: Or all messages of a key within ninety days, the newest five hundred.
        block: What BLOCK places.
        block_id: What UNBLOCK and RESTORE are about.
        approved_by: The second person, where one is needed.
    """

    action: Action
    look: Look
    message_ids: tuple[UUID, ...] = ()
    key: Key | None = None
    block: NewBlock | None = None
    block_id: UUID | None = None
    case_id: UUID | None = None
    approved_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What an order changes: said beforehand, and again when it was done.

    Args:
        changed: Messages (of CLOSE and REOPEN: conversations) that change.
        unchanged: Those that are left as they are: it is done already, or too late.
        told: Persons who are told by mail, fifteen seconds later.
        needs_second: It takes effect only with a second person.
        act_id: What ``undo`` takes; None beforehand.
    """

    action: Action
    changed: int
    unchanged: int
    told: int = 0
    needs_second: bool = False
    act_id: UUID | None = None
    block_id: UUID | None = None


@dataclass(slots=True)
class Trail:
    """What an act leaves behind, so that exactly that can be undone."""

    message_ids: list[UUID] = field(default_factory=list)
    mail_ids: list[UUID] = field(default_factory=list)
    block_id: UUID | None = None
    event_ids: list[UUID] = field(default_factory=list)
    rule: str | None = None
    rule_was: str | None = None


def needs_second(order: Order, changed: int, now: datetime) -> bool:
    """Tell whether a second person must agree: above fifty messages, a block above thirty days."""
    is_long = order.block is not None and _is_long(order.block.ends_at, now)
    return is_long or changed > ALONE_MOST


def _is_long(ends_at: datetime, now: datetime) -> bool:
    return ends_at - now > BLOCK_ALONE


def _is_alone(order: Order) -> bool:
    return order.approved_by in (None, order.look.staff_id)


def check(order: Order, now: datetime) -> None:
    """Refuse an order that says too little or asks too much.

    Raises:
        Refused: ``reason_missing``, ``bulk_too_large``, ``block_without_note``, ``block_end_past``,
            ``block_too_wide``, ``block_kind_unknown``.
    """
    if not order.look.reason.strip():
        raise Refused("reason_missing")
    if len(order.message_ids) > BULK_MOST:
        raise Refused("bulk_too_large", n=BULK_MOST)
    if order.block is None:
        return
    if not order.block.note.strip():
        raise Refused("block_without_note")
    if order.block.ends_at <= now:
        raise Refused("block_end_past")
    if order.block.key.kind not in BLOCKED_KINDS:
        raise Refused("block_kind_unknown")
    if len(order.block.key.hashes) != 1:
        raise Refused("block_too_wide")  # a network of /24 or /48 is one key; wider is many


def check_second(order: Order, changed: int, now: datetime) -> None:
    """Refuse what one person may not do alone.

    Raises:
        Refused: ``second_person_needed``.
    """
    if _is_alone(order) and needs_second(order, changed, now):
        raise Refused("second_person_needed")


def check_second_block(order: Order, ends_at: datetime, now: datetime) -> None:
    """Refuse that one person puts back a block that one person could not have placed.

    Raises:
        Refused: ``second_person_needed``.
    """
    if _is_alone(order) and _is_long(ends_at, now):
        raise Refused("second_person_needed")
