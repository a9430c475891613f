"""Find one known number in whatever form it was written; other numbers stay.

The digits are given, so no context is needed: the atoms of the text are matched
against the forms of that number, whole, without its beginning, or backwards.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from relay.masking import html
from relay.masking.atoms import Atom, find_atoms
from relay.masking.blockers import identifiers
from relay.masking.coarse import MOST_FIGURES, find_digits
from relay.masking.evidence import weigh
from relay.masking.gaps import APART, cost
from relay.masking.lattice import Arc, arcs
from relay.masking.plans import split_number
from relay.masking.search import Found, apart, outside, quantities
from relay.masking.signs import Reading, read_signs

_LEAST = 6  # digits of the shortest ending that gives a number away
_END_LONG, _END_SHORT = 8, 6
_FARTHEST = 400  # characters between two pieces of the whole number
_MOST_SKIPS = 3  # figures passed over inside the whole number (an age, a price)
_SKIPPING_ATOMS = 400  # longer texts are read without passing over figures
_TIGHT = 0.65
_FIGURE_BEFORE = re.compile(r"\d[ ./_-]?$")
_FIGURE_AFTER = re.compile(r"[ ./_-]?\d")


@dataclass(frozen=True, slots=True)
class _Form:
    """Digits to look for; ``part`` marks an ending, which must stand in one piece."""

    digits: str
    part: bool


def find_number(text: str, e164: str) -> list[tuple[int, int, str]]:
    """Find every rendering of the number *e164* in *text*.

    Args:
        text: Plain text or the source of an HTML page, any Unicode.
        e164: The number with its plus sign; anything else finds nothing.

    Returns:
        Start, end and *e164* of each stretch, in order, not overlapping.
    """
    forms = _forms(e164)
    if not forms:
        return []
    views = html.readings(text) if html.looks_like_html(text) else (read_signs(text),)
    return apart([hit for view in views for hit in _search(view, forms, e164)])


def _forms(e164: str) -> tuple[_Form, ...]:
    """Return the forms of a number, the longer ones first."""
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
    forms = [_Form(digits, part=False) for digits in whole | backwards]
    forms += [
        _Form(significant[-size:], part=True)
        for size in (_END_LONG, _END_SHORT)
        if len(significant) > size
    ]
    return tuple(sorted(forms, key=lambda form: (form.part, -len(form.digits), form.digits)))


def _search(view: Reading, forms: Sequence[_Form], e164: str) -> Iterator[Found]:
    text = view.text
    seen = weigh(text)
    if seen.most < _LEAST:
        return
    if seen.figures > MOST_FIGURES:
        whole = [form.digits for form in forms if not form.part]
        yield from ((*view.span(*span), e164) for span in find_digits(text, whole))
        return
    atoms = find_atoms(view, words=seen.words)
    if sum(len(a.readings[0]) for a in atoms) < _LEAST:
        return
    steps: list[tuple[Arc, ...] | None] = [None] * len(atoms)
    free = 0
    ends: list[int] | None = None
    for start, atom in enumerate(atoms):
        if atom.start < free:
            continue
        for form in forms:
            last = _match(atoms, start, form, text, steps)
            if last is None:
                continue
            if form.part and ends is None:
                ends = _barred(text, atoms)
            if form.part and not _stands_alone(text, atoms[start:last], form, ends or []):
                continue
            begin, end = view.span(atom.start, atoms[last - 1].end)
            yield begin, end, e164
            free = atoms[last - 1].end
            break
        else:
            yield from _inside(view, atom, forms, e164)


def _inside(view: Reading, atom: Atom, forms: Sequence[_Form], e164: str) -> Iterator[Found]:
    """Yield the whole number written inside one longer row of figures."""
    digits = atom.readings[0]
    for form in forms:
        at = digits.find(form.digits) if not form.part and len(form.digits) > _END_LONG else -1
        if at >= 0 and atom.word is None and len(digits) == atom.end - atom.start:
            start, end = view.span(atom.start + at, atom.start + at + len(form.digits))
            yield start, end, e164
            return


def _match(
    atoms: Sequence[Atom],
    start: int,
    form: _Form,
    text: str,
    steps: list[tuple[Arc, ...] | None],
) -> int | None:
    """Return the atom after the last one when the atoms from *start* on spell *form*."""
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
        known = steps[at]
        if known is None:
            known = steps[at] = tuple(arcs(atoms, at, text))
        if left and at > start and not _repeats(known, form, done):
            stack.append((at + 1, done, left - 1, paid))
        for after, digits, _ in known:
            if form.digits.startswith(digits, done):
                if done + len(digits) == len(form.digits):
                    return after
                stack.append((after, done + len(digits), left, paid))
    return None


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


def _barred(text: str, atoms: list[Atom]) -> list[int]:
    """Return the starts of the atoms that are a date, a price or an identifier."""
    outer = {a.start for a in outside(atoms, identifiers(text))}
    return sorted(quantities(text, atoms) | {a.start for a in atoms if a.start not in outer})


def _stands_alone(text: str, atoms: Sequence[Atom], form: _Form, barred: Sequence[int]) -> bool:
    """Tell whether an ending is no part of another figure; the shorter the ending, the stricter."""
    start, end = atoms[0].start, atoms[-1].end
    if _FIGURE_BEFORE.search(text, max(0, start - 2), start) or _FIGURE_AFTER.match(text, end):
        return False
    if len(form.digits) > _END_SHORT:
        return not all(a.start in barred for a in atoms)
    return not any(a.start in barred for a in atoms)
