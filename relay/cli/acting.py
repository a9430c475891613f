"""How a command acts: on an open relay, at one site or at every one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from relay.administration import find_site
from relay.cli.common import configured
from relay.context import Context, open_context
from relay.errors import Refused
from relay.settings import Settings
from relay.sites import Site

Result = TypeVar("Result")
NO_SITE = "There is no site yet: `relay site open` opens one."
site_option = click.option("--site", "slug", help="This site only.")


def run(act: Callable[[Context], Awaitable[Result]], settings: Settings | None = None) -> Result:
    """Return what *act* returns on the relay of *settings*, by default of the environment."""

    async def acted() -> Result:
        async with open_context(settings or configured(), pool_size=2) as context:
            return await act(context)

    return asyncio.run(acted())


def run_at(slug: str, act: Callable[[Context, Site], Awaitable[Result]]) -> Result:
    """Return what *act* returns at the site called *slug*."""

    async def acted(context: Context) -> Result:
        return await act(context, await find_site(context, slug))

    return run(acted)


async def chosen(context: Context, *slugs: str | None) -> list[Site]:
    """Return the sites that are named, or every site.

    Raises:
        Refused: ``site_unknown``; ``site_unread``: what a command says of all is true of all.
    """
    named = [slug for slug in slugs if slug]
    if named:
        return [await find_site(context, slug) for slug in named]
    if await context.sites.unread():
        raise Refused("site_unread")
    return await context.sites.all()
