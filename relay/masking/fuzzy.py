"""Misspelt number words: one letter wrong, two letters swapped, or written as it sounds."""

import re
from functools import cache, lru_cache
from operator import itemgetter

from relay.masking.words import Kind, Word, cut_glued, vocabulary

_SHORTEST, _LONGEST = 2, 14  # letters of a token looked at
_SHORTEST_EDITED = 4  # letters of a word that may lack or change one
_SOUNDS = (  # a letter that must be there, what is heard as one, and how it is written then
    ("q", re.compile(r"qu|q"), "k"),
    ("p", re.compile(r"ph"), "f"),
    ("c", re.compile(r"c(?=[eiy])"), "s"),
    ("c", re.compile(r"c"), "k"),
    ("y", re.compile(r"y"), "i"),
    ("h", re.compile(r"h"), ""),
    ("e", re.compile(r"eu|oe"), "e"),
    ("n", re.compile(r"[ea]n(?=[^aeiou]|$)"), "an"),
    ("u", re.compile(r"eau|au"), "o"),
    ("", re.compile(r"(.)\1"), itemgetter(1)),
    ("p", re.compile(r"pt"), "t"),
    ("", re.compile(r"(?<=..)(?:es?|[sx])$"), ""),
)


def sound(word: str) -> str:
    """Return a rough key of how *word* sounds in French: set for sept, katr for quatre."""
    for letter, pattern, to in _SOUNDS:
        if letter in word:
            word = pattern.sub(to, word)
    return word


def _deletes(word: str) -> set[str]:
    return {word[:k] + word[k + 1 :] for k in range(len(word))}


def _swaps(word: str) -> set[str]:
    return {word[:k] + word[k + 1] + word[k] + word[k + 2 :] for k in range(len(word) - 1)}


@cache
def _index() -> dict[str, str]:
    """Return the spellings a word is recognised by; the sounds are marked by a tilde."""
    index: dict[str, str] = {}
    for text, word in vocabulary().words.items():
        if word.weak or word.kind is Kind.TIMES or not (text.isascii() and text.isalpha()):
            continue
        spellings = _swaps(text) | (_deletes(text) if len(text) >= _SHORTEST_EDITED else set())
        for spelling in spellings:
            index.setdefault(spelling, text)
        index.setdefault("~" + sound(text), text)
    return index


@lru_cache(maxsize=4096)  # people write the same everyday words over and over
def misspelt(token: str) -> Word | None:
    """Return the number word that *token* seems to be meant for, None when there is none."""
    if not _SHORTEST <= len(token) <= _LONGEST:
        return None
    index = _index()
    found = index.get(token) or index.get("~" + sound(token))
    if found is None and len(token) >= _SHORTEST_EDITED:
        shorter = _deletes(token)
        if near := index.keys() & shorter:
            found = index[min(near)]
        elif plain := shorter & _editable():
            found = min(plain)
        if found and abs(len(found) - len(token)) > 1:
            return None
    return vocabulary().words[found] if found else None


@cache
def _editable() -> frozenset[str]:
    words = vocabulary().words.items()
    return frozenset(t for t, word in words if not word.weak and len(t) >= _SHORTEST_EDITED)


def misjoined(first: str, second: str) -> str | None:
    """Return the digits of two tokens whose words were cut at the wrong place: zer osix."""
    words = cut_glued(first + second)
    if not words or words[0][0] != 0 or words[-1][1] != len(first + second):
        return None
    values = [vocabulary().words[text] for _, _, text in words]
    if len(values) == 2 and values[0].kind is Kind.TEN and values[1].kind is Kind.UNIT:  # noqa: PLR2004
        return str(int(values[0].digits) + int(values[1].digits))
    return "".join(value.digits for value in values)


def rejoined(first: str, second: str) -> Word | None:
    """Return the number word that two tokens are the halves of: tren te, ze ro."""
    word = vocabulary().words.get(first + second)
    whole = word is not None and not word.weak and len(first + second) >= _SHORTEST_EDITED
    return word if whole else None
