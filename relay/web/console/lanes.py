"""Ninety days as four lanes of bars: an SVG without style or script of its own (pure)."""

from collections.abc import Callable, Sequence

from relay.lookup import Day
from relay.texts import say

LANES: tuple[tuple[str, Callable[[Day], int]], ...] = (
    ("messages", lambda day: day.messages),
    ("replies", lambda day: day.replies),
    ("reports", lambda day: day.reports),
    ("rules", lambda day: day.rules),
)
_LEFT, _STEP, _HEIGHT, _GAP = 120, 8, 28, 10


def draw_lanes(days: Sequence[Day], language: str) -> str:
    """Return the picture; each lane has a scale of its own, and its sum in its name."""
    width = _LEFT + _STEP * len(days)
    height = (_HEIGHT + _GAP) * len(LANES)
    lanes = "".join(
        _lane(name, [count(day) for day in days], row, language)
        for row, (name, count) in enumerate(LANES)
    )
    title = say(language, "console.lanes")
    return (
        f'<svg class="lanes" viewBox="0 0 {width} {height}" role="img" aria-label="{title}">'
        f"{lanes}</svg>"
    )


def _lane(name: str, counts: Sequence[int], row: int, language: str) -> str:
    base = row * (_HEIGHT + _GAP) + _HEIGHT
    most = max((*counts, 1))
    bars = "".join(
        f'<rect class="{name}" x="{_LEFT + _STEP * at}" y="{base - height}"'
        f' width="{_STEP - 2}" height="{height}"/>'
        for at, count in enumerate(counts)
        if (height := round(_HEIGHT * count / most))
    )
    words = f"{say(language, f'console.lane_{name}')} {sum(counts)}"
    return (
        f'<text x="0" y="{base - 8}">{words}</text>'
        f'<line x1="{_LEFT}" y1="{base}" x2="{_LEFT + _STEP * len(counts)}" y2="{base}"/>{bars}'
    )
