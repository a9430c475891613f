"""What one token says: number words in one, words with figures in them, look-alikes of figures."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from relay.masking.context import is_announced
from relay.masking.gaps import is_connector
from relay.masking.words import GLUED_LEAST, Word, cut_glued, undoubled, unleet, vocabulary

_PLAIN_WORD_LEAST = 3  # letters; shorter ones may be look-alikes, longer ones number words
_RUNS = re.compile(r"[0-9]+")
_ONE = frozenset(("un", "um"))
_ATTACHED = frozenset(("au", "et", "ou", "or", "on", "at", "al", "je", "le"))  # au06 49et
_PARTS = re.compile(r"[0-9]+|[^\W\d_]+")
_LETTERS = re.compile(r"[^\W\d_]+")
# One long figure between words, short ones perhaps beside them: papa2portable0612345678apres18h.
_IN_WORDS = re.compile(
    r"(?:[^\W\d_]{3,}[0-9]{1,2})?[^\W\d_]{3,}([0-9]{9,14})[^\W\d_]{3,}(?:[0-9]{1,2}[^\W\d_]{0,2})?"
)
_WORD_THEN_FIGURES = re.compile(r"([^\W\d_]{3,})([0-9]+)")
_LONG = 9  # digits that stay a number whatever is glued to them
_LOOK = {
    "o": "0", "O": "0", "Q": "0", "D": "0", "i": "1", "l": "1", "I": "1", "L": "1", "|": "1",
    "z": "2", "Z": "2", "ƨ": "2", "Ƨ": "2", "ʒ": "3", "E": "3", "A": "4", "ч": "4", "s": "5",
    "S": "5", "ƽ": "5", "b": "6", "G": "6", "ƅ": "6", "T": "7", "t": "7", "B": "8", "ȣ": "8",
    "g": "9", "q": "9",
}  # fmt: skip
_OTHER_LOOK = {"g": "6", "b": "8", "B": "6", "G": "9", "q": "0"}
_ODD_LETTERS, _UNLIKELY, _ODD_LENGTH = (
    frozenset("btgqdea"),
    0.6,
    3,
)  # none of 0 1 2 5, which are imitated first
_ORDINAL = frozenset("ºª")  # 2º izquierda is a floor
_LOOK_LETTERS = frozenset("oilzsbgtq|ʒчƽƅȣƨead")
_PURE_LOOK_LONGEST, _CAPITAL_LOOK_LONGEST = 2, 4
_MIXED_BEFORE = re.compile(r"(?:[a-z][0-9]|[0-9][a-z])[a-z0-9]*\W{1,2}$")
_NEAR = 12
EVERYDAY_LONGEST, _EVERYDAY_ODD_LONGEST = 16, 3  # letters of a token that is kept in mind
_MIXED_LOOK_LONGEST = 14
_PAIRS_OF_NUMBER = 5
_TIME = re.compile(r"(?:[01]?\d|2[0-4])h[0-5]\d")  # holds no part of a number
_PAIRS = re.compile(r"(?:\d\dh[6-9]\d|(?:2[5-9]|[3-9]\d)h\d\d)")  # no time of the day
_NOISE = re.compile(r"[aehmnx]|km|cm|mm|kg|go|ch|cv|hdi|tdi|dci|ans|mois|eur|euros?")


@dataclass(slots=True)
class Atom:
    """A piece that carries digits, between two offsets of the reading; nothing changes one.

    Not frozen: a frozen one takes three times as long to make.

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


def read_letters(token: str, raw: str, start: int) -> Sequence[Atom]:
    """Read a token of letters alone that is no number word: words in one, or look-alikes.

    Args:
        token: Folded.
        raw: The text as it was written: capitals look like other figures than small letters.
        start: Where the token begins in it.
    """
    if len(token) <= _CAPITAL_LOOK_LONGEST and _LOOK_LETTERS.issuperset(token):
        shown = raw[start : start + len(token)]
        before = raw[max(0, start - _NEAR) : start]
        if len(token) <= _PURE_LOOK_LONGEST or _is_capital_look(shown, before):
            return _moved(_pure_look(token, shown), start)
    found = (_in_everyday if len(token) <= EVERYDAY_LONGEST else _in_words)(token)
    return _moved(found, start) if found else ()


