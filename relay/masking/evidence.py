"""The cheap look at a text that lets most messages pass at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from relay.masking.coarse import MOST_FIGURES
from relay.masking.signs import GONE, fold, western
from relay.masking.spelled import LETTERS_APART, has_morse, shows_morse
from relay.masking.starred import has_stars, shows_stars
from relay.masking.typed import has_keys, keyboard
from relay.masking.words import Kind, is_glued, undoubled, vocabulary

_FIGURES = b"0123456789"
_LOOKS = "oilzsbgtqʒчƽƅȣƨ"
_SEPARATORS = " ./_\t-"
_ASCII = 127
_FIGURE = re.compile(r"[0-9][0-9]*")  # faster than [0-9]+: it begins with one sign
_PIPE = re.compile(r"\d\||\|\d")
# Letters that can be figures, right after a figure or as the next token of letters alone.
_LOOK_AFTER = re.compile(
    rf"[0-9](?:[{_LOOKS}](?![a-z]{{2}})|[{_SEPARATORS}]{{1,3}}[|{_LOOKS}]{{1,2}}(?![^\W_]|'\w))"
)
_LOOK_BEFORE = re.compile(
    rf"(?<![a-z])[{_LOOKS}]$|(?<![^\W_])(?<!')\b[|{_LOOKS}]{{1,2}}[{_SEPARATORS}]{{1,3}}$"
)
_LOOK_OR_SEPARATOR = frozenset(_LOOKS + _SEPARATORS)
_LOOK_ENDS = _LOOK_OR_SEPARATOR | {"|"}
_LITTLE = frozenset(f"{one}{other}" for one in _LOOKS for other in ("", *_LOOKS))
# Each byte as a figure, a letter like one, or a blank; those of signs that are not Western
# may be of such letters.
_KINDS = bytes(
    ord("0" if c in _FIGURES else "o" if c > _ASCII or chr(c) in _LOOKS else " ")
    for c in range(256)
)


@dataclass(slots=True)  # never changed, read often
class Evidence:
    """How much in a text can be digits.

    Args:
        figures: Signs that are digits.
        spoken: Number words; a token of several counts as some.
        looks: Letters that may be figures stand beside figures.
        runs: Start and end of each row of figures; none where there are too many of them.
        single: Starts of those of one figure.
    """

    figures: int
    spoken: int
    looks: bool
    runs: Sequence[tuple[int, int]]
    single: Sequence[int]

    @property
    def most(self) -> int:
        """Return about how many digits the text can hold at most, words said in tens."""
        return self.figures + 3 * self.spoken + (5 if self.looks else 0)

    @property
    def words(self) -> bool:
        """Tell whether tokens without figures are worth a look."""
        return self.spoken > 0 or self.looks


@cache
def _strong() -> frozenset[str]:
    strong = {
        text
        for text, word in vocabulary().words.items()
        if word.kind is Kind.TIMES or not (word.weak or word.kind is Kind.HUNDRED)
    }
    return frozenset(strong | vocabulary().compounds | _SO_OFTEN)


@cache
def _spaced() -> bytes:
    """Return a table of Windows-1252 that keeps letters and blanks the rest: 0six holds six."""
    signs = bytes(range(256)).decode("cp1252", "replace")
    return bytes(code if sign.isalpha() else 32 for code, sign in enumerate(signs))


_SO_OFTEN = frozenset(("veces", "vezes", "volte"))  # dos veces el 7: dos alone counts little
_TOKENS = re.compile(r"[^\W\d_]+")
_LONG, _LONG_AFTER_WORD = 14, 8  # letters of the shortest token that may hold several words
_APART, _SHORT = b"\1" * LETTERS_APART, bytes(range(_LONG))
_EVERYDAY = 16  # letters of the longest token that is kept in mind
_GLUED = 3  # what such a token weighs
_NEAR = 8  # characters after a figure that tell whether a letter there may be one
_SOME_FIGURES = range(3, 10)  # digits that could be a part of a number, the rest in words


@dataclass(frozen=True, slots=True)
class _Western:
    """How the signs of Windows-1252 are looked at before they are folded, one byte each.

    Args:
        letters: Table to the letter each sign folds to, blank for what is none.
        telling: Signs that fold to a digit, to nothing or to several, or that make markup.
        words: Number words that count.
    """

    letters: bytes
    telling: bytes
    words: frozenset[bytes]


@cache
def _western() -> _Western:
    letters, telling = bytearray(256), bytearray()
    for code in range(256):
        folded = fold(bytes((code,)).decode("cp1252", "replace"))
        raw = folded.encode("cp1252", "replace")
        letters[code] = raw[0] if len(raw) == 1 and folded.isalpha() else 32
        if len(folded) != 1 or folded.isdigit() or folded in (GONE, "<", "&"):
            telling.append(code)
    words = frozenset(word.encode("cp1252", "replace") for word in _strong())
    return _Western(bytes(letters), bytes(telling), words)


def is_prose(text: str) -> bool:
    """Tell whether *text*, as it was written, plainly holds no digit and no number word.

    Most messages, names and subjects end here, after a few microseconds; what is not
    plain to see is weighed.
    """
    raw = western(text)
    if raw is None:
        return False
    table = _western()
    if len(raw.translate(None, table.telling)) < len(raw):
        return False
    if has_keys(text) and [*keyboard(text)]:
        return False
    if shows_stars(raw) and has_stars(text):
        return False
    if shows_morse(raw) and has_morse(text):
        return False
    tokens = raw.translate(table.letters).split()
    return table.words.isdisjoint(tokens) and not _are_odd(tokens)


def _are_odd(tokens: Sequence[bytes]) -> bool:
    """Tell whether letters stand apart in *tokens*, or several number words in one of them."""
    try:
        lengths = bytes(map(len, tokens))
    except ValueError:  # one has more letters than a byte counts; it is weighed
        return True
    if _APART in lengths:
        return True
    return lengths.translate(None, _SHORT) != b"" and any(
        len(token) >= _LONG and is_glued(token.decode("cp1252")) for token in tokens
    )


def weigh(text: str) -> Evidence:
    """Weigh folded *text*; costs a few microseconds for a message without figures."""
    raw = western(text)
    if raw is None:
        kinds = text.encode("utf-8", "surrogatepass").translate(_KINDS)
        first, last = 0, len(text)
        tokens = _TOKENS.findall(text)
    else:
        kinds = raw.translate(_KINDS)
        first, last = kinds.find(b"0"), kinds.rfind(b"0") + 1
        code = "ascii" if raw.isascii() else "cp1252"
        tokens = raw.translate(_spaced()).decode(code, "replace").split()
    figures = kinds.count(b"0")
    spoken, longest = 0, max(map(len, tokens), default=0)
    if not _strong().isdisjoint(tokens):
        spoken = sum(map(_is_said if longest <= _EVERYDAY else _is_number, tokens))
    least = _LONG_AFTER_WORD if spoken or figures in _SOME_FIGURES else _LONG
    if longest >= least:
        spoken += _GLUED * sum(map(is_glued, [token for token in tokens if len(token) >= least]))
    close = 0 < figures <= MOST_FIGURES  # a wall of figures is not looked at one by one
    runs = [*map(re.Match.span, _FIGURE.finditer(text, first, last))] if close else []
    looks = runs != [] and _may_have_looks(text, kinds, tokens) and _has_looks(text, runs)
    return Evidence(figures, spoken, looks, runs, [a for a, b in runs if b - a == 1])


def _is_number(token: str) -> bool:
    """Tell whether *token* is a number word that counts, each letter said once or twice."""
    return (_is_said if len(token) <= _EVERYDAY else _is_strong)(token)


def _is_strong(token: str) -> bool:
    return token in _strong() or undoubled(token) in _strong()


_is_said = lru_cache(maxsize=4096)(_is_strong)  # people write the same everyday words over and over


def _may_have_looks(text: str, kinds: bytes, tokens: Sequence[str]) -> bool:
    """Tell whether a letter like a figure touches one, or stands alone or beside another."""
    if b"0o" in kinds or b"o0" in kinds or "|" in text:
        return True
    return not _LITTLE.isdisjoint(tokens)


def _has_looks(text: str, runs: Sequence[tuple[int, int]]) -> bool:
    """Tell whether letters that may be figures stand beside a figure, as a token of their own."""
    if "|" in text and _PIPE.search(text):
        return True
    if _LOOK_AFTER.search(text, runs[0][0], runs[-1][1] + _NEAR):
        return True
    ends = [start for start, _ in runs if start and text[start - 1] in _LOOK_OR_SEPARATOR]
    for start in ends:
        far = text[start - 1] in _SEPARATORS and text[start - 2 : start - 1] not in _LOOK_ENDS
        if not far and _LOOK_BEFORE.search(text, max(0, start - 6), start):
            return True
    return False
