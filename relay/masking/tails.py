"""Figures or number words that go on right before or after a candidate: they speak against it."""

import re

from relay.masking import context
from relay.masking.lattice import Row, plus_before
from relay.masking.quantities import quantity_at
from relay.masking.shapes import Shape

_OPENS = re.compile(r"0[ .-]?[1-9](?:[ ./_-]?[0-9]){6}")
_FIGURE_END, _FIGURE_START = (
    re.compile(r"(?<![^\W_])\d{1,20}$"),
    re.compile(r"\d{1,20}(?![^\W\d_]{2})"),
)
_CENTS = re.compile(r"\d[.,/]\d\d$")  # 12,50 or 11/27 before a number
_LONGEST_GROUP = 4
_CLOSE, _CLOSE_SIGNS = 0.2, 4
_SINGLE, _BLANK = frozenset("-./_"), frozenset(("", " "))
_NEAR = 6  # characters of an amount


def tails(shape: Shape) -> float:
    """Return the penalty for figures or number words that go on right before or after."""
    row, c = shape.row, shape.candidate
    gap = shape.usual
    weight = context.TAIL if gap in _BLANK else context.TAIL_SIGN
    found = weight * (_figure_before(shape, gap) + _figure_after(shape, gap))
    if shape.words and c.first > 0:
        found += _goes_on(row, c.first - 1, c.first)
    if shape.words and c.last < len(row.atoms):
        found += _goes_on(row, c.last - 1, c.last)
    return found


def _is_alike(shape: Shape, size: int) -> bool:
    """Tell whether a group of *size* digits could be one more of a candidate."""
    if shape.grouped and shape.between[1:]:
        return size in shape.sizes[1:]
    return size <= (max(shape.sizes) if len(shape.sizes) > 1 else _LONGEST_GROUP)


def _figure_before(shape: Shape, gap: str) -> bool:
    text, start = shape.row.text, shape.atoms[0].start
    if gap and text.endswith(gap, 0, start):
        sign = gap
    elif text[start - 1 : start] in _SINGLE:
        sign = text[start - 1]
    else:
        return False
    at = start - len(sign)
    if not text[at - 1 : at].isdigit():
        return False
    run = _FIGURE_END.search(text, max(0, at - 20), at)
    if run is None or _CENTS.search(text, max(0, at - _NEAR), at):
        return False
    return sign != " " or _is_alike(shape, len(run.group()))


def _figure_after(shape: Shape, gap: str) -> bool:
    text, end = shape.row.text, shape.atoms[-1].end
    if gap and text.startswith(gap, end):
        sign = gap
    elif text[end : end + 1] in _SINGLE:
        sign = text[end]
    else:
        return False
    at = end + len(sign)
    run = _FIGURE_START.match(text, at)
    if run is None or _OPENS.match(text, at) or plus_before(text, at):
        return False
    if sign == "/" != gap and len(run.group()) == 2:  # noqa: PLR2004 - 02 41 93 50 18/19
        return False
    return (sign != " " or _is_alike(shape, len(run.group()))) and quantity_at(text, at) == at


def _goes_on(row: Row, left: int, right: int) -> float:
    a, b = row.atoms[left], row.atoms[right]
    close = row.gaps[right] < _CLOSE and b.start - a.end < _CLOSE_SIGNS
    both = a.word is not None and b.word is not None and not (a.shy or b.shy)
    return context.WORD_TAIL if both and close else 0.0