def _moved(atoms: Sequence[Atom], by: int) -> list[Atom]:
    """Return the atoms of a token as atoms of the text, where it begins at *by*."""
    return [Atom(by + a.start, by + a.end, a.readings, a.word, a.cost, a.shy) for a in atoms]


def _in_words(token: str) -> Sequence[Atom]:
    """Read a token of letters as one number word with doubled letters, or several in one."""
    word = vocabulary().words.get(undoubled(token)) if len(token) > _PLAIN_WORD_LEAST else None
    if word and not word.weak:
        return (Atom(0, len(token), (word.digits,), word, 0.1),)
    return _glued(token) if len(token) >= GLUED_LEAST else ()


_in_everyday = lru_cache(maxsize=4096)(_in_words)  # people write the same words over and over


@lru_cache(maxsize=4096)  # as above
def is_plain(token: str) -> bool:
    """Tell whether an everyday token of letters holds no number word and looks like no figure."""
    looks = len(token) <= _CAPITAL_LOOK_LONGEST and _LOOK_LETTERS.issuperset(token)
    return not looks and not _in_words(token)


def read_odd(token: str, raw: str, start: int) -> list[Atom]:
    """Read a token of letters and figures, or with a sign that imitates one; as above."""
    if _TIME.fullmatch(token):
        return []
    read = _in_everyday_odd if len(token) <= _EVERYDAY_ODD_LONGEST else _odd
    return _moved(read(token, raw[start : start + len(token)]), start)


def _odd(token: str, shown: str) -> list[Atom]:
    plain = unleet(token)
    letters = _LETTERS.findall(token)
    found = _leet(token)
    if not found and (
        max(map(len, letters), default=0) >= _PLAIN_WORD_LEAST
        or not _ONE.isdisjoint((token[1:], token[:-1]))
    ):
        found = _words_and_figures(token)
    found = found or (_glued(plain) if plain.isalpha() else [])
    if not found and len(letters) >= _PLAIN_WORD_LEAST:
        found = [Atom(a, b, (digits,)) for a, b, digits in cut_filled(token)]
    return (
        found or _introduced(token) or _mixed_look(token, shown) or _pairs(token) or _split(token)
    )


def _introduced(token: str) -> list[Atom]:
    """Take the figures after a word that announces a phone number: TEL06 is not 73106."""
    hit = _WORD_THEN_FIGURES.fullmatch(token)
    if hit is None or not is_announced(hit[1]):
        return []
    return [Atom(*hit.span(2), (hit[2],), None, 0.1)]


_in_everyday_odd = lru_cache(maxsize=1024)(_odd)  # 18h, 3e, m2: no part of a number is kept


def _glued(token: str) -> list[Atom]:
    words = vocabulary().words
    return [Atom(a, b, (words[text].digits,), words[text]) for a, b, text in cut_glued(token)]


def _leet(token: str) -> list[Atom]:
    plain = unleet(token)
    if not plain.isalpha():
        return []
    word = vocabulary().words.get(plain) or vocabulary().words.get(token)
    if word and len(plain) > 1:
        return [Atom(0, len(token), (word.digits,), word, 0.1)]
    return []


def _words_and_figures(token: str) -> list[Atom]:
    """Cut number words glued to figures: cinquante6, zero6douze34."""
    words = vocabulary().words
    found: list[Atom] = []
    for part in _PARTS.finditer(token):
        begin, end, text = part.start(), part.end(), part.group()
        if text.isdigit():
            found.append(Atom(begin, end, (text,)))
        elif text in words and len(text) > 2:  # noqa: PLR2004 - shorter ones are units
            found.append(Atom(begin, end, (words[text].digits,), words[text]))
        elif text in _ONE and len(token) == len(text) + 1:
            found.append(Atom(begin, end, ("1",), words[text], 0.1, shy=True))
        elif glued := _glued(text):
            found += _moved(glued, begin)
        else:
            return []
    whole = found and found[0].start == 0 and found[-1].end == len(token)
    return found if whole and any(atom.word for atom in found) else []


