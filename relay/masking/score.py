"""How surely a row of digits is a phone number that somebody gives."""

import re
from collections.abc import Sequence
from functools import cached_property

from relay.masking import codes, context, figures
from relay.masking.blockers import identifiers
from relay.masking.gaps import LONGEST_FILLER
from relay.masking.plans import Form
from relay.masking.quantities import quantities, quantity_at, short_date_at
from relay.masking.shapes import LEAST_GROUPS, Shape, in_steps
from relay.masking.tails import tails
from relay.masking.timetables import are_ranges, is_cut_out, is_stamp, is_timetable
from relay.masking.tokens import Atom

_GOES_ON = re.compile(r"\s?(?:,|et|ou|and|or|und|y|e|en)?\s?(?:le |la |the )?([0-9]{1,2})(?![0-9])")
_LISTING = re.compile(r"\s*,?\s*(?:et|ou|and|or|und|oder|y|o|e|en|of)?\s*")
_COUNTED = re.compile(
    r" (?!com[moe]|like|wie|zoals)[^\W\d_]{3,}[^,;]{0,24}[,;](?: [^\W\d]{2,}.{0,20})? ?"
)
_ARTICLE = re.compile(r"\b(?:les?|die|der|das|the|los|el|il|os?|de|het) $")
_LEAST_COUNTED, _MOST_COUNTED = 2, 12
_LONGEST_PART = 5  # digits of a group
_LETTER = re.compile(r"[^\W\d_]")
_LIKE_SIREN = (Form.NO_TRUNK, Form.MOBILE_NO_TRUNK, Form.NEIGHBOUR)
_AROUND = 80  # characters in which an identifier, or a word for one, is looked for
_NEAR = 6  # characters of an article
_BOSCH = [4, 3, 3]  # digits of the groups of a part: 0281 011 534
_DRAWN, _RUNNERS = 2, 24  # digits of a ball, horses of a race
_ALONE = 2  # signs beside a number that is the whole message
_LARGEST_SIZE = 40  # 06 08 10 12 16: sizes, days, issues


