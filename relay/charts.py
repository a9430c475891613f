"""Charts as SVG from the server, without style or script of their own (pure).

Each series has a colour, which is the page's, and a pattern, so that nobody needs the colour to
tell them apart. A picture names itself and says in a sentence what it shows; the figures stand in
a table beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate, pairwise

_PATTERNS = ("", "hatched", "dotted", "crossed", "ruled")
SERIES_MOST = len(_PATTERNS)
_WIDTH, _LEFT, _RIGHT = 720, 56, 12
_TOP, _HEIGHT, _FOOT = 30, 150, 26
_ROW, _BAR = 30, 16
_LABELS_MOST = 8
_NAME = 230  # room for the names beside lying bars
_LETTER = 7.0  # of a word in the legend, about


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of thing that is counted, a value for each place on the axis."""

    label: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Chart:
    """What a picture shows.

    Args:
        name: Unique on its page: letters only.
        title: What it is; *said*: what it shows, in a sentence.
        places: Names along the axis.
        series: Five at most.
        show: Writes a value as people read it.
    """

    name: str
    title: str
    said: str
    places: Sequence[str]
    series: Sequence[Series]
    show: Callable[[float], str] = lambda value: f"{value:g}"


def columns(chart: Chart) -> str:
    """Draw standing bars along a time, the series upon each other."""
    most = _round_up(max((sum(values) for values in _stacks(chart)), default=0))
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(chart.places), 1)
    base = _TOP + _HEIGHT
    parts = [_grid(chart, most), _legend(chart)]
    for at, values in enumerate(_stacks(chart)):
        tops = [base - _HEIGHT * total / most for total in accumulate(values, initial=0)]
        parts += [
            _box(number, _LEFT + step * at + 1, high, max(step - 2, 1), low - high)
            for number, (low, high) in enumerate(pairwise(tops))
            if values[number]
        ]
    every = max(1, -(-len(chart.places) // _LABELS_MOST))
    parts += [
        _text(_LEFT + step * (at + 0.5), base + 18, place, "middle")
        for at, place in enumerate(chart.places)
        if at % every == 0
    ]
    return _picture(chart, base + _FOOT, parts)


def rows(chart: Chart) -> str:
    """Draw lying bars, one below the other for each series of a place."""
    most = max((value for one in chart.series for value in one.values), default=0) or 1
    room = _WIDTH - _NAME - 90
    high = _ROW if len(chart.series) == 1 else _BAR * len(chart.series) + 12
    parts = [_legend(chart)] if len(chart.series) > 1 else []
    top = _TOP if len(chart.series) > 1 else 4
    for at, place in enumerate(chart.places):
        y = top + high * at
        parts.append(_text(_NAME - 10, y + high / 2 + 1, place, "end"))
        for number, one in enumerate(chart.series):
            width = max(room * one.values[at] / most, 1)
            bar = y + _BAR * number + 4
            parts.append(_box(number, _NAME, bar, width, _BAR - 3))
            parts.append(_text(_NAME + width + 6, bar + 11, chart.show(one.values[at]), "start"))
    return _picture(chart, top + high * len(chart.places) + 4, parts)


def _stacks(chart: Chart) -> list[list[float]]:
    return [[one.values[at] for one in chart.series] for at in range(len(chart.places))]


def _picture(chart: Chart, height: float, parts: Sequence[str]) -> str:
    title, said = f"{chart.name}-title", f"{chart.name}-said"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img"'
        f' aria-labelledby="{title}" aria-describedby="{said}"'
        f' viewBox="0 0 {_WIDTH} {height:g}"><title id="{title}">{escape(chart.title)}</title>'
        f'<desc id="{said}">{escape(chart.said)}</desc>{_patterns()}{"".join(parts)}</svg>'
    )


def _patterns() -> str:
    """Return the patterns laid over the colours: lines and dots in the colour of the page."""
    marks = {
        "hatched": '<path d="M0 6L6 0"/>',
        "dotted": '<circle cx="3" cy="3" r="1.2"/>',
        "crossed": '<path d="M0 6L6 0M0 0L6 6"/>',
        "ruled": '<path d="M0 3H6"/>',
    }
    drawn = "".join(
        f'<pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse">{mark}</pattern>'
        for name, mark in marks.items()
    )
    return f"<defs>{drawn}</defs>"


def _box(number: int, x: float, y: float, width: float, height: float) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{max(height, 0.5):.1f}"'
    over = f'<rect {place} fill="url(#{_PATTERNS[number]})"/>' if _PATTERNS[number] else ""
    return f'<rect class="s{number}" {place}/>{over}'


def _grid(chart: Chart, most: float) -> str:
    lines = []
    for part in (0.0, 0.5, 1.0):
        y = _TOP + _HEIGHT * (1 - part)
        lines.append(f'<line x1="{_LEFT}" y1="{y:g}" x2="{_WIDTH - _RIGHT}" y2="{y:g}"/>')
        lines.append(_text(_LEFT - 8, y + 4, chart.show(most * part), "end"))
    return "".join(lines)


def _legend(chart: Chart) -> str:
    parts, x = [], float(_LEFT)
    for number, one in enumerate(chart.series):
        parts += [_box(number, x, 4, 12, 12), _text(x + 18, 14, one.label, "start")]
        x += 40 + _LETTER * len(one.label)
    return "".join(parts)


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _round_up(most: float) -> float:
    """Return the top of an axis: an even number of things, at least two, of one or two digits."""
    top = 2.0
    while top < most:
        top *= 10
    for share in (0.1, 0.2, 0.4, 0.5, 0.6, 0.8):
        if top * share >= max(most, 2) and top * share % 2 == 0:
            return top * share
    return top
