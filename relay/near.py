"""Texts that are near the same: a keyed sketch of a text, and how alike two sketches are (pure).

A text is cut into pairs of neighbouring words; what a fraud changes from one copy to the next
(numbers, links, accents, signs) counts as one word. The sketch is the least of the pairs' keyed
hashes under 32 orders: the share of equal minima is near the share of common pairs. The first
twelve minima, two by two, are bands: texts that are alike share one, and a band is found by an
exact look-up. Without the site's key nothing can be guessed from either.

Source: A. Broder, On the resemblance and containment of documents, 1997; P. Indyk and R. Motwani,
Approximate nearest neighbors, 1998 (bands).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import filterfalse, pairwise
from unicodedata import combining, normalize

SAME = 0.5
FEW_WORDS = 8
_MINIMA, _BYTES = 32, 4
_BANDS, _ROWS = 6, 2
_MASK = (1 << 64) - 1

_LINK = re.compile(
    r"(?:https?://|www\.)\S+|(?<!\S)[^\s@]++@\S+"
)  # from the start of a word: linear
_NUMBER = re.compile(r"\d[\d .,/-]*")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Sketch:
    """What stands for a text.

    Args:
        minima: 32 numbers of four bytes; empty for a text of few words, which only equals itself.
        bands: Keys of which texts that are alike share at least one.
    """

    minima: bytes
    bands: tuple[bytes, ...]


def normal_words(text: str) -> list[str]:
    """Return the words of a text: no case, accents, signs; every link and number the same."""
    plain = _NUMBER.sub(" 0 ", _LINK.sub(" link ", normalize("NFKC", text).casefold()))
    return _WORD.findall("".join(filterfalse(combining, normalize("NFD", plain))))


def sketch(text: str, key: bytes) -> Sketch:
    """Return the sketch of *text*.

    Args:
        key: 16 to 64 bytes of the site.
    """
    words = normal_words(text)
    if len(words) < FEW_WORDS:
        return Sketch(b"", (_short(words, key),))
    minima = _least(words, key, _FACTORS)
    return Sketch(minima, _cut(minima))


def bands(text: str, key: bytes) -> tuple[bytes, ...]:
    """Return the bands of a text's sketch alone, for a third of the work."""
    words = normal_words(text)
    if len(words) < FEW_WORDS:
        return (_short(words, key),)
    return _cut(_least(words, key, _FACTORS[: _BANDS * _ROWS]))


def likeness(one: bytes, other: bytes) -> float:
    """Return the share of equal minima, 0 to 1; for texts of few words a shared band says it."""
    if not one or not other:
        return float(one == other)
    at = range(0, _MINIMA * _BYTES, _BYTES)
    return sum(one[i : i + _BYTES] == other[i : i + _BYTES] for i in at) / _MINIMA


def _short(words: list[str], key: bytes) -> bytes:
    return b"=" + _digest(" ".join(words), key)


def _least(words: list[str], key: bytes, factors: Sequence[int]) -> bytes:
    """Return the least hash of the pairs of words under each order."""
    pairs = {f"{one} {other}" for one, other in pairwise(words)}
    hashes = [int.from_bytes(_digest(pair, key)) for pair in pairs]
    return b"".join(
        (min([value * factor & _MASK for value in hashes]) >> 32).to_bytes(_BYTES)
        for factor in factors
    )


def _cut(minima: bytes) -> tuple[bytes, ...]:
    size = _ROWS * _BYTES
    return tuple(bytes([at]) + minima[at * size : (at + 1) * size] for at in range(_BANDS))


def _digest(word: str, key: bytes) -> bytes:
    return blake2b(word.encode(), key=key, digest_size=8).digest()


# Odd numbers without a pattern: each makes one order of the hashes.
_FACTORS = tuple(
    int.from_bytes(blake2b(bytes([number]), digest_size=8).digest()) | 1
    for number in range(_MINIMA)
)
