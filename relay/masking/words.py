"""Number words: one table per language, glued words, and words with digits for letters."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from operator import itemgetter

from relay.masking.signs import read_signs
from relay.masking.trie import any_of


class Kind(StrEnum):
    """What a number word can be combined with."""

    UNIT = "unit"
    TEEN = "teen"
    TEN = "ten"
    HUNDRED = "hundred"
    TIMES = "times"


@dataclass(frozen=True, slots=True)
class Word:
    """One number word.

    Args:
        digits: What it stands for, ``6`` or ``70``; for TIMES how often the next is said.
        kind: Its place in the grammar.
        weak: Also an ordinary word (un, six in a text of another language, for): counts
            only between other numbers.
        units_first: The language says units before tens (vierundzwanzig).
        vigesimal: Takes ten to nineteen (soixante-douze).
    """

    digits: str
    kind: Kind
    weak: bool = False
    units_first: bool = False
    vigesimal: bool = False


_FIRST_OF = {"units": (Kind.UNIT, 0, 1), "teens": (Kind.TEEN, 10, 1), "tens": (Kind.TEN, 20, 10)}
_HUNDREDS = {"hundreds": (Kind.HUNDRED, 100, 100)}  # where they are words of their own
_TIMES = {
    "double": "2", "doble": "2", "doppel": "2", "dubbel": "2", "dobro": "2", "doppio": "2",
    "twice": "2", "zweimal": "2", "tweemaal": "2", "thrice": "3", "dreimal": "3",
    "triple": "3", "triplo": "3", "dreifach": "3", "treble": "3", "drievoudig": "3",
}  # fmt: skip
GLUED_LEAST = 7  # letters of the shortest token worth cutting into words
_MOST_PIECES = 39  # words glued in one token; no number has more
_EVERYDAY_LONGEST = 16  # letters of a token that is kept in mind; a number said is longer
_HINT_SIGNS = 200  # letters looked at for a first word
_DOUBLED, _ONE = re.compile(r"([^\W\d_])\1+"), itemgetter(1)  # no template, read at each call
_LEET = str.maketrans("013457@$!€", "oieastasie")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every number word of every language, and the words that may stand between two of them.

    Args:
        words: What each stands for.
        compounds: A word for tens and one for units as one: trentatre, dreiundzwanzig.
        joiners: Words that may stand between two of them.
        pieces: What the words of each language are cut into where they are written together.
        hint: Two of them side by side in a longer word.
    """

    words: dict[str, Word]
    compounds: frozenset[str]
    joiners: frozenset[str]
    pieces: tuple[re.Pattern[str], ...]
    hint: re.Pattern[str]


@cache
def vocabulary() -> Vocabulary:
    """Read ``data/words``; the first language in alphabetical order wins a shared word."""
    words: dict[str, Word] = {}
    compounds: set[str] = set()
    joiners: set[str] = set()
    pieces: list[re.Pattern[str]] = []
    folder = resources.files("relay.masking") / "data" / "words"
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        between = set(_plain(table["joiners"]).split())
        joiners |= between
        pieces.append(_pieces(table, between))
        said = _words(table, french=file.name == "fr.toml")
        if table.get("as_one"):
            compounds.update(_compounds(said, between))
        for text, word in said.items():
            if text not in words or (words[text].weak and not word.weak):
                words[text] = word
    for text, times in _TIMES.items():
        words[text] = Word(times, Kind.TIMES, weak=True)
    parts = {part for piece in pieces for part in piece.pattern.split("|") if len(part) > 1}
    piece = any_of(sorted(parts - joiners))
    hint = re.compile(rf"{piece}(?:{'|'.join(sorted(joiners, key=len, reverse=True))})?{piece}")
    return Vocabulary(words, frozenset(compounds), frozenset(joiners), tuple(pieces), hint)


