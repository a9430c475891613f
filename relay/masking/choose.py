"""Choose, among the rows of digits that a plan reads, those that are phone numbers."""

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush
from operator import itemgetter

from relay.masking import context
from relay.masking.lattice import Candidate, Row, candidates, figures, is_figures
from relay.masking.plans import numbering
from relay.masking.score import Judge
from relay.masking.shapes import shape_of
from relay.masking.tokens import Atom

_FORM, _SCORED = 0, 2  # a candidate's form is known; the words before it are; all is
_CROWD = 250  # atoms in one row: a wall of figures, which goes as a whole if it holds a number
Taken = tuple[Sequence[Atom], str]


def clusters(row: Row, limit: float) -> list[tuple[int, int]]:
    """Return the rows of atoms that no gap dearer than *limit* interrupts."""
    found, first = [], 0
    for k in range(1, len(row.atoms) + 1):
        if k == len(row.atoms) or row.gaps[k] > limit:
            found.append((first, k))
            first = k
    return found


def accept(row: Row, judge: Judge, limit: float) -> list[Taken]:
    """Return the best candidates that do not overlap, of all clusters.

    Args:
        row: The atoms of a text.
        judge: Scores them.
        limit: Cost from which a gap ends a cluster.
    """
    taken: list[Taken] = []
    least = numbering(row.region).least
    for first, last in clusters(row, limit):
        if row.upto[last] - row.upto[first] < least:
            continue
        plain = is_figures(row, first, last)
        if plain and judge.knows(row.atoms[first:last]):
            continue
        find = figures if plain else candidates
        pool = find(row, first, last, strong=True)
        if last - first > _CROWD:
            any_number = next(pool, None)
            if any_number:
                taken.append((row.atoms[first:last], any_number.number))
            continue
        best = _pick([*pool], row, judge)
        for start, end in _free(first, last, best):
            if _may_be_weak(row, start, end, judge):
                best += _pick([*find(row, start, end, strong=False)], row, judge)
        taken += [(row.atoms[c.first : c.last], c.number) for c in best]
    return taken


def _may_be_weak(row: Row, first: int, last: int, judge: Judge) -> bool:
    """Tell whether atoms *first* to *last* can hold a number that hides where it begins."""
    plans = numbering(row.region)
    if not plans.has_trunk or row.upto[last] - row.upto[first] < plans.without.shortest:
        return False
    return is_figures(row, first, last) or judge.announced


def _pick(pool: Sequence[Candidate], row: Row, judge: Judge) -> list[Candidate]:
    """Return the best candidates of *pool* that do not overlap.

    Each is looked at only when its turn comes, in three steps that cost more and more: the one
    that could score best is next. One that overlaps a better one, or is another reading of the
    same stretch, goes no further.
    """
    if not pool:
        return []
    shapes = [shape_of(row, c) for c in pool]
    owns = [*map(judge.own_weight, shapes)]
    waiting = [
        (-own - context.CUE_BEFORE, _FORM, c.first, -c.last, c, k)
        for k, (own, c) in enumerate(zip(owns, pool, strict=True))
        if own + context.CUE_BEFORE >= context.ACCEPT
    ]
    heapify(waiting)
    best: list[Candidate] = []
    used: set[int] = set()
    tried: set[tuple[int, int]] = set()
    while waiting:
        _, step, first, last, c, k = heappop(waiting)
        if not used.isdisjoint(range(first, -last)):
            continue
        if step == _SCORED:
            used.update(range(first, -last))
            best.append(c)
            continue
        if step == _FORM:
            again = (first, last) in tried
            tried.add((first, last))
            if again or judge.is_soft(shapes[k]):
                continue
            value = owns[k] + judge.most_cue(row.atoms[first].start)
        else:
            value = judge.score(shapes[k], owns[k])
        if value >= context.ACCEPT:
            heappush(waiting, (-value, step + 1, first, last, c, k))
    return best


def _free(first: int, last: int, taken: Sequence[Candidate]) -> Iterator[tuple[int, int]]:
    """Yield the parts of a cluster that no candidate takes and that could hold a number."""
    start = first
    for c in (*sorted(taken, key=itemgetter(0)), None):
        end = c.first if c else last
        if end > start:
            yield start, end
        start = c.last if c else last
