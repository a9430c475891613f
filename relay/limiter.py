"""Rate limits: how often one sender, address, listing or site may write in an hour.

Counted in the memory of each process, in windows of a clock hour: a shared counter would cost
more than storing the message does (docs/decisions/0005-rate-limits.md).
"""

from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from relay.errors import Refused

WINDOW_S = 3600
KEYS_MOST = 200_000  # about 40 MB


@dataclass(frozen=True, slots=True)
class Limit:
    """At most *most* hits an hour of *key*, an opaque hash and never a person's data."""

    name: str
    key: str
    most: int


class Memory:
    """Names kept until an end of their own, across the turn of the hour.

    Names are added in the order of their ends; the oldest go first when there are too many.
    """

    def __init__(self) -> None:
        self._ends: OrderedDict[str, datetime] = OrderedDict()

    def has(self, name: str, now: datetime) -> bool:
        """Tell whether *name* was added and has not reached its end."""
        return name in self._ends and now < self._ends[name]

    def add(self, name: str, *, until: datetime, now: datetime) -> None:
        """Keep *name* until its end, and forget what reached its own."""
        self._ends[name] = until
        self._ends.move_to_end(name)
        while len(self._ends) > KEYS_MOST or next(iter(self._ends.values())) <= now < until:
            self._ends.popitem(last=False)

    def forget(self, name: str) -> None:
        """Forget *name* before its end."""
        self._ends.pop(name, None)


class Limiter:
    """Counts hits and refuses with the time at which to try again.

    Attributes:
        proofs: Solved challenges, each good for one message.
        requests: Requests accepted or under way; one that comes again stores nothing and is
            not limited.
    """

    def __init__(self) -> None:
        self.proofs = Memory()
        self.requests = Memory()
        self._window = 0
        self._hits: Counter[tuple[str, str]] = Counter()

    def hit(self, limits: Sequence[Limit], now: datetime) -> None:
        """Count one hit on every limit, or none when one of them is used up.

        Raises:
            Refused: ``rate_limited`` with ``retry_after_s``.
        """
        window, passed_s = divmod(int(now.timestamp()), WINDOW_S)
        if window != self._window:
            self._window, self._hits = window, Counter()
        if len(self._hits) > KEYS_MOST:
            # The half hit most stays: a flood of new keys must not free those that are used up.
            by_hits = sorted(self._hits.items(), key=itemgetter(1), reverse=True)
            self._hits = Counter(dict(by_hits[: KEYS_MOST // 2]))
        for limit in limits:
            if self._hits[limit.name, limit.key] >= limit.most:
                raise Refused("rate_limited", retry_after_s=WINDOW_S - passed_s)
        for limit in limits:
            self._hits[limit.name, limit.key] += 1
