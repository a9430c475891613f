"""Regular expressions: one that is fast for many words, and those that are made when needed."""

import re
from collections.abc import Iterable
from functools import cache

Node = dict[str, "Node"]
_END = ""


@cache
def compiled(source: str) -> re.Pattern[str]:
    """Return a pattern that takes milliseconds to make, and that most processes never need."""
    return re.compile(source)


def any_of(words: Iterable[str]) -> str:
    r"""Return a pattern that matches the longest of *words* at a place; common beginnings once.

    Args:
        words: Plain words; ``*`` at the end stands for any further letters or digits,
            ``?`` after a sign makes that sign optional.
    """
    root: Node = {}
    for word in words:
        for spelling in _spellings(word):
            node = root
            for sign in spelling:
                node = node.setdefault(sign, {})
            node[_END] = {}
    return _pattern(root)


def _spellings(word: str) -> list[str]:
    before, mark, after = word.partition("?")
    if not mark:
        return [word]
    return [head + tail for head in (before, before[:-1]) for tail in _spellings(after)]


def _pattern(node: Node) -> str:
    branches = [
        (r"\w*" if sign == "*" else re.escape(sign)) + _pattern(below)
        for sign, below in node.items()
        if sign != _END
    ]
    if not branches:
        return ""
    whole = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
    if _END not in node:
        return whole
    return f"(?:{whole})?"
