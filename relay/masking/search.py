"""Find the phone numbers of a text: cheap look, atoms, tight rows, then loose ones."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter

from relay.masking import context, gaps, html
from relay.masking.atoms import Atom, find_atoms
from relay.masking.blockers import quantity_at
from relay.masking.coarse import MOST_FIGURES, find_rows
from relay.masking.columns import find_columns
from relay.masking.evidence import LEAST, weigh
from relay.masking.lattice import Candidate, Row, candidates, figures, is_figures
from relay.masking.plans import Form, numbering, read
from relay.masking.score import Judge, is_one_quantity, is_plain
from relay.masking.signs import Reading, read_signs

Found = tuple[int, int, str]
_LOOSE = 50.0  # any gap that is not a border
_CROWD = 250  # atoms in one row: a wall of figures, which goes as a whole if it holds a number
_NEAR, _LONG = 16, 8  # characters apart, digits of a row without a beginning
_BACKWARDS = (Form.MOBILE, Form.NATIONAL, Form.COUNTRY_CODE)


def find_numbers(text: str, region: str = "FR") -> list[tuple[int, int, str]]:
    """Find every phone number that *text* gives away, however it is written.

    Args:
        text: Plain text or the source of an HTML page, any Unicode.
        region: ISO 3166 code of the site; national numbers are read by its plan.

    Returns:
        Start, end and E.164 number of each stretch, in order, not overlapping.

    Source: ITU-T E.164; numbering plans of libphonenumber.
    """
    views = html.readings(text) if html.looks_like_html(text) else (read_signs(text),)
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
    costs = [gaps.APART] * len(atoms)
    for k in range(1, len(atoms)):
        end, start = atoms[k - 1].end, atoms[k].start
        if bisect_left(walls, end) == bisect_left(walls, start):
            costs[k] = gaps.cost(text[end:start])
    return Row(text, atoms, costs, region)


def search(view: Reading, region: str) -> list[Found]:
    """Return the phone numbers of one reading of a text, offsets in the original."""
    text = view.text
    seen = weigh(text)
    if seen.most < LEAST:
        return []
    if seen.figures > MOST_FIGURES:
        return [(*view.span(a, b), number) for a, b, number in find_rows(text, region)]
    atoms = find_atoms(view, words=seen.words)
    if not _promising(text, atoms, region):
        return []
    judge = Judge(text)
    soft = quantities(text, atoms)
    taken = _accept(row_of(text, atoms, region), judge, gaps.TIGHT, soft)
    out = [stretch(view, c_atoms, number) for c_atoms, number in taken]
    used = {atom.start for c_atoms, _ in taken for atom in c_atoms}
    rest = [a for a in atoms if a.start not in used and a.start not in soft]
    if rest and _promising(text, rest, region, tight=bool(soft)):
        more, rest = _loose(text, rest, region, judge, sorted(used))
        out += [stretch(view, c_atoms, number) for c_atoms, number in more]
    if "\n" in text:
        out += [(*view.span(a, b), number) for a, b, number in find_columns(text, region)]
    figures = [a for a in rest if a.word is None]
    if sum(len(a.readings[0]) for a in figures) > LEAST and context.says_reversed(text):
        out += _reversed(row_of(text, figures, region), view)
    return out


Taken = tuple[Sequence[Atom], str]


def _loose(
    text: str, rest: list[Atom], region: str, judge: Judge, walls: list[int]
) -> tuple[list[Taken], list[Atom]]:
    """Search what is left: tight again without quantities, then across words."""
    found: list[Taken] = []
    words = any(a.word for a in rest)
    for limit, only in ((gaps.TIGHT, ""), (_LOOSE, "figures"), (_LOOSE, "words")):
        if only == "words" and not words:
            continue
        chosen = [a for a in rest if not only or (a.word is None) is (only == "figures")]
        if not _promising(text, chosen, region, tight=limit < _LOOSE):
            continue
        taken = _accept(row_of(text, chosen, region, walls), judge, limit, frozenset())
        used = {atom.start for atoms, _ in taken for atom in atoms}
        walls = sorted({*walls, *used})
        rest = [a for a in rest if a.start not in used]
        found += taken
    return found, rest


def _promising(text: str, atoms: Sequence[Atom], region: str, *, tight: bool = True) -> bool:
    """Tell whether any atom could begin a number: most prices and dates end here.

    Args:
        text: Folded text.
        atoms: Its atoms.
        region: ISO 3166 code of the site.
        tight: A row of figures that does not show where it begins is enough.
    """
    if sum([len(a.readings[0]) for a in atoms]) < LEAST:
        return False
    if not numbering(region).has_trunk or "+" in text:
        return True
    run, end = 0, 0
    for atom in atoms:
        digits = atom.readings[0]
        if digits[0] == "0" or atom.word is not None:
            return True
        run = len(digits) + (run if atom.start - end <= _NEAR else 0)
        end = atom.end
        if tight and run >= _LONG:
            return True
    return context.says_reversed(text)


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


def quantities(text: str, atoms: Sequence[Atom]) -> frozenset[int]:
    """Return the starts of the atoms that belong to a date, a time, a price or a size."""
    blocked: set[int] = set()
    end = 0
    for atom in atoms:
        if atom.word is None and atom.start >= end:
            end = max(end, quantity_at(text, atom.start))
        if atom.start < end:
            blocked.add(atom.start)
    return frozenset(blocked)


def clusters(row: Row, limit: float) -> list[tuple[int, int]]:
    """Return the rows of atoms that no gap dearer than *limit* interrupts."""
    found, first = [], 0
    for k in range(1, len(row.atoms) + 1):
        if k == len(row.atoms) or row.gaps[k] > limit:
            found.append((first, k))
            first = k
    return found


def _accept(row: Row, judge: Judge, limit: float, soft: frozenset[int]) -> list[Taken]:
    """Return the best candidates that do not overlap, of all clusters."""
    taken: list[Taken] = []
    for first, last in clusters(row, limit):
        if _digits(row, first, last) < LEAST:
            continue
        pool, others = _pools(row, first, last)
        if last - first > _CROWD:
            any_number = next(iter(pool), None)
            if any_number:
                taken.append((row.atoms[first:last], any_number.number))
            continue
        best = _pick(pool, row, judge, soft)
        for start, end in _free(first, last, best):
            rest = others(start, end, judge)
            best += _pick(rest, row, judge, soft)
        taken += [(row.atoms[c.first : c.last], c.number) for c in best]
    return taken


Pool = Iterable[Candidate]


def _pools(row: Row, first: int, last: int) -> tuple[Pool, Callable[[int, int, Judge], Pool]]:
    """Return the candidates that show where they begin, and what finds the others."""
    if is_figures(row, first, last):
        both = list(figures(row, first, last))
        strong = [c for c in both if c.strong]
        return strong, lambda start, end, _: (
            c for c in both if not c.strong and start <= c.first and c.last <= end
        )
    return (
        candidates(row, first, last, strong=True),
        lambda start, end, judge: (
            candidates(row, start, end, strong=False)
            if judge.announced
            and numbering(row.region).has_trunk
            and _digits(row, start, end) >= LEAST
            else ()
        ),
    )


def _pick(
    pool: Iterable[Candidate], row: Row, judge: Judge, soft: frozenset[int]
) -> list[Candidate]:
    """Return the best candidates of *pool* that do not overlap."""
    scored: list[tuple[float, int, int, Candidate]] = []
    for c in pool:
        if not (soft and _is_soft(row, c, soft)):
            value = judge.score(row, c)
            if value >= context.ACCEPT:
                scored.append((-value, c.first, -c.last, c))
    best: list[Candidate] = []
    used: set[int] = set()
    for *_, c in sorted(scored, key=itemgetter(0, 1, 2)):
        if used.isdisjoint(range(c.first, c.last)):
            used.update(range(c.first, c.last))
            best.append(c)
    return best


def _digits(row: Row, first: int, last: int) -> int:
    return sum(len(row.atoms[k].readings[0]) for k in range(first, last))


def _free(first: int, last: int, taken: Sequence[Candidate]) -> Iterator[tuple[int, int]]:
    """Yield the parts of a cluster that no candidate takes and that could hold a number."""
    start = first
    for c in (*sorted(taken, key=itemgetter(0)), None):
        end = c.first if c else last
        if end > start:
            yield start, end
        start = c.last if c else last


def _is_soft(row: Row, c: Candidate, soft: frozenset[int]) -> bool:
    """Tell whether a candidate takes in a date or a price and is not plainly a number."""
    if all(row.atoms[k].start not in soft for k in range(c.first, c.last)):
        return False
    return not is_plain(row, c) or is_one_quantity(row, c)


def stretch(view: Reading, atoms: Sequence[Atom], number: str) -> Found:
    """Return the offsets in the original that *atoms* cover, with the number."""
    start, end = view.span(atoms[0].start, atoms[-1].end)
    return start, end, number


def _reversed(row: Row, view: Reading) -> list[Found]:
    out = []
    for first, last in clusters(row, gaps.TIGHT):
        atoms = row.atoms[first:last]
        digits = "".join(a.readings[0] for a in atoms)[::-1]
        result = read(digits, plus=False, region=row.region)
        if result and result[1] in _BACKWARDS:
            out.append(stretch(view, atoms, result[0]))
    return out
