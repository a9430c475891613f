"""Find one known number in whatever form it was written; other numbers stay.

The digits are given, so no context is needed: the atoms of the text are matched
against the forms of that number, whole, without its beginning, or backwards.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from relay.masking import html
from relay.masking.atoms import find_atoms
from relay.masking.backwards import says_reversed
from relay.masking.blockers import identifiers
from relay.masking.coarse import MOST_FIGURES, find_digits
from relay.masking.countries import split_number
from relay.masking.evidence import Evidence, is_prose, weigh
from relay.masking.gaps import APART, cost
from relay.masking.grammar import Arc, arcs
from relay.masking.labels import without_labels
from relay.masking.quantities import quantities
from relay.masking.search import Found, apart, outside
from relay.masking.signs import Reading
from relay.masking.spelled import read_text
from relay.masking.tokens import Atom

_LEAST = 6  # digits of the shortest ending that gives a number away
_END_LONG, _END_SHORT = 8, 6
_FARTHEST = 400  # characters between two pieces of the whole number
_MOST_SKIPS = 3  # figures passed over inside the whole number (an age, a price)
_SKIPPING_ATOMS = 400  # longer texts are read without passing over figures
_TIGHT, _JOINED = 0.65, 0.15
_BRACKETS = frozenset("([{")

_FIGURE_BEFORE = re.compile(r"\d[ ./_-]?$")
_FIGURE_AFTER = re.compile(r"[ ./_-]?\d")


@dataclass(frozen=True, slots=True)
class _Form:
    """Digits to look for.

    Args:
        digits: All of them.
        part: An ending, which must stand in one piece.
        bare: The whole number without anything that shows where it begins.
        backwards: An ending that counts only where the text says that it is turned around.
    """

    digits: str
    part: bool = False
    bare: bool = False
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One number to look for.

    Args:
        e164: The number with its plus sign.
        forms: How it can be written, the longer forms first.
        heads: Every beginning of a form: what is none of these begins no form.
    """

    e164: str
    forms: tuple[_Form, ...]
    heads: frozenset[str]


class _Spelled:
    """The atoms of one text, with what several numbers ask of them, found once."""

    def __init__(self, text: str, atoms: list[Atom]) -> None:
        self.text = text
        self.atoms = atoms
        self._steps: list[tuple[Arc, ...] | None] = [None] * len(atoms)

    def steps(self, at: int) -> tuple[Arc, ...]:
        """Return what can be read from atom *at* on."""
        known = self._steps[at]
        if known is None:
            known = self._steps[at] = tuple(arcs(self.atoms, at, self.text))
        return known

    @cached_property
    def turned(self) -> bool:
        """Whether the text says that something is to be read backwards."""
        return says_reversed(self.text)

    @cached_property
    def barred(self) -> list[int]:
        """Starts of the atoms that are a date, a price or an identifier."""
        outer = {a.start for a in outside(self.atoms, identifiers(self.text))}
        inner = {a.start for a in self.atoms if a.start not in outer}
        return sorted(quantities(self.text, self.atoms) | inner)


def find_number(text: str, e164: str) -> list[tuple[int, int, str]]:
    """Find every rendering of the number *e164* in *text*.

    Args:
        text: Plain text or the source of an HTML page, any Unicode.
        e164: The number with its plus sign; anything else finds nothing.

    Returns:
        Start, end and *e164* of each stretch, in order, not overlapping.
    """
    return find_any(text, (e164,))


def find_any(text: str, numbers: Collection[str]) -> list[tuple[int, int, str]]:
    """Find every rendering of any of *numbers* in *text*, which is read once for all of them.

    Args:
        text: Plain text or the source of an HTML page, any Unicode.
        numbers: E.164 with the plus sign; anything else finds nothing.

    Returns:
        Start, end and number of each stretch, in order, not overlapping.
    """
    if is_prose(text):
        return []
    found: list[Found] = []
    for view in html.readings(text) if html.looks_like_html(text) else (read_text(text),):
        seen = weigh(view.text)
        if seen.most >= _LEAST:
            found += _search(view, seen, [_wanted(number) for number in numbers])
    return apart(found) if found else found


@lru_cache(maxsize=256)
def _wanted(e164: str) -> _Wanted:
    forms = _forms(e164)
    heads = {form.digits[:size] for form in forms for size in range(1, len(form.digits) + 1)}
    return _Wanted(e164, forms, frozenset(heads))


def _forms(e164: str) -> tuple[_Form, ...]:
    """Return the forms of a number, the longer ones first; none of what is no number."""
    parts = split_number(e164)
    if parts is None:
        return ()
    code, trunk, significant = parts
    national = trunk + significant
    whole = {
        f"00{code}{significant}",
        f"{code}{national}",
        f"{code}{significant}",
        national,
        significant,
    }
    pairs = [national[max(0, k - 2) : k] for k in range(len(national), 0, -2)]
    backwards = {form[::-1] for form in whole} | {"".join(pairs)}
    forms = [_Form(digits, bare=digits == significant) for digits in whole | backwards]
    for size in (_END_LONG, _END_SHORT):
        if len(significant) > size:
            ending = significant[-size:]
            forms.append(_Form(ending, part=True))
            forms.append(_Form(ending[::-1], part=True, backwards=True))
    return tuple(sorted(forms, key=lambda form: (form.part, -len(form.digits), form.digits)))


