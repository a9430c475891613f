"""Rounds of work: one starts when a bell rings or, without any bell, every few seconds."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from relay.errors import Refused, Unavailable
from relay.sites import Site

log = structlog.get_logger()


async def guarded(what: str, site: Site, act: Awaitable[None]) -> None:
    """Let a fault at one site hold up no other; *what* says in whose round."""
    try:
        await act
    except (Refused, Unavailable) as error:
        log.warning("round.put_off", round=what, site=site.slug, fault=str(error))
    except Exception:
        log.exception("round.fault", round=what, site=site.slug)


class Rounds:
    """Repeats a round until it is stopped.

    Args:
        sweep_s: Seconds between two rounds when no bell rings and nothing was found.
    """

    def __init__(self, sweep_s: float) -> None:
        self._sweep_s = sweep_s
        self._bell = asyncio.Event()
        self.is_stopping = False

    def ring(self) -> None:
        """Start a round now."""
        self._bell.set()

    def stop(self) -> None:
        """Start no other round."""
        self.is_stopping = True
        self._bell.set()

    async def run(self, work: Callable[[], Awaitable[int]]) -> None:
        """Repeat *work*, which returns how much it found, until ``stop``."""
        while not self.is_stopping:
            if not await work():
                await self._wait()

    async def _wait(self) -> None:
        """Wait for a bell, at most until the next sweep; jitter keeps workers apart."""
        try:
            async with asyncio.timeout(self._sweep_s * random.uniform(0.8, 1.2)):  # noqa: S311
                await self._bell.wait()
        except TimeoutError:
            pass
        self._bell.clear()
