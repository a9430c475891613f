"""A number whose end is told first: it ends with 98 11, and it begins with 06 53 70."""

import re
from collections.abc import Iterator

from relay.masking.gaps import TIGHT
from relay.masking.lattice import Row
from relay.masking.plans import Form, read
from relay.masking.sizes import LONGEST
from relay.masking.trie import any_of

_END_WORDS = (
    "fin finit finis* termin* dernier* seconde deuxieme suite last ends? ending second final acaba "
    "ultim* segunda zweite* ende endet letzten laatste einde eindigt fine finisce seconda"
).split()
_BEGIN_WORDS = (
    "debut* commenc* premier* begin* starts? starting first empieza comienza principio primer* "
    "comeca inicio inizi* cominci* prima avant before anfang fangt ersten? eerste"
).split()
_END = re.compile(rf"(?<!\w){any_of(_END_WORDS)}\b")
_BEGIN = re.compile(rf"(?<!\w){any_of(_BEGIN_WORDS)}\b")
_MIDDLE_WORDS = (
    "milieu centre middle mitte mittler* midden medio mezzo meio mitad puis then dann luego poi"
).split()
_PART = re.compile(
    rf"\b(?:(?P<begin>{any_of(_BEGIN_WORDS)})|(?P<middle>{any_of(_MIDDLE_WORDS)})"
    rf"|(?P<end>{any_of(_END_WORDS)}))\b"
)
_RANKS = ("begin", "middle", "end")
_MOST_HITS = 12  # such words in a text; more are a story
_NEAR, _FARTHEST, _CLOSE = 45, 90, 16  # characters
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


def in_parts(row: Row) -> Iterator[tuple[int, int, str]]:
    """Yield first atom, end and number told as an end, a beginning and a middle in any order."""
    parts: list[tuple[str, list[int]]] = []
    hits = [*_PART.finditer(row.text)]
    if len(hits) > _MOST_HITS:
        return
    for hit, limit in zip(hits, [*[h.start() for h in hits[1:]], len(row.text)], strict=True):
        own = [k for k, a in enumerate(row.atoms) if hit.end() <= a.start < limit]
        if own and row.atoms[own[0]].start - hit.end() <= _CLOSE:
            last = next((n for n in own[1:] if row.gaps[n] > TIGHT / 2), own[-1] + 1)
            parts.append((hit.lastgroup or "", [*range(own[0], last)]))
    groups = dict(parts)
    if len(parts) != len(_RANKS) or len(groups) != len(_RANKS):
        return
    digits = "".join(row.digits[k] for rank in _RANKS for k in groups[rank])
    result = read(digits, plus=False, region=row.region)
    if result and result[1] in _FORMS:
        inner = [k for _, own in parts for k in own]
        yield inner[0], inner[-1] + 1, result[0]


def _tight(row: Row, k: int) -> tuple[int, int]:
    """Return where the rows of atoms right before and right after gap *k* begin and end."""
    first, last = k - 1, k + 1
    while first > max(0, k - LONGEST) and row.gaps[first] <= TIGHT / 2:
        first -= 1
    while last < min(len(row.atoms), k + LONGEST) and row.gaps[last] <= TIGHT / 2:
        last += 1
    return first, last
