"""The same words between all groups of a number: 06 hop 39 hop 98 hop 12 hop 47."""

import re
from collections import Counter
from collections.abc import Sequence

from relay.masking.context import is_announced
from relay.masking.gaps import APART, is_compared
from relay.masking.lattice import Row

_LEAST = 3  # gaps alike
_COMPARED = 0.1
_DEAR, _FILLED = 0.2, 0.2  # cost from which a gap is looked at, and cost of such a one
_LONGEST = 24  # characters
_WORD = re.compile(r"[^\W\d_]+|[€$£¥%]")
_NUMBER = [2] * 5  # digits of the groups of a French number


def cheaper(row: Row) -> Sequence[float]:
    """Return the costs of gaps, lower where the same words stand between at least four groups.

    Words that stand before the first group too, or after the last one, name what is counted
    (lot 06, lot 39; 06 km, 39 km): these keep their price unless the text speaks of phones, or
    five pairs begin with a zero, as no amounts do: 06 %, 37 %, 23 %, 29 %, 27 %.
    """
    text, atoms = row.text, row.atoms
    if sum(row.gaps[1:]) <= _LEAST * _DEAR:
        return row.gaps
    dear = [k for k, cost in enumerate(row.gaps) if _DEAR < cost < APART]
    if len(dear) < _LEAST:
        return row.gaps
    costs = [*row.gaps]
    gaps = {k: row.between[k] for k in dear}
    compared = [k for k in dear if is_compared(gaps[k])]
    if len(compared) >= _LEAST:
        for k in compared:
            costs[k] = _COMPARED
    if len({*gaps.values()}) > len(dear) - _LEAST + 1:
        return costs
    for gap, count in Counter(gaps.values()).items():
        words = _WORD.findall(gap) if count >= _LEAST and len(gap) <= _LONGEST else []
        if not words:
            continue
        alike = [k for k in dear if gaps[k] == gap]
        first, last = atoms[alike[0] - 1].start, atoms[alike[-1]].end
        before, after = _WORD.findall(text[max(0, first - 20) : first]), _WORD.match(text, last + 1)
        named = words[-1:] == before[-1:] or (after is not None and after.group() == words[0])
        groups = row.digits[alike[0] - 1 : alike[-1] + 1]
        disguised = "," not in gap and _are_pairs(groups)
        if not named or disguised or is_announced(text):
            for k in alike:
                costs[k] = _FILLED
    return costs


def _are_pairs(groups: Sequence[str]) -> bool:
    """Tell whether *groups* are written as a French number is, and do not go up as sizes do."""
    paired = [*map(len, groups)] == _NUMBER and groups[0][0] == "0"
    return paired and [*groups] != sorted(groups)
