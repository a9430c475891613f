"""How surely a row of digits is a phone number that somebody gives."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from relay.masking import context, gaps
from relay.masking.atoms import Atom
from relay.masking.blockers import identifiers, quantities, quantity_at, short_date_at
from relay.masking.lattice import Candidate, Row, plus_before
from relay.masking.plans import Form

_GOES_ON = re.compile(r"\s?(?:,|et|ou|and|or|und|y|e|en)?\s?(?:le |la |the )?[0-9]{1,2}(?![0-9])")
_OPENS = re.compile(r"0[ .-]?[1-9](?:[ ./_-]?[0-9]){6}")
_LISTING = re.compile(r"\s*,?\s*(?:et|ou|and|or|und|oder|y|o|e|en|of)?\s*")
_FIGURE_END, _FIGURE_START = (
    re.compile(r"(?<![^\W_])\d{1,20}$"),
    re.compile(r"\d{1,20}(?![^\W\d_]{3})"),
)
_LONGEST_GROUP = 4
_LIKE_SIREN = (Form.NO_TRUNK, Form.MOBILE_NO_TRUNK, Form.NEIGHBOUR)
_CLOSE, _CLOSE_SIGNS = 0.2, 4
_LEAST_GROUPS, _LEAST_WORDS = 4, 3
_AROUND = 80  # characters in which an identifier, or a word for one, is looked for
_ALONE = 2  # signs beside a number that is the whole message
_LARGEST_STEP = 10  # 01 23 45 67 89 is how people write a number that is none of theirs
_SINGLE = frozenset("-./_")
_FILLERS = frozenset("abcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True)
class Judge:
    """Scores candidates of one folded text; what it needs of the text is found when first asked."""

    text: str
    atoms: Sequence[Atom]

    @cached_property
    def soft(self) -> frozenset[int]:
        """Starts of the atoms that are part of a date or a price."""
        return quantities(self.text, self.atoms)

    @cached_property
    def announced(self) -> bool:
        """Whether the text speaks of phones at all."""
        return context.is_announced(self.text)

    def is_barred(self, start: int, end: int, form: Form) -> bool:
        """Tell whether ``text[start:end]`` touches an identifier that its form can be taken for."""
        near = max(0, start - _AROUND)
        first = self.text.rfind(" ", max(0, near - _AROUND), near) + 1 or near
        last = self.text.find(" ", end + _AROUND, end + 2 * _AROUND)
        window = self.text[first : last if last > 0 else end + _AROUND]
        return any(
            a < end - first and start - first < b and (kind != "siren" or form in _LIKE_SIREN)
            for a, b, kind in identifiers(window)
        )

    def at_most(self, row: Row, c: Candidate) -> float:
        """Return the most that ``score`` can say of a candidate, without reading around it."""
        said = context.SPLIT_SAID if _says_split(row, c) else 0.0
        return self._form(row, c) + context.CUE_BEFORE + said

    def _form(self, row: Row, c: Candidate) -> float:
        atoms = row.atoms[c.first : c.last]
        value = context.FORM_WEIGHT[c.form] - c.cost + context.TOLD * is_told(atoms)
        if is_said(atoms):
            value += context.WORDS
        alone = len(self.text.strip()) <= atoms[-1].end - atoms[0].start + _ALONE
        return value + context.ALONE * alone

    def score(self, row: Row, c: Candidate) -> float:
        """Return the sum of the weights of ``context`` that hold for a candidate."""
        atoms = row.atoms[c.first : c.last]
        start, end = atoms[0].start, atoms[-1].end
        cue = context.cue_weight(self.text, start, end)
        value = self._form(row, c) + cue
        if _says_split(row, c):
            value += context.SPLIT_SAID
        likely = _is_likely(atoms)
        if value >= context.ACCEPT and context.is_code(self.text, start, beside=likely):
            value += context.IDENTIFIER * (0.5 if likely else 1.0)
        if value >= context.ACCEPT:
            value += self._penalties(row, c, cue)
        barred = value >= context.ACCEPT and self.is_barred(start, end, c.form)
        return -context.ACCEPT if barred else value

    def _penalties(self, row: Row, c: Candidate, cue: float) -> float:
        atoms = row.atoms[c.first : c.last]
        value = _tails(row, c)
        if context.unit_after(self.text, atoms[-1].end):
            value += context.UNIT_AFTER * (0.5 if _is_likely(atoms) else 1.0)
        if _two_fives(row, c):
            value += context.POSTCODES
        if _is_listed(row, c) if cue else _rising(row, c):
            value += context.RISING
        if not is_plain(row, c) and any(short_date_at(self.text, a.start) > a.end for a in atoms):
            value += context.SHORT_DATE
        return value


def _says_split(row: Row, c: Candidate) -> bool:
    """Tell whether words between the atoms of a candidate say that the number goes on."""
    return any(
        b.start - a.end > gaps.LONGEST_FILLER and gaps.says_split(row.text[a.end : b.start])
        for a, b in pairwise(row.atoms[c.first : c.last])
    )


def is_plain(row: Row, c: Candidate) -> bool:
    """Tell whether a candidate is written in one go, with all gaps the same, or in words."""
    atoms = row.atoms[c.first : c.last]
    if len(atoms) == 1:
        return True
    if sum([a.word is not None for a in atoms]) >= _LEAST_WORDS:
        return True
    between = {*_gaps(row, c)} - {""}
    if len(between) > 1 and _FILLERS.issuperset(between):
        return True
    return len(between) <= 1 and max([len(a.readings[0]) for a in atoms]) <= _LONGEST_GROUP


def is_one_quantity(row: Row, c: Candidate) -> bool:
    """Tell whether the whole candidate is one date or one amount."""
    return quantity_at(row.text, row.atoms[c.first].start) >= row.atoms[c.last - 1].end


def is_told(atoms: Sequence[Atom]) -> bool:
    """Tell whether the digits stand one by one or in pairs, the first group perhaps one digit."""
    if len(atoms) < _LEAST_GROUPS:
        return False
    first, *others = [len(a.readings[0]) for a in atoms]
    return others in ([2] * len(others), [first] * len(others)) and first <= 2  # noqa: PLR2004


def is_said(atoms: Sequence[Atom]) -> bool:
    """Tell whether most of it is said in words."""
    return sum([a.word is not None for a in atoms]) > _LEAST_WORDS


def _is_likely(atoms: Sequence[Atom]) -> bool:
    """Tell whether hardly anything but a phone number is written like that."""
    return (is_told(atoms) and not _is_rising(atoms)) or is_said(atoms)


def _tails(row: Row, c: Candidate) -> float:
    """Return the penalty for figures or number words that go on right before or after."""
    atoms, found = row.atoms, 0.0
    widest = max([len(a.readings[0]) for a in atoms[c.first : c.last]])
    limit = widest if c.last - c.first > 1 else _LONGEST_GROUP
    gap = _usual_gap(row, c)
    found += context.TAIL * _figure_before(row.text, atoms[c.first].start, gap, limit)
    found += context.TAIL * _figure_after(row.text, atoms[c.last - 1].end, gap, limit)
    if c.first > 0:
        found += _goes_on(row, c.first - 1, c.first)
    if c.last < len(atoms):
        found += _goes_on(row, c.last - 1, c.last)
    return found


def _usual_gap(row: Row, c: Candidate) -> str:
    """Return the gap met most between the atoms of a candidate, "-" when there is none."""
    if c.last - c.first == 1:
        return "-"
    between = _gaps(row, c)
    return max(between, key=between.count)


def _gaps(row: Row, c: Candidate) -> list[str]:
    return [row.text[a.end : b.start] for a, b in pairwise(row.atoms[c.first : c.last])]


def _figure_before(text: str, start: int, gap: str, limit: int) -> bool:
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
    return run is not None and (sign != " " or len(run.group()) <= limit)


def _figure_after(text: str, end: int, gap: str, limit: int) -> bool:
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
    return (sign != " " or len(run.group()) <= limit) and quantity_at(text, at) == at


def _goes_on(row: Row, left: int, right: int) -> float:
    a, b = row.atoms[left], row.atoms[right]
    close = row.gaps[right] < _CLOSE and b.start - a.end < _CLOSE_SIGNS
    both = a.word is not None and b.word is not None and not (a.shy or b.shy)
    return context.WORD_TAIL if both and close else 0.0


def _rising(row: Row, c: Candidate) -> bool:
    """Tell whether a candidate is part of an enumeration: even steps, or rising and listed."""
    atoms = row.atoms[c.first : c.last]
    if len(atoms) < _LEAST_GROUPS or any(a.word for a in atoms):
        return False
    if _in_steps(atoms):
        return True
    if not _is_rising(atoms):
        return False
    between = _gaps(row, c)
    if not c.strong and {*between} == {" - "}:
        return True
    if not all(map(_LISTING.fullmatch, between)):
        return False
    return any("," in gap for gap in between) or (
        _GOES_ON.match(row.text, atoms[-1].end) is not None
    )


def _is_listed(row: Row, c: Candidate) -> bool:
    """Tell whether a candidate that shows no beginning is an enumeration: 3310, 6300 et 105."""
    if c.strong or "," not in "".join(between := _gaps(row, c)):
        return False
    if not all(map(_LISTING.fullmatch, between)):
        return False
    atoms = row.atoms[c.first : c.last]
    ended = any(map(str.isalpha, between[-1]))
    return _is_rising(atoms) or (ended and not is_told(atoms))


def _is_rising(atoms: Sequence[Atom]) -> bool:
    values = [int(a.readings[0]) for a in atoms]
    return values == sorted(values)


def _in_steps(atoms: Sequence[Atom]) -> bool:
    """Tell whether the values go up or down by the same step: 5 10 15 20 25."""
    steps = {int(b.readings[0]) - int(a.readings[0]) for a, b in pairwise(atoms)}
    return len(steps) == 1 and 0 < abs(steps.pop()) <= _LARGEST_STEP


def _two_fives(row: Row, c: Candidate) -> bool:
    atoms = row.atoms[c.first : c.last]
    if [len(a.readings[0]) for a in atoms] != [5, 5]:
        return False
    return row.text[atoms[0].end : atoms[1].start].strip() not in ("-", ".", "_")
