"""Groups in the shape of a number that are other figures: parts, amounts, sets, sums, models."""

import re
from collections.abc import Sequence
from operator import add, mul, sub

_IN_NUMBERS = frozenset(" -._/")
_MODEL = re.compile(r"\W{1,2}[^\W\d_]{1,4}-")
_SUMS = {"+": add, "-": sub, "x": mul, "*": mul}
_THOUSANDS = frozenset((", ", "; ", " - ", " et ", " e ", " y ", " and ", " und ", " en "))
_POINTS = frozenset(".,")
_GAMES, _POINTS_OF_SET, _LEAD = 6, 11, 2
_PART = [1, 3, 3, 3]  # digits of each group
_FREE = "8"  # 0 800 123 456 is how free numbers are grouped


def is_part(groups: Sequence[str], between: Sequence[str]) -> bool:
    """Tell whether *groups* are written like the number of a spare part: 0 986 494 723.

    Args:
        groups: Digits of each group.
        between: What stands between them.
    """
    if [*map(len, groups)] != _PART or {*between} != {" "}:
        return False
    return groups[1][0] != _FREE


def are_thousands(text: str, start: int, groups: Sequence[str], between: Sequence[str]) -> bool:
    """Tell whether *groups* are a list of thousands: 32.000, 65.400 or 034, 24,567 after "12,"."""
    if _POINTS.isdisjoint(between):
        return False
    glued = [gap in _POINTS for gap in between]
    if text[start - 1 : start] in _POINTS and text[start - 2 : start - 1].isdigit():
        glued, groups = [True, *glued], ["", *groups]
    tails = [group for is_tail, group in zip(glued, groups[1:], strict=True) if is_tail]
    listed = _THOUSANDS.issuperset({*between} - _POINTS)
    return len(tails) > 1 and not all(glued) and listed and {*map(len, tails[:-1])} == {3}


def are_sets(groups: Sequence[str], between: Sequence[str]) -> bool:
    """Tell whether *groups* are the sets of a match: 6-4 3-6 7-6(5) 6-2, or 11-8 9-11 12-10."""
    if "-" not in between:
        return False
    pairs = [(a, b) for a, b, sign in zip(groups, groups[1:], between, strict=False) if sign == "-"]
    return len({*between}) > 1 and len(pairs) > 1 and all(_is_set(*pair) for pair in pairs)


def _is_set(first: str, second: str) -> bool:
    """Tell whether a set can end so: six games or seven, eleven points or two more than the other.

    Source: rules of tennis, 6; of table tennis, 2.11.
    """
    if "0" in (first[0], second[0]) and "0" not in (first, second):  # 06 is no count
        return False
    low, high = sorted((int(first), int(second)))
    if high > _POINTS_OF_SET:
        return high - low == _LEAD
    return high in (_GAMES, _GAMES + 1) or (high == _POINTS_OF_SET and high - low >= _LEAD)


def are_sums(groups: Sequence[str], between: Sequence[str]) -> bool:
    """Tell whether *groups* hold a sum with its result: 06+71=77."""
    return "=" in "".join(between) and any(
        equal.strip() == "="
        and (result := _SUMS.get(sign.strip()))
        and result(int(a), int(b)) == int(c)
        for a, b, c, sign, equal in zip(
            groups, groups[1:], groups[2:], between, between[1:], strict=False
        )
    )


def are_ratios(groups: Sequence[str], between: Sequence[str]) -> bool:
    """Tell whether the same figure stands after several slashes: 06/378, 84/378."""
    if "/" not in between:
        return False
    wholes = [group for gap, group in zip(between, groups[1:], strict=True) if gap == "/"]
    return len(wholes) > 1 and len({*wholes}) == 1 and {*between} != {"/"}


def are_decimals(groups: Sequence[str], between: Sequence[str]) -> bool:
    """Tell whether some of *groups* are one digit after a comma, and others differ."""
    after = [len(b) for gap, b in zip(between, groups[1:], strict=True) if gap == ","]
    return len(after) > 1 and {*after} == {1} and {*between} != {","}


def are_postcodes(groups: Sequence[str], between: str) -> bool:
    """Tell whether two groups of five are listed, or lie in one département: 06200 06300."""
    return between not in _IN_NUMBERS or (between == " " and groups[0][:2] == groups[1][:2])


def names_model(between: Sequence[str]) -> bool:
    """Tell whether letters and a dash make one group the name of a model: TR-808."""
    dashed = [gap for gap in between if len(gap) > 2 and gap[-1] == "-"]  # noqa: PLR2004
    return len([gap for gap in dashed if _MODEL.fullmatch(gap)]) == 1
