"""Looks at a site's rows for the proofs of its promises."""

from datetime import datetime
from zoneinfo import ZoneInfo

from relay.context import Context
from relay.database import Connection, queries
from relay.promises import GRACE, Age, Facts, Report, Requests, Sample, Seen
from relay.retention.reports import read_last_report
from relay.retention.state import find_overdue, read_oldest, read_versions
from relay.sites import Site

DAY_S = 86_400


async def witness(context: Context, site: Site, page: Seen) -> Facts:
    """Gather what the promises of a site are judged by.

    Args:
        page: What a visitor's program saw of the privacy page.
    """
    async with context.database.connection() as connection:
        clock = await queries().read_clock(connection, site_id=site.site_id)
        now: datetime = max(clock["database_now"], context.clock())
        oldest = await read_oldest(connection, site, now)
        report = await read_last_report(context, connection, site)
        return Facts(
            policy=site.policy,
            now=now,
            overdue=frozenset(await find_overdue(connection, site, now, GRACE)),
            ages={
                aged.name: Age(int(aged.age_s(now) / DAY_S) if aged.since else None, aged.days_most)
                for aged in oldest
            },
            report=Report(report.ended_at, report.is_genuine) if report else None,
            sample=await _sample(connection, site),
            versions=len(await read_versions(connection, site)),
            page=page,
            requests=await _requests(connection, site, now),
        )


async def _requests(connection: Connection, site: Site, now: datetime) -> Requests:
    today = now.astimezone(ZoneInfo(site.policy.site.timezone)).date()
    live = await queries().count_live_requests(connection, site_id=site.site_id, today=today)
    erased = await queries().count_erased(connection, site_id=site.site_id)
    return Requests(live["waiting"], live["late"], erased["erased"], erased["readable"])


async def _sample(connection: Connection, site: Site) -> Sample:
    row = await queries().sample_messages(
        connection, site_id=site.site_id, version=site.policy.version
    )
    return Sample(**row)
