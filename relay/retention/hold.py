"""A legal hold and what may become of it, decided without I/O (GDPR 17(3)).

Placed by one person, it blocks purge and erasure at once, for 72 hours; approved by another, to its
end. One asks to lift it, another does. An end, a lift and 72 hours without approval are final.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from relay.errors import Refused

UNAPPROVED = timedelta(hours=72)


class Scope(StrEnum):
    """What a hold keeps: one message, or all of a conversation, a person or a listing."""

    MESSAGE = "message"
    CONVERSATION = "conversation"
    PERSON = "person"
    LISTING = "listing"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to be kept.

    Args:
        ground: Why, with the reference of the case; never a name.
    """

    scope: Scope
    subject_id: UUID
    ground: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold; it blocks while the time is before ``blocks_until``."""

    hold_id: UUID
    scope: Scope
    subject_id: UUID
    ground: str
    ends_at: datetime
    placed_by: str
    placed_at: datetime
    blocks_until: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    lift_asked_by: str | None = None
    lifted_by: str | None = None
    lifted_at: datetime | None = None

    def blocks(self, now: datetime) -> bool:
        """Tell whether purge and erasure leave its subject alone."""
        return now < self.blocks_until

    def approved(self, by: str, now: datetime) -> "Hold":
        """Return the hold that lasts to its end.

        Raises:
            Refused: ``hold_over``, ``hold_same_person``, ``hold_approved``.
        """
        self._is_changeable(now)
        if by == self.placed_by:
            raise Refused("hold_same_person")
        if self.approved_by is not None:
            raise Refused("hold_approved")
        return replace(self, approved_by=by, approved_at=now, blocks_until=self.ends_at)

    def lift_asked(self, by: str, now: datetime) -> "Hold":
        """Return the hold that somebody wants to be lifted; it goes on.

        Raises:
            Refused: ``hold_over``, ``hold_lift_asked``.
        """
        self._is_changeable(now)
        if self.lift_asked_by is not None:
            raise Refused("hold_lift_asked")
        return replace(self, lift_asked_by=by)

    def lifted(self, by: str, now: datetime) -> "Hold":
        """Return the hold that is over.

        Raises:
            Refused: ``hold_over``, ``hold_lift_not_asked``, ``hold_same_person``.
        """
        self._is_changeable(now)
        if self.lift_asked_by is None:
            raise Refused("hold_lift_not_asked")
        if by == self.lift_asked_by:
            raise Refused("hold_same_person")
        return replace(self, lifted_by=by, lifted_at=now, blocks_until=now)

    def _is_changeable(self, now: datetime) -> None:
        if not self.blocks(now):
            raise Refused("hold_over")


def placed(wish: Wish, hold_id: UUID, by: str, now: datetime) -> Hold:
    """Return a new hold.

    Raises:
        Refused: ``hold_without_ground``, ``hold_end_past``.
    """
    if not wish.ground.strip():
        raise Refused("hold_without_ground")
    if wish.ends_at <= now:
        raise Refused("hold_end_past")
    return Hold(
        hold_id=hold_id,
        scope=wish.scope,
        subject_id=wish.subject_id,
        ground=wish.ground.strip(),
        ends_at=wish.ends_at,
        placed_by=by,
        placed_at=now,
        blocks_until=min(wish.ends_at, now + UNAPPROVED),
    )
