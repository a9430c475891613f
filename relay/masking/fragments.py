"""Digits one side left in the last messages, so that a number sent in parts is still seen."""

from dataclasses import dataclass

from relay.masking.atoms import find_atoms
from relay.masking.blockers import identifiers
from relay.masking.evidence import weigh
from relay.masking.search import outside, quantities
from relay.masking.signs import Reading

_MOST_GROUPS = 8
_MOST_DIGITS = 14
_LONGEST_GROUP = 8  # digits; a longer figure is no part of a number


@dataclass(frozen=True, slots=True)
class Fragments:
    """The last groups of digits of one side of a conversation, oldest first.

    They are personal data: kept sealed, for hours, by whoever holds the conversation.
    """

    groups: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Show how many groups there are, never which."""
        return f"Fragments({len(self.groups)} groups)"

    @property
    def prefix(self) -> str:
        """Return the groups as the beginning of a text, ended by a line break."""
        return " ".join(self.groups) + "\n" if self.groups else ""


def remember(before: Fragments, view: Reading) -> Fragments:
    """Return *before* with the groups of digits that a masked text still shows.

    Args:
        before: What the earlier messages of this side left.
        view: The masked text, folded.
    """
    text = view.text
    atoms = outside(find_atoms(view, weigh(text)), identifiers(text))
    soft = quantities(text, atoms)
    groups = [
        atom.readings[0]
        for atom in atoms
        if atom.start not in soft and not atom.shy and len(atom.readings[0]) <= _LONGEST_GROUP
    ]
    kept = (*before.groups, *groups)[-_MOST_GROUPS:]
    while sum(map(len, kept)) > _MOST_DIGITS:
        kept = kept[1:]
    return Fragments(kept)
