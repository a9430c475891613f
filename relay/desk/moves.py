"""The states of a case and the only moves between them (pure)."""

from datetime import datetime, timedelta
from enum import StrEnum

from relay.errors import Refused

LOCK = timedelta(minutes=30)
APPEAL = timedelta(days=184)  # six months at least (DSA 20(1))


class State(StrEnum):
    """Where a case is."""

    RECEIVED = "received"
    IN_REVIEW = "in_review"
    ESCALATED = "escalated"
    DECIDED = "decided"
    APPEALED = "appealed"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


class Move(StrEnum):
    """What is done with a case."""

    TAKE = "take"
    GIVE_BACK = "give_back"
    ESCALATE = "escalate"
    DECIDE = "decide"
    APPEAL = "appeal"
    UPHOLD = "uphold"
    OVERTURN = "overturn"


MOVES = {
    (State.RECEIVED, Move.TAKE): State.IN_REVIEW,
    (State.IN_REVIEW, Move.TAKE): State.IN_REVIEW,
    (State.ESCALATED, Move.TAKE): State.IN_REVIEW,
    (State.IN_REVIEW, Move.GIVE_BACK): State.RECEIVED,
    (State.RECEIVED, Move.ESCALATE): State.ESCALATED,
    (State.IN_REVIEW, Move.ESCALATE): State.ESCALATED,
    (State.RECEIVED, Move.DECIDE): State.DECIDED,
    (State.IN_REVIEW, Move.DECIDE): State.DECIDED,
    (State.ESCALATED, Move.DECIDE): State.DECIDED,
    (State.DECIDED, Move.APPEAL): State.APPEALED,
    (State.APPEALED, Move.UPHOLD): State.UPHELD,
    (State.APPEALED, Move.OVERTURN): State.OVERTURNED,
}


class Category(StrEnum):
    """What a report says is wrong."""

    LIFE_THREAT = "life_threat"
    CHILD_ABUSE = "child_abuse"
    PHISHING = "phishing"
    OFF_SITE_PAYMENT = "off_site_payment"
    SCAM = "scam"
    EXTORTION = "extortion"
    HARASSMENT = "harassment"
    PERSONAL_DATA = "personal_data"
    COUNTERFEIT = "counterfeit"
    ADULT = "adult"
    SPAM = "spam"
    OTHER = "other"


_ANSWER_IN = {
    Category.LIFE_THREAT: timedelta(minutes=15),
    Category.CHILD_ABUSE: timedelta(minutes=15),
    Category.PHISHING: timedelta(hours=1),
    Category.EXTORTION: timedelta(hours=1),
}
_TRUSTED_IN = timedelta(hours=1)
_USUALLY_IN = timedelta(hours=24)


def after(state: State, move: Move) -> State:
    """Return the state a move leads to.

    Raises:
        Refused: ``case_not_open``: the move is none from there.
    """
    if (state, move) not in MOVES:
        raise Refused("case_not_open")
    return MOVES[state, move]


def due_at(category: Category, opened_at: datetime, *, is_trusted: bool) -> datetime:
    """Return until when a case wants a decision, from receipt and never from triage."""
    wait = _ANSWER_IN.get(category, _USUALLY_IN)
    return opened_at + (min(wait, _TRUSTED_IN) if is_trusted else wait)
