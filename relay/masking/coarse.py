"""Texts with tens of thousands of figures: plain rows of digits only, in little time.

No message is like that. What the close search would take minutes for is searched here
by one pass of a pattern, so that nobody can keep a worker busy with a wall of digits.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from relay.masking.plans import numbering, read

MOST_FIGURES = 12_000  # digits up to which a text is searched closely
_BETWEEN = r"[ ./()_-]{0,3}"
_DIGIT = re.compile(r"\d")
_NOT_DIGIT = re.compile(r"\D+")
Found = tuple[int, int, str]


@cache
def _row_of(region: str) -> re.Pattern[str]:
    """Return a pattern for a number with plus sign, and for one of each length of the plan."""
    plans = numbering(region)
    with_zero = sorted(plans.with_zero.home, reverse=True)
    without = sorted(plans.without.home, reverse=True) if not plans.has_trunk else []
    rows = [rf"0(?:{_BETWEEN}\d){{{size - 1}}}(?!\d)" for size in with_zero]
    rows += [rf"[1-9](?:{_BETWEEN}\d){{{size - 1}}}(?!\d)" for size in without]
    rows.append(rf"00[1-9](?:{_BETWEEN}\d){{6,12}}(?!\d)")
    return re.compile(rf"\+\s?\d(?:{_BETWEEN}\d){{6,13}}(?!\d)|(?<!\d)(?:{'|'.join(rows)})")


def find_rows(text: str, region: str) -> Iterator[Found]:
    """Yield start, end and number of the rows of digits that a plan reads, offsets folded."""
    for found in _row_of(region).finditer(text):
        row = found.group()
        result = read(_NOT_DIGIT.sub("", row), plus=row[0] == "+", region=region)
        if result:
            yield found.start(), found.end(), result[0]


def find_digits(text: str, forms: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield start and end of each of *forms* among the digits of *text*, whatever is between."""
    marks = [found.start() for found in _DIGIT.finditer(text)]
    digits = _NOT_DIGIT.sub("", text)
    for form in forms:
        at = digits.find(form)
        while at >= 0:
            yield marks[at], marks[at + len(form) - 1] + 1
            at = digits.find(form, at + len(form))
