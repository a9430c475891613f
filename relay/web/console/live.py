"""What is new, told as it happens: the counts of a site's queue as server-sent events.

The stream says only how much waits and that lines changed; the page asks for them as any page is
asked for, so that what is seen is logged and may be seen. Without JavaScript nothing is missing.

Source: HTML, 9.2 Server-sent events.
"""

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from relay import overview
from relay.context import Context
from relay.overview import Waiting
from relay.permissions import Permission
from relay.sites import Site
from relay.staff import read_session
from relay.web.console.doors import Visit, door
from relay.web.console.guard import TOKEN
from relay.web.pages import SECURITY_HEADERS

HEADERS = {
    **SECURITY_HEADERS,
    "Content-Type": "text/event-stream; charset=utf-8",
    "X-Accel-Buffering": "no",  # proxies that keep a body until it is whole
}


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a stream looks, in seconds.

    Args:
        pause_s: Between two looks; one answer serves everybody who has the site open.
        check_s: Between two questions whether one may still know.
        longest_s: After it the browser asks anew, which is logged anew.
    """

    pause_s: float = 2.0
    check_s: float = 10.0
    longest_s: float = 3600.0


class Watch:
    """Counts for everybody who watches, and ends their streams when the console stops."""

    def __init__(self, context: Context, pace: Pace = Pace()) -> None:
        self._context = context
        self.pace = pace
        self._known: dict[UUID, tuple[float, Waiting]] = {}
        self._asking = asyncio.Lock()
        self._over = asyncio.Event()

    async def count(self, site: Site) -> Waiting:
        """Return what waits at a site, at most a moment old."""
        async with self._asking:
            counted_at, waiting = self._known.get(site.site_id, (float("-inf"), None))
            if waiting is None or time.monotonic() - counted_at > self.pace.pause_s / 2:
                waiting = await overview.count_waiting(self._context, site)
                self._known[site.site_id] = (time.monotonic(), waiting)
            return waiting

    async def is_over(self) -> bool:
        """Wait a moment; tell whether the console stops."""
        try:
            async with asyncio.timeout(self.pace.pause_s):
                return await self._over.wait()
        except TimeoutError:
            return False

    async def end(self, _app: web.Application) -> None:
        """End every stream."""
        self._over.set()


WATCH = web.AppKey("watch", Watch)


@door("GET", "live", Permission.QUEUE)
async def watch_queue(visit: Visit) -> web.StreamResponse:
    """Tell how much waits, now and whenever it changes, as long as one may know."""
    await visit.look("list", "queue live")
    response = web.StreamResponse(headers=HEADERS)
    with contextlib.suppress(ConnectionResetError):  # the page was left
        await response.prepare(visit.request)
        await _tell(visit, response)
    return response


async def _tell(visit: Visit, response: web.StreamResponse) -> None:
    watch, started, told = visit.request.app[WATCH], time.monotonic(), None
    checked = started
    await response.write(b"retry: 5000\n\n")
    while time.monotonic() - started < watch.pace.longest_s:
        waiting = await watch.count(visit.site)
        if waiting != told:
            await response.write(_event(waiting))
            told = waiting
        if await watch.is_over():
            return
        if time.monotonic() - checked > watch.pace.check_s:
            checked = time.monotonic()
            await response.write(b": still here\n\n")
            if not await _may_still(visit):
                return


def _event(waiting: Waiting) -> bytes:
    """Write one event; the mark changes with the newest lines."""
    mark = f"{waiting.newest_case}.{waiting.newest_held}.{waiting.newest_confirmation}"
    known = {
        "queue": waiting.cases + waiting.held,
        "confirmations": waiting.confirmations,
        "mark": mark,
    }
    return f"data: {json.dumps(known)}\n\n".encode()


async def _may_still(visit: Visit) -> bool:
    session = await read_session(visit.context, visit.request[TOKEN])
    return session is not None and session.level(visit.site, Permission.QUEUE) > 0
