"""Numbers told line by line: the first, or the last, figure of each line."""

import re
from collections.abc import Iterator

from relay.masking.plans import Form, read

_FIRST = re.compile(r"[ \t>*•.-]*(\d{1,4})(?![\d,.:/]*\d)")
_LAST = re.compile(r"(?<![\d.,:/])(\d{1,4})[ \t.!)]*$")
_BEGUN, _ENDED = re.compile(r"\n[ \t>*•.-]*\d"), re.compile(r"\d[ \t.!)]*\n")  # each such line
_LEAST_LINES = 3
_FORMS = (Form.MOBILE, Form.NATIONAL, Form.PLUS, Form.EXIT_CODE)
Figure = tuple[int, int, str]


def find_columns(text: str, region: str) -> list[tuple[int, int, str]]:
    """Return start, end and number of each phone number that lines spell out one by one.

    Args:
        text: Folded text.
        region: ISO 3166 code of the site.
    """
    if text.count("\n") < _LEAST_LINES - 1:
        return []
    found: list[tuple[int, int, str]] = []
    for pattern, hint in ((_FIRST, _BEGUN), (_LAST, _ENDED)):
        if len(hint.findall(f"\n{text}\n")) >= _LEAST_LINES:
            for run in _runs(text, pattern):
                found += _numbers(run, region)
    return found


def _runs(text: str, pattern: re.Pattern[str]) -> Iterator[list[Figure]]:
    """Yield the figures of each unbroken row of lines that have one at that place."""
    run: list[Figure] = []
    at = 0
    for line in text.split("\n"):
        hit = pattern.match(line) if pattern is _FIRST else pattern.search(line[-24:])
        if hit:
            base = at + (0 if pattern is _FIRST else max(0, len(line) - 24))
            run.append((base + hit.start(1), base + hit.end(1), hit.group(1)))
        elif line.strip(" >\t"):
            if len(run) >= _LEAST_LINES:
                yield run
            run = []
        at += len(line) + 1
    if len(run) >= _LEAST_LINES:
        yield run


def _numbers(run: list[Figure], region: str) -> Iterator[tuple[int, int, str]]:
    first = 0
    while first < len(run):
        digits, last = "", first
        taken = None
        if run[first][2][0] == "0":
            while last < len(run) and len(digits) < 16:  # noqa: PLR2004
                digits += run[last][2]
                last += 1
                result = read(digits, plus=False, region=region)
                if result and result[1] in _FORMS and last - first >= _LEAST_LINES:
                    taken = (run[first][0], run[last - 1][1], result[0], last)
        if taken:
            yield taken[:3]
        first = taken[3] if taken else first + 1
