"""Cut a reading into the pieces that carry digits: figures, number words, look-alikes."""

import re
from dataclasses import dataclass

from relay.masking.signs import Reading
from relay.masking.words import Word, cut_glued, unleet, vocabulary

TOKEN = re.compile(r"(?<![^\W_])\|[^\W_]+|[^\W_]+(?:\|(?![^\W_]))?|\|\|?(?![^\W_])|[^\W_]+")
FIGURE = re.compile(r"[^\W_]*\d[^\W_]*")
_RUNS = re.compile(r"\d+")
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
_PURE_LOOK_LONGEST = 2
_MIXED_LOOK_LONGEST = 14
_LEAST_ROW = 4
_BESIDE = re.compile(r"[ \t\n.,;:/\\|_•-]{0,4}")
_NOISE = re.compile(r"[aehmnx]|km|cm|mm|kg|go|ch|cv|hdi|tdi|dci|ans|mois|eur|euros?")


@dataclass(frozen=True, slots=True)
class Atom:
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


def find_atoms(reading: Reading, *, words: bool) -> list[Atom]:
    """Return the atoms of *reading* in order; *words* also looks at tokens without figures."""
    text = reading.text
    atoms: list[Atom] = []
    vocabulary_words = vocabulary().words if words else {}
    pattern = TOKEN if words else FIGURE
    for found in pattern.finditer(text):
        token = found.group()
        if token.isdigit():
            atoms.append(Atom(found.start(), found.end(), (token,)))
        elif token in vocabulary_words:
            word = vocabulary_words[token]
            atoms.append(
                Atom(found.start(), found.end(), (word.digits,), word, 0.1 * word.weak, word.weak)
            )
        else:
            after_word = bool(atoms) and atoms[-1].word is not None
            atoms += _odd(reading, found.start(), token, after_word=after_word)
    return _without_lonely(atoms, text)


def _odd(reading: Reading, start: int, token: str, *, after_word: bool) -> list[Atom]:
    if token.isalpha():
        return _glued(start, token) or _pure_look(reading, start, token)
    if after_word and unleet(token) in vocabulary().joiners:
        return []
    return (
        _leet(start, token)
        or _filled(start, token)
        or _mixed_look(reading, start, token)
        or _split(start, token)
    )


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
    return _glued(start, plain)


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
    if len(token) > _PURE_LOOK_LONGEST or not _LOOK_LETTERS.issuperset(token):
        return []
    readings, letters = _looks(reading, start, token)
    if not readings:
        return []
    return [Atom(start, start + len(token), readings, None, 0.2 * letters, shy=True)]


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
    if total < _LONG - 1 or len(runs) < 4 or any(len(f) > 3 for f in inner):  # noqa: PLR2004
        return []
    if len({*inner}) > 1 and len({len(run.group()) for run in runs}) > 1:
        return []
    return [(run.start(), run.end(), run.group()) for run in runs]


def _filled(start: int, token: str) -> list[Atom]:
    return [Atom(start + a, start + b, (digits,)) for a, b, digits in cut_filled(token)]


def _without_lonely(atoms: list[Atom], text: str) -> list[Atom]:
    """Keep shy atoms only in a row that holds enough of the others."""
    if not any(atom.shy for atom in atoms):
        return atoms
    kept: list[Atom] = []
    for row in _rows(atoms, text):
        sure = sum(not atom.shy for atom in row)
        enough = sure > 1 or (sure == 1 and len(row) >= _LEAST_ROW)
        kept += row if enough else [atom for atom in row if not atom.shy]
    return kept


def _rows(atoms: list[Atom], text: str) -> list[list[Atom]]:
    """Return the atoms in rows that only spaces and separators interrupt."""
    rows: list[list[Atom]] = []
    for atom in atoms:
        if rows and _BESIDE.fullmatch(text, rows[-1][-1].end, atom.start):
            rows[-1].append(atom)
        else:
            rows.append([atom])
    return rows
