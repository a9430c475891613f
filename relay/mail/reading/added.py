"""Words that somebody wrote between the lines of our mail, where their program marks no quote.

Outlook and its kin quote without a sign before the lines: what was typed in there looks like a
part of it. We know what we had written; what is left is theirs.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from relay import texts
from relay.mail.reading.lines import Line, lines_of_text
from relay.mail.reading.own_mail import closes_at, opens_at

_ROOMS = ("mail.", "reply.")
_LINK = re.compile(r" ?<?https?://[^\s>]+>?")
_HOLE = re.compile(r"\{\w+\}")
_WORD = re.compile(r"[^\W\d_]+")
_LONGEST = 64 * 1024  # signs; our mail is the first that is quoted, and shorter
_FEWEST = 2  # words in a row that are known again; fewer may be anybody's


def words_added(quoted: str, said: Iterable[str], names: Iterable[str]) -> str:
    """Return the lines of *quoted* that stand within our mail and that we did not write.

    Args:
        quoted: What was set aside as quoted, in the mail's order.
        said: What both sides wrote before: our mail carries some of it.
        names: What our mail calls people and things: names, site, title.
    """
    lines = lines_of_text(_LINK.sub("", quoted[:_LONGEST]))
    start = next((at for at in range(len(lines)) if opens_at(lines, at)), None)
    if start is None:
        return ""
    end = next((at for at in range(start, len(lines)) if closes_at(lines, at)), None)
    known = _Known(said, names)
    added = [line.words for line in lines[start + 1 : end] if not known.holds(line)]
    return "\n".join(added)


class _Known:
    """What may stand in a mail of ours."""

    def __init__(self, said: Iterable[str], names: Iterable[str]) -> None:
        self._names = frozenset(word for name in names for word in _words(name))
        texts_said = [one for text in said for one in (text, *text.split("\n"))]
        sentences = [*_sentences(), *(tuple(_words(text)) for text in texts_said)]
        plain = [self._without_names(words) for words in sentences]
        self._whole = frozenset(plain)
        self._all = "\n".join(f" {' '.join(words)} " for words in plain)

    def holds(self, line: Line) -> bool:
        """Tell whether a line is nothing but pieces of what is known, or quoted by a mark."""
        if line.depth or line.plain.startswith("▌"):
            return True
        left = self._without_names(_words(line.plain))
        while left:
            size = self._piece(left)
            if size == 0:
                return False
            left = left[size:]
        return True

    def _piece(self, words: tuple[str, ...]) -> int:
        """Return how many of the first words stand in a row somewhere.

        One word more is looked for at a time: from the longest row down, a line of known pairs
        takes the cube of its length.
        """
        size, row = 0, " "
        for word in words:
            row += f"{word} "
            if row not in self._all:
                break
            size += 1
        return size if size >= _FEWEST or words[:size] in self._whole else 0

    def _without_names(self, words: Iterable[str]) -> tuple[str, ...]:
        return tuple(word for word in words if word not in self._names)


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(sign for sign in folded if not unicodedata.combining(sign)))


@cache
def _sentences() -> tuple[tuple[str, ...], ...]:
    """Our sentences in every language, what is filled into them left out."""
    return tuple(
        tuple(_words(_HOLE.sub(" ", said)))
        for language in texts.LANGUAGES
        for key in sorted(texts.keys(language))
        if key.startswith(_ROOMS)
        for said in texts.raw(language, key)
    )
