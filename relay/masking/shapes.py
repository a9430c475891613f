"""How the atoms of a candidate are written: their sizes, what stands between, words among them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from relay.masking import gaps
from relay.masking.lattice import Candidate, Row
from relay.masking.plans import Form, numbering
from relay.masking.tokens import Atom

LEAST_GROUPS = 4
_LEAST_WORDS = 3
_LARGEST_STEP = 10  # 01 23 45 67 89 is how people write a number that is none of theirs
_LEAST_GROUPED = 3
_WHOLE = (Form.MOBILE, Form.NATIONAL, Form.BARE)
_IN_PAIRS = "33"  # whose numbers are never written in two groups, nor with four in the middle
_PAIR_SIGNS = frozenset(". -")
_EVEN_SIGNS = frozenset(("", *" .-/_"))
_AFTER_AREA = frozenset((") ", ")"))  # (506) 600-0130
_LONGEST_GROUP = 4
_FILLERS = frozenset("abcdefghijklmnopqrstuvwxyz")


@dataclass(slots=True)  # as an Atom: never changed, read often
class Shape:
    """How a candidate is written.

    Args:
        row: The atoms of a text.
        candidate: Those of them that could be a number.
        atoms: The same, in order.
        sizes: How many digits each of them has.
        between: What stands between them.
        signs: The same, each kind once.
        words: How many of them are number words.
        told: Whether the digits stand one by one or in pairs, the first group perhaps one digit.
        split: Whether words between the atoms say that the number goes on.
    """

    row: Row
    candidate: Candidate
    atoms: Sequence[Atom]
    sizes: Sequence[int]
    between: Sequence[str]
    signs: frozenset[str]
    words: int
    told: bool
    split: bool

    @property
    def said(self) -> bool:
        """Whether most of it is said in words."""
        return self.words > _LEAST_WORDS

    @property
    def even(self) -> bool:
        """Whether one sign, or nothing, stands between all atoms."""
        return len(self.signs) == 1 and _EVEN_SIGNS.issuperset(self.signs)

    @property
    def usual(self) -> str:
        """What stands between most atoms; a dash where there is one atom."""
        if len(self.signs) > 1:
            return max(self.between, key=self.between.count)
        return self.between[0] if self.between else "-"

    @property
    def grouped(self) -> bool:
        """Whether it is written as its plan has it: short groups, one sign, no thousands."""
        sizes, form = self.sizes, self.candidate.form
        if self.words or form not in _WHOLE or len(self.signs - _AFTER_AREA) != 1:
            return False
        in_pairs = numbering(self.row.region).code == _IN_PAIRS
        if len(sizes) < _LEAST_GROUPED:
            return form is not Form.BARE and not in_pairs
        if max(sizes) > _LONGEST_GROUP or (in_pairs and max(sizes[1:-1]) == _LONGEST_GROUP):
            return False
        return form is not Form.BARE or {*sizes[1:]} != {3}

    @property
    def in_three_pairs(self) -> bool:
        """Whether it is the six digits of an island, in pairs, and no sizes or prices: 94.27.36."""
        pairs = self.sizes == [2, 2, 2] and len(self.signs) == 1
        return pairs and self.between[0] in _PAIR_SIGNS and not self.rising and not self.words

    @property
    def groups(self) -> Sequence[str]:
        """The digits of each atom."""
        return self.row.digits[self.candidate.first : self.candidate.last]

    @property
    def values(self) -> list[int]:
        """What each group is worth as a figure."""
        return [*map(int, self.groups)]

    @property
    def rising(self) -> bool:
        """Whether each group is worth at least as much as the one before."""
        values = self.values
        return values == sorted(values)

    @property
    def likely(self) -> bool:
        """Whether hardly anything but a phone number is written like that."""
        return self.said or (self.told and not self.rising)

    @property
    def plain(self) -> bool:
        """Whether it is written in one go, with all gaps the same, or in words."""
        if len(self.atoms) == 1 or self.words >= _LEAST_WORDS:
            return True
        signs = self.signs - {""}
        if len(signs) > 1:
            return _FILLERS.issuperset(signs)
        return max(self.sizes) <= _LONGEST_GROUP


def shape_of(row: Row, c: Candidate) -> Shape:
    """Return how the atoms of a candidate are written."""
    first, last = c.first, c.last
    atoms = row.atoms[first:last]
    sizes = [*map(len, row.digits[first:last])]
    between = row.between[first + 1 : last]
    signs = frozenset(between)
    words = sum([a.word is not None for a in atoms])
    split = c.cost > 0 and _is_split(signs)
    return Shape(row, c, atoms, sizes, between, signs, words, _is_told(sizes), split)


def _is_told(sizes: Sequence[int]) -> bool:
    first = sizes[0]
    if len(sizes) < LEAST_GROUPS or first > 2:  # noqa: PLR2004
        return False
    if first == 2 and sizes[1] == 1 and {*sizes[2:]} == {2}:  # noqa: PLR2004 - 33 6 12 34 56 78
        return len(sizes) > LEAST_GROUPS
    return {*sizes[1:]} in ({2}, {first})


def _is_split(signs: Iterable[str]) -> bool:
    return any(len(gap) > gaps.LONGEST_FILLER and gaps.says_split(gap) for gap in signs)


def in_steps(values: Sequence[int]) -> bool:
    """Tell whether *values* go up or down by the same step: 5 10 15 20 25."""
    steps = {b - a for a, b in pairwise(values)}
    return len(steps) == 1 and 0 < abs(steps.pop()) <= _LARGEST_STEP
