"""Fold every sign to a plain one by its Unicode properties, keeping where it stood.

Digits of any script become 0-9, letters lose case and accents, dashes become one
dash, invisible signs vanish. A look-alike letter keeps being a letter here, in its
Latin shape: whether it stands for a digit is decided where digits are near.

Source: Unicode Character Database (digit value, numeric value, general category,
decomposition, names); UTS 39 for the idea of confusables.
"""

import re
import unicodedata
from codecs import charmap_decode, charmap_encode
from collections.abc import Sequence
from dataclasses import dataclass
from encodings.cp1252 import encoding_table
from functools import cache
from typing import NamedTuple

GONE = "\x00"  # stands for an invisible sign until it is taken out
TURNED = "⇄"  # stands for the sign that has what follows shown from right to left
PHONE_SIGNS = frozenset("☎☏✆✉📞📱📲📳📴🤙💬🕿🖀🕻")

# Shape of letters of other scripts, by the last words of their names: a Latin letter, or
# one of ʒ ч ƽ ƅ ȣ ƨ, letters that look like 3 4 5 6 8 2 and stand for nothing else here.
_SHAPES = {
    "O": "o", "OMICRON": "o", "OH": "o", "SAMEKH": "o", "SMALL CAPITAL O": "o", "ETH": "o",
    "BYELORUSSIAN-UKRAINIAN I": "i", "PALOCHKA": "i", "IOTA": "i", "DOTLESS I": "i", "I": "i",
    "VAV": "i", "DZE": "s", "TONE FIVE": "ƽ", "TONE TWO": "ƨ", "TONE SIX": "ƅ", "BE": "ƅ",
    "ZE": "ʒ", "EZH": "ʒ", "YOGH": "ʒ", "OPEN E": "ʒ", "REVERSED OPEN E": "ʒ", "DELTA": "ƅ",
    "ABKHASIAN DZE": "ʒ", "REVERSED E": "ʒ", "EPSILON": "e", "CHE": "ч", "VE": "b", "BETA": "b",
    "SOFT SIGN": "b", "TE": "t", "TAU": "t", "ZETA": "z", "IE": "e", "A": "a", "ALPHA": "a",
    "OU": "ȣ", "SCRIPT G": "g", "TURNED E": "e",
}  # fmt: skip
_NAMED_DIGIT = re.compile(
    r"(?:DIE FACE-|DOMINO TILE HORIZONTAL-00-0|CLOCK FACE |SEGMENTED DIGIT |DIGIT )"
    r"(ZERO|ONE|TWO|THREE|FOUR|FIVE|SIX|SEVEN|EIGHT|NINE|[0-9])(?: OCLOCK)?$"
)
_DIGIT_NAMES = "ZERO ONE TWO THREE FOUR FIVE SIX SEVEN EIGHT NINE".split()
_ARABIC = {"ة": "ه", "ى": "ي", "ـ": GONE, "ک": "ك", "ی": "ي"}
_TURNED = {"Ɩ": "1", "ᄅ": "2", "ㄣ": "4", "ϛ": "5", "ㄥ": "7", "×": "x", "✕": "x"}
_PLUS = frozenset("＋﹢⁺₊➕")
_CATEGORY_SIGN = {
    "Zs": " ", "Zl": "\n", "Zp": "\n", "Pd": "-", "Pi": "'", "Pf": "'", "So": "•", "Cs": " ",
    "Co": "•", "Cn": "•", "Sk": "•",
}  # fmt: skip
_FRAMED = re.compile(r"(?:CIRCLED|SQUARED) LATIN (?:CAPITAL|SMALL) LETTER ([A-Z])$")
_LARGEST = 99
_PICTURES = {"KEYCAP TEN": "10", "BILLIARDS": "8", "HUNDRED POINTS SYMBOL": "100"}


def _number(sign: str, name: str) -> str | None:
    """Return the digits a sign shows: ``6``, ``12`` for Roman twelve, None for no number."""
    value = unicodedata.numeric(sign, -1.0)
    if value >= 0:
        whole = int(value)
        return str(whole) if whole == value and whole <= _LARGEST else "•"
    if name in _PICTURES:
        return _PICTURES[name]
    if found := _NAMED_DIGIT.search(name):
        word = found.group(1)
        return word if word.isdigit() else str(_DIGIT_NAMES.index(word))
    return None


