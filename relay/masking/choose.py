"""Choose, among the rows of digits that a plan reads, those that are phone numbers."""

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

from relay.masking import context
from relay.masking.lattice import Candidate, Row, candidates, figures, is_figures
from relay.masking.plans import numbering
from relay.masking.score import Judge
from relay.masking.shapes import Shape, shape_of
from relay.masking.tokens import Atom

_FORM, _SCORED = 0, 2  # a candidate's form is known; the words before it are; all is
_CROWD = 250  # atoms in one row: a wall of figures, which goes as a whole if it holds a number
Taken = tuple[Sequence[Atom], str]
# What it can score at most, negative; the step; first, negative last atom; its own weight; shape.
_Waiting = tuple[float, int, int, int, Candidate, float, Shape]


def clusters(row: Row, limit: float) -> list[tuple[int, int]]:
    """Return the rows of atoms that no gap dearer than *limit* interrupts."""
    if not row.atoms:
        return []
    firsts = [k for k, cost in enumerate(row.gaps) if cost > limit]  # that of the first is APART
    return [*pairwise([*firsts, len(row.atoms)])]


def accept(row: Row, judge: Judge, limit: float) -> list[Taken]:
    """Return the best candidates that do not overlap, of all clusters.

    Args:
        row: The atoms of a text.
        judge: Scores them.
        limit: Cost from which a gap ends a cluster.
    """
    taken: list[Taken] = []
    plans = numbering(row.region)
    for first, last in clusters(row, limit):
        if row.upto[last] - row.upto[first] < plans.least:
            continue
        plain = is_figures(row, first, last)
        if judge.knows(row.atoms[first:last]):
            continue
        find = figures if plain else candidates
        pool = find(row, first, last, strong=True)
        if last - first > _CROWD:
            any_number = next(pool, None)
            if any_number:
                taken.append((row.atoms[first:last], any_number.number))
            continue
        best = _pick([*pool], row, judge)
        for start, end in _free(first, last, best) if plans.has_trunk else ():
            if row.upto[end] - row.upto[start] < plans.without.shortest:
                continue
            if plain or judge.announced or is_figures(row, start, end):
                best += _pick([*find(row, start, end, strong=False)], row, judge)
        taken += [(row.atoms[c.first : c.last], c.number) for c in best]
    return taken


def _pick(pool: Sequence[Candidate], row: Row, judge: Judge) -> list[Candidate]:
    """Return the best candidates of *pool* that do not overlap."""
    waiting: list[_Waiting] = []
    for c in pool:
        shape = shape_of(row, c)
        own = judge.own_weight(shape)
        if own + context.CUE_BEFORE >= context.ACCEPT:
            waiting.append((-own - context.CUE_BEFORE, _FORM, c.first, -c.last, c, own, shape))
    if len(waiting) > 1:
        return _best(waiting, judge)
    return [c for *_, c, own, shape in waiting if _holds(judge, shape, own)]


def _holds(judge: Judge, shape: Shape, own: float) -> bool:
    """Tell whether a candidate is a phone number, when there is no other one."""
    if judge.is_soft(shape) or own + judge.most_cue(shape.atoms[0].start) < context.ACCEPT:
        return False
    return judge.score(shape, own) >= context.ACCEPT


def _best(waiting: list[_Waiting], judge: Judge) -> list[Candidate]:
    """Return the best of the candidates that wait.

    Each is looked at only when its turn comes, in the steps of ``_holds``, which cost more and
    more: the one that could score best is next. One that overlaps a better one, or is another
    reading of the same stretch, goes no further.
    """
    heapify(waiting)
    best: list[Candidate] = []
    used: set[int] = set()
    tried: set[tuple[int, int]] = set()
    while waiting:
        _, step, first, last, c, own, shape = heappop(waiting)
        if not used.isdisjoint(range(first, -last)):
            continue
        if step == _SCORED:
            used.update(range(first, -last))
            best.append(c)
            continue
        if step == _FORM:
            again = (first, last) in tried
            tried.add((first, last))
            if again or judge.is_soft(shape):
                continue
            value = own + judge.most_cue(shape.atoms[0].start)
        else:
            value = judge.score(shape, own)
        if value >= context.ACCEPT:
            heappush(waiting, (-value, step + 1, first, last, c, own, shape))
    return best


def _free(first: int, last: int, taken: Sequence[Candidate]) -> Iterator[tuple[int, int]]:
    """Yield the parts of a cluster that no candidate takes and that could hold a number."""
    start = first
    for c in sorted(taken):
        if c.first > start:
            yield start, c.first
        start = c.last
    if start < last:
        yield start, last
