"""A number whose end is told first: it ends with 98 11, and it begins with 06 53 70."""

import re
from collections.abc import Iterator

from relay.masking.gaps import TIGHT
from relay.masking.lattice import Row
from relay.masking.plans import LONGEST, Form, read
from relay.masking.trie import any_of

_END_WORDS = (
    "fin finit finis* termin* dernier* seconde deuxieme suite last ends? ending second final acaba "
    "ultim* segunda zweite* ende endet letzten laatste einde eindigt fine finisce seconda"
).split()
_BEGIN_WORDS = (
    "debut* commenc* premier* begin* starts? starting first empieza comienza principio primer* "
    "comeca inicio inizi* cominci* prima anfang fangt ersten? eerste"
).split()
_END = re.compile(rf"\b{any_of(_END_WORDS)}\b")
_BEGIN = re.compile(rf"\b{any_of(_BEGIN_WORDS)}\b")
_NEAR, _FARTHEST = 45, 90  # characters
_FORMS = (Form.MOBILE, Form.NATIONAL, Form.BARE, Form.PLUS, Form.EXIT_CODE)


def begins_later(text: str) -> bool:
    """Tell whether folded *text* speaks of an end, then of a beginning."""
    begin = _BEGIN.search(text)
    return begin is not None and _END.search(text) is not None


def swapped(row: Row) -> Iterator[tuple[int, int, str]]:
    """Yield first atom, end and number of what *row* tells with its end first."""
    text, atoms = row.text, row.atoms
    for k in range(1, len(atoms)):
        gap = text[atoms[k - 1].end : atoms[k].start]
        if row.gaps[k] <= 0 or len(gap) > _FARTHEST or not _BEGIN.search(gap):
            continue
        first, last = _tight(row, k)
        start = atoms[first].start
        if not _END.search(text, max(0, start - _NEAR), start):
            continue
        digits = "".join((*row.digits[k:last], *row.digits[first:k]))
        result = read(digits, plus=False, region=row.region)
        if result and result[1] in _FORMS:
            yield first, last, result[0]


def _tight(row: Row, k: int) -> tuple[int, int]:
    """Return where the rows of atoms right before and right after gap *k* begin and end."""
    first, last = k - 1, k + 1
    while first > max(0, k - LONGEST) and row.gaps[first] <= TIGHT / 2:
        first -= 1
    while last < min(len(row.atoms), k + LONGEST) and row.gaps[last] <= TIGHT / 2:
        last += 1
    return first, last
