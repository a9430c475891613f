"""Figures said beside a number: how many digits come next, or a group said twice."""

import re
from collections.abc import Iterator, Sequence

from relay.masking.grammar import arcs
from relay.masking.tokens import Atom
from relay.masking.trie import any_of
from relay.masking.words import Kind

_COUNTED_WORDS = (
    "premier* dernier* suivant* chiffres? du? milieu first last next middle digits? figures "
    "primer* ultim* siguientes mitad centro nachsten "
    "mittleren volgende middelste prossim* mezzo cifras prim* seguenti cifre dernier* digitos "
    "seguintes ersten? letzten? ziffern mittler* eerste laatste cijfers "
    "secondes? minutes? instants?"
).split()
_COUNTED = re.compile(rf" {any_of(_COUNTED_WORDS)}\b")
_COUNTING = re.compile(
    r"\b(?:first|last|next|middle|nachsten|mittleren|volgende|prime|ultime|prossime|primeros|ultimos|"
    r"primeiros|premiers|derniers|ersten|letzten|eerste) $"
)
_COUNTING_ENDS = ("t ", "e ", "n ", "s ")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_OPEN = frozenset(_CLOSING)
_OPENS = re.compile(r"\s?([(\[{])\W*(?:(?:soit|donc|or|oder|ou|i e|et)\s)?$")
_NOT = re.compile(r"\s?[(\[{](?:et )?(?:pas|not|nicht|non|no|nao|niet) $")
_AGAIN = re.compile(r"\W{1,3}(?:oui|si|yes|ja|sim|yep|ouais|bien|i repeat|je repete|repito)\W{1,3}")
_HEART = "<3"
_REMARKED = re.compile(  # 22 (les 2 cocottes): what is counted in brackets
    r"[(\[](?:[^\W\d_]{1,12} )?(\d) [^\W\d_]{4,}[^()\[\]\d]{0,30}[)\]]"
)
_LONGEST_ECHO = 4  # atoms said once more
_FARTHEST_ECHO, _LONGEST_REMARK = 16, 60  # characters


def without_asides(atoms: list[Atom], text: str) -> list[Atom]:
    """Return *atoms* without those that count digits or say a group of them again."""
    kept: list[Atom] = []
    bracketed = "(" in text or "[" in text or "{" in text
    remarked = {hit.start(1) for hit in _REMARKED.finditer(text)} if bracketed else ()
    at = 0
    while at < len(atoms):
        atom = atoms[at]
        digits = atom.readings[0]
        again = kept and (
            kept[-1].readings[0] == digits or (bracketed and _is_opened(text, kept[-1].end))
        )
        if again and (said := _echo(kept, atoms, at, text)):
            at += said
            continue
        if len(digits) > 1 or not (atom.start in remarked or _counts(atom, text)):
            kept.append(atom)
        at += 1
    return kept


def _counts(atom: Atom, text: str) -> bool:
    """Tell whether a single figure, or a word for one, says how many digits come."""
    if atom.word and atom.word.kind is not Kind.UNIT:
        return False
    if atom.readings[0] == "0":
        return False
    if text.endswith(_HEART, 0, atom.end):
        return True
    return _COUNTED.match(text, atom.end) is not None or (
        text.endswith(_COUNTING_ENDS, 0, atom.start)
        and _COUNTING.search(text, max(0, atom.start - 12), atom.start) is not None
    )


def _echo(kept: Sequence[Atom], atoms: Sequence[Atom], at: int, text: str) -> int:
    """Return how many atoms from *at* on say again what the last of *kept* said, 0 for none.

    It is the same digits, or a bracket opens after it.
    """
    end = kept[-1].end
    if atoms[at].start - end > _FARTHEST_ECHO:
        return 0
    gap = text[end : atoms[at].start]
    if not _is_opened(text, end):
        return int(_AGAIN.fullmatch(gap) is not None)
    if _NOT.fullmatch(gap):
        return 1
    opened = _OPENS.fullmatch(gap)
    return _bracketed(kept, atoms, at, text, _CLOSING[opened.group(1)]) if opened else 0


def _is_opened(text: str, end: int) -> bool:
    """Tell whether a bracket opens right after *end*, or one sign further."""
    return not _OPEN.isdisjoint(text[end : end + 2])


def _bracketed(kept: Sequence[Atom], atoms: Sequence[Atom], at: int, text: str, sign: str) -> int:
    """Return how many atoms from *at* to the closing *sign* say the last of *kept* again."""
    close = text.find(sign, atoms[at].end, atoms[at].end + _LONGEST_REMARK)
    inner = 0
    while at + inner < len(atoms) and atoms[at + inner].end <= close:
        inner += 1
    if not 0 < inner <= _LONGEST_ECHO:
        return 0
    again = {*_said(atoms[at : at + inner], text)}
    before = range(1, min(_LONGEST_ECHO, len(kept)) + 1)
    return inner * any(not again.isdisjoint(_said(kept[-k:], text)) for k in before)


def _said(atoms: Sequence[Atom], text: str, at: int = 0) -> Iterator[str]:
    """Yield every row of digits that *atoms* can be read as, all of them."""
    if at == len(atoms):
        yield ""
    for end, digits, _ in arcs(atoms, at, text) if at < len(atoms) else ():
        for rest in _said(atoms, text, end):
            yield digits + rest
