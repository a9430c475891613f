"""Delivery: what was sent, how fast, what servers answered, what waits, what rules held."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web
from markupsafe import Markup

from relay import charts, overview
from relay.charts import Chart, Series
from relay.overview import Deliveries, Fate, RuleCount
from relay.permissions import Level, Permission
from relay.texts import clock, lasted
from relay.web.console.doors import Visit, door
from relay.web.console.pages import Sayer
from relay.web.console.tables import csv_of

RULES_DRAWN = 10


@door("GET", "delivery", Permission.STATISTICS, Level.YES)
async def show_delivery(visit: Visit) -> web.StreamResponse:
    """Show two days by the hour, and seven days by next hop, answer and rule."""
    found = await _read(visit, "list")
    return visit.page(
        "delivery",
        found=found,
        hours=_draw_hours(visit, found),
        times=_draw_times(visit, found),
        rules=_draw_rules(visit, found.rules[:RULES_DRAWN]),
        fates=tuple(Fate),
        hour_of=lambda at: _hour(visit, at),
        now=visit.context.clock(),
        lasted=lambda seconds: lasted(visit.language, seconds),
    )


@door("GET", "delivery/hours.csv", Permission.STATISTICS, Level.YES)
async def export_hours(visit: Visit) -> web.StreamResponse:
    """Give the messages by hour and fate."""
    found = await _read(visit, "export")
    rows = [(one.at.isoformat(), *one.fates.values()) for one in found.hours]
    return csv_of(("hour", *(fate.value for fate in Fate)), rows)


@door("GET", "delivery/answers.csv", Permission.STATISTICS, Level.YES)
async def export_answers(visit: Visit) -> web.StreamResponse:
    """Give what servers answered."""
    found = await _read(visit, "export")
    rows = [
        (one.route, one.outcome, one.reason, one.code or "", one.enhanced or "", one.answers)
        for one in found.answers
    ]
    return csv_of(("route", "outcome", "reason", "code", "enhanced", "answers"), rows)


@door("GET", "delivery/routes.csv", Permission.STATISTICS, Level.YES)
async def export_routes(visit: Visit) -> web.StreamResponse:
    """Give the next hops with their times."""
    found = await _read(visit, "export")
    head = (
        "route",
        "attempts",
        "delivered",
        "deferred",
        "refused",
        "ambiguous",
        "p50_ms",
        "p95_ms",
    )
    rows = [
        (
            one.route, one.attempts, one.delivered, one.deferred, one.refused, one.ambiguous,
            one.median_ms, one.p95_ms,
        )
        for one in found.routes
    ]  # fmt: skip
    return csv_of(head, rows)


@door("GET", "delivery/providers.csv", Permission.STATISTICS, Level.YES)
async def export_providers(visit: Visit) -> web.StreamResponse:
    """Give the providers of mailboxes with how mails to them fared."""
    found = await _read(visit, "export")
    head = ("provider", "attempts", "delivered", "deferred", "refused", "p50_s", "p95_s")
    rows = [
        (
            one.provider, one.attempts, one.delivered, one.deferred, one.refused,
            round(one.median_s, 1), round(one.p95_s, 1),
        )
        for one in found.providers
    ]  # fmt: skip
    return csv_of(head, rows)


@door("GET", "delivery/rules.csv", Permission.STATISTICS, Level.YES)
async def export_rules(visit: Visit) -> web.StreamResponse:
    """Give the rules with the messages they pointed at."""
    found = await _read(visit, "export")
    rows = [(one.signal, one.messages, one.held, one.refused) for one in found.rules]
    return csv_of(("rule", "messages", "held", "refused"), rows)


async def _read(visit: Visit, action: str) -> Deliveries:
    return await overview.read_deliveries(visit.context, visit.site, visit.seen(action, "delivery"))


def _draw_hours(visit: Visit, found: Deliveries) -> Markup:
    counts = {fate: [hour.fates[fate] for hour in found.hours] for fate in Fate}
    total, failed = (sum(map(sum, some)) for some in (counts.values(), [counts[Fate.FAILED]]))
    chart = Chart(
        name="hours",
        title=visit.say("overview.hours"),
        said=visit.say("overview.hours_said", n=total, failed=failed),
        places=[_hour(visit, hour.at) for hour in found.hours],
        series=[Series(visit.say(f"overview.fate_{fate}"), counts[fate]) for fate in Fate],
    )
    return _drawn(charts.columns(chart))


def _draw_times(visit: Visit, found: Deliveries) -> Markup:
    chart = Chart(
        name="times",
        title=visit.say("overview.times"),
        said=visit.say("overview.times_said"),
        places=[visit.say(f"overview.provider_{one.provider}") for one in found.providers],
        series=[
            Series(visit.say("overview.median"), [one.median_s for one in found.providers]),
            Series(visit.say("overview.p95"), [one.p95_s for one in found.providers]),
        ],
        show=lambda seconds: lasted(visit.language, seconds),
    )
    return _drawn(charts.rows(chart))


def _draw_rules(visit: Visit, rules: Sequence[RuleCount]) -> Markup:
    chart = Chart(
        name="rules",
        title=visit.say("overview.rules"),
        said=visit.say("overview.rules_said", n=len(rules)),
        places=[Sayer(visit.language).signal(one.signal) for one in rules],
        series=[
            Series(visit.say("overview.pointed"), [one.messages for one in rules]),
            Series(visit.say("overview.now_held"), [one.held for one in rules]),
        ],
    )
    return _drawn(charts.rows(chart))


def _drawn(svg: str) -> Markup:
    return Markup(svg)  # noqa: S704 (every word in it is escaped where it is drawn)


def _hour(visit: Visit, at: datetime) -> str:
    zone = ZoneInfo(visit.site.policy.site.timezone)
    local = at.astimezone(zone)
    return f"{local:%d/%m} {clock(visit.language, at, zone)}"
