"""Number words with a star in the place of a letter: z*ro s*x."""

import re
from collections.abc import Sequence
from functools import cache

from relay.masking.signs import Piece, read_signs
from relay.masking.words import Kind, vocabulary

_STAR = "*"
_LEAST = 3  # words with a star; fewer hide something else than a number
_TOKEN = re.compile(r"(?<![^\W_])(?:[^\W\d_]{1,14}\*[^\W\d_]{0,14}|\*[^\W\d_]{1,14})(?![^\W_])")


def has_stars(text: str) -> bool:
    """Tell whether *text* may hold words with a star; most texts hold no star."""
    return text.count(_STAR) >= _LEAST


def starred(text: str) -> Sequence[Piece]:
    """Return the words of *text* that have one letter starred and are number words then."""
    if not has_stars(text):
        return ()
    spellings = _spellings()
    tokens = ((hit, read_signs(hit.group()).text) for hit in _TOKEN.finditer(text))
    found = [Piece(*hit.span(), spellings[token]) for hit, token in tokens if token in spellings]
    return found if len(found) >= _LEAST else ()


@cache
def _spellings() -> dict[str, str]:
    """Return each number word by its spellings with one letter starred, plain words first."""
    found: dict[str, str] = {}
    words = vocabulary().words.items()
    for text, word in sorted(words, key=lambda known: known[1].weak):
        if word.kind is not Kind.TIMES and len(text) > 1 and text.isalpha():
            for k in range(len(text)):
                found.setdefault(f"{text[:k]}{_STAR}{text[k + 1 :]}", text)
    return found
