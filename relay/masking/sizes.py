"""How many digits a phone number has, by its first ones: most rows of digits end here."""

from collections.abc import Collection, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from relay.masking.regions import Plan

DIGITS = "0123456789"
SHORTEST, LONGEST = 7, 15  # digits of an E.164 number with its country code
_SHORTEST_HOME = 6  # of an island without country code
_EXIT_CODE = "00"
_LONGEST_ROW = 17  # exit code and the longest international number


class Sizes(NamedTuple):
    """How many digits a number can have: at home, there or with neighbours, and the bounds."""

    home: tuple[int, ...]
    all: tuple[int, ...]
    shortest: int
    longest: int


_ANY = tuple(range(SHORTEST, _LONGEST_ROW + 1))
WIDE = Sizes(_ANY, _ANY, SHORTEST, _LONGEST_ROW)  # after a plus sign or an exit code
NOTHING = Sizes((), (), LONGEST, 0)


def sizes_of(home: tuple[Plan, ...], near: tuple[Plan, ...]) -> dict[str, Sizes]:
    """Return the sizes of numbers by their first digit, and by their first two."""
    least = least_of(home[0] if home else None)
    own: dict[str, set[int]] = {}
    other: dict[str, set[int]] = {}
    for plan in home:
        for head, size in _heads(plan, plan.first, plan.lengths):
            if least <= size <= LONGEST:
                own.setdefault(head, set()).add(size)
    for plan in near:
        for head, size in _heads(plan, plan.mobile_first, plan.mobile_lengths):
            if size <= LONGEST:
                other.setdefault(head, set()).add(size)
    found = {head: _bounded(own.get(head, ()), other.get(head, ())) for head in own | other}
    return found | {_EXIT_CODE: WIDE}


def _bounded(home: Collection[int], near: Collection[int]) -> Sizes:
    both = tuple(sorted({*home, *near}))
    return Sizes(
        tuple(sorted({*home})), both, min(both, default=SHORTEST), max(both, default=LONGEST)
    )


def joined(sizes: Sequence[Sizes]) -> Sizes:
    """Return all of *sizes* as one."""
    return _bounded(
        [n for each in sizes for n in each.home], [n for each in sizes for n in each.all]
    )


def _heads(plan: Plan, first: str, lengths: tuple[int, ...]) -> Iterator[tuple[str, int]]:
    """Yield the first digit, and the first two, of numbers of *plan*, each with their sizes."""
    for before in ("", plan.trunk, plan.code, plan.code + plan.trunk):
        sizes = [len(before) + length for length in lengths]
        heads = {(before + digit + other)[:2] for digit in first for other in DIGITS}
        yield from product(heads | {head[0] for head in heads}, sizes)


def least_of(plan: Plan | None) -> int:
    """Return how many digits a number at home has at least: six where mobile ones have six."""
    if plan is None or plan.trunk or not plan.mobile_lengths:
        return SHORTEST
    return min(SHORTEST, max(_SHORTEST_HOME, min(plan.mobile_lengths)))
