"""The first rule set: 22 patterns of fraud in French classifieds, as explained parts of a score.

Pure functions over a text and the facts around it. Purpose: security (CPCE L32-3 III). A rule
does no more than hold a message for a person; a rule in shadow is seen by staff and counts
nothing. What each part means to a reader stands in ``locale/*/rules.toml``.
"""

from relay.rules.judge import HOLD_FROM, Part, Verdict, judge
from relay.rules.reading import Facts, Reading, read
from relay.rules.rule import Rule, Side
from relay.rules.table import RULES

__all__ = [
    "HOLD_FROM",
    "RULES",
    "Facts",
    "Part",
    "Reading",
    "Rule",
    "Side",
    "Verdict",
    "judge",
    "read",
]