def _search(view: Reading, seen: Evidence, wanted: Sequence[_Wanted]) -> Iterator[Found]:
    text = view.text
    if seen.figures > MOST_FIGURES:
        for number in wanted:
            whole = [form.digits for form in number.forms if not form.part]
            yield from ((*view.span(*span), number.e164) for span in find_digits(text, whole))
        return
    view, labels = without_labels(view, seen)
    seen = weigh(view.text) if labels else seen
    spelled = _Spelled(view.text, find_atoms(view, seen))
    if sum([len(a.readings[0]) for a in spelled.atoms]) >= _LEAST:
        for number in wanted:
            yield from _renderings(view, spelled, number)


def _renderings(view: Reading, spelled: _Spelled, number: _Wanted) -> Iterator[Found]:
    """Yield the stretches of one text that spell one number."""
    atoms, free = spelled.atoms, 0
    for start, atom in enumerate(atoms):
        if atom.start < free:
            continue
        last = _longest(spelled, start, number)
        if last is not None:
            free = atoms[last - 1].end
            yield (*view.span(atom.start, free), number.e164)
        elif len(atom.readings[0]) > _END_LONG:
            yield from _inside(view, atom, number.forms, number.e164)


def _longest(spelled: _Spelled, start: int, number: _Wanted) -> int | None:
    """Return the atom after the longest form of a number that begins at atom *start*."""
    if number.heads.isdisjoint([digits for _, digits, _ in spelled.steps(start)]):
        return None
    for form in number.forms:
        if form.backwards and not spelled.turned:
            continue
        last = _match(spelled, start, form)
        if last is not None and _stands_alone(spelled, start, last, form):
            return last
    return None


def _inside(view: Reading, atom: Atom, forms: Sequence[_Form], e164: str) -> Iterator[Found]:
    """Yield the whole number written inside one longer row of figures."""
    digits = atom.readings[0]
    for form in forms:
        at = digits.find(form.digits) if not form.part and len(form.digits) > _END_LONG else -1
        if at >= 0 and atom.word is None and len(digits) == atom.end - atom.start:
            start, end = view.span(atom.start + at, atom.start + at + len(form.digits))
            yield start, end, e164
            return


def _match(spelled: _Spelled, start: int, form: _Form) -> int | None:
    """Return the atom after the last one when the atoms from *start* on spell *form*."""
    atoms, text = spelled.atoms, spelled.text
    skips = 0 if form.part or len(atoms) > _SKIPPING_ATOMS else _MOST_SKIPS
    stack = [(start, 0, skips, 0.0)]
    seen: set[tuple[int, int]] = set()
    while stack:
        at, done, left, paid = stack.pop()
        if (at, done) in seen or at >= len(atoms):
            continue
        seen.add((at, done))
        if at > start:
            paid += _price(text, atoms[at - 1].end, atoms[at].start, form)
        if paid > _TIGHT:
            continue
        known = spelled.steps(at)
        if left and at > start and not _is_bound(spelled, at) and not _repeats(known, form, done):
            stack.append((at + 1, done, left - (not _is_bracketed(spelled, at)), paid))
        for after, digits, _ in known:
            if form.digits.startswith(digits, done):
                if done + len(digits) == len(form.digits):
                    return after
                stack.append((after, done + len(digits), left, paid))
    return None


def _joined(spelled: _Spelled, at: int) -> bool:
    """Tell whether the atom before *at* goes on with it, a separator or a word for one between."""
    if at == 0:
        return False
    before = spelled.atoms[at - 1]
    return not before.shy and cost(spelled.text[before.end : spelled.atoms[at].start]) <= _JOINED


def _is_bound(spelled: _Spelled, at: int) -> bool:
    """Tell whether atom *at* goes on the one before it, as in 555-0137: it is not passed over."""
    gap = spelled.text[spelled.atoms[at - 1].end : spelled.atoms[at].start]
    return not any(sign.isspace() or sign in _BRACKETS for sign in gap)


def _is_bracketed(spelled: _Spelled, at: int) -> bool:
    """Tell whether a bracket opens right before atom *at*: what it says is beside the number."""
    start = spelled.atoms[at].start
    return spelled.text[start - 1 : start] in _BRACKETS


def _price(text: str, end: int, start: int, form: _Form) -> float:
    """Return what the gap costs: an ending stands in one piece, the whole number need not."""
    if start - end > _FARTHEST:
        return APART
    return cost(text[end:start]) if form.part else 0.0


def _repeats(known: tuple[Arc, ...], form: _Form, done: int) -> bool:
    """Tell whether an atom begins the number again: then the number begins there, not before."""
    return (
        done < len(form.digits)
        and any(len(digits) > 1 and form.digits.startswith(digits) for _, digits, _ in known)
        and not any(form.digits.startswith(digits, done) for _, digits, _ in known)
    )


def _stands_alone(spelled: _Spelled, first: int, last: int, form: _Form) -> bool:
    """Tell whether digits are no part of another figure; the shorter they are, the stricter."""
    text, atoms = spelled.text, spelled.atoms[first:last]
    if not (form.part or form.bare):
        return True
    start, end = atoms[0].start, atoms[-1].end
    before = _FIGURE_BEFORE.search(text, max(0, start - 2), start) is not None
    after = _FIGURE_AFTER.match(text, end) is not None
    if form.bare:
        return not (before and after)
    if before or after:
        return False
    barred = [a.start in spelled.barred for a in atoms]
    if len(form.digits) > _END_SHORT:
        return not all(barred)
    return not any(barred) and not _joined(spelled, first)
