"""Groups in the shape of a number that are times and days: timetables, ranges, opening hours."""

import re
from collections.abc import Sequence

from relay.masking.context import says_travel

_LISTED = frozenset((", ", ",", " - ", " / "))
_TO = frozenset((" au ", " a ", " to ", " bis ", " tot ", " al ", " hasta ", " ate ", " till "))
_HOUR = frozenset(("h", "h ", "h,", "h;", "h/", "h-"))
_CLOCK, _BLANK = frozenset(".:"), frozenset(" ")
_AT = frozenset((" at ", " a ", " um ", " om ", " alle ", " as ", " las ", " a las "))
_DAY_SIGNS = frozenset(".-/")
_HOURS, _MINUTES, _DAYS, _MONTHS = 24, 60, 31, 12
_WORD = re.compile(r"[^\W\d_]")
_UP_TO = re.compile(rf"\d(?:{'|'.join(sorted(_TO))})(?:\d\d? ){{0,2}}$")
_FROM = re.compile(r"\b(?:du|from|vom|van|del?|dal|do) $")
_FROM_WORDS = (" de ", " du ", " from ", " von ", " van ", " dal ", " del ")
_MINUTES_AFTER = re.compile(r" [0-5]\d(?!\d)")
_NEAR = 12  # characters of the end of a range


def is_timetable(groups: Sequence[str], between: Sequence[str]) -> bool:
    """Tell whether at least two pairs of *groups*, and other signs between them, are times.

    A blank parts hours from minutes only where the words speak of journeys or opening hours.
    """
    if _is_opening(groups, between) or _in_order(groups, between):
        return True
    if _are_hours(groups, between):
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
