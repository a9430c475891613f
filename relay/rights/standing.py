"""Where a request stands, and every step it can take: who, when, why; clocks with it (pure)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from relay.errors import Refused
from relay.rights.clock import days_between, last_day, local_day

UNDO = timedelta(minutes=15)  # between the acceptance of an erasure and the erasure
PROOF_LIFE = timedelta(days=30)  # a request whose proof never comes ends
LINK_LIFE = timedelta(days=7)  # of the link by which an answer is had
FREEZE_LIFE = timedelta(days=365)  # of the link by which a person ends their own restriction
CONTEST_LIFE = timedelta(days=60)
CONTENT_LIFE = timedelta(days=60)  # of what a request says, once it has ended
REMIND_DAYS = (7, 2, -1)  # days left when the officer is reminded; the last says that it is late


class Kind(StrEnum):
    """What is asked (GDPR 15-21)."""

    ACCESS = "access"
    PORTABILITY = "portability"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"


class Door(StrEnum):
    """Where a request came in."""

    PAGE = "page"
    LINK = "link"  # a party's private page
    MAILBOX = "mailbox"
    STAFF = "staff"  # registered for the person
    SITE = "site"  # by the site's own program


class State(StrEnum):
    """Where a request is."""

    RECEIVED = "received"  # waits for an officer
    IDENTITY_PENDING = "identity_pending"  # waits for proof: the clock stands still
    ACCEPTED = "accepted"  # is carried out, unless it is taken back before
    READY = "ready"  # the answer can be had
    DELIVERED = "delivered"  # the answer was had
    PARTLY_HELD = "partly_held"  # erased, but for what the law keeps until its end
    REFUSED = "refused"
    EXPIRED = "expired"
    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class Event(StrEnum):
    """What happens to a request."""

    RECEIVED = "received"  # by mail, not read yet
    PROOF_ASKED = "proof_asked"
    PROVED = "proved"
    EXPIRED = "expired"
    DUPLICATE = "duplicate"
    KIND_SAID = "kind_said"
    EXTENDED = "extended"
    ACCEPTED = "accepted"
    TAKEN_BACK = "taken_back"
    CARRIED_OUT = "carried_out"
    PARTLY_CARRIED_OUT = "partly_carried_out"
    DELIVERED = "delivered"
    REFUSED = "refused"
    CONTESTED = "contested"
    WITHDRAWN = "withdrawn"
    LIFTED = "lifted"  # a restriction was lifted
    CLOSED = "closed"


class Ground(StrEnum):
    """Why a request is refused (GDPR 11(2), 12(5), 15(4), 17(3), 21(1))."""

    IDENTITY = "identity"
    UNFOUNDED = "unfounded"
    EXCESSIVE = "excessive"
    OTHERS_RIGHTS = "others_rights"
    LEGAL_OBLIGATION = "legal_obligation"
    LEGAL_CLAIMS = "legal_claims"
    COMPELLING = "compelling"


_S, _E = State, Event
STEPS: dict[tuple[State, Event], State] = {
    (_S.RECEIVED, _E.PROOF_ASKED): _S.IDENTITY_PENDING,
    (_S.RECEIVED, _E.KIND_SAID): _S.RECEIVED,
    (_S.RECEIVED, _E.DUPLICATE): _S.DUPLICATE,
    (_S.RECEIVED, _E.EXTENDED): _S.RECEIVED,
    (_S.RECEIVED, _E.ACCEPTED): _S.ACCEPTED,
    (_S.RECEIVED, _E.REFUSED): _S.REFUSED,
    (_S.RECEIVED, _E.WITHDRAWN): _S.WITHDRAWN,
    (_S.RECEIVED, _E.CLOSED): _S.CLOSED,
    (_S.IDENTITY_PENDING, _E.KIND_SAID): _S.IDENTITY_PENDING,
    (_S.IDENTITY_PENDING, _E.PROVED): _S.RECEIVED,
    (_S.IDENTITY_PENDING, _E.EXPIRED): _S.EXPIRED,
    (_S.IDENTITY_PENDING, _E.REFUSED): _S.REFUSED,
    (_S.ACCEPTED, _E.TAKEN_BACK): _S.RECEIVED,
    (_S.ACCEPTED, _E.WITHDRAWN): _S.WITHDRAWN,
    (_S.ACCEPTED, _E.CARRIED_OUT): _S.READY,
    (_S.ACCEPTED, _E.PARTLY_CARRIED_OUT): _S.PARTLY_HELD,
    (_S.PARTLY_HELD, _E.DELIVERED): _S.PARTLY_HELD,
    (_S.PARTLY_HELD, _E.CARRIED_OUT): _S.READY,
    (_S.READY, _E.DELIVERED): _S.DELIVERED,
    (_S.READY, _E.LIFTED): _S.CLOSED,
    (_S.READY, _E.CLOSED): _S.CLOSED,
    (_S.DELIVERED, _E.DELIVERED): _S.DELIVERED,
    (_S.DELIVERED, _E.CLOSED): _S.CLOSED,
    (_S.REFUSED, _E.CONTESTED): _S.RECEIVED,
    (_S.REFUSED, _E.CLOSED): _S.CLOSED,
}
ENDS = frozenset({_S.EXPIRED, _S.DUPLICATE, _S.WITHDRAWN, _S.CLOSED})
UNDECIDED = frozenset({_S.RECEIVED, _S.IDENTITY_PENDING})
ANSWERED = frozenset({_S.READY, _S.DELIVERED, _S.PARTLY_HELD, _S.REFUSED}) | ENDS
NEEDS_REASON = frozenset({_E.REFUSED, _E.EXTENDED, _E.TAKEN_BACK, _E.DUPLICATE})


@dataclass(frozen=True, slots=True)
class Standing:
    """A request without its content: its state and its clocks."""

    kind: Kind | None
    state: State
    received_at: datetime
    due_on: date
    changed_at: datetime
    paused_at: datetime | None = None
    paused_days: int = 0
    proved_at: datetime | None = None
    extended_at: datetime | None = None
    acts_at: datetime | None = None
    answered_at: datetime | None = None
    link_until: datetime | None = None
    ended_at: datetime | None = None
    contested_at: datetime | None = None

    @property
    def clock_from(self) -> datetime:
        """From when the month is counted: receipt, or the contest of a refusal."""
        return self.contested_at or self.received_at

    def is_late(self, at: datetime) -> bool:
        """Tell whether the last day is over without an answer; never while proof is awaited."""
        waits = self.state in (State.RECEIVED, State.ACCEPTED)
        return waits and local_day(at) > self.due_on

    def days_left(self, at: datetime) -> int:
        """Return how many days are left, today not counted; negative when it is late."""
        return (self.due_on - local_day(at)).days


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens to a request.

    Args:
        actor: ``person``, ``system`` or the id of staff; never nobody.
        reason: A code or an officer's words, where the event needs one.
    """

    event: Event
    at: datetime
    actor: str
    reason: str = ""


