"""Figures typed as something else: Roman numerals, the signs of the figure keys of a keyboard.

Source: keyboard layouts of France and Belgium (figures need the shift key), of the United
States (with the shift key the figures are signs).
"""

import re
from collections.abc import Iterator

from relay.masking.signs import Piece

_FRENCH, _BELGIAN, _AMERICAN = "à&é\"'(-è_ç", "à&é\"'(§è!ç", ")!@#$%^&*("
_BETWEEN = r"[ .,/|]{0,2}"
_ROWS = tuple(
    re.compile(rf"(?<![^\W_]){first}(?:{_BETWEEN}[{re.escape(signs)}]){{8,13}}(?![^\W_])")
    for first, signs in (("à", _FRENCH), ("à", _BELGIAN), (r"\)", _AMERICAN))
)
_KEYBOARD = re.compile(
    r"shift|maj|clavier|keyboard|touche|teclado|tastatur|tastiera|keys", re.IGNORECASE
)
# Each begins with one sign, which is found at once or not at all.
_FRENCH_OPENS = re.compile(r"à[ .,/|]?[&é\"'(\-è_ç§!]")
_AMERICAN_OPENS = re.compile(r"\) ?[!@#$%^&*]")
_CANONICAL = re.compile(r"(?=[IVXLC])(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_ROMAN = re.compile(r"(?<![\w'’])[IVXLC]{1,7}(?![\w'’])")
# Right after the signs that part it from a figure or a word for zero; most texts end here.
AFTER_FIGURE = re.compile(
    r"[IVXLC](?![a-zà-ÿ])(?:(?<=[\dOHLohl][ .,/|_+-].)|(?<=[\dOHLohl][ .,/|_+-]{2}.)"
    r"|(?<=[\dOHLohl][ .,/|_+-]{3}.))"
)
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_NEAR = re.compile(r"[ .,/|_+-]{1,3}")
_ZERO = re.compile(
    r"(?:\b(?:z[eé]ro|null?|cero|oh|O)|(?<!\d)0[1-9]?)[ .,/|_+-]{1,3}$", re.IGNORECASE
)
_FIGURES_BEFORE = re.compile(r"(?<!\d)\d\d[ .,/|_+-]{1,3}$")
_LIKE_ONE, _SIZES = frozenset("I .,/|_+-"), frozenset("L XL XXL X C V".split())
_LEAST = 3  # numerals of a row that begins with a zero


def has_keys(text: str) -> bool:
    """Tell whether *text* may hold a row of such signs; most texts end at its first sign."""
    return _FRENCH_OPENS.search(text) is not None or _AMERICAN_OPENS.search(text) is not None


def keyboard(text: str) -> Iterator[Piece]:
    """Yield the signs of figure keys that stand for the figures on them."""
    for pattern, signs in zip(_ROWS, (_FRENCH, _BELGIAN, _AMERICAN), strict=True):
        row = pattern.search(text)
        if row and (signs is not _AMERICAN or _KEYBOARD.search(text)):
            for at in range(*row.span()):
                if text[at] in signs:
                    yield Piece(at, at + 1, str(signs.index(text[at])))
            return


def roman(text: str) -> Iterator[Piece]:
    """Yield the Roman numerals that stand in a row with a zero, or between two pairs of figures."""
    row: list[re.Match[str]] = []
    for found in (*_ROMAN.finditer(text), None):
        if row and (not found or not _NEAR.fullmatch(text, row[-1].end(), found.start())):
            yield from _row(text, row)
            row = []
        if found and _CANONICAL.fullmatch(found.group()):
            row.append(found)


def _row(text: str, row: list[re.Match[str]]) -> Iterator[Piece]:
    start, end = row[0].start(), row[-1].end()
    before = text[max(0, start - 8) : start]
    zero = len(row) >= _LEAST and _ZERO.search(before)
    told = text[start:end]
    plain = _LIKE_ONE.issuperset(told) or told in _SIZES  # II is how eleven is imitated
    if zero or (not plain and _FIGURES_BEFORE.search(before) and _goes_on(text, end)):
        for numeral in row:
            yield Piece(*numeral.span(), _value(numeral.group()))


def _goes_on(text: str, end: int) -> bool:
    """Tell whether a pair of figures follows a numeral that is one of several groups."""
    return re.match(r"[ .,/|_+-]{1,3}\d\d(?!\d)", text[end : end + 6]) is not None


def _value(numeral: str) -> str:
    total, before = 0, 0
    for sign in reversed(numeral):
        value = _VALUES[sign]
        total += value if value >= before else -value
        before = max(before, value)
    return str(total)