class Judge:
    """Scores candidates of one folded text; what it needs of the text is found when first asked."""

    def __init__(self, text: str, atoms: Sequence[Atom]) -> None:
        self.text = text
        self.atoms = atoms
        self.size = len(text.strip())  # signs, without the blanks around them
        self._announced_before: dict[int, bool] = {}
        self._searched: set[tuple[int, int, int]] = set()

    @cached_property
    def soft(self) -> frozenset[int]:
        """Starts of the atoms that are part of a date or a price."""
        return quantities(self.text, self.atoms)

    @cached_property
    def announced(self) -> bool:
        """Whether the text speaks of phones at all."""
        return context.is_announced(self.text)

    def knows(self, atoms: Sequence[Atom]) -> bool:
        """Tell whether the same row of *atoms* was searched before: no number was left in it."""
        row = atoms[0].start, atoms[-1].end, len(atoms)
        known = row in self._searched
        self._searched.add(row)
        return known

    def is_soft(self, shape: Shape) -> bool:
        """Tell whether a candidate takes in a date or a price and is not plainly a number."""
        first, last = shape.atoms[0], shape.atoms[-1]
        if shape.plain:
            return quantity_at(self.text, first.start) >= last.end
        return not self.soft.isdisjoint([a.start for a in shape.atoms])

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

    def most_cue(self, start: int) -> float:
        """Return the most that the words around a number can weigh, from those before it."""
        if start not in self._announced_before:
            self._announced_before[start] = context.is_announced_before(self.text, start)
        return context.CUE_BEFORE if self._announced_before[start] else context.CUE_AFTER

    def own_weight(self, shape: Shape) -> float:
        """Return what the form of a candidate weighs, before anything around it is read."""
        c = shape.candidate
        value = context.FORM_WEIGHT[c.form] - c.cost + context.TOLD * shape.told
        if shape.said:
            value += context.WORDS
        if c.form is Form.SHORT and shape.in_three_pairs and not self._is_dated(shape):
            value += context.THREE_PAIRS
        if self.size <= shape.atoms[-1].end - shape.atoms[0].start + _ALONE:
            value += context.ALONE
        return value + context.SPLIT_SAID * shape.split

    def score(self, shape: Shape, own: float) -> float:
        """Return the sum of the weights of ``context`` that hold for a candidate.

        Args:
            shape: How it is written.
            own: What ``own_weight`` says of it.
        """
        start, end = shape.atoms[0].start, shape.atoms[-1].end
        cue = self.most_cue(start)
        if cue < context.CUE_BEFORE:
            cue = context.cue_after(self.text, start, end)
        value = own + cue
        if value >= context.ACCEPT and shape.candidate.form is not Form.PLUS:
            value += self._code_weight(shape, cue)
        if value >= context.ACCEPT:
            value += self._penalties(shape, cue)
        barred = value >= context.ACCEPT and self.is_barred(start, end, shape.candidate.form)
        return -context.ACCEPT if barred else value

    def _is_dated(self, shape: Shape) -> bool:
        """Tell whether a candidate begins like a date with a short year: 24.12.25."""
        return short_date_at(self.text, shape.atoms[0].start) > shape.atoms[0].end

    def _code_weight(self, shape: Shape, cue: float) -> float:
        """Return the penalty for words that announce a reference, and for "number" said of it."""
        start = shape.atoms[0].start
        if not codes.has_code_word(self.text, start):
            return 0.0
        if context.is_own_phone(self.text, shape.atoms[-1].end):
            return 0.0
        grouped = shape.grouped or shape.in_three_pairs
        if not codes.is_code(self.text, start, beside=False, grouped=grouped):
            return 0.0
        if not shape.likely:
            numbered = cue == context.CUE_BEFORE and codes.is_only_numbered(self.text, start)
            return context.IDENTIFIER - numbered * cue
        beside = codes.is_code(self.text, start, beside=True, grouped=grouped)
        return context.IDENTIFIER / 2 if beside else 0.0

    def _is_drawn(self, shape: Shape) -> bool:
        """Tell whether a candidate is the figures of a lottery, of a race, of a list of things."""
        if len(shape.atoms) < LEAST_GROUPS or shape.candidate.form is Form.PLUS:
            return False
        start, end = shape.atoms[0].start, shape.atoms[-1].end
        values = {*shape.values}
        if len(values) == len(shape.atoms):
            if context.says_list(self.text, start, apart="," in shape.between[0]):
                return not context.is_own_phone(self.text, end)
            if max(values) <= _RUNNERS:
                return context.says_race(self.text, start)
        if max(shape.sizes) > _DRAWN or shape.likely:
            return False
        if shape.rising and not shape.words and context.says_collected(self.text, start):
            return self.most_cue(start) < context.CUE_BEFORE
        return context.says_draw(self.text, start, end)

    def _penalties(self, shape: Shape, cue: float) -> float:
        atoms = shape.atoms
        groups = shape.groups
        value = tails(shape)
        if context.unit_after(self.text, atoms[-1].end) and not _is_whole(shape):
            value += context.UNIT_AFTER / (2 if shape.likely else 1)
        if (
            shape.sizes == [5, 5]
            and not shape.split
            and figures.are_postcodes(groups, shape.between[0])
        ):
            value += context.POSTCODES
        if self._is_drawn(shape) or (_is_listed(shape) if cue else _rising(shape)):
            value += context.RISING
        if not cue and shape.said and _is_counting(shape):
            value += context.COUNTING
        if not cue and shape.candidate.form is Form.NATIONAL and _is_part(shape):
            value += context.PART
        if not shape.even:
            value += _uneven(shape, groups, cue)
        if shape.plain:
            return value
        if not (shape.split or shape.candidate.strong or shape.told):
            value += context.UNEVEN
        if any(short_date_at(self.text, a.start) > a.end for a in atoms):
            value += context.SHORT_DATE
        return value


def _uneven(shape: Shape, groups: Sequence[str], cue: float) -> float:
    """Return the penalties for what words, or several signs, between the groups tell."""
    between, value = shape.between, 0.0
    if not cue:
        value += context.COUNTED * _is_counted(between)
        value += context.ARTICLES * _has_articles(shape)
    if not between:
        return value
    if not (shape.split or shape.words):
        value += context.TIMETABLE * (
            is_timetable(groups, between) or figures.are_decimals(groups, between)
        )
    value += context.RANGES * _is_ranged(shape, groups)
    return value + context.UNLIKE * (_is_unlike(shape) or figures.names_model(between))


