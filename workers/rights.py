"""The rights desk's own work: mails are read, what is accepted is carried out, ends are kept."""

import asyncio
import time

from relay.context import Context
from relay.reader import Reader
from relay.rights.mailbox import list_unread, take_mail
from relay.rights.round import alone, attend, attend_due
from relay.sites import Site
from workers.rounds import guarded

EVERY_S = 30.0
WHOLE_EVERY_S = 3600.0  # what the law keeps of erased persons is looked at: there may be many


async def attend_requests(context: Context) -> None:
    """Go round all sites every half minute; what fails at one is tried again next time."""
    reader, whole_at = Reader(), time.monotonic()
    try:
        while True:
            is_whole = time.monotonic() >= whole_at
            whole_at += WHOLE_EVERY_S if is_whole else 0.0
            for site in await context.sites.all():
                await guarded("rights", site, attend_site(context, site, reader))
                if is_whole:
                    await guarded("rights", site, attend(context, site))
            await asyncio.sleep(EVERY_S)
    finally:
        await reader.close()


async def attend_site(context: Context, site: Site, reader: Reader) -> None:
    """Read the mails of one site and do what somebody waits for."""
    for unread in await list_unread(context, site):
        with alone(unread.request_id):
            await take_mail(context, site, unread, await reader.read(unread.raw))
    await attend_due(context, site)
