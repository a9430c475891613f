"""The cheap look at a text that lets most messages pass at once."""

import re
from dataclasses import dataclass
from functools import cache

from relay.masking.words import Kind, is_glued, vocabulary

LEAST = 7  # digits below which nothing can be a phone number
_FIGURES = b"0123456789"
_LOOK = r"[oilzsbgtq|ʒчƽƅȣƨ]{1,2}"
# A token of letters alone that can be figures, right beside a figure.
_LOOK_AFTER = re.compile(rf"\d[ ./_\t-]{{1,3}}{_LOOK}(?![^\W_]|'\w)")
_LOOK_BEFORE = re.compile(rf"{_LOOK}[ ./_\t-]{{1,3}}\d")
_PIPE = re.compile(r"\d\||\|\d")


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much in a text can be digits.

    Args:
        figures: Signs that are digits.
        spoken: Number words; a token of several counts as some.
        looks: Letters that may be figures stand beside figures.
    """

    figures: int
    spoken: int
    looks: bool

    @property
    def most(self) -> int:
        """Return about how many digits the text can hold at most, words said in tens."""
        return self.figures + 3 * self.spoken + (4 if self.looks else 0)

    @property
    def words(self) -> bool:
        """Tell whether tokens without figures are worth a look."""
        return self.spoken > 0 or self.looks


@cache
def _strong() -> frozenset[str]:
    return frozenset(
        text
        for text, word in vocabulary().words.items()
        if not word.weak and word.kind is not Kind.HUNDRED
    )


_TOKENS = re.compile(r"[^\W_]+")
_LONG, _LONG_AFTER_WORD = 11, 8  # letters of the shortest token that may hold several words
_GLUED = 3  # what such a token weighs


def weigh(text: str) -> Evidence:
    """Weigh folded *text*; costs a few microseconds for a message without figures."""
    raw = text.encode("utf-8", "surrogatepass")
    figures = len(raw) - len(raw.translate(None, _FIGURES))
    tokens = _TOKENS.findall(text)
    strong = _strong()
    spoken = 0 if strong.isdisjoint(tokens) else sum(token in strong for token in tokens)
    least = _LONG_AFTER_WORD if spoken else _LONG
    spoken += _GLUED * sum(len(t) >= least and is_glued(t) for t in tokens)
    return Evidence(figures, spoken, figures > 0 and _has_looks(text))


def _has_looks(text: str) -> bool:
    """Tell whether letters that may be figures stand beside a figure, as a token of their own."""
    if _LOOK_AFTER.search(text) or ("|" in text and _PIPE.search(text)):
        return True
    return any(
        found.start() == 0 or not (text[found.start() - 1].isalnum() or text[found.start() - 1] == "'")
        for found in _LOOK_BEFORE.finditer(text)
    )
