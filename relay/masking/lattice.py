"""Rows of atoms whose digits make a phone number, over every way to read the atoms."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from relay.masking.atoms import Atom
from relay.masking.plans import SHORTEST, Form, numbering, read
from relay.masking.words import Kind, unleet

_JOINT = re.compile(r"[\s'’-]{0,3}(?:et|and|y|i|e|en|und|و|si)?[\s'’-]{0,3}")
_PLUS = ("+", " plus", " piu", " mas", " mais")
_LONGEST_ROW = 17  # digits: exit code and the longest international number
_APART = 0.3  # cost of reading sixty and two where sixty-two is said
_MOST_ATOMS = 28  # a number has no more pieces, joined words included
_WIDEST = 10  # readings kept at each atom
_JOINING = 0.3  # cheaper gaps inside one value cost nothing
Arc = tuple[int, str, float]


class Candidate(NamedTuple):
    """Atoms ``first`` to ``last`` (not included) read as one number.

    ``strong`` tells whether it shows where it begins: a plus sign, a zero, or any digit
    where the plan has no trunk prefix.
    """

    first: int
    last: int
    number: str
    form: Form
    cost: float
    strong: bool


def arcs(atoms: Sequence[Atom], index: int, text: str) -> Iterator[Arc]:
    """Yield what can be read from atom *index* on: next atom, digits, cost."""
    atom = atoms[index]
    if atom.word is None:
        for digits in atom.readings:
            yield index + 1, digits, atom.cost
        return
    if atom.word.kind is Kind.TIMES:
        if index + 1 < len(atoms) and _joint(atoms, index, text) is not None:
            for digits in atoms[index + 1].readings:
                yield index + 2, digits * int(atom.word.digits), 0.0
        return
    whole = [(end, str(v), atom.cost) for end, v in _values(atoms, index, text) if end > index + 1]
    yield index + 1, atom.readings[0], atom.cost + (_APART if whole else 0.0)
    yield from whole
    yield from _hundreds(atoms, index, text)


def _joint(atoms: Sequence[Atom], index: int, text: str) -> str | None:
    """Return the joiner between atom *index* and the next, None when they cannot be one value."""
    if index + 1 >= len(atoms):
        return None
    gap = unleet(text[atoms[index].end : atoms[index + 1].start])
    return gap.strip(" '’-\n") if len(gap) <= 8 and _JOINT.fullmatch(gap) else None  # noqa: PLR2004


def _value(atom: Atom, kind: Kind) -> int | None:
    """Return the value of *atom* if it can serve as *kind*; figures serve as unit or teen."""
    digits = atom.readings[0]
    if atom.word is not None:
        return int(digits) if atom.word.kind is kind else None
    if kind is Kind.UNIT and len(digits) == 1:
        return int(digits)
    if kind is Kind.TEEN and len(digits) == 2 and digits[0] == "1":  # noqa: PLR2004
        return int(digits)
    return None


def _values(atoms: Sequence[Atom], index: int, text: str) -> Iterator[tuple[int, int]]:
    """Yield (next atom, value) of one to ninety-nine read from word atom *index*."""
    word = atoms[index].word
    if word is None:
        return
    value = int(word.digits)
    if word.kind is Kind.TEN:
        yield from _after_ten(atoms, index, value, text, vigesimal=word.vigesimal)
    elif word.kind is Kind.TEEN:
        yield from _teens(atoms, index, text)
    elif word.kind is Kind.UNIT:
        yield index + 1, value
        yield from _after_unit(atoms, index, value, text)


def _after_ten(
    atoms: Sequence[Atom], index: int, ten: int, text: str, *, vigesimal: bool
) -> Iterator[tuple[int, int]]:
    yield index + 1, ten
    if _joint(atoms, index, text) is None:
        return
    unit = _value(atoms[index + 1], Kind.UNIT)
    if unit:
        yield index + 2, ten + unit
    if vigesimal and _value(atoms[index + 1], Kind.TEEN) is not None:
        for end, teen in _teens(atoms, index + 1, text):
            yield end, ten + teen


def _teens(atoms: Sequence[Atom], index: int, text: str) -> Iterator[tuple[int, int]]:
    value = _value(atoms[index], Kind.TEEN)
    if value is None:
        return
    yield index + 1, value
    if value == 10 and atoms[index].word and _joint(atoms, index, text) == "":  # noqa: PLR2004
        unit = _value(atoms[index + 1], Kind.UNIT)
        if unit and unit >= 7:  # noqa: PLR2004 - dix-sept, dix-huit, dix-neuf
            yield index + 2, value + unit


def _after_unit(
    atoms: Sequence[Atom], index: int, unit: int, text: str
) -> Iterator[tuple[int, int]]:
    joiner = _joint(atoms, index, text)
    if joiner is None:
        return
    ten = _value(atoms[index + 1], Kind.TEN)
    if ten is None:
        return
    if unit == 4 and ten == 20 and joiner == "":  # noqa: PLR2004 - quatre-vingt
        yield from _after_ten(atoms, index + 1, 80, text, vigesimal=True)
    following = atoms[index + 1]
    glued_and = text[following.start] == "و"
    if following.word and following.word.units_first and (joiner or glued_and) and unit:
        yield index + 2, ten + unit


def _hundreds(atoms: Sequence[Atom], index: int, text: str) -> Iterator[Arc]:
    """Yield three-digit values: cent douze, six cent quarante-deux."""
    word, at, times = atoms[index].word, index, 1
    if word and word.kind is Kind.UNIT and _joint(atoms, index, text) == "":
        times, at = int(word.digits), index + 1
        word = atoms[at].word
    if word is None or word.kind is not Kind.HUNDRED or not times:
        return
    yield at + 1, str(100 * times), 0.1
    if _joint(atoms, at, text) is not None:
        for end, value in _values(atoms, at + 1, text):
            yield end, str(100 * times + value), 0.1


def may_have_plus(text: str) -> bool:
    """Tell whether a plus sign, or a word for it, stands in *text* at all."""
    return any(sign.strip() in text for sign in _PLUS)


def plus_before(text: str, start: int) -> bool:
    """Tell whether a plus sign, or the word for it, stands before *start*."""
    return (" " + text[max(0, start - 8) : start].rstrip(" ([")).endswith(_PLUS)


@dataclass(frozen=True, slots=True)
class Row:
    """The atoms of a text in order.

    Args:
        text: Folded text.
        atoms: Pieces that carry digits.
        gaps: Cost of what stands before each atom.
        region: ISO 3166 code of the site.
    """

    text: str
    atoms: Sequence[Atom]
    gaps: Sequence[float]
    region: str


def is_figures(row: Row, first: int, last: int) -> bool:
    """Tell whether each atom of a cluster has one reading, so that windows are enough."""
    return all(a.word is None and len(a.readings) == 1 for a in row.atoms[first:last])


def candidates(row: Row, first: int, last: int, *, strong: bool) -> Iterator[Candidate]:
    """Yield the readings of atoms *first* to *last* (not included) as phone numbers.

    Args:
        row: The atoms of a text.
        first, last: The cluster to search.
        strong: Only candidates that show where they begin, otherwise only the others.
    """
    trunk = numbering(row.region).has_trunk
    starts = [k for k in range(first, last) if (not trunk or _begins(row, k)) is strong]
    if starts:
        steps = [tuple(arcs(row.atoms, k, row.text)) for k in range(first, last)]
        for start in starts:
            yield from _best(_from(row, start, last, steps[start - first :]))


def _begins(row: Row, start: int) -> bool:
    atom = row.atoms[start]
    if atom.word is not None and atom.word.kind is Kind.TIMES:
        return True
    return any(r[0] == "0" for r in atom.readings) or plus_before(row.text, atom.start)


def _best(found: Iterator[Candidate]) -> Iterator[Candidate]:
    """Keep the cheapest reading of each stretch and form."""
    best: dict[tuple[int, Form], Candidate] = {}
    for candidate in found:
        key = candidate.last, candidate.form
        if key not in best or candidate.cost < best[key].cost:
            best[key] = candidate
    yield from best.values()


def figures(row: Row, first: int, last: int) -> Iterator[Candidate]:
    """Yield the candidates of a cluster of figures: windows of one string of digits."""
    cluster = row.atoms[first:last]
    digits = "".join([atom.readings[0] for atom in cluster])
    if len(digits) < SHORTEST:
        return
    begins: list[int] = []
    costs: list[float] = []
    at, paid = 0, 0.0
    for offset, atom in enumerate(cluster):
        begins.append(at)
        paid += atom.cost + (row.gaps[first + offset] if offset else 0.0)
        costs.append(paid)
        at += len(atom.readings[0])
    ends = {begin: k for k, begin in enumerate(begins[1:], 1)} | {at: len(cluster)}
    plans = numbering(row.region)
    signed = may_have_plus(row.text)
    for k, begin in enumerate(begins):
        if begin + SHORTEST > at:
            break
        plus = signed and plus_before(row.text, cluster[k].start)
        strong = plus or digits[begin] == "0" or not plans.has_trunk
        if plus or digits.startswith("00", begin):
            lengths: Iterable[int] = range(SHORTEST, _LONGEST_ROW + 1)
        else:
            lengths = plans.lengths(digits[begin])
        for length in lengths:
            end = ends.get(begin + length)
            if end is None:
                continue
            result = read(digits[begin : begin + length], plus=plus, region=row.region)
            if result:
                cost = costs[end - 1] - costs[k] + cluster[k].cost
                yield Candidate(first + k, first + end, *result, cost, strong)


def _from(row: Row, start: int, last: int, steps: Sequence[tuple[Arc, ...]]) -> Iterator[Candidate]:
    """Yield candidates that begin at atom *start*, over every reading of the atoms."""
    atoms, gaps, text = row.atoms, row.gaps, row.text
    plus = plus_before(text, atoms[start].start)
    plans = numbering(row.region)
    strong = not plans.has_trunk or _begins(row, start)
    rows: dict[int, dict[str, float]] = {start: {"": 0.0}}
    for at in range(start, min(last, start + _MOST_ATOMS)):
        if at not in rows:
            continue
        between = gaps[at] if at > start else 0.0
        kept = sorted(rows.pop(at).items(), key=itemgetter(1))[:_WIDEST]
        for end, more, price in steps[at - start]:
            if end > last:
                continue
            inner = sum(gap for gap in gaps[at + 1 : end] if gap > _JOINING)
            for digits, cost in kept:
                read_so_far, total = digits + more, cost + between + price + inner
                wide = plus or read_so_far.startswith("00")
                size = len(read_so_far)
                if (wide and size >= SHORTEST) or size in plans.lengths(read_so_far[0]):
                    result = read(read_so_far, plus=plus, region=row.region)
                    if result:
                        yield Candidate(start, end, *result, total, strong)
                if size < (_LONGEST_ROW if wide else plans.longest):
                    known = rows.setdefault(end, {})
                    known[read_so_far] = min(total, known.get(read_so_far, total))
