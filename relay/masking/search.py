"""Find phone numbers in a text, and one known number in whatever form it was written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from relay.masking import context, gaps, html
from relay.masking.atoms import Atom, find_atoms
from relay.masking.blockers import identifiers, quantity_at, short_date_at
from relay.masking.lattice import Candidate, candidates, plus_before
from relay.masking.plans import Form, read
from relay.masking.signs import Reading, read_signs

_LISTING = re.compile(r"\s*,?\s*(?:et|ou|and|or|und|oder|y|o|e|en|of)?\s*")
_CLOSE, _CLOSE_SIGNS = 0.2, 4
Found = tuple[int, int, str]


def find_numbers(text: str, region: str = "FR") -> list[tuple[int, int, str]]:
    """Return start, end and E.164 number of each phone number in *text*."""
    views = html.readings(text) if html.looks_like_html(text) else [read_signs(text)]
    return _merged([hit for view in views for hit in _search(view, region)])


def _merged(hits: list[Found]) -> list[Found]:
    """Return *hits* in order, those that another one covers left out."""
    kept: list[Found] = []
    for hit in sorted(hits, key=lambda h: (h[0], -h[1])):
        if not kept or hit[1] > kept[-1][1]:
            kept.append(hit)
    return kept


def find_number(text: str, e164: str) -> list[tuple[int, int, str]]:
    """Return the spans of *text* that give away the number *e164*."""
    return [hit for hit in find_numbers(text, "FR") if hit[2] == e164]


@dataclass(frozen=True, slots=True)
class Row:
    """The atoms of a text and what the gaps before them cost."""

    text: str
    atoms: Sequence[Atom]
    gaps: Sequence[float]
    region: str


def _row(text: str, atoms: Sequence[Atom], region: str) -> Row:
    costs = [gaps.APART] * len(atoms)
    for k in range(1, len(atoms)):
        costs[k] = gaps.cost(text[atoms[k - 1].end : atoms[k].start])
    return Row(text, atoms, costs, region)


def _clusters(row: Row, limit: float) -> list[tuple[int, int]]:
    found, first = [], 0
    for k in range(1, len(row.atoms) + 1):
        if k == len(row.atoms) or row.gaps[k] > limit:
            if k - first > 0:
                found.append((first, k))
            first = k
    return found


def _search(reading: Reading, region: str) -> list[Found]:
    text = reading.text
    atoms = find_atoms(reading, words=True)
    if sum(len(a.readings[0]) for a in atoms) < 7:
        return []
    hard = identifiers(text)
    atoms = _outside(atoms, [(a, b) for a, b, _ in hard])
    out: list[Found] = []
    walls: list[Atom] = []

    def passing(row: Row, limit: float, *, plain: bool) -> list[Atom]:
        row = _walled(row, walls)
        taken = _accept(row, limit, plain=plain)
        out.extend(_found(row, reading, c) for c in taken)
        used = {k for c in taken for k in range(c.first, c.last)}
        walls.extend(row.atoms[k] for k in used)
        return [atom for k, atom in enumerate(row.atoms) if k not in used]

    rest = passing(_row(text, atoms, region), 0.25, plain=True)
    soft = _quantities(text, rest)
    rest = [a for a in rest if a.start not in soft]
    rest = passing(_row(text, rest, region), gaps.TIGHT, plain=False)
    figures = passing(_row(text, [a for a in rest if not a.word], region), 50.0, plain=False)
    words = [a for a in rest if a.word]
    passing(_row(text, words, region), 50.0, plain=False)
    if context.says_reversed(text):
        out += _reversed(_row(text, figures, region), reading)
    return out


def _walled(row: Row, walls: Sequence[Atom]) -> Row:
    starts = sorted(a.start for a in walls)
    if not starts:
        return row
    costs = list(row.gaps)
    for k in range(1, len(row.atoms)):
        if any(row.atoms[k - 1].end <= s < row.atoms[k].start for s in starts):
            costs[k] = gaps.APART
    return Row(row.text, row.atoms, costs, row.region)


def _outside(atoms: list[Atom], spans: list[tuple[int, int]]) -> list[Atom]:
    if not spans:
        return atoms
    return [a for a in atoms if not any(s <= a.start < e for s, e in spans)]


def _quantities(text: str, atoms: Sequence[Atom]) -> set[int]:
    """Return the starts of the atoms that belong to a date, a time, a price or a size."""
    blocked: set[int] = set()
    end = 0
    for atom in atoms:
        if atom.word is None and atom.start >= end:
            end = max(end, quantity_at(text, atom.start))
        if atom.start < end:
            blocked.add(atom.start)
    return blocked


def _accept(row: Row, limit: float, *, plain: bool) -> list[Candidate]:
    pool = []
    for first, last in _clusters(row, limit):
        for candidate in candidates(row.atoms, row.gaps, first, last, row.text, row.region):
            if plain and (not is_plain(row, candidate) or _one_quantity(row, candidate)):
                continue
            value = score(row, candidate)
            if value >= context.ACCEPT:
                pool.append((value, candidate))
    pool.sort(key=lambda pair: (-pair[0], pair[1].first, -pair[1].last))
    taken: list[Candidate] = []
    used: set[int] = set()
    for _, candidate in pool:
        span = range(candidate.first, candidate.last)
        if used.isdisjoint(span):
            used.update(span)
            taken.append(candidate)
    return taken


def _one_quantity(row: Row, c: Candidate) -> bool:
    """Tell whether the whole candidate is one date or one amount."""
    return quantity_at(row.text, row.atoms[c.first].start) >= row.atoms[c.last - 1].end


def is_plain(row: Row, c: Candidate) -> bool:
    """Tell whether a candidate is written in one go, with all gaps the same, or in words."""
    atoms = row.atoms[c.first : c.last]
    if len(atoms) == 1:
        return True
    if sum(a.word is not None for a in atoms) >= 3:
        return True
    return _inner_gap(row, c) is not None and all(len(a.readings[0]) <= 4 for a in atoms)


def score(row: Row, c: Candidate) -> float:
    """Return how surely a candidate is a phone number somebody gives."""
    atoms = row.atoms[c.first : c.last]
    start, end = atoms[0].start, atoms[-1].end
    value = context.FORM_WEIGHT[c.form] - c.cost
    cue = context.cue_near(row.text, start, end)
    value += cue
    pairs = _in_pairs(atoms)
    value += context.PAIRS * pairs
    if sum(a.word is not None for a in atoms) >= 4:
        value += context.WORDS
    if context.identifier_before(row.text, start):
        value += context.IDENTIFIER * (0.5 if pairs else 1.0)
    if context.unit_after(row.text, end) and atoms[-1].word is None:
        value += context.UNIT_AFTER
    value += _tails(row, c)
    if not is_plain(row, c) and any(short_date_at(row.text, a.start) > a.end for a in atoms):
        value += context.SHORT_DATE
    if any(gaps.says_split(row.text[a.end : b.start]) for a, b in pairwise(atoms)):
        value += context.SPLIT_SAID
    if len(row.text.strip()) <= end - start + 2:
        value += context.ALONE
    if _two_fives(row, c):
        value += context.POSTCODES
    if not cue and _rising(row, c):
        value += context.RISING
    return value


def _in_pairs(atoms: Sequence[Atom]) -> bool:
    sizes = [len(a.readings[0]) for a in atoms]
    return len(sizes) >= 4 and all(size == 2 for size in sizes[1:]) and sizes[0] <= 2


def _tails(row: Row, c: Candidate) -> float:
    """Return the penalty for figures or number words that go on right before or after."""
    atoms, text, found = row.atoms, row.text, 0.0
    gap = _inner_gap(row, c)
    gaps_on = ("-", ".", "/", "_") if gap in (None, "") else (gap, "-", ".", "/", "_")
    start, end = atoms[c.first].start, atoms[c.last - 1].end
    if any(text.endswith(g, 0, start) and text[: start - len(g)][-1:].isdigit() for g in gaps_on):
        found += context.TAIL
    after = next((g for g in gaps_on if text.startswith(g, end)), None)
    if after is not None and text[end + len(after) :][:1].isdigit():
        at = end + len(after)
        found += 0.0 if text[at] == "0" or plus_before(text, at) else context.TAIL
    if c.first > 0:
        found += _goes_on(row, c.first - 1, c.first)
    if c.last < len(atoms):
        found += _goes_on(row, c.last - 1, c.last)
    return found


def _inner_gap(row: Row, c: Candidate) -> str | None:
    between = {
        row.text[row.atoms[k - 1].end : row.atoms[k].start] for k in range(c.first + 1, c.last)
    }
    return between.pop() if len(between) == 1 else None


def _goes_on(row: Row, left: int, right: int) -> float:
    a, b = row.atoms[left], row.atoms[right]
    close = row.gaps[right] < _CLOSE and b.start - a.end < _CLOSE_SIGNS
    both = a.word is not None and b.word is not None and not (a.shy or b.shy)
    return context.WORD_TAIL if both and close else 0.0


def _rising(row: Row, c: Candidate) -> bool:
    atoms = row.atoms[c.first : c.last]
    if len(atoms) < 4 or any(a.word for a in atoms):
        return False
    between = [row.text[a.end : b.start] for a, b in pairwise(atoms)]
    if not all(_LISTING.fullmatch(gap) for gap in between) or not any("," in g for g in between):
        return False
    values = [int(a.readings[0]) for a in atoms]
    return values == sorted(values)


def _two_fives(row: Row, c: Candidate) -> bool:
    sizes = [len(a.readings[0]) for a in row.atoms[c.first : c.last]]
    gap = _inner_gap(row, c) or ""
    return sizes == [5, 5] and gap.strip() not in ("-", ".", "_")


def _found(row: Row, reading: Reading, c: Candidate) -> Found:
    first, last = row.atoms[c.first], row.atoms[c.last - 1]
    start, end = reading.span(first.start, last.end)
    return start, end, c.number


def _reversed(row: Row, reading: Reading) -> list[Found]:
    out = []
    for first, last in _clusters(row, 0.25):
        atoms = row.atoms[first:last]
        digits = "".join(a.readings[0] for a in atoms)[::-1]
        result = read(digits, plus=False, region=row.region)
        if result and result[1] in (Form.MOBILE, Form.NATIONAL, Form.COUNTRY_CODE):
            start, end = reading.span(atoms[0].start, atoms[-1].end)
            out.append((start, end, result[0]))
    return out
