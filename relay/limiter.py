"""Rate limits: how often one sender, address, listing or site may write in an hour.

Counted in the memory of each process, in windows of a clock hour: a shared counter would cost
more than storing the message does (docs/decisions/0005-rate-limits.md).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from relay.errors import Refused

WINDOW_S = 3600
KEYS_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Limit:
    """At most *most* hits an hour of *key*, an opaque hash and never a person's data."""

    name: str
    key: str
    most: int


class Limiter:
    """Counts hits and refuses with the time at which to try again."""

    def __init__(self) -> None:
        self._window = 0
        self._hits: Counter[tuple[str, str]] = Counter()

    def hit(self, limits: Sequence[Limit], now: datetime) -> None:
        """Count one hit on every limit, or none when one of them is used up.

        Raises:
            Refused: ``rate_limited`` with ``retry_after_s``.
        """
        window, passed_s = divmod(int(now.timestamp()), WINDOW_S)
        if window != self._window or len(self._hits) > KEYS_MOST:
            self._window, self._hits = window, Counter()
        for limit in limits:
            if self._hits[limit.name, limit.key] >= limit.most:
                raise Refused("rate_limited", retry_after_s=WINDOW_S - passed_s)
        for limit in limits:
            self._hits[limit.name, limit.key] += 1
