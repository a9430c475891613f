"""Health: whether all is well here, in plain words, and what is deleted when."""

from aiohttp import web
from markupsafe import Markup

from relay import charts, overview, retention
from relay.charts import Chart, Series
from relay.overview import Sign
from relay.permissions import Level, Permission
from relay.retention import Calendar
from relay.retention.calendar import CLASSES
from relay.web.console.doors import Visit, door
from relay.web.console.tables import csv_of


@door("GET", "health", Permission.STATISTICS, Level.YES)
async def show_health(visit: Visit) -> web.StreamResponse:
    """Show what was looked at, the worst first, and the calendar of the purge."""
    signs = await overview.read_signs(visit.context, visit.site, visit.seen("list", "health"))
    calendar = await _calendar(visit, "list")
    signs += _purge_signs(calendar)
    return visit.page(
        "health",
        signs=sorted(signs, key=lambda sign: sign.is_well),
        calendar=calendar,
        classes=CLASSES,
        drawing=_draw(visit, calendar),
        now=visit.context.clock(),
    )


@door("GET", "health/purge.csv", Permission.STATISTICS, Level.YES)
async def export_calendar(visit: Visit) -> web.StreamResponse:
    """Give what is deleted on which day."""
    calendar = await _calendar(visit, "export")
    rows = [(one.day, *(one.counts[name] for name in CLASSES)) for one in calendar.days]
    return csv_of(("day", *CLASSES), rows)


async def _calendar(visit: Visit, action: str) -> Calendar:
    return await retention.read_calendar(
        visit.context, visit.site, visit.seen(action, "purge calendar")
    )


def _purge_signs(calendar: Calendar) -> list[Sign]:
    """Return how the purge does: nothing overdue, and a last report as it was signed."""
    genuine = calendar.report is None or calendar.report.is_genuine
    return [
        Sign("overdue", not calendar.overdue, {"n": len(calendar.overdue)}),
        Sign("report", genuine),
    ]


def _draw(visit: Visit, calendar: Calendar) -> Markup | None:
    """Return the picture; None where nothing is due."""
    counts = {name: [one.counts[name] for one in calendar.days] for name in CLASSES}
    total = sum(map(sum, counts.values()))
    if not total:
        return None
    chart = Chart(
        name="purge",
        title=visit.say("overview.purge"),
        said=visit.say("overview.purge_said", n=total),
        places=[f"{one.day:%d/%m}" for one in calendar.days],
        series=[Series(visit.say(f"overview.class_{name}"), counts[name]) for name in CLASSES],
    )
    return Markup(charts.columns(chart))  # noqa: S704 (every word is escaped where it is drawn)
