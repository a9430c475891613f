"""Digits one side left in the last messages, so that a number sent in parts is still seen."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from relay.masking.atoms import find_atoms
from relay.masking.blockers import identifiers
from relay.masking.evidence import weigh
from relay.masking.lattice import plus_before
from relay.masking.quantities import quantities
from relay.masking.search import outside
from relay.masking.signs import Reading
from relay.masking.tokens import Atom

LIFE = timedelta(days=2)  # how long whoever keeps a memory may keep it after the last message
_VERSION = 1
_MOST_GROUPS = 16  # a number said in words has no more
_MOST_DIGITS = 14
_LONGEST_GROUP = 12  # digits; a longer figure is no part of a number
_LONGEST_WORD = 16
_GROUP = re.compile(rf"\+?(?:[0-9]{{1,{_LONGEST_GROUP}}}|[^\W\d_]{{2,{_LONGEST_WORD}}})")


@dataclass(frozen=True, slots=True)
class Fragments:
    """The last groups of digits of one side of a conversation, oldest first.

    They are personal data: kept sealed, one value for each side, for ``LIFE`` at most.

    Args:
        groups: Figures and number words, sixteen at most, a plus sign perhaps before one.
    """

    groups: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Show how many groups there are, never which."""
        return f"Fragments({len(self.groups)} groups)"

    @property
    def prefix(self) -> str:
        """Return the groups as the beginning of a text, ended by a line break."""
        return " ".join(self.groups) + "\n" if self.groups else ""

    def to_json(self) -> str:
        """Return the value as JSON of at most 340 characters, to be sealed and kept."""
        return json.dumps([_VERSION, *self.groups], separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Fragments":
        """Return the value that ``to_json`` wrote, an empty one for what another version wrote.

        Raises:
            ValueError: *text* is no JSON.
        """
        match json.loads(text):
            case [1, *groups] if all(isinstance(g, str) and _GROUP.fullmatch(g) for g in groups):
                return cls(_latest(groups))
        return cls()


def pieces(view: Reading) -> list[Atom]:
    """Return the atoms of a text that could be a part of a number: no price, no date, no code."""
    text = view.text
    atoms = outside(find_atoms(view, weigh(text)), identifiers(text))
    soft = quantities(text, atoms)
    return [a for a in atoms if a.start not in soft and len(a.readings[0]) <= _LONGEST_GROUP]


def remember(before: Fragments, view: Reading) -> Fragments:
    """Return *before* with the groups of digits that a masked text still shows.

    Args:
        before: What the earlier messages of this side left.
        view: The masked text, folded.
    """
    groups = [_group(view.text, atom) for atom in pieces(view) if not atom.shy]
    return Fragments(_latest((*before.groups, *groups)))


def _group(text: str, atom: Atom) -> str:
    """Return the digits of an atom, or its word: quatre may go on as quatre-vingts."""
    word = text[atom.start : atom.end]
    kept = word if atom.word and _GROUP.fullmatch(word) else atom.readings[0]
    return "+" * plus_before(text, atom.start) + kept


def _latest(groups: Sequence[str]) -> tuple[str, ...]:
    """Return the last groups that fit the bounds; a word counts for one digit."""
    kept = tuple(groups[-_MOST_GROUPS:])
    while sum([len(g.removeprefix("+")) if g[-1].isdigit() else 1 for g in kept]) > _MOST_DIGITS:
        kept = kept[1:]
    return kept
