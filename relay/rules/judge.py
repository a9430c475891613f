"""The rules put to a message: parts of a score, each with what it saw (pure)."""

from collections.abc import Collection
from dataclasses import dataclass

from relay.rules.reading import Facts, Reading
from relay.rules.rule import Seen, Side
from relay.rules.table import RULES

HOLD_FROM = 8  # as relay/scoring.py: from here on a message waits for a person


@dataclass(frozen=True, slots=True)
class Part:
    """What one rule adds.

    Args:
        is_shadow: Shown to staff, counts nothing.
    """

    rule: str
    points: int
    seen: Seen
    is_shadow: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """The parts of a score, the heaviest first."""

    parts: tuple[Part, ...]

    @property
    def points(self) -> int:
        """The sum of the parts that count."""
        return sum(part.points for part in self.parts if not part.is_shadow)

    def holds(self, earlier: int = 0, *, with_shadow: bool = False) -> bool:
        """Tell whether the message waits for a person; a rule does nothing beyond that.

        Args:
            earlier: The score it had when it was accepted.
            with_shadow: Or whether it would, did the rules in shadow count too.
        """
        counting = [part.points for part in self.parts if with_shadow or not part.is_shadow]
        return bool(counting) and earlier + sum(counting) >= HOLD_FROM


def judge(
    reading: Reading, facts: Facts, live: Collection[str], off: Collection[str] = ()
) -> Verdict:
    """Put the rules to a message.

    Args:
        live: Names of the rules that count; the others are in shadow.
        off: Names of those that are not asked.
    """
    parts = []
    for rule in RULES:
        if rule.side not in (Side.BOTH, facts.side) or rule.name in off:
            continue
        seen = rule.see(reading, facts)
        if seen:
            parts.append(Part(rule.name, rule.points, seen, rule.name not in live))
    return Verdict(tuple(sorted(parts, key=lambda part: -part.points)))
