"""Rate limits: how often one sender, address, listing or site may write in an hour.

Counted in the memory of each process, because a shared counter would cost more than
storing the message does; with N processes a limit is at most N times as wide
(docs/decisions/0005-rate-limits.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from limits import RateLimitItemPerHour
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from relay.errors import Refused


@dataclass(frozen=True, slots=True)
class Limit:
    """At most *most* hits an hour of *key*, an opaque hash and never a person's data."""

    name: str
    key: str
    most: int


class Limiter:
    """Counts hits and refuses with the time at which to try again."""

    def __init__(self) -> None:
        self._rates = FixedWindowRateLimiter(MemoryStorage())

    def hit(self, limits: Iterable[Limit], now: datetime) -> None:
        """Count one hit on every limit.

        Raises:
            Refused: ``rate_limited`` with ``retry_after_s``, when one of them is used up.
        """
        for limit in limits:
            item = RateLimitItemPerHour(limit.most)
            if not self._rates.hit(item, limit.name, limit.key):
                reset = self._rates.get_window_stats(item, limit.name, limit.key).reset_time
                wait_s = max(1, int((datetime.fromtimestamp(reset, UTC) - now).total_seconds()))
                raise Refused("rate_limited", retry_after_s=wait_s, limit=limit.name)
