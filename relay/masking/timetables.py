"""Groups in the shape of a number that are something else: times, ranges, postcodes, models."""

import re
from collections.abc import Sequence
from operator import add, mul, sub

from relay.masking.context import says_travel

_LISTED = frozenset((", ", ",", " - ", " / "))
_TO = frozenset((" au ", " a ", " to ", " bis ", " tot ", " al ", " hasta ", " ate ", " till "))
_HOUR = frozenset(("h", "h ", "h,", "h;", "h/", "h-"))
_CLOCK, _BLANK = frozenset(".:"), frozenset(" ")
_AT = frozenset((" at ", " a ", " um ", " om ", " alle ", " as ", " las ", " a las "))
_DAY_SIGNS = frozenset(".-/")
_HOURS, _MINUTES, _DAYS, _MONTHS = 24, 60, 31, 12
_IN_NUMBERS = frozenset(" -._/")
_MODEL = re.compile(r"\W{1,2}[^\W\d_]{1,4}-")
_WORD = re.compile(r"[^\W\d_]")
_UP_TO = re.compile(rf"\d(?:{'|'.join(sorted(_TO))})(?:\d\d? ){{0,2}}$")
_FROM = re.compile(r"\b(?:du|from|vom|van|del?|dal|do) $")
_FROM_WORDS = (" de ", " du ", " from ", " von ", " van ", " dal ", " del ")
_MINUTES_AFTER = re.compile(r" [0-5]\d(?!\d)")
_NEAR = 12  # characters of the end of a range
_SUMS = {"+": add, "-": sub, "x": mul, "*": mul}
_THOUSANDS = frozenset((", ", "; ", " - ", " et ", " e ", " y ", " and ", " und ", " en "))
_POINTS = frozenset(".,")
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


def is_timetable(groups: Sequence[str], between: Sequence[str]) -> bool:
    """Tell whether at least two pairs of *groups*, and other signs between them, are times.

    A blank parts hours from minutes only where the words speak of journeys or opening hours.
    """
    if _is_opening(groups, between) or _in_order(groups, between):
        return True
    if _are_hours(groups, between) or _are_decimals(groups, between):
        return True
    signs = _CLOCK.intersection(between)
    if len({*between}) > 1 and says_travel(" ".join(between)):
        signs |= _BLANK.intersection(between)
    if len(signs) != 1 or len({*between}) == 1:
        return False
    runs = [[groups[0]]]
    for gap, group in zip(between, groups[1:], strict=True):
        if gap in signs:
            runs[-1].append(group)
        else:
            runs.append([group])
    pairs = [run for run in runs if len(run) > 1]
    return len(pairs) > 1 and all(map(_is_time, pairs))


def _is_opening(groups: Sequence[str], between: Sequence[str]) -> bool:
    """Tell whether *groups* are hours from and to: 08-12 14-18."""
    if len(groups) % 2 or {*between[::2]} != {"-"} or "-" in between[1::2]:
        return False
    pairs = [*zip(map(int, groups[::2]), map(int, groups[1::2]), strict=True)]
    return len(pairs) > 1 and all(first < last <= _HOURS for first, last in pairs)


def are_ranges(between: Sequence[str]) -> bool:
    """Tell whether figures stand in at least two ranges: du 06 au 12, puis du 18 au 24."""
    ends = [k for k, gap in enumerate(between) if gap in _TO]
    if len(ends) > 1:
        return len({*between}) > 1
    return ends != [] and ends[0] > 0 and between[ends[0] - 1].endswith(_FROM_WORDS)