def _compounds(words: dict[str, Word], joiners: set[str]) -> Iterator[str]:
    """Yield the words for 21 to 99 of a language that writes them as one."""
    units = [text for text, word in words.items() if word.kind is Kind.UNIT and word.digits != "0"]
    for text, word in words.items():
        if word.kind is Kind.TEN and text.isascii():
            if word.units_first:
                yield from (unit + joiner + text for unit in units for joiner in joiners)
            else:
                yield from (text + unit for unit in units)


def _pieces(table: dict[str, list[str]], joiners: set[str]) -> re.Pattern[str]:
    """Return what words written together are cut into: first spellings, and those for it."""
    first = {_plain(row).split()[0] for name in _FIRST_OF for row in table[name] if row}
    glued = {*first, *_plain(str(table.get("glued", ""))).split(), *joiners}
    glued.add(_plain(str(table["hundred"])).split()[0])
    return re.compile("|".join(map(re.escape, sorted(glued, key=len, reverse=True))))


def _plain(text: str) -> str:
    return read_signs(text).text


def _words(table: dict[str, list[str]], *, french: bool) -> dict[str, Word]:
    weak = set(_plain(str(table["weak"])).split())
    first = bool(table.get("units_first", False))
    found = {
        text: Word("100", Kind.HUNDRED, units_first=first)
        for text in _plain(str(table["hundred"])).split()
    }
    for name, (kind, start, step) in {**_FIRST_OF, **_HUNDREDS}.items():
        for row, spellings in enumerate(table.get(name, ())):
            digits = str(start + row * step)
            for text in _plain(spellings).split():
                vigesimal = french and digits == "60"
                word = found[text] = Word(digits, kind, text in weak, first, vigesimal)
                if kind is Kind.UNIT and text.isascii() and len(text) > 2:  # noqa: PLR2004 - 6ix, 7even
                    found[digits + text[1:]] = word
                if first and kind is Kind.TEN and not text.isascii():
                    found["و" + text] = found[text]  # Arabic writes "and" on the tens
    return found


def unleet(token: str) -> str:
    """Return *token* with the digits that imitate letters turned back: z3ro, s1x."""
    return token.translate(_LEET)


def undoubled(token: str) -> str:
    """Return *token* with each letter that is written twice written once: neuuf, ciinq."""
    return _DOUBLED.sub(_ONE, token)


def cut_glued(token: str) -> list[tuple[int, int, str]]:
    """Cut a token of number words written together.

    Args:
        token: Letters only, folded.

    Returns:
        Start, end and text of each word of the longest unbroken row of number words;
        empty when fewer than two number words stand side by side.
    """
    if len(token) < GLUED_LEAST or not is_glued(token):
        return []
    best: list[tuple[int, int, str]] = []
    for pattern in vocabulary().pieces:
        row = _longest_row(pattern, token)
        if row and (not best or _covered(row) > _covered(best)):
            best = row
    if not best:
        return []
    words = [piece for piece in best if piece[2] in vocabulary().words]
    whole = _covered(best) == len(token)
    enough = whole or _covered(best) >= GLUED_LEAST + len(words)
    return words if len(words) > 1 and enough else []


def is_glued(token: str) -> bool:
    """Tell whether *token* may hold two number words side by side."""
    return (_holds_two_everyday if len(token) <= _EVERYDAY_LONGEST else _holds_two)(token)


def _holds_two(token: str) -> bool:
    return vocabulary().hint.search(token, 0, _HINT_SIGNS) is not None


_holds_two_everyday = lru_cache(maxsize=4096)(_holds_two)  # people write the same words again


def _covered(row: list[tuple[int, int, str]]) -> int:
    return row[-1][1] - row[0][0]


def _longest_row(pattern: re.Pattern[str], token: str) -> list[tuple[int, int, str]]:
    rows: list[list[tuple[int, int, str]]] = [[]]
    at = 0
    for found in pattern.finditer(token):
        start, end = found.span()
        if start != at:
            rows.append([])
        rows[-1].append((start, end, found.group()))
        at = end
    longest = max(rows, key=lambda row: row[-1][1] - row[0][0] if row else 0)
    return longest[:_MOST_PIECES]
