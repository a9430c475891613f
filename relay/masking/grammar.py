"""What a row of number words says: sixty and two is 62 or 60 2, four twenty is 80 or 4 20."""

import re
from collections.abc import Iterator, Sequence

from relay.masking.tokens import Atom
from relay.masking.words import Kind, unleet

_JOINT = re.compile(r"[\s'’._-]{0,3}(?:et|and|y|i|e|en|und|و|w|si)?[\s'’._-]{0,3}")
_BARE = frozenset(("", " ", "-", "_"))
_FOUR = "4"
_SOME = frozenset("234")
_TIMES = re.compile(
    r"\s(?:fois|times|mal|veces|vezes|volte|keer)(?: le| the| el| o| il| de| die)?\s"
)
_AGAIN = re.compile(r"\s(?:fois|times|mal|veces|vezes|volte|keer)\b")
_NEXT = frozenset((" ", ", "))
_SAID_AFTER, _COUNTED = 0.1, 0.4
_APART = 0.3  # cost of reading sixty and two where sixty-two is said
# What can be one value with a word before it; figures, of no kind, serve as units and teens.
_JOINED = {
    Kind.UNIT: (Kind.TEN, Kind.HUNDRED),
    Kind.TEN: (Kind.UNIT, Kind.TEEN, None),
    Kind.TEEN: (Kind.UNIT, None),
}
Arc = tuple[int, str, float]


def arcs(atoms: Sequence[Atom], index: int, text: str) -> Iterator[Arc]:
    """Yield what can be read from atom *index* on: next atom, digits, cost."""
    atom = atoms[index]
    after = atoms[index + 1] if index + 1 < len(atoms) else None
    if after and not _SOME.isdisjoint((atom.readings[0], after.readings[0])):
        yield from _repeated(atoms, index, text)
    if atom.word is None:
        for digits in atom.readings:
            yield index + 1, digits, atom.cost
        if atom.readings[0] == _FOUR and _joint(atoms, index, text) == "":
            for end, value in _after_unit(atoms, index, 4, text):  # 4vingtdouze
                yield end, str(value), atom.cost
        return
    if atom.word.kind is Kind.TIMES:
        if after and _joint(atoms, index, text) is not None:
            for digits in after.readings:
                yield index + 2, digits * int(atom.word.digits), 0.0
        return
    if not _is_joined(atom.word.kind, after):
        yield index + 1, atom.readings[0], atom.cost
        return
    whole = [(end, str(v), atom.cost) for end, v in _values(atoms, index, text) if end > index + 1]
    yield index + 1, atom.readings[0], atom.cost + (_APART if whole else 0.0)
    yield from whole
    yield from _hundreds(atoms, index, text)


def _is_joined(kind: Kind, after: Atom | None) -> bool:
    """Tell whether a word of *kind* and what comes after it can be one value: most end here."""
    if kind is Kind.HUNDRED:
        return True
    return after is not None and (after.word.kind if after.word else None) in _JOINED[kind]


def is_counter(digits: str, end: int, text: str) -> bool:
    """Tell whether *digits*, which end there, say how often something is to be taken: dos veces."""
    return digits in _SOME and _AGAIN.match(text, end) is not None


def end_of(atom: Atom, text: str) -> int:
    """Return where *atom* ends, with the word that makes it a count: deux fois."""
    again = _AGAIN.match(text, atom.end) if atom.readings[0] in _SOME else None
    return again.end() if again else atom.end


def _repeated(atoms: Sequence[Atom], index: int, text: str) -> Iterator[Arc]:
    """Yield what atom *index* and the next say if one of them tells how often the other comes."""
    atom, after = atoms[index], atoms[index + 1]
    if atom.readings[0] in _SOME:
        if _is_times(atoms, index, text):
            for digits in after.readings:
                yield index + 2, digits * int(atom.readings[0]), 0.0
        elif _counts_figure(atoms, index, text):
            yield index + 2, after.readings[0] * int(atom.readings[0]), _COUNTED
    if after.readings[0] in _SOME and _is_repeated(atoms, index, text):
        yield index + 2, atom.readings[0] * int(after.readings[0]), _SAID_AFTER


def _is_times(atoms: Sequence[Atom], index: int, text: str) -> bool:
    """Tell whether atom *index* says how often the next one is to be taken: two times nine."""
    return _TIMES.fullmatch(text, atoms[index].end, atoms[index + 1].start) is not None


def _is_repeated(atoms: Sequence[Atom], index: int, text: str) -> bool:
    """Tell whether atom *index* is said to be taken several times right after it: 34 two times."""
    after = atoms[index + 1]
    return text[atoms[index].end : after.start] in _NEXT and bool(_AGAIN.match(text, after.end))