def is_cut_out(
    text: str, start: int, end: int, groups: Sequence[str], between: Sequence[str]
) -> bool:
    """Tell whether ``text[start:end]`` is cut out of days, or hours, from and to.

    du 12 12 26 au [05 01 27, puis du 01 02] 27 ends a range and begins one; entre
    [07 30 et 08 15 puis 18] 45 is cut in the middle of a time.
    """
    if not any(map(_WORD.search, between)):
        return False
    if any(map(_FROM.search, between)) and _UP_TO.search(text, max(0, start - _NEAR), start):
        return True
    pairs = zip(groups[::2], groups[1::2], strict=False)
    halved = len(groups) % 2 == 1 and {*between[::2]} == _BLANK
    told = halved and all(map(_WORD.search, between[1::2])) and all(map(_is_time, pairs))
    return told and _MINUTES_AFTER.match(text, end) is not None


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
    """Tell whether *groups* are the sets of a match: 6-4 3-6 7-6(5) 6-2."""
    if "-" not in between:
        return False
    pairs = [{a, b} for a, b, sign in zip(groups, groups[1:], between, strict=False) if sign == "-"]
    apart = {*map(len, groups)} == {1} and len({*between}) > 1
    return apart and len(pairs) > 1 and all(pair & {"6", "7"} for pair in pairs)


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


def are_postcodes(groups: Sequence[str], between: str) -> bool:
    """Tell whether two groups of five are listed, or lie in one département: 06200 06300."""
    return between not in _IN_NUMBERS or (between == " " and groups[0][:2] == groups[1][:2])


def names_model(between: Sequence[str]) -> bool:
    """Tell whether letters and a dash make one group the name of a model: TR-808."""
    dashed = [gap for gap in between if len(gap) > 2 and gap[-1] == "-"]  # noqa: PLR2004
    return len([gap for gap in dashed if _MODEL.fullmatch(gap)]) == 1


def is_stamp(groups: Sequence[str], between: Sequence[str]) -> bool:
    """Tell whether *groups* begin with a day and hours: 06-12 at 18.42.17, 06.03. 17-19.

    Hours are told by a word before them, or are two whole ones, from and to, on either side.
    """
    if len(groups) < 4 or {*map(len, groups[:4])} != {2}:  # noqa: PLR2004
        return False
    first, second = groups[:2], groups[2:4]
    if between[1] in _AT:
        return _is_day(first, between[0]) and between[2] in _CLOCK and _is_time(second)
    if between[0] == between[2] or len(between[1]) < 2:  # noqa: PLR2004
        return False
    return (_is_day(first, between[0]) and _is_range(second, between[2])) or (
        "," in between[1] and _is_range(first, between[0]) and _is_day(second, between[2])
    )


def _is_day(pair: Sequence[str], sign: str) -> bool:
    low, high = sorted(map(int, pair))
    return sign in _DAY_SIGNS and 0 < low <= _MONTHS and high <= _DAYS


def _is_range(pair: Sequence[str], sign: str) -> bool:
    return sign == "-" and int(pair[0]) < int(pair[1]) <= _HOURS


def _are_hours(groups: Sequence[str], between: Sequence[str]) -> bool:
    """Tell whether all of *groups* are whole hours: 9 h, 10 h, 11 h et 14 h."""
    named = all(gap.lstrip()[:2] in _HOUR for gap in between)
    return named and all(int(group) <= _HOURS for group in groups)


def _are_decimals(groups: Sequence[str], between: Sequence[str]) -> bool:
    """Tell whether some of *groups* are one digit after a comma, and others differ."""
    after = [len(b) for gap, b in zip(between, groups[1:], strict=True) if gap == ","]
    return len(after) > 1 and {*after} == {1} and {*between} != {","}


def _in_order(groups: Sequence[str], between: Sequence[str]) -> bool:
    """Tell whether *groups* are times, or figures with a point, one after the other.

    06 12, 06 32, 06 52 or 0.5 1.0 1.5: at least two whole pairs, each more than the last.
    """
    inner, outer = {*between[::2]}, {*between[1::2]}
    pairs = [*zip(groups[::2], groups[1::2], strict=False)]
    if len(inner) != 1 or len(outer) != 1 or inner == outer or len(pairs) <= 1:
        return False
    decimal = inner == {"."} and all(len(a) == len(b) == 1 for a, b in pairs)
    timed = outer <= _LISTED and all(map(_is_time, pairs))
    return (decimal or timed) and pairs == sorted({*pairs})


def _is_time(run: Sequence[str]) -> bool:
    if len(run) != 2 or len(run[1]) != 2:  # noqa: PLR2004 - hours and minutes
        return False
    return int(run[0]) < _HOURS and int(run[1]) < _MINUTES
