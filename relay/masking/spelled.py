"""What is spelled sign by sign: letters apart (z é r o), Morse, braille, escapes.

Each stretch is found in the text as it was written and read as what it says; offsets stay
those of the text.

Source: ITU-R M.1677-1 (Morse figures, five signs each); ISO 11548-1 (braille figures: the
number sign, then the cells of a to j); RFC 3986, section 2.1; RFC 2045, section 6.7.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from relay.masking.keys import BESIDE, keyed, shows_keys
from relay.masking.signs import Piece, Reading, read_encoded, read_pieces, western
from relay.masking.starred import has_stars, shows_stars, starred
from relay.masking.sums import has_sums, sums
from relay.masking.typed import AFTER_FIGURE, has_keys, keyboard, roman

LETTERS_APART = 3  # single letters in a row from which they are one word
_APART = re.compile(
    r"(?<![^\W_])(?<!')[^\W\d_](?P<sign>[ .*_-])[^\W\d_](?:(?P=sign)[^\W\d_])*(?![^\W_])"
)
# Three letters apart, what is rare tested last: most texts hold none, and end here.
_APART_HINT = re.compile(r"[ .*_-]\w[ .*_-]\w(?![^\W_])(?<![^\W_].{5})")
_CLASSES = bytes(  # of Windows-1252: a letter, a sign that parts letters, or another
    ord("-" if sign in " .*_-" else "a" if sign.isalnum() and not sign.isdecimal() else "0")
    for sign in bytes(range(256)).decode("cp1252", "replace")
)
_THREE_LETTERS = b"a-a-a"
_LIKE_FIGURES = frozenset("oilzsbgtq")  # apart, they may stand for figures
_FIVE = r"(?:[.-]{5}|[·•_–—-]{5})"
_MORSE = re.compile(rf"(?<!\S){_FIVE}(?:[ /|]{{1,3}}{_FIVE}){{3,}}(?!\S)")
_FIVE_SIGNS = re.compile(r"[.·•_–—-][.·•_–—-]{4}\s")
_MORSE_SIGN = re.compile(_FIVE)
_MORSE_BYTES, _LEAST_MORSE = ".·•_–—-".encode("cp1252"), 20  # four figures
_MORSE_FIGURES = "----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----.".split()
_TO_MORSE = str.maketrans("·•_–—", "..---")
_NUMBER_SIGN = re.compile("⠼")
_BRAILLE = re.compile(r"⠼([⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚]+)")
_CELLS = str.maketrans("⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚", "1234567890")
_ESCAPE_SIGN = re.compile("[%=]")
_ESCAPE = re.compile(r"[%=](?:2[0b-f]|3[0-9])", re.IGNORECASE)
_LEAST_ESCAPES = 3
_PLUS = frozenset(("%2b", "%2B"))
_Shows = Callable[[bytes], bool]
_DISCS = "⭕◯○●⚪⚫🔴🔵⬤"
_DISC_AFTER = re.compile(rf"[{_DISCS}](?<=\d.)")
_RING = re.compile(r"(?<![^\W\d])(?:\(\)|\[\])(?=[ .]?\d)|(?<=\d)(?:\(\)|\[\])(?!\w{2})")  # ()6 5()
_DISC = re.compile(rf"[{_DISCS}](?:(?<=\d.)|(?=\d))")


def shows_morse(raw: bytes) -> bool:
    """Tell whether *raw*, Windows-1252, has enough signs for a row of Morse figures."""
    return len(raw) - len(raw.translate(None, _MORSE_BYTES)) >= _LEAST_MORSE


def has_morse(text: str) -> bool:
    """Tell whether *text* holds a row of Morse figures; most texts hold no five such signs."""
    return _FIVE_SIGNS.search(text) is not None and _MORSE.search(text) is not None


def read_text(text: str) -> Reading:
    """Fold plain *text*, what is spelled sign by sign read as what it says."""
    raw = western(text)
    pieces = [
        piece
        for shows, may_hold, read in _WAYS
        if (raw is None or shows is None or shows(raw)) and may_hold(text)
        for piece in read(text)
    ]
    if not pieces:
        return read_encoded(text, raw)
    kept: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: piece.start):
        if not kept or piece.start >= kept[-1].end:
            kept.append(piece)
    return read_pieces(text, kept)


def shows_letters_apart(raw: bytes) -> bool:
    """Tell whether *raw*, Windows-1252, holds three letters, a sign or a blank between them."""
    return _THREE_LETTERS in raw.translate(_CLASSES)


def letters_apart(text: str) -> Sequence[Piece]:
    """Return the words of *text* whose letters stand apart."""
    words = [Piece(hit.start(), hit.end(), hit.group()[::2]) for hit in _APART.finditer(text)]
    if all(len(word.shown) < LETTERS_APART for word in words):
        return ()
    return [word for word in words if not _LIKE_FIGURES.issuperset(word.shown.lower())]


def _morse(text: str) -> Iterator[Piece]:
    for row in _MORSE.finditer(text) if has_morse(text) else ():
        for sign in _MORSE_SIGN.finditer(text, *row.span()):
            plain = sign.group().translate(_TO_MORSE)
            if plain in _MORSE_FIGURES:
                yield Piece(sign.start(), sign.end(), str(_MORSE_FIGURES.index(plain)))


def _is_braille(_: bytes) -> bool:
    return False  # Windows-1252 has no such sign


def _braille(text: str) -> Iterator[Piece]:
    for row in _BRAILLE.finditer(text):
        yield Piece(row.start(), row.end(), row.group(1).translate(_CELLS))


def _escapes(text: str) -> Iterator[Piece]:
    found = [*_ESCAPE.finditer(text)]
    if len(found) < _LEAST_ESCAPES:  # the plus of a number in a link
        found = [sign for sign in found if sign.group() in _PLUS]
    for sign in found:
        yield Piece(sign.start(), sign.end(), chr(int(sign.group()[1:], 16)))


def _has_rings(text: str) -> bool:
    return "()" in text or "[]" in text or _has_discs(text)


def _has_discs(text: str) -> bool:
    return not text.isascii() and _DISC_AFTER.search(text) is not None


def _rings(text: str) -> Iterator[Piece]:
    """Yield the empty brackets beside figures, and discs if one follows a figure: like a zero."""
    for pattern in (_RING, _DISC) if _has_discs(text) else (_RING,):
        for sign in pattern.finditer(text):
            yield Piece(*sign.span(), "0")


# Each way to spell: what bytes of a Western text show for it, if that is quick to see; a cheap
# look for what it needs; its reader. Most texts hold none and end at the bytes.
_WAYS: tuple[tuple[_Shows | None, Callable[[str], object], Callable[[str], Iterable[Piece]]], ...]
_WAYS = (
    (shows_letters_apart, _APART_HINT.search, letters_apart),
    (shows_morse, _FIVE_SIGNS.search, _morse),
    (_is_braille, _NUMBER_SIGN.search, _braille),
    (None, _ESCAPE_SIGN.search, _escapes),
    (None, _has_rings, _rings),
    (shows_stars, has_stars, starred),
    (shows_keys, BESIDE.search, keyed),
    (None, has_keys, keyboard),
    (None, AFTER_FIGURE.search, roman),
    (None, has_sums, sums),
)