def _looks(token: str, shown: str) -> tuple[tuple[str, ...], int]:
    """Return the readings of a token as look-alikes, and how many letters they use."""
    first, other, letters = [], [], 0
    for sign, written in zip(token, shown, strict=True):
        if sign.isdigit():
            first.append(sign)
            other.append(sign)
            continue
        if written in _ORDINAL and first:
            return (), 0
        upper = sign.isascii() and written.isupper()
        shape = sign.upper() if upper else sign
        digit = _LOOK.get(shape)
        if digit is None:
            return (), 0
        letters += 1
        first.append(digit)
        other.append(_OTHER_LOOK.get(shape, digit))
    readings = ("".join(first), "".join(other))
    return (readings if readings[0] != readings[1] else readings[:1]), letters


@lru_cache(maxsize=1024)  # four letters at most: le, il, de, OI
def _pure_look(token: str, shown: str) -> Sequence[Atom]:
    if _is_little_word(token, shown):
        return ()
    readings, letters = _looks(token, shown)
    if not readings:
        return ()
    cost = 0.15 * letters + _UNLIKELY * _ODD_LETTERS.issuperset(token)
    return (Atom(0, len(token), readings, None, cost, shy=True),)


def _is_capital_look(shown: str, before: str) -> bool:
    """Tell whether a token of capitals goes on with the look-alikes before it: G4G ESB."""
    return shown.isupper() and bool(_MIXED_BEFORE.search(before.lower()))


def _is_little_word(token: str, shown: str) -> bool:
    """Tell whether a token that could be figures is a word like is or il, in small letters."""
    return len(token) > 1 and shown.islower() and is_connector(token)


def _mixed_look(token: str, shown: str) -> list[Atom]:
    if len(token) > _MIXED_LOOK_LONGEST or not _LOOK_LETTERS.issuperset(
        sign for sign in token if not sign.isdigit()
    ):
        return []
    readings, letters = _looks(token, shown)
    if not readings:
        return []
    word = token.lstrip("0123456789")
    if is_connector(token):  # B3D, "then" in Arabic
        return []
    if is_connector(word):  # 35LE SOIR
        readings = (*readings, token[: -len(word)])
    odd = len(token) == _ODD_LENGTH and _ODD_LETTERS.issuperset(re.sub(r"\d", "", token))
    return [Atom(0, len(token), readings, None, 0.15 * letters + _UNLIKELY * odd)]


def _pairs(token: str) -> list[Atom]:
    """Read two pairs of figures that are written like a time and are none: 19h73."""
    if not _PAIRS.fullmatch(token):
        return []
    return [Atom(0, 2, (token[:2],)), Atom(3, 5, (token[3:],), None, 0.2)]


def _split(token: str) -> list[Atom]:
    """Take the figures out of letters glued to them, when they can be part of a number."""
    if long := figures_in_words(token):
        return [Atom(*long, (token[slice(*long)],))]
    runs = list(_RUNS.finditer(token))
    fillers = _LETTERS.findall(token)
    if len(runs) != 1:
        return []
    digits = runs[0].group()
    words = all(f in _ATTACHED or (len(f) > 2 and not _NOISE.fullmatch(f)) for f in fillers)  # noqa: PLR2004
    if len(digits) < _LONG and not (words and (len(digits) > 1 or _ATTACHED.isdisjoint(fillers))):
        return []
    cost = 0.0 if len(digits) >= _LONG else 0.4
    return [Atom(runs[0].start(), runs[0].end(), (digits,), None, cost)]


def figures_in_words(token: str) -> tuple[int, int] | None:
    """Return start and end of the one long figure of *token* between words, None without one."""
    found = _IN_WORDS.fullmatch(token) if len(token) >= 2 * _LONG else None
    return found.span(1) if found else None


def _in_pairs(groups: Sequence[str]) -> bool:
    """Tell whether *groups* are five pairs of figures, a zero first, whatever is between them."""
    return groups[0][0] == "0" and [*map(len, groups)] == [2] * _PAIRS_OF_NUMBER


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
    if _in_pairs([run.group() for run in runs]):
        return [(run.start(), run.end(), run.group()) for run in runs]
    if len({*inner}) > 1 and (
        any(len(f) > 3 for f in inner) or len({len(run.group()) for run in runs}) > 1  # noqa: PLR2004
    ):
        return []
    return [(run.start(), run.end(), run.group()) for run in runs]
