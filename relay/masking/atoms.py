"""Cut a reading into the pieces that carry digits: figures, number words, look-alikes."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from relay.masking.context import is_unit
from relay.masking.evidence import Evidence
from relay.masking.fuzzy import misjoined, misspelt
from relay.masking.gaps import is_connector
from relay.masking.signs import Reading
from relay.masking.words import GLUED_LEAST, Word, cut_glued, undoubled, unleet, vocabulary

# A bar is a figure beside letters and figures or among single ones; in | 06 | 39 | it is none.
TOKEN = re.compile(
    r"(?<![^\W_])\|[^\W_]+|[^\W_]+(?:\|(?![^\W_]))?"
    r"|(?<![^\W_]{2} )\|\|?(?! ?[^\W_]{2})(?![^\W_])|[^\W_]+"
)
_LETTERS_AND_FIGURES = re.compile(r"[^\W_]+")
_PLAIN_WORD_LEAST = 3  # letters; shorter ones may be look-alikes, longer ones number words
_RUNS = re.compile(r"[0-9]+")
_PARTS = re.compile(r"[0-9]+|[^\W\d_]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_LONG = 9  # digits that stay a number whatever is glued to them
_LOOK = {
    "o": "0", "O": "0", "Q": "0", "D": "0", "i": "1", "l": "1", "I": "1", "L": "1", "|": "1",
    "z": "2", "Z": "2", "ƨ": "2", "Ƨ": "2", "ʒ": "3", "E": "3", "A": "4", "ч": "4", "s": "5",
    "S": "5", "ƽ": "5", "b": "6", "G": "6", "ƅ": "6", "T": "7", "t": "7", "B": "8", "ȣ": "8",
    "g": "9", "q": "9",
}  # fmt: skip
_OTHER_LOOK = {"g": "6", "b": "8", "B": "6", "G": "9", "q": "0"}
_LOOK_LETTERS = frozenset("oilzsbgtq|ʒчƽƅȣƨead")
_PURE_LOOK_LONGEST, _EVERYDAY_LONGEST = 2, 16
_MIXED_LOOK_LONGEST = 14
_LEAST_ROW = 4
_LEAST_WORDS = 3
_MISSPELT = 0.35
_BESIDE = re.compile(r"(?:[^\w$£€%¥]|_){0,4}|[ '-](?:et|3t|e|y|i|and|und|en|si)[ '-]")
_BESIDE_WORDS = re.compile(
    rf"{_BESIDE.pattern}|\W{{0,3}}[(\[{{][^()\[\]{{}}]{{0,40}}[)\]}}]\W{{0,3}}"
)
_LABEL = re.compile(
    r"\b(?:partie|part|parte|teil|deel|morceau|bout|ligne|line|etape|step|half|moitie|groupe|bloc)"
    r" [1-9]$"
)
_NUMBERED, _LEAST_LABELS = re.compile(r"([1-9])(?<!\S.)[).:°]\s"), 3
_NOISE = re.compile(r"[aehmnx]|km|cm|mm|kg|go|ch|cv|hdi|tdi|dci|ans|mois|eur|euros?")


class Atom(NamedTuple):
    """A piece that carries digits, between two offsets of the reading.

    Args:
        readings: Its possible digits, the likeliest first.
        word: The number word it is, None for figures.
        cost: How unsure it is that it stands for digits.
        shy: Counts only with other atoms right beside it (look-alikes, weak words).
    """

    start: int
    end: int
    readings: tuple[str, ...]
    word: Word | None = None
    cost: float = 0.0
    shy: bool = False


def find_atoms(reading: Reading, seen: Evidence) -> list[Atom]:
    """Return the atoms of *reading* in order.

    Args:
        reading: A folded text.
        seen: What ``weigh`` says of it; tokens without figures are looked at only if it
            saw number words or look-alikes.
    """
    text = reading.text
    atoms: list[Atom] = []
    unknown: list[tuple[int, str]] = []
    known = vocabulary().words if seen.words else {}
    for start, token in _tokens(text) if seen.words else _figures(text, seen.runs):
        if word := known.get(token):
            cost = 0.1 * word.weak
            atoms.append(Atom(start, start + len(token), (word.digits,), word, cost, word.weak))
        elif token.isdigit():
            if len(token) > 1 or not _LABEL.search(text, max(0, start - 12), start + 1):
                atoms.append(Atom(start, start + len(token), (token,)))
        elif not token.isalpha():
            after_word = bool(atoms) and atoms[-1].word is not None
            atoms += _odd(reading, start, token, after_word=after_word)
        elif more := _letters(reading, start, token):
            atoms += more
        else:
            unknown.append((start, token))
    if unknown and sum([a.word is not None and not a.shy for a in atoms]) >= _LEAST_WORDS:
        atoms = _with_misspelt(atoms, unknown, text)
    return _without_lonely(_without_labels(atoms, text), text)


def _letters(reading: Reading, start: int, token: str) -> Sequence[Atom]:
    """Read a token of letters alone that is no number word: words in one, or look-alikes."""
    if len(token) <= _PURE_LOOK_LONGEST:
        return _pure_look(reading, start, token)
    found = (_in_everyday if len(token) <= _EVERYDAY_LONGEST else _in_words)(token)
    return [atom._replace(start=start + atom.start, end=start + atom.end) for atom in found]


def _in_words(token: str) -> Sequence[Atom]:
    """Read a token of letters as one number word with doubled letters, or several in one."""
    word = vocabulary().words.get(undoubled(token)) if len(token) > _PLAIN_WORD_LEAST else None
    if word and not word.weak:
        return (Atom(0, len(token), (word.digits,), word, 0.1),)
    return _glued(0, token) if len(token) >= GLUED_LEAST else ()


_in_everyday = lru_cache(maxsize=4096)(_in_words)  # people write the same words over and over


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    pattern = TOKEN if "|" in text else _LETTERS_AND_FIGURES
    return ((found.start(), found.group()) for found in pattern.finditer(text))


def _figures(text: str, runs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, str]]:
    """Yield the tokens that hold a figure, without walking over the other words."""
    done, size = 0, len(text)
    for start, end in runs:
        if start < done:
            continue
        first = start
        while first > done and text[first - 1].isalnum():
            first -= 1
        done = end
        while done < size and text[done].isalnum():
            done += 1
        yield first, text[first:done]


def _with_misspelt(atoms: list[Atom], unknown: list[tuple[int, str]], text: str) -> list[Atom]:
    """Add the tokens right beside number words that are misspelt ones."""
    ends = {atom.end for atom in atoms}
    starts = {atom.start for atom in atoms}
    more: list[Atom] = []
    skip = -1
    for index, (start, token) in enumerate(unknown):
        end = start + len(token)
        if (
            start == skip
            or not _touches(text, start, end, starts, ends)
            or is_connector(token)
            or is_unit(token)
        ):
            continue
        pair = unknown[index + 1] if index + 1 < len(unknown) else None
        if pair and pair[0] == end + 1 and (digits := misjoined(token, pair[1])):
            end, skip = pair[0] + len(pair[1]), pair[0]
            more.append(Atom(start, end, (digits,), None, _MISSPELT, shy=True))
        elif word := misspelt(token):
            more.append(Atom(start, end, (word.digits,), word, _MISSPELT, shy=True))
        else:
            continue
        ends.add(end)
    return sorted((*atoms, *more), key=lambda atom: atom.start)


def _touches(text: str, start: int, end: int, starts: set[int], ends: set[int]) -> bool:
    """Tell whether an atom ends right before *start* or begins right after *end*."""
    for k in (1, 2, 3, 4):
        if start - k in ends and _BESIDE.fullmatch(text, start - k, start):
            return True
        if end + k in starts and _BESIDE.fullmatch(text, end, end + k):
            return True
    return False


def _odd(reading: Reading, start: int, token: str, *, after_word: bool) -> list[Atom]:
    """Read a token of letters and figures, or with a sign that imitates one."""
    plain = unleet(token)
    if after_word and plain in vocabulary().joiners:
        return []
    letters = _LETTERS.findall(token)
    found = _leet(start, token)
    if not found and max(map(len, letters), default=0) >= _PLAIN_WORD_LEAST:
        found = _words_and_figures(start, token)
    found = found or (_glued(start, plain) if plain.isalpha() else [])
    if not found and len(letters) >= _PLAIN_WORD_LEAST:
        found = [Atom(start + a, start + b, (digits,)) for a, b, digits in cut_filled(token)]
    return found or _mixed_look(reading, start, token) or _split(start, token)


def _glued(start: int, token: str) -> list[Atom]:
    words = vocabulary().words
    return [
        Atom(start + a, start + b, (words[text].digits,), words[text])
        for a, b, text in cut_glued(token)
    ]


def _leet(start: int, token: str) -> list[Atom]:
    plain = unleet(token)
    if not plain.isalpha():
        return []
    word = vocabulary().words.get(plain) or vocabulary().words.get(token)
    if word and len(plain) > 1:
        return [Atom(start, start + len(token), (word.digits,), word, 0.1)]
    return []


def _words_and_figures(start: int, token: str) -> list[Atom]:
    """Cut number words glued to figures: cinquante6, zero6douze34."""
    words = vocabulary().words
    found: list[Atom] = []
    for part in _PARTS.finditer(token):
        begin, end, text = start + part.start(), start + part.end(), part.group()
        if text.isdigit():
            found.append(Atom(begin, end, (text,)))
        elif text in words and len(text) > 2:  # noqa: PLR2004 - shorter ones are units
            found.append(Atom(begin, end, (words[text].digits,), words[text]))
        elif glued := _glued(begin, text):
            found += glued
        else:
            return []
    whole = found and found[0].start == start and found[-1].end == start + len(token)
    return found if whole and any(atom.word for atom in found) else []


def _looks(reading: Reading, start: int, token: str) -> tuple[tuple[str, ...], int]:
    """Return the readings of a token as look-alikes, and how many letters they use."""
    first, other, letters = [], [], 0
    for offset, sign in enumerate(token):
        if sign.isdigit():
            first.append(sign)
            other.append(sign)
            continue
        upper = sign.isascii() and reading.raw[start + offset].isupper()
        shape = sign.upper() if upper else sign
        digit = _LOOK.get(shape)
        if digit is None:
            return (), 0
        letters += 1
        first.append(digit)
        other.append(_OTHER_LOOK.get(shape, digit))
    readings = ("".join(first), "".join(other))
    return (readings if readings[0] != readings[1] else readings[:1]), letters


def _pure_look(reading: Reading, start: int, token: str) -> list[Atom]:
    if not _LOOK_LETTERS.issuperset(token):
        return []
    readings, letters = _looks(reading, start, token)
    if not readings:
        return []
    return [Atom(start, start + len(token), readings, None, 0.15 * letters, shy=True)]


def _mixed_look(reading: Reading, start: int, token: str) -> list[Atom]:
    if len(token) > _MIXED_LOOK_LONGEST or not _LOOK_LETTERS.issuperset(
        sign for sign in token if not sign.isdigit()
    ):
        return []
    readings, letters = _looks(reading, start, token)
    if not readings:
        return []
    return [Atom(start, start + len(token), readings, None, 0.15 * letters)]


def _split(start: int, token: str) -> list[Atom]:
    """Take the figures out of letters glued to them, when they can be part of a number."""
    runs = list(_RUNS.finditer(token))
    fillers = _LETTERS.findall(token)
    if len(runs) != 1:
        return []
    digits = runs[0].group()
    long_word = all(len(f) > 2 and not _NOISE.fullmatch(f) for f in fillers)  # noqa: PLR2004
    if len(digits) < _LONG and not long_word:
        return []
    cost = 0.0 if len(digits) >= _LONG else 0.4
    return [Atom(start + runs[0].start(), start + runs[0].end(), (digits,), None, cost)]


def cut_filled(token: str) -> list[tuple[int, int, str]]:
    """Cut a token whose figures are kept apart by letters: 06x12x34x56x78.

    Returns:
        Start, end and digits of each group; empty when it is another kind of token.
    """
    runs = list(_RUNS.finditer(token))
    fillers = _LETTERS.findall(token)
    inner = fillers[token[0].isalpha() : len(fillers) - token[-1].isalpha()]
    total = sum(len(run.group()) for run in runs)
    if total < _LONG - 1 or len(runs) < 4:  # noqa: PLR2004
        return []
    if len({*inner}) > 1 and (
        any(len(f) > 3 for f in inner) or len({len(run.group()) for run in runs}) > 1  # noqa: PLR2004
    ):
        return []
    return [(run.start(), run.end(), run.group()) for run in runs]


def _without_labels(atoms: list[Atom], text: str) -> list[Atom]:
    """Leave out the figures that number the lines of a list: 1) 06, 2) 39, 3) 98."""
    labels = {
        hit.start() for k, hit in enumerate(_NUMBERED.finditer(text), 1) if hit.group(1) == str(k)
    }
    return [a for a in atoms if a.start not in labels] if len(labels) >= _LEAST_LABELS else atoms


def _without_lonely(atoms: list[Atom], text: str) -> list[Atom]:
    """Keep shy atoms only in a row that holds enough of the others."""
    if not any(atom.shy for atom in atoms):
        return atoms
    kept: list[Atom] = []
    for row in map(_figures_only, _rows(atoms, text)):
        sure = sum(not atom.shy for atom in row)
        enough = sure > 1 or (sure == 1 and len(row) >= _LEAST_ROW)
        kept += row if enough else [atom for atom in row if not atom.shy]
    return kept


def _figures_only(row: list[Atom]) -> list[Atom]:
    """Drop look-alikes that stand among number words, without a figure beside them."""
    return [
        atom
        for k, atom in enumerate(row)
        if not (atom.shy and atom.word is None and atom.cost < _MISSPELT)
        or any(near.word is None for near in (*row[max(0, k - 1) : k], *row[k + 1 : k + 2]))
    ]


def _rows(atoms: list[Atom], text: str) -> list[list[Atom]]:
    """Return the atoms in rows that separators, and remarks between words, do not interrupt."""
    rows: list[list[Atom]] = []
    for atom in atoms:
        if rows and _goes_on(rows[-1][-1], atom, text):
            rows[-1].append(atom)
        else:
            rows.append([atom])
    return rows


def _goes_on(before: Atom, atom: Atom, text: str) -> bool:
    between = _BESIDE_WORDS if before.word and atom.word else _BESIDE
    return between.fullmatch(text, before.end, atom.start) is not None
