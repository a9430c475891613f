"""The rights desk's own work: mails are read, what is accepted is carried out, ends are kept."""

import asyncio

import structlog

from relay.context import Context
from relay.errors import Refused, Unavailable
from relay.reader import Reader
from relay.rights.mailbox import list_unread, take_mail
from relay.rights.round import attend, gauge_requests
from relay.sites import Site

EVERY_S = 30.0

log = structlog.get_logger()


async def attend_requests(context: Context) -> None:
    """Go round all sites every half minute; what fails at one is tried again next time."""
    reader = Reader()
    try:
        while True:
            for site in await context.sites.all():
                await attend_site(context, site, reader)
            await asyncio.sleep(EVERY_S)
    finally:
        await reader.close()


async def attend_site(context: Context, site: Site, reader: Reader) -> None:
    """Read the mails of one site and do what is due there."""
    try:
        for unread in await list_unread(context, site):
            await take_mail(context, site, unread, await reader.read(unread.raw))
        await attend(context, site)
        await gauge_requests(context, site)
    except (Refused, Unavailable) as error:
        log.warning("rights.put_off", site=site.slug, fault=str(error))
