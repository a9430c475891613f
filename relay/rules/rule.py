"""What a rule is (pure)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from relay.rules.reading import Facts, Reading

Seen = tuple[str, ...]


class Side(StrEnum):
    """Whose messages a rule is for."""

    BUYER = "buyer"
    ADVERTISER = "advertiser"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern of fraud.

    Args:
        name: Stable, ``r04_other_channel``; its sentences are ``rules.<name>`` in every language.
        points: What it adds to the score.
        see: Returns what it saw, in the words of the text or of the facts; nothing: no match.
    """

    name: str
    side: Side
    points: int
    see: Callable[[Reading, Facts], Seen]


def all_of(text: str, *patterns: re.Pattern[str]) -> Seen:
    """Return what each pattern found first in a text; nothing unless each found something."""
    seen = []
    for pattern in patterns:  # the first that finds nothing spares the others
        found = pattern.search(text)
        if found is None:
            return ()
        seen.append(found[0].strip())
    return tuple(seen)


def words(*alternatives: str) -> re.Pattern[str]:
    """Return a pattern of whole words, in plain letters; ``…`` stands for any ending."""
    inner = "|".join(one.replace("…", r"\w{0,12}") for one in alternatives)
    return re.compile(rf"(?<![\w-])(?:{inner})(?!\w)")