def _counts_figure(atoms: Sequence[Atom], index: int, text: str) -> bool:
    """Tell whether word *index*, among figures, counts the single one after it: 06 four 7 18."""
    if atoms[index].word is None or index == 0 or atoms[index - 1].word is not None:
        return False
    after = atoms[index + 1]
    single = after.word is None and len(after.readings[0]) == 1
    return single and text[atoms[index].end : after.start] == " "


def _joint(atoms: Sequence[Atom], index: int, text: str) -> str | None:
    """Return the joiner between atom *index* and the next, None when they cannot be one value."""
    if index + 1 >= len(atoms):
        return None
    gap = text[atoms[index].end : atoms[index + 1].start]
    if gap in _BARE:
        return ""
    gap = unleet(gap)
    return gap.strip(" '’._-\n") if len(gap) <= 8 and _JOINT.fullmatch(gap) else None  # noqa: PLR2004


def _value(atom: Atom, kind: Kind) -> int | None:
    """Return the value of *atom* if it can serve as *kind*; figures serve as unit or teen."""
    digits = atom.readings[0]
    if atom.word is not None:
        return int(digits) if atom.word.kind is kind else None
    if kind is Kind.UNIT and len(digits) == 1:
        return int(digits)
    if kind is Kind.TEEN and len(digits) == 2 and digits[0] == "1":  # noqa: PLR2004
        return int(digits)
    return None


def _values(atoms: Sequence[Atom], index: int, text: str) -> Iterator[tuple[int, int]]:
    """Yield (next atom, value) of one to ninety-nine read from word atom *index*."""
    word = atoms[index].word
    if word is None:
        return
    value = int(word.digits)
    if word.kind is Kind.TEN:
        yield from _after_ten(atoms, index, value, text, vigesimal=word.vigesimal)
    elif word.kind is Kind.TEEN:
        yield from _teens(atoms, index, text)
    elif word.kind is Kind.UNIT:
        yield index + 1, value
        yield from _after_unit(atoms, index, value, text)


def _after_ten(
    atoms: Sequence[Atom], index: int, ten: int, text: str, *, vigesimal: bool
) -> Iterator[tuple[int, int]]:
    yield index + 1, ten
    if _joint(atoms, index, text) is None:
        return
    unit = _value(atoms[index + 1], Kind.UNIT)
    if unit:
        yield index + 2, ten + unit
    if vigesimal and _value(atoms[index + 1], Kind.TEEN) is not None:
        for end, teen in _teens(atoms, index + 1, text):
            yield end, ten + teen


def _teens(atoms: Sequence[Atom], index: int, text: str) -> Iterator[tuple[int, int]]:
    value = _value(atoms[index], Kind.TEEN)
    if value is None:
        return
    yield index + 1, value
    if value == 10 and atoms[index].word and _joint(atoms, index, text) == "":  # noqa: PLR2004
        unit = _value(atoms[index + 1], Kind.UNIT)
        figure = atoms[index + 1].word is None  # soixante-dix 4
        if unit and (unit >= 7 or figure):  # noqa: PLR2004 - dix-sept, dix-huit, dix-neuf
            yield index + 2, value + unit


def _after_unit(
    atoms: Sequence[Atom], index: int, unit: int, text: str
) -> Iterator[tuple[int, int]]:
    joiner = _joint(atoms, index, text)
    if joiner is None:
        return
    ten = _value(atoms[index + 1], Kind.TEN)
    if ten is None:
        return
    if unit == 4 and ten == 20 and joiner == "":  # noqa: PLR2004 - quatre-vingt
        yield from _after_ten(atoms, index + 1, 80, text, vigesimal=True)
    following = atoms[index + 1]
    glued_and = text[following.start] == "و"
    if following.word and following.word.units_first and (joiner or glued_and) and unit:
        yield index + 2, ten + unit


def _hundreds(atoms: Sequence[Atom], index: int, text: str) -> Iterator[Arc]:
    """Yield three-digit values: cent douze, six cent quarante-deux."""
    word, at, times = atoms[index].word, index, 1
    if word and word.kind is Kind.UNIT and _joint(atoms, index, text) == "":
        times, at = int(word.digits), index + 1
        word = atoms[at].word
    if word is None or word.kind is not Kind.HUNDRED or not times:
        return
    times *= int(word.digits)
    yield at + 1, str(times), 0.1
    if _joint(atoms, at, text) is not None:
        for end, value in _values(atoms, at + 1, text):
            yield end, str(times + value), 0.1