def begin(kind: Kind | None, at: datetime) -> Standing:
    """Return the standing of a request that comes in now: its clock runs from here."""
    return Standing(kind, State.RECEIVED, at, last_day(at), at)


def take(standing: Standing, step: Step) -> Standing:
    """Return where a request stands after a step.

    Raises:
        Refused: ``request_state``: the step cannot be taken here; ``reason_missing``;
            ``request_unproved``; ``request_kind_missing``; ``extension_late``,
            ``extension_twice`` (GDPR 12(3)).
    """
    state = STEPS.get((standing.state, step.event))
    if state is None or not step.actor:
        raise Refused("request_state")
    if step.event in NEEDS_REASON and not step.reason.strip():
        raise Refused("reason_missing")
    _check(standing, step)
    move = _CLOCKS.get(step.event, _stay)
    after = replace(move(standing, step.at), state=state, changed_at=step.at)
    if state in ENDS:
        after = replace(after, ended_at=step.at, paused_at=None)
    return after


def needs_code(kind: Kind | None, door: Door) -> bool:
    """Tell whether a code must come back from the address concerned.

    A link of the person's own mails is proof enough of what discloses and destroys nothing: mails
    are forwarded, with their links.
    """
    return not (door is Door.LINK and kind in (Kind.OBJECTION, Kind.RESTRICTION))


def _check(standing: Standing, step: Step) -> None:
    if step.event is Event.ACCEPTED:
        if standing.proved_at is None:
            raise Refused("request_unproved")
        if standing.kind is None:
            raise Refused("request_kind_missing")
    if step.event is Event.EXTENDED:
        if standing.extended_at is not None:
            raise Refused("extension_twice")
        if local_day(step.at) > standing.due_on:
            raise Refused("extension_late")
    if step.event is Event.LIFTED and standing.kind is not Kind.RESTRICTION:
        raise Refused("request_state")


def _stay(standing: Standing, _at: datetime) -> Standing:
    return standing


def _pause(standing: Standing, at: datetime) -> Standing:
    return replace(standing, paused_at=at)


def _resume(standing: Standing, at: datetime) -> Standing:
    """Let the clock run on: the last day moves by the whole days of the pause."""
    if standing.paused_at is None:
        return standing
    paused_days = standing.paused_days + days_between(standing.paused_at, at)
    is_extended = standing.extended_at is not None
    due_on = last_day(standing.clock_from, paused_days=paused_days, extended=is_extended)
    return replace(standing, paused_at=None, paused_days=paused_days, due_on=due_on)


def _prove(standing: Standing, at: datetime) -> Standing:
    return replace(_resume(standing, at), proved_at=at)


def _extend(standing: Standing, at: datetime) -> Standing:
    due_on = last_day(standing.clock_from, paused_days=standing.paused_days, extended=True)
    return replace(standing, extended_at=at, due_on=due_on)


def _accept(standing: Standing, at: datetime) -> Standing:
    return replace(standing, acts_at=at + UNDO if standing.kind is Kind.ERASURE else at)


def _take_back(standing: Standing, _at: datetime) -> Standing:
    return replace(standing, acts_at=None)


def _answer(standing: Standing, at: datetime) -> Standing:
    life = FREEZE_LIFE if standing.kind is Kind.RESTRICTION else LINK_LIFE
    return replace(standing, answered_at=standing.answered_at or at, link_until=at + life)


def _refuse(standing: Standing, at: datetime) -> Standing:
    return replace(_resume(standing, at), answered_at=at, link_until=at + CONTEST_LIFE)


def _contest(standing: Standing, at: datetime) -> Standing:
    """Begin a clock anew: a contest asks for another answer."""
    return replace(
        standing,
        contested_at=at,
        answered_at=None,
        link_until=None,
        due_on=last_day(at),
        extended_at=None,
        paused_days=0,
    )


_CLOCKS: dict[Event, Callable[[Standing, datetime], Standing]] = {
    Event.PROOF_ASKED: _pause,
    Event.PROVED: _prove,
    Event.EXTENDED: _extend,
    Event.ACCEPTED: _accept,
    Event.TAKEN_BACK: _take_back,
    Event.CARRIED_OUT: _answer,
    Event.PARTLY_CARRIED_OUT: _answer,
    Event.REFUSED: _refuse,
    Event.CONTESTED: _contest,
}
