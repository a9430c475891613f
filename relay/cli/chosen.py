"""Which sites a command is about: one that is named, or all of them."""

import click

from relay.administration import find_site
from relay.context import Context
from relay.errors import Refused
from relay.sites import Site

NO_SITE = "There is no site yet: `relay site open` opens one."
site_option = click.option("--site", "slug", help="This site only.")


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
