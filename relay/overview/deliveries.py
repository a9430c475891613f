"""How a site's mails fare: by hour, by next hop, by what servers answer, and what waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.looks import Look, record_look
from relay.sealing import first_id, id_time
from relay.sites import Site

HOURS = 48
WEEK = timedelta(days=7)
ANSWERS_MOST = 30
WAITING_MOST = 5


class Fate(StrEnum):
    """What became of a message, in four words."""

    DELIVERED = "delivered"
    WAITING = "waiting"  # on its way
    HELD = "held"  # waits for a person
    FAILED = "failed"


_FATES = {
    "queued": Fate.WAITING,
    "sending": Fate.WAITING,
    "deferred": Fate.WAITING,
    "held": Fate.HELD,
    "delivered": Fate.DELIVERED,
}


@dataclass(frozen=True, slots=True)
class Hour:
    """The messages accepted within one hour, by their fate now."""

    at: datetime
    fates: dict[Fate, int]


@dataclass(frozen=True, slots=True)
class RouteTimes:
    """A next hop within seven days: how attempts ended and how long it took to answer.

    Args:
        paused_until: Nothing is given to it before; None when it is not paused.
        pause_reason: What it answered that made the relay pause.
    """

    route: str
    attempts: int
    delivered: int
    deferred: int
    refused: int
    ambiguous: int
    median_ms: int
    p95_ms: int
    paused_until: datetime | None = None
    pause_reason: str = ""


@dataclass(frozen=True, slots=True)
class ProviderTimes:
    """Mails to one provider's mailboxes within seven days, and how long they took to leave.

    Args:
        provider: A ``relay.mail.providers.Provider``.
        median_s, p95_s: From acceptance to hand-over, what waited to be tried again included.
    """

    provider: str
    attempts: int
    delivered: int
    deferred: int
    refused: int
    median_s: float
    p95_s: float


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer of servers within seven days, and how often it came."""

    route: str
    outcome: str
    reason: str
    code: int | None
    enhanced: str | None
    answers: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """A message that waits; *since* is when it was accepted, *due_at* when it is tried next."""

    message_id: UUID
    state: str
    reason: str
    tries: int
    since: datetime
    due_at: datetime
    is_ambiguous: bool


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many messages wait or are held now, and how many of seven days nobody can be sure of."""

    waiting: int
    held: int
    ambiguous: int
    unconfirmed: int


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many messages of seven days a rule pointed at, and how many are held or refused."""

    signal: str
    messages: int
    held: int
    refused: int


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Everything the page shows; hours oldest first, without a gap."""

    hours: tuple[Hour, ...]
    routes: tuple[RouteTimes, ...]
    providers: tuple[ProviderTimes, ...]
    answers: tuple[Answered, ...]
    oldest: tuple[WaitingMessage, ...]
    backlog: Backlog
    rules: tuple[RuleCount, ...]


def fate_of(state: str) -> Fate:
    """Return what a state of the outbox means to who looks at many."""
    return _FATES.get(state, Fate.FAILED)


async def read_deliveries(context: Context, site: Site, look: Look) -> Deliveries:
    """Count what was sent within seven days, and what waits."""
    now = context.clock()
    named = {"site_id": site.site_id, "first_id": first_id(now - WEEK)}
    async with context.database.connection() as connection:
        await record_look(connection, look)
        hours = await _hours(connection, site, now)
        routes = await _routes(connection, named, now)
        providers = await rows_of(queries().time_providers(connection, **named))
        answers = await rows_of(queries().count_answers(connection, **named, most=ANSWERS_MOST))
        oldest = await rows_of(
            queries().list_oldest_waiting(connection, site_id=site.site_id, most=WAITING_MOST)
        )
        backlog = await queries().count_backlog(connection, **named)
        rules = await rows_of(queries().count_signals(connection, **named))
    return Deliveries(
        hours=hours,
        routes=routes,
        providers=tuple(ProviderTimes(**row) for row in providers),
        answers=tuple(Answered(**row) for row in answers),
        oldest=tuple(_waiting(row) for row in oldest),
        backlog=Backlog(**backlog),
        rules=tuple(RuleCount(**row) for row in rules),
    )


async def _hours(connection: Connection, site: Site, now: datetime) -> tuple[Hour, ...]:
    this = now.replace(minute=0, second=0, microsecond=0)
    first = this - timedelta(hours=HOURS - 1)
    rows = await rows_of(
        queries().count_hours(connection, site_id=site.site_id, first_id=first_id(first))
    )
    return tuple(_by_hour(rows, [first + timedelta(hours=at) for at in range(HOURS)]))


def _by_hour(rows: Iterable[Record], hours: Iterable[datetime]) -> Iterable[Hour]:
    counts = {at: dict.fromkeys(Fate, 0) for at in hours}
    for row in rows:
        if row["hour"] in counts:  # a clock that is ahead of ours makes ids of the next hour
            counts[row["hour"]][fate_of(row["state"])] += row["mails"]
    return (Hour(at, fates) for at, fates in counts.items())


async def _routes(
    connection: Connection, named: dict[str, UUID], now: datetime
) -> tuple[RouteTimes, ...]:
    rows = await rows_of(queries().time_routes(connection, **named))
    pauses = {row["route"]: row for row in await rows_of(queries().read_routes(connection))}
    found = []
    for row in rows:
        pause = pauses.get(row["route"])
        is_paused = pause is not None and (pause["paused_until"] or now) > now
        found.append(
            RouteTimes(
                **row,
                paused_until=pause["paused_until"] if pause and is_paused else None,
                pause_reason=pause["reason"] if pause and is_paused else "",
            )
        )
    return tuple(found)


def _waiting(row: Record) -> WaitingMessage:
    return WaitingMessage(
        message_id=row["message_id"],
        state=row["state"],
        reason=row["reason"],
        tries=row["tries"],
        since=id_time(row["mail_id"]),
        due_at=row["due_at"],
        is_ambiguous=row["ambiguous"] > 0,
    )