def _shape(sign: str, name: str) -> str:
    if sign in _TURNED:
        return _TURNED[sign]
    script, _, letter = name.partition(" WITH ")[0].partition(" LETTER ")
    if letter in _SHAPES and "ARABIC" not in script:
        return _SHAPES[letter]
    plain = unicodedata.normalize("NFKD", sign)[0].lower()
    return _ARABIC.get(plain, plain)


def fold(sign: str) -> str:
    """Return the plain sign for one character; more than one only for numbers above nine."""
    if sign in PHONE_SIGNS or (sign.isascii() and sign.isprintable()):
        return sign.lower()
    if sign == "\u202e":
        return TURNED
    name = unicodedata.name(sign, "")
    category = unicodedata.category(sign)
    if category in ("Cf", "Mn", "Me") or "FILLER" in name:
        return GONE
    digits = "+" if sign in _PLUS else _number(sign, name)
    if digits is not None:
        return digits
    if category == "Cc" or sign == "⠀":
        return "\n" if sign in "\n\r\f\v\x85" else " "
    return _plain_sign(sign, name, category)


def _plain_sign(sign: str, name: str, category: str) -> str:
    if framed := _FRAMED.search(name):
        return framed.group(1).lower()
    if category in _CATEGORY_SIGN:
        return _CATEGORY_SIGN[category] if sign not in _TURNED else "x"
    folded = _shape(sign, name)
    return folded if len(folded.lower()) == 1 else sign


class _Table(dict[int, str]):
    """Folding table that fills itself; bounded by the number of Unicode characters."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = fold(chr(code))
        return folded


_TABLE = _Table()
_UPPER_KEPT = re.compile(r"[A-Z]")


@dataclass(slots=True)  # never changed, read often
class Reading:
    """A text as the search sees it.

    Args:
        text: Folded signs.
        raw: The sign each folded one came from (case matters for look-alikes).
        starts, ends: Offsets in the original of each folded sign; None when they are equal.
    """

    text: str
    raw: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the offsets in the original text of ``text[start:end]``, end above start."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


class Piece(NamedTuple):
    """A stretch of the original and what a reader sees for it."""

    start: int
    end: int
    shown: str


def read_signs(text: str) -> Reading:
    """Fold plain *text*."""
    return read_encoded(text, western(text))


def read_encoded(text: str, raw: bytes | None) -> Reading:
    """Fold plain *text*, which is *raw* in Windows-1252, None when it holds other signs."""
    if text.isascii():
        return Reading(text.lower() if _UPPER_KEPT.search(text) else text, text)
    folded = charmap_decode(raw, "strict", _western())[0] if raw else text.translate(_TABLE)
    if len(folded) == len(text) and GONE not in folded:
        return Reading(folded, text)
    return _spread(text, ())


@cache
def _western() -> str:
    """Return what each of the 256 signs of Windows-1252 folds to."""
    signs = bytes(range(256)).decode("cp1252", "replace")
    return "".join(_TABLE[ord(sign)] for sign in signs)


def western(text: str) -> bytes | None:
    """Return *text* in Windows-1252, None when it holds signs that are not in there."""
    if text.isascii():
        return text.encode()
    try:
        return charmap_encode(text, "strict", encoding_table)[0]
    except UnicodeEncodeError:
        return None


def read_pieces(text: str, pieces: Sequence[Piece]) -> Reading:
    """Fold *text* with some stretches replaced by what a reader sees (tags, entities)."""
    return _spread(text, pieces)


def _spread(text: str, pieces: Sequence[Piece]) -> Reading:
    signs: list[str] = []
    raws: list[str] = []
    starts: list[int] = []
    ends: list[int] = []

    def put(shown: str, start: int, end: int | None) -> None:
        folded = shown.translate(_TABLE)
        if end is None and len(folded) == len(shown):  # each sign for one, some of them gone
            at = 0
            for part in folded.split(GONE):
                signs.append(part)
                raws.append(shown[at : at + len(part)])
                starts.extend(range(start + at, start + at + len(part)))
                ends.extend(range(start + at + 1, start + at + len(part) + 1))
                at += len(part) + 1
            return
        for offset, raw in enumerate(shown):
            begin = start if end is not None else start + offset
            for sign in _TABLE[ord(raw)]:
                if sign != GONE:
                    signs.append(sign)
                    raws.append(raw)
                    starts.append(begin)
                    ends.append(begin + 1 if end is None else end)

    at = 0
    for piece in pieces:
        put(text[at : piece.start], at, None)
        put(piece.shown, piece.start, piece.end)
        at = piece.end
    put(text[at:], at, None)
    return Reading("".join(signs), "".join(raws), starts, ends)
