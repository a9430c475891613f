"""Find the phone numbers of a text: cheap look, atoms, tight rows, then loose ones."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from relay.masking import fillers, gaps, html
from relay.masking.asides import without_asides
from relay.masking.atoms import find_atoms
from relay.masking.backwards import says_reversed
from relay.masking.choose import Taken, accept, clusters
from relay.masking.coarse import MOST_FIGURES, find_rows
from relay.masking.columns import find_columns
from relay.masking.evidence import is_prose, weigh
from relay.masking.grammar import end_of
from relay.masking.labels import Label, sorted_groups, without_labels
from relay.masking.lattice import Row
from relay.masking.plans import Form, numbering, read
from relay.masking.score import Judge
from relay.masking.shapes import in_steps
from relay.masking.signs import Reading
from relay.masking.sizes import LONGEST, SHORTEST
from relay.masking.spelled import read_text
from relay.masking.swapped import begins_later, in_parts, swapped
from relay.masking.tokens import Atom

Found = tuple[int, int, str]
_LOOSE = 50.0  # any gap that is not a border
# What is left is searched tightly again once dates and prices are out of it, then across words.
_AGAIN, _ACROSS = (gaps.TIGHT, ""), ((_LOOSE, "figures"), (_LOOSE, "words"))
_PAIR = re.compile(r"(.)(.)")
_NEAR, _LONG = 16, 8  # characters apart, digits of a row without a beginning
_READ_BACKWARDS = (Form.MOBILE, Form.NATIONAL, Form.BARE, Form.COUNTRY_CODE)


def find_numbers(text: str, region: str = "FR") -> list[tuple[int, int, str]]:
    """Find every phone number that *text* gives away, however it is written.

    Args:
        text: Plain text or the source of an HTML page, any Unicode.
        region: ISO 3166 code of the site; national numbers are read by its plan.

    Returns:
        Start, end and E.164 number of each stretch, in order, not overlapping.

    Source: ITU-T E.164; numbering plans of libphonenumber.
    """
    if is_prose(text):
        return []
    views = html.readings(text) if html.looks_like_html(text) else (read_text(text),)
    return apart([hit for view in views for hit in search(view, region)])


def apart(hits: list[Found]) -> list[Found]:
    """Return *hits* in order; of two that overlap the longer first one stands."""
    kept: list[Found] = []
    for hit in sorted(hits, key=lambda h: (h[0], -h[1])):
        if not kept or hit[0] >= kept[-1][1]:
            kept.append(hit)
        elif hit[1] > kept[-1][1]:
            kept[-1] = (kept[-1][0], hit[1], kept[-1][2])
    return kept


def row_of(text: str, atoms: Sequence[Atom], region: str, walls: Sequence[int] = ()) -> Row:
    """Return *atoms* with the cost of the gaps; no gap is crossed where a wall starts."""
    between = [text[a.end : b.start] for a, b in pairwise(atoms)]
    if gaps.BLANK in text:
        between = [gap.replace(gaps.BLANK, "") for gap in between]
    costs = [gaps.APART, *gaps.costs(between)]
    for k in range(1, len(atoms)) if walls else ():
        if bisect_left(walls, atoms[k - 1].end) < bisect_left(walls, atoms[k].start):
            costs[k] = gaps.APART
    digits = [a.readings[0] for a in atoms]
    upto = [0, *accumulate(map(len, digits))]
    return Row(text, atoms, ["", *between], costs, region, digits, upto, {})


def search(view: Reading, region: str) -> list[Found]:
    """Return the phone numbers of one reading of a text, offsets in the original."""
    seen = weigh(view.text)
    if seen.most < numbering(region).least:
        return []
    if seen.figures > MOST_FIGURES:
        return [(*view.span(a, b), number) for a, b, number in find_rows(view.text, region)]
    view, labels = without_labels(view, seen)
    if labels:
        seen = weigh(view.text)
    text = view.text
    atoms = without_asides(find_atoms(view, seen), text)
    if not _promising(text, atoms, region):
        return []
    judge = Judge(text, atoms)
    row = row_of(text, atoms, region)
    if (cheaper := fillers.cheaper(row)) is not row.gaps:
        row = replace(row, gaps=cheaper)
    taken = accept(row, judge, gaps.TIGHT)
    used = {atom.start for c_atoms, _ in taken for atom in c_atoms}
    out = []
    rest = [a for a in atoms if a.start not in used]
    if _promising(text, rest, region):
        more, rest = _loose(judge, rest, region, sorted(used))
        taken += more
        if _digits(rest) > SHORTEST:
            out = _backwards(view, rest, region) + _swapped(view, rest, region)
    if labels and not taken:
        out += _labelled(view, labels, atoms, region)
    out += [stretch(view, c_atoms, number) for c_atoms, number in taken]
    if "\n" in text:
        out += [(*view.span(a, b), number) for a, b, number in find_columns(text, region)]
    return out


def _loose(
    judge: Judge, atoms: Sequence[Atom], region: str, walls: list[int]
) -> tuple[list[Taken], list[Atom]]:
    """Search what is left step by step; return what was found, and what is left then.

    Args:
        judge: Scores the candidates.
        atoms: Those that no number took; dates and prices are left out now.
        region: ISO 3166 code of the site.
        walls: Starts of the atoms that were taken: no number goes across.
    """
    text, soft = judge.text, judge.soft
    rest = [a for a in atoms if a.start not in soft]
    found: list[Taken] = []
    if not _promising(text, rest, region, tight=bool(soft)):
        return found, rest
    words = any(a.word for a in rest)
    for limit, only in (_AGAIN, *_ACROSS) if soft or walls else _ACROSS:
        if only == "words" and not words:
            continue
        chosen = [a for a in rest if not only or (a.word is None) is (only == "figures")]
        if not _promising(text, chosen, region, tight=limit < _LOOSE):
            continue
        taken = accept(row_of(text, chosen, region, walls), judge, limit)
        used = {atom.start for atoms, _ in taken for atom in atoms}
        walls = sorted({*walls, *used})
        rest = [a for a in rest if a.start not in used]
        found += taken
    return found, rest


def _backwards(view: Reading, atoms: Sequence[Atom], region: str) -> list[Found]:
    """Return the numbers of the atoms that are left, where the text says to read them so."""
    if not says_reversed(view.text):
        return []
    figures = [a for a in atoms if a.word is None]
    sets = (figures, atoms) if len(figures) < len(atoms) else (figures,)
    return [hit for chosen in sets for hit in _reversed(row_of(view.text, chosen, region), view)]


def _swapped(view: Reading, atoms: Sequence[Atom], region: str) -> list[Found]:
    """Return the numbers of the atoms that are left whose end is told before their beginning."""
    if not begins_later(view.text):
        return []
    row = row_of(view.text, atoms, region)
    return [
        stretch(view, row.atoms[a:b], number) for a, b, number in (*swapped(row), *in_parts(row))
    ]


def _labelled(
    view: Reading, labels: Sequence[Label], atoms: Sequence[Atom], region: str
) -> list[Found]:
    """Return the number of groups that are told out of order, a count beside each."""
    found = sorted_groups(labels, atoms, region)
    return [stretch(view, atoms[a:b], number) for a, b, number in found]


def _digits(atoms: Sequence[Atom]) -> int:
    return len("".join([a.readings[0] for a in atoms]))


def _promising(text: str, atoms: Sequence[Atom], region: str, *, tight: bool = True) -> bool:
    """Tell whether any atom could begin a number: most prices and dates end here.

    Args:
        text: Folded text.
        atoms: Its atoms.
        region: ISO 3166 code of the site.
        tight: A row of figures that does not show where it begins is enough.
    """
    left = _digits(atoms)
    plans = numbering(region)
    if left < plans.least:
        return False
    if not plans.has_trunk or "+" in text:
        return True
    long = max(_LONG, plans.without.shortest) if tight else left + 1
    run, end = 0, 0
    for atom in atoms:
        digits = atom.readings[0]
        if atom.word is not None or (digits[0] == "0" and (tight or left >= plans.least)):
            return True
        left -= len(digits)
        run = len(digits) + (run if atom.start - end <= _NEAR else 0)
        end = atom.end
        if run >= long:
            return True
    return says_reversed(text)


def outside(atoms: list[Atom], spans: Sequence[tuple[int, int, str]]) -> list[Atom]:
    """Return the atoms that begin in none of *spans*."""
    if not spans:
        return atoms
    kept, k = [], 0
    for atom in atoms:
        while k < len(spans) and spans[k][1] <= atom.start:
            k += 1
        if k == len(spans) or atom.start < spans[k][0]:
            kept.append(atom)
    return kept


def stretch(view: Reading, atoms: Sequence[Atom], number: str) -> Found:
    """Return the offsets in the original that *atoms* cover, with the number."""
    start, end = view.span(atoms[0].start, end_of(atoms[-1], view.text))
    return start, end, number


def _reversed(row: Row, view: Reading) -> list[Found]:
    out = []
    for first, last in clusters(row, gaps.TIGHT):
        for start, end in _windows(row, first, last):
            groups = row.digits[start:end]
            if in_steps([*map(int, groups)]):
                continue
            whole = (start, end) == (first, last)
            turned = ("".join(groups)[::-1],) if whole or groups[-1][-1] == "0" else ()
            each = "".join(group[::-1] for group in groups)
            pairs = _PAIR.sub(r"\2\1", "".join(groups))
            said = _values_turned(row, start, end)
            number = _first_read((*said, *turned, "".join(groups[::-1]), each, pairs), row.region)
            if number:
                out.append(stretch(view, row.atoms[start:end], number))
                break
    return out


def _values_turned(row: Row, start: int, end: int) -> Iterator[str]:
    """Yield the values that atoms *start* to *end* say in words, commas between, last one first."""
    if all(atom.word is None for atom in row.atoms[start:end]):
        return
    values, at = [""], start
    while at < end:
        if at > start and "," in row.text[row.atoms[at - 1].end : row.atoms[at].start]:
            values.append("")
        steps = [step for step in row.steps(at) if step[0] <= end]
        if not steps:  # the last atom says how often the next one is to be taken
            return
        at, digits, _ = max(steps)
        values[-1] += digits
    yield "".join(values[::-1])


def _windows(row: Row, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a cluster that have as many digits as a number at home, itself first."""
    plans, upto = numbering(row.region), row.upto
    yield first, last
    for start in range(first, last):
        for end in range(start + 2, min(last, start + LONGEST) + 1):
            size = upto[end] - upto[start]
            if size in plans.with_zero.home and "0" in row.digits[end - 1]:
                yield start, end


def _first_read(rows: Sequence[str], region: str) -> str | None:
    """Return the number of the first of *rows* that the plan of the site reads as one."""
    for digits in rows:
        result = read(digits, plus=False, region=region)
        if result and result[1] in _READ_BACKWARDS:
            return result[0]
    return None
