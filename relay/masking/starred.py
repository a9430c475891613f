"""Number words with a star, or a sign of the same shape, for a letter: z*ro, n€uf, c1nqu@nt3."""

import re
from collections.abc import Sequence
from functools import cache

from relay.masking.signs import Piece, read_signs
from relay.masking.words import Kind, vocabulary

_STAR = "*"
_SHAPES = str.maketrans("€$@!013457", "esaioieast")
_SIGNS = frozenset("*€$@!")
_BYTES = "*€$@!".encode("cp1252")
_OFTEN_ALONE = ("! ", "€ ")
_LEAST = 2  # such words; a single one hides something else than a number
# The signs stand before a letter; the two that end words stand there too.
_TOKEN = re.compile(
    r"(?<![^\W_])(?:[^\W_]|[*€$@!](?=[*€$@!]?[^\W_])|(?<=[^\W\d_])[*€](?![^\W_])){2,16}(?![^\W_])"
)
_PART = re.compile(r"\S+")
_INSIDE = re.compile(r"[*€$@!](?=[^\W\d_])")


def shows_stars(raw: bytes) -> bool:
    """Tell whether *raw*, Windows-1252, has enough of the signs; most texts do not."""
    return len(raw) - len(raw.translate(None, _BYTES)) >= _LEAST


def has_stars(text: str) -> bool:
    """Tell whether *text* may hold such words; most texts hold no such sign."""
    if not _INSIDE.search(text):
        return False
    signs = sum(map(text.count, _SIGNS))
    return signs - sum(map(text.count, _OFTEN_ALONE)) >= _LEAST


def starred(text: str) -> Sequence[Piece]:
    """Return the words of *text* with signs for letters that are number words without them."""
    found = []
    near = [part.span() for part in _PART.finditer(text) if not _SIGNS.isdisjoint(part.group())]
    for hit in (hit for span in near for hit in _TOKEN.finditer(text, *span)):
        if not _SIGNS.isdisjoint(hit.group()):
            word = _spellings().get(read_signs(hit.group().translate(_SHAPES)).text)
            if word:
                found.append(Piece(*hit.span(), word))
    return found if len(found) >= _LEAST else ()


@cache
def _spellings() -> dict[str, str]:
    """Return each number word by itself and with one letter starred, plain words first."""
    found: dict[str, str] = {}
    words = vocabulary().words.items()
    for text, word in sorted(words, key=lambda known: known[1].weak):
        if word.kind is not Kind.TIMES and len(text) > 1 and text.isalpha():
            found[text] = text
            for k in range(len(text)):
                found.setdefault(f"{text[:k]}{_STAR}{text[k + 1 :]}", text)
    return found
