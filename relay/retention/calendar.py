"""What will be gone when: the rows of each class whose latest end falls on a coming day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from relay.context import Context
from relay.database import Connection, queries, rows_of
from relay.looks import Look, record_look
from relay.policy.clock import Version, over_before
from relay.promises import GRACE
from relay.retention.reports import ReadReport, read_last_report
from relay.retention.shelves import OLDEST
from relay.retention.state import find_overdue, read_versions
from relay.sealing import first_id
from relay.sites import Site

DAYS = 14
CLASSES = ("messages", "traces", "reports", "inbound")


@dataclass(frozen=True, slots=True)
class DueDay:
    """How many rows of each class go on a day at the latest, those under a hold too."""

    day: date
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The next fourteen days, and whether the last run did what was due.

    Args:
        overdue: Classes in which a row is past its time.
        report: The last run; None before the first.
    """

    days: Sequence[DueDay]
    overdue: Sequence[str]
    report: ReadReport | None


async def read_calendar(context: Context, site: Site, look: Look) -> Calendar:
    """Say what goes when by what the site promised each row when it came in."""
    now = context.clock()
    async with context.database.connection() as connection:
        await record_look(connection, look)
        versions = await read_versions(connection, site)
        days = await _days(connection, site, versions, now)
        overdue = await find_overdue(connection, site, now, GRACE)
        report = await read_last_report(context, connection, site)
    return Calendar(days, overdue, report)


async def _days(
    connection: Connection, site: Site, versions: Sequence[Version], now: datetime
) -> list[DueDay]:
    zone = ZoneInfo(site.policy.site.timezone)
    spans = [
        (name, place, *_span(name, versions, now + timedelta(days=place)))
        for name in CLASSES
        for place in range(DAYS)
    ]
    names, places, after, before = zip(*spans, strict=True)
    rows = await rows_of(
        queries().count_due(
            connection,
            site_id=site.site_id,
            names=names,
            places=places,
            from_ids=[first_id(at) for at in after],
            before_ids=[first_id(at) for at in before],
        )
    )
    due = {(row["name"], row["place"]): row["due"] for row in rows}
    # Days of the calendar: twenty-four hours further is the same day when the clocks go back.
    today = now.astimezone(zone).date()
    return [
        DueDay(today + timedelta(days=place), {name: due[name, place] for name in CLASSES})
        for place in range(DAYS)
    ]


def _span(name: str, versions: Sequence[Version], at: datetime) -> tuple[datetime, datetime]:
    """Return the receipt times whose rows pass their latest end within the day that begins *at*."""
    kept_of = OLDEST[name][1]
    end = at + timedelta(days=1)
    return over_before(versions, kept_of, at), over_before(versions, kept_of, end)
