"""The route of a courier: its next hop, which may say that nothing is to come for a while."""

import time
from contextlib import suppress

import structlog

from relay.context import Context
from relay.database import queries
from relay.errors import Unavailable
from workers.journal import Timing

log = structlog.get_logger()


class Route:
    """Pauses the way of all mails and opens it again; other processes see it in the database.

    Args:
        name: Host and port of the next hop.
    """

    def __init__(self, context: Context, name: str, timing: Timing) -> None:
        self.name = name
        self._context = context
        self._timing = timing
        self._was_paused = True  # a pause may stand from before this process
        self._paused_until = 0.0

    @property
    def pause_s(self) -> float:
        """Seconds for which nothing may leave yet; 0 when it may."""
        return max(0.0, self._paused_until - time.monotonic())

    async def pause(self, reason: str) -> float:
        """Hold the whole route; return for how many seconds."""
        self._was_paused = True
        try:
            row = await self._context.database.run(
                lambda connection: queries().pause_route(
                    connection,
                    route=self.name,
                    base_s=self._timing.pause_s,
                    most_s=self._timing.pause_most_s,
                    reason=reason,
                )
            )
        except Unavailable:  # nothing can be claimed either; this claim is given back all the same
            return self._timing.pause_s
        self._paused_until = time.monotonic() + row["pause_s"]
        log.error("route.paused", route=self.name, reason=reason, pause_s=round(row["pause_s"]))
        return float(row["pause_s"])

    async def resume(self) -> None:
        """Note that a mail was taken: a pause that is over is forgotten."""
        if self._was_paused and not self.pause_s:
            with suppress(Unavailable):  # the next delivery tries again
                await self._context.database.run(
                    lambda connection: queries().resume_route(connection, route=self.name)
                )
                self._was_paused = False
