"""The door of everybody: a site's privacy page, made from its policy, every version readable."""

from datetime import UTC, date, datetime, time

from aiohttp import web

from relay import texts
from relay.errors import Refused
from relay.policy.clock import Version
from relay.register import controller_register
from relay.retention import read_versions
from relay.sites import Site
from relay.web.keys import CONTEXT, PAGES
from relay.web.problems import language_of

routes = web.RouteTableDef()


@routes.get("/privacy/{slug}")
async def show_newest(request: web.Request) -> web.Response:
    """Show the version in force."""
    site, versions = await _versions(request)
    return _page(request, site, versions, site.policy.version)


@routes.get("/privacy/{slug}/{version:\\d{1,6}}")
async def show_version(request: web.Request) -> web.Response:
    """Show one version, in force or not."""
    site, versions = await _versions(request)
    return _page(request, site, versions, int(request.match_info["version"]))


async def _versions(request: web.Request) -> tuple[Site, dict[int, Version]]:
    context = request.app[CONTEXT]
    site = await context.sites.find(request.match_info["slug"])
    if site is None:
        raise Refused("not_found")
    async with context.database.connection() as connection:
        found = await read_versions(connection, site)
    return site, {version.policy.version: version for version in found}


def _page(
    request: web.Request, site: Site, versions: dict[int, Version], number: int
) -> web.Response:
    if number not in versions:
        raise Refused("not_found")
    language, policy = language_of(request), versions[number].policy
    return request.app[PAGES].page(
        "privacy",
        language,
        policy=policy,
        slug=site.slug,
        published=_day(language, policy.published),
        is_newest=number == site.policy.version,
        entries=controller_register(policy, language),
        versions=[
            (known, _day(language, version.policy.published))
            for known, version in sorted(versions.items(), reverse=True)
        ],
    )


def _day(language: str, day: date) -> str:
    return texts.day(language, datetime.combine(day, time(12), UTC))
