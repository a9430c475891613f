"""Rows of atoms whose digits make a phone number, over every way to read the atoms."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from relay.masking.grammar import Arc, arcs
from relay.masking.plans import Form, numbering
from relay.masking.sizes import NOTHING, WIDE
from relay.masking.tokens import Atom
from relay.masking.words import Kind

_PLUS_WORDS = ("plus", "piu", "mas", "mais")
_PLUS = ("+", *(f" {word}" for word in _PLUS_WORDS))
_MAY_BE_PLUS = re.compile("|".join(map(re.escape, ("+", *_PLUS_WORDS))))
_PLUS_WITHIN = 8  # characters
_SUM = re.compile(r"\d \+ $")  # 1 à 60 + 62
# The most digits one word can add: triple and a ten, six hundred and twelve, a ten or a unit.
_MOST_DIGITS = {Kind.TIMES: 9, Kind.HUNDRED: 3, Kind.TEN: 2, Kind.TEEN: 2, Kind.UNIT: 2}
_MOST_ATOMS = 28  # a number has no more pieces, joined words included
_NO_CODE = "000"  # no country code begins with a zero
_WIDEST, _FEWER = 10, 2  # readings kept at each atom; fewer in a text of very many atoms
_MANY_ATOMS = 200
_JOINING = 0.3  # cheaper gaps inside one value cost nothing


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


def plus_before(text: str, start: int) -> bool:
    """Tell whether a plus sign, or the word for it, stands before *start*."""
    near = text[max(0, start - _PLUS_WITHIN) : start]
    if near == "" or not (" " + near.rstrip(" ([")).endswith(_PLUS):
        return False
    return _SUM.search(near) is None


@dataclass(slots=True)  # as an Atom: never changed, read often
class Row:
    """The atoms of a text in order.

    Args:
        text: Folded text.
        atoms: Pieces that carry digits.
        between: What stands before each atom; nothing before the first.
        gaps: What it costs.
        region: ISO 3166 code of the site.
        digits: The likeliest digits of each atom.
        upto: How many digits stand before each atom, then how many in all.
        known: What can be read from an atom on, as far as it was asked.
    """

    text: str
    atoms: Sequence[Atom]
    between: Sequence[str]
    gaps: Sequence[float]
    region: str
    digits: Sequence[str]
    upto: Sequence[int]
    known: dict[int, tuple[Arc, ...]]

    def steps(self, at: int) -> tuple[Arc, ...]:
        """Return what can be read from atom *at* on; worked out once."""
        known = self.known.get(at)
        if known is None:
            known = self.known[at] = tuple(arcs(self.atoms, at, self.text))
        return known


def is_figures(row: Row, first: int, last: int) -> bool:
    """Tell whether each atom of a cluster has one reading, so that windows are enough."""
    for atom in row.atoms[first:last]:
        if atom.word is not None or len(atom.readings) > 1:
            return False
    return True


def candidates(row: Row, first: int, last: int, *, strong: bool) -> Iterator[Candidate]:
    """Yield the readings of atoms *first* to *last* (not included) as phone numbers.

    Args:
        row: The atoms of a text.
        first, last: The cluster to search.
        strong: Only candidates that show where they begin, otherwise only the others.
    """
    plans = numbering(row.region)
    signed = _may_have_plus(row, first, last)
    reach = _reach(row, first, last)
    for start in range(first, last):
        if reach[start - first] < plans.least:
            return
        atom = row.atoms[start]
        plus = signed and plus_before(row.text, atom.start)
        if (plus or not plans.has_trunk or _begins(atom)) is strong:
            best: dict[tuple[int, Form], Candidate] = {}  # the cheapest of each stretch and form
            for end, number, form, cost in _from(row, start, (first, last), reach, plus=plus):
                if (end, form) not in best or cost < best[end, form].cost:
                    best[end, form] = Candidate(start, end, number, form, cost, strong)
            yield from best.values()


def _reach(row: Row, first: int, last: int) -> list[int]:
    """Return how many digits at most can be read from each atom of a cluster to its end."""
    reach = [0]
    for atom in reversed(row.atoms[first:last]):
        reach.append(
            reach[-1] + (_MOST_DIGITS[atom.word.kind] if atom.word else len(atom.readings[0]))
        )
    return reach[::-1]


def _begins(atom: Atom) -> bool:
    """Tell whether a number can begin with *atom*: with a zero, or with what is said twice."""
    if atom.word is not None and atom.word.kind is Kind.TIMES:
        return True
    return True in [digits[0] == "0" for digits in atom.readings]


def figures(row: Row, first: int, last: int, *, strong: bool) -> Iterator[Candidate]:
    """Yield the candidates of a cluster of figures: windows of one string of digits.

    Args:
        row: The atoms of a text.
        first, last: The cluster to search; every atom of it has one reading.
        strong: Only candidates that show where they begin, otherwise only the others.
    """
    plans, upto = numbering(row.region), row.upto
    signed = _may_have_plus(row, first, last)
    for start in range(first, last):
        here = upto[start]
        if upto[last] - here < plans.least:
            return
        plus = signed and plus_before(row.text, row.atoms[start].start)
        if (plus or not plans.has_trunk or row.digits[start][0] == "0") is not strong:
            continue
        digits = "".join(row.digits[start : min(last, start + WIDE.longest)])
        sizes = WIDE if plus else plans.by_head.get(digits[:2], NOTHING)
        for size in sizes.all if not digits.startswith(_NO_CODE) else ():
            end = bisect_left(upto, here + size, start + 1, last)
            if upto[end] == here + size and (result := plans.read(digits[:size], plus=plus)):
                yield Candidate(start, end, *result, _paid(row, start, end), strong)


def _may_have_plus(row: Row, first: int, last: int) -> bool:
    """Tell whether a plus sign, or a word for it, stands in or before a cluster at all."""
    near = max(0, row.atoms[first].start - _PLUS_WITHIN)
    return _MAY_BE_PLUS.search(row.text, near, row.atoms[last - 1].end) is not None


def _paid(row: Row, first: int, last: int) -> float:
    return sum([a.cost for a in row.atoms[first:last]]) + sum(row.gaps[first + 1 : last])


def _from(
    row: Row, start: int, cluster: tuple[int, int], reach: Sequence[int], *, plus: bool
) -> Iterator[tuple[int, str, Form, float]]:
    """Yield end, number, form and cost of what begins at atom *start*, however it is read."""
    first, last = cluster
    plans = numbering(row.region)
    widest = _WIDEST if len(row.atoms) <= _MANY_ATOMS else _FEWER
    rows: dict[int, dict[str, float]] = {start: {"": 0.0}}
    for at in range(start, min(last, start + _MOST_ATOMS)):
        if not rows:
            return
        kept = _cheapest(rows.pop(at, None), widest)
        before = row.gaps[at] if at > start else 0.0
        for end, more, price in row.steps(at) if kept else ():
            if end > last:
                continue
            paid = price + (before + _within(row, at, end) if end > at + 1 else before)
            known = rows.setdefault(end, {})
            least = plans.least - reach[end - first]
            for digits, cost in kept:
                read_so_far, total = digits + more, cost + paid
                size = len(read_so_far)
                sizes = WIDE if plus else plans.by_head.get(read_so_far[:2], NOTHING)
                if size in sizes.all and (result := plans.read(read_so_far, plus=plus)):
                    yield end, *result, total
                if (
                    least <= size < sizes.longest
                    and not read_so_far.startswith(_NO_CODE)
                    and total <= known.get(read_so_far, total)
                ):
                    known[read_so_far] = total


def _within(row: Row, at: int, end: int) -> float:
    """Return what the gaps cost inside the value of atoms *at* to *end*."""
    return sum([gap for gap in row.gaps[at + 1 : end] if gap > _JOINING])


def _cheapest(rows: dict[str, float] | None, widest: int) -> list[tuple[str, float]]:
    if not rows:
        return []
    if len(rows) == 1:
        return [*rows.items()]
    return sorted(rows.items(), key=itemgetter(1))[:widest]
