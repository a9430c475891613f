"""Small sums that stand for their result: 06 39 98 (10+2) 47, 0 5+1 1+2 9+0."""

import re
from collections.abc import Iterator

from relay.masking.signs import Piece

_SUM = re.compile(
    r"(?<![\w.,+*/=-])(?P<open>\()?(?P<a>0|[1-9]\d{0,3}) ?(?P<sign>[+x*-]) ?(?P<b>0|[1-9]\d{0,2})"
    r"(?P<close>\))?(?![\w+*/]|[.,]\d| ?=)"
)
_ADDED = re.compile(r"\+(?:(?<=\d\+)|(?<=\d \+)) ?\d")
_OPENED = re.compile(r"\(\d+ ?[+x*-] ?\d")
_LEAST, _LARGEST = 2, 9999  # sums without brackets; one alone is something else


def has_sums(text: str) -> bool:
    """Tell whether *text* may hold sums; most texts end at their first sign."""
    return _ADDED.search(text) is not None or _OPENED.search(text) is not None


def sums(text: str) -> Iterator[Piece]:
    """Yield the sums of *text*: each one in brackets, the others where there are several."""
    found = [*_SUM.finditer(text)]
    added = sum(hit.group("sign") == "+" for hit in found)
    for hit in found:
        bracketed = hit.group("open") is not None and hit.group("close") is not None
        plain = hit.group("sign") in "+-" and " " not in hit.group() and added >= _LEAST
        value = _value(int(hit.group("a")), hit.group("sign"), int(hit.group("b")))
        if (bracketed or plain) and 0 <= value <= _LARGEST:
            yield Piece(*hit.span(), str(value))


def _value(a: int, sign: str, b: int) -> int:
    if sign == "+":
        return a + b
    return a - b if sign == "-" else a * b