def _is_ranged(shape: Shape, groups: Sequence[str]) -> bool:
    """Tell whether *groups* are ranges, ratios, sums, sets of a match, thousands or a date."""
    text, start, end = shape.row.text, shape.atoms[0].start, shape.atoms[-1].end
    return (
        are_ranges(shape.between)
        or any(
            told(groups, shape.between)
            for told in (figures.are_ratios, figures.are_sums, figures.are_sets, is_stamp)
        )
        or figures.are_thousands(text, start, groups, shape.between)
        or is_cut_out(text, start, end, groups, shape.between)
    )


def _is_whole(shape: Shape) -> bool:
    """Tell whether a candidate can be no amount, whatever follows: 0692 17 06 87, photos."""
    if shape.candidate.form is Form.PLUS:
        return True
    if len(shape.atoms) == 1:
        return shape.row.digits[shape.candidate.first][0] == "0"
    return shape.grouped and not (shape.rising and len(shape.atoms) >= LEAST_GROUPS)


def _is_part(shape: Shape) -> bool:
    """Tell whether a candidate is written, or announced, like the number of a spare part."""
    if len(shape.atoms) == 1 or shape.sizes == _BOSCH:
        return codes.is_part_named(shape.row.text, shape.atoms[0].start)
    return figures.is_part(shape.groups, shape.between)


def _is_counted(between: Sequence[str]) -> bool:
    """Tell whether a noun and a comma follow the groups: 06 jeux, 02 manettes."""
    return sum(_COUNTED.fullmatch(gap) is not None for gap in between) >= _LEAST_COUNTED


def _has_articles(shape: Shape) -> bool:
    """Tell whether the same article stands before each group: le 06, le 83, le 13."""
    start = shape.atoms[0].start
    before = _ARTICLE.search(shape.row.text, max(0, start - _NEAR), start)
    if before is None or max(shape.sizes) == 1:
        return False
    return all(before.group() == gap[-len(before.group()) :] for gap in shape.between)


def _is_counting(shape: Shape) -> bool:
    """Tell whether number words, and those right after them, go up in steps: six douze dix-huit."""
    row, at, values = shape.row, shape.candidate.first, list[int]()
    while at < len(row.atoms) and len(values) < _MOST_COUNTED:
        if at >= shape.candidate.last and row.gaps[at] > 0:
            break
        steps = row.steps(at)
        if not steps:  # the last word says how often the next one is to be taken
            return False
        at, digits, _ = max(steps)
        values.append(int(digits))
    return len(values) > LEAST_GROUPS and in_steps(values)


def _rising(shape: Shape) -> bool:
    """Tell whether a candidate is part of an enumeration: even steps, or rising and listed."""
    if len(shape.atoms) < LEAST_GROUPS:
        return False
    if in_steps(shape.values) or (
        in_steps(shape.values[:4]) and ("," in shape.between[0] or not shape.even)
    ):  # 06 08 10 12 14 ans, 3 € ou 12
        return True
    if shape.words or not shape.rising:
        return False
    if _are_sizes(shape) or (not shape.candidate.strong and {*shape.between} == {" - "}):
        return True
    if not all(map(_LISTING.fullmatch, shape.between)):
        return False
    goes_on = _GOES_ON.match(shape.row.text, shape.atoms[-1].end)
    return any("," in gap for gap in shape.between) or (
        goes_on is not None and int(goes_on[1]) > shape.values[-1]
    )


def _are_sizes(shape: Shape) -> bool:
    """Tell whether small values go up, nothing but signs between them: 06 - 08 - 10 - 12 - 16."""
    values = shape.values
    small = values[-1] <= _LARGEST_SIZE and len({*values}) == len(values)
    apart = all(len(gap) > 1 for gap in shape.between)  # 06 12 17 21 31 may be a number
    return small and apart and not any(map(_LETTER.search, shape.between))


def _is_unlike(shape: Shape) -> bool:
    """Tell whether a long group and another one stand apart by words that say nothing."""
    if shape.split or max(shape.sizes) <= _LONGEST_PART:
        return False
    return any(len(gap) > LONGEST_FILLER and _LETTER.search(gap) for gap in shape.between)


def _is_listed(shape: Shape) -> bool:
    """Tell whether a candidate that shows no beginning is an enumeration: 3310, 6300 et 105."""
    if shape.candidate.strong or "," not in "".join(shape.between):
        return False
    if not all(map(_LISTING.fullmatch, shape.between)):
        return False
    ended = any(map(str.isalpha, shape.between[-1]))
    return shape.rising or (ended and not shape.told)
