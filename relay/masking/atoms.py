"""Cut a reading into the pieces that carry digits: figures, number words, look-alikes."""

import re
from collections.abc import Sequence
from itertools import pairwise
from operator import add, attrgetter

from relay.masking.coarse import MOST_FIGURES
from relay.masking.context import is_unit
from relay.masking.evidence import Evidence
from relay.masking.fuzzy import misjoined, misspelt, rejoined
from relay.masking.gaps import is_connector
from relay.masking.grammar import is_counter
from relay.masking.signs import Reading
from relay.masking.tokens import EVERYDAY_LONGEST, Atom, is_plain, read_letters, read_odd
from relay.masking.words import Kind, unleet, vocabulary

# A bar is a figure beside letters and figures or among single ones; in | 06 | 39 | it is none.
TOKEN = re.compile(
    r"(?<![^\W_])\|[^\W_]+|[^\W_]+(?:\|(?![^\W_]))?"
    r"|(?<![^\W_]{2} )\|\|?(?! ?[^\W_]{2})(?![^\W_])|[^\W_]+"
)
_LETTERS_AND_FIGURES = re.compile(r"[^\W_][^\W_]*")  # begins with one sign, which is faster
_START = attrgetter("start")
_LEAST_ROW = 4
_LEAST_WORDS = 3
_MISSPELT, _HALVED = 0.35, 0.2
_FARTHEST = 4  # characters between a misspelt word and its neighbour
_BESIDE = re.compile(r"(?:[^\w$£€%¥]|_){0,4}|[ '-](?:et|3t|e|y|i|and|und|en|si)[ '-]")
_BESIDE_WORDS = re.compile(
    rf"{_BESIDE.pattern}|\W{{0,3}}[(\[{{][^()\[\]{{}}]{{0,40}}[)\]}}]\W{{0,3}}"
)
_ELIDED = re.compile(r"'[^\W\d_]{2}")
_LABEL = re.compile(
    r"\b(?:partie|part|parte|teil|deel|morceau|bout|ligne|line|etape|step|half|moitie|groupe|bloc)"
    r" [1-9]$"
)
_NUMBERED, _LEAST_LABELS = re.compile(r"([1-9])(?<!\S.)[).:°]\s"), 3
_AFTER_LABEL = frozenset(").:°")


def find_atoms(reading: Reading, seen: Evidence) -> list[Atom]:
    """Return the atoms of *reading* in order.

    Args:
        reading: A folded text.
        seen: What ``weigh`` says of it; tokens without figures are looked at only if it
            saw number words or look-alikes.
    """
    text = reading.text
    atoms = _said_atoms(reading) if seen.words else _figure_atoms(reading, seen)
    if seen.figures > MOST_FIGURES or _may_be_list(text, seen.single):
        atoms = _without_labels(atoms, text)
    return _without_lonely(atoms, text) if True in [a.shy for a in atoms] else atoms


def _figure_atoms(reading: Reading, seen: Evidence) -> list[Atom]:
    """Return the atoms of the tokens that hold figures."""
    text, raw = reading.text, reading.raw
    atoms: list[Atom] = []
    done = 0
    for first, last in seen.runs:
        if text[first - 1 : first].isalnum() or text[last : last + 1].isalnum():
            if first >= done:  # else a part of the token before
                start, done = _token_around(text, first, last)
                atoms += _odd(text[start:done], raw, start, atoms)
        elif last - first > 1 or not _is_label(text, first):
            atoms.append(Atom(first, last, (text[first:last],)))
    return atoms


def _said_atoms(reading: Reading) -> list[Atom]:
    """Return the atoms of all tokens, number words and misspelt ones too."""
    text, raw = reading.text, reading.raw
    atoms: list[Atom] = []
    unknown: list[tuple[int, str]] = []
    known = vocabulary().words
    for start, token in _tokens(text):
        if word := known.get(token):
            end = start + len(token)
            weak = word.weak and not is_counter(word.digits, end, text)
            atoms.append(Atom(start, end, (word.digits,), word, 0.1 * weak, weak))
        elif token.isalpha():
            elided = len(token) == 1 and _ELIDED.match(text, start + 1)  # l'âge
            plain = elided or (len(token) <= EVERYDAY_LONGEST and is_plain(token))
            if not plain and (more := read_letters(token, raw, start)):
                atoms += more
            else:
                unknown.append((start, token))
        elif not token.isdigit():
            atoms += _odd(token, raw, start, atoms)
        elif len(token) > 1 or not _is_label(text, start):
            atoms.append(Atom(start, start + len(token), (token,)))
    words = [a.shy for a in atoms if a.word is not None]
    if words and (halves := _halves(unknown)):
        atoms = sorted((*atoms, *halves), key=_START)
        words = [a.shy for a in atoms if a.word is not None]
    return _with_misspelt(atoms, unknown, text) if words.count(False) >= _LEAST_WORDS else atoms


def _odd(token: str, raw: str, start: int, before: Sequence[Atom]) -> Sequence[Atom]:
    """Return the atoms of a token of letters and figures, none of a joiner written so: 3t."""
    if before and before[-1].word and unleet(token) in vocabulary().joiners:
        return ()
    return read_odd(token, raw, start)


def _is_label(text: str, start: int) -> bool:
    """Tell whether the single figure at *start* numbers the part that follows: partie 2."""
    return _LABEL.search(text, max(0, start - 12), start + 1) is not None


def _halves(unknown: Sequence[tuple[int, str]]) -> list[Atom]:
    """Return the number words cut in two halves by a blank or a dash."""
    tokens = [token for _, token in unknown]
    if vocabulary().words.keys().isdisjoint(map(add, tokens, tokens[1:])):
        return []
    return [
        Atom(start, after + len(second), (word.digits,), word, _HALVED)
        for (start, first), (after, second) in pairwise(unknown)
        if after == start + len(first) + 1 and (word := rejoined(first, second))
    ]


def _tokens(text: str) -> list[tuple[int, str]]:
    pattern = TOKEN if "|" in text else _LETTERS_AND_FIGURES
    return [(found.start(), found[0]) for found in pattern.finditer(text)]


def _token_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return start and end of the token of letters and figures around *start* to *end*."""
    while start and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return start, end


def _with_misspelt(atoms: list[Atom], unknown: list[tuple[int, str]], text: str) -> list[Atom]:
    """Add the tokens right beside number words that are misspelt ones, and those beside them."""
    more = _misspelt_beside(atoms, unknown, text)
    if more:
        more += _misspelt_beside([*atoms, *more], unknown, text)
    return sorted((*atoms, *more), key=_START)


def _misspelt_beside(atoms: list[Atom], unknown: list[tuple[int, str]], text: str) -> list[Atom]:
    ends = {atom.end for atom in atoms}
    starts = {atom.start for atom in atoms}
    more: list[Atom] = []
    skip = -1
    for index, (start, token) in enumerate(unknown):
        end = start + len(token)
        if (
            start == skip
            or start in starts
            or not _touches(text, start, end, starts, ends)
            or is_connector(token)
            or is_unit(token)
        ):
            continue
        pair = unknown[index + 1] if index + 1 < len(unknown) else None
        if pair and pair[0] == end + 1 and (digits := misjoined(token, pair[1])):
            end, skip = pair[0] + len(pair[1]), pair[0]
            more.append(Atom(start, end, (digits,), None, _MISSPELT, shy=True))
        elif word := misspelt(token):
            more.append(Atom(start, end, (word.digits,), word, _MISSPELT, shy=True))
        else:
            continue
        ends.add(end)
    return more


def _touches(text: str, start: int, end: int, starts: set[int], ends: set[int]) -> bool:
    """Tell whether an atom ends right before *start* or begins right after *end*."""
    far = _FARTHEST + 1
    if ends.isdisjoint(range(start - _FARTHEST, start)) and starts.isdisjoint(
        range(end + 1, end + far)
    ):
        return False
    for k in range(1, far):
        if start - k in ends and _BESIDE.fullmatch(text, start - k, start):
            return True
        if end + k in starts and _BESIDE.fullmatch(text, end, end + k):
            return True
    return False


def _may_be_list(text: str, single: Sequence[int]) -> bool:
    """Tell whether *single* figures of *text* have a sign after them as lines of a list do."""
    signs = [text[start + 1 : start + 2] for start in single]
    return sum(map(_AFTER_LABEL.__contains__, signs)) >= _LEAST_LABELS


def _without_labels(atoms: list[Atom], text: str) -> list[Atom]:
    """Leave out the figures that number the lines of a list: 1) 06, 2) 39, 3) 98."""
    labels = {
        hit.start() for k, hit in enumerate(_NUMBERED.finditer(text), 1) if hit.group(1) == str(k)
    }
    return [a for a in atoms if a.start not in labels] if len(labels) >= _LEAST_LABELS else atoms


def _without_lonely(atoms: list[Atom], text: str) -> list[Atom]:
    """Keep shy atoms only in a row that holds enough of the others."""
    kept: list[Atom] = []
    for row in map(_figures_only, _rows(atoms, text)):
        sure = sum(not atom.shy for atom in row)
        enough = sure > 1 or (sure == 1 and len(row) >= _LEAST_ROW)
        kept += row if enough else [atom for atom in row if not atom.shy]
    return kept


def _figures_only(row: list[Atom]) -> list[Atom]:
    """Drop look-alikes that stand among number words, without a figure beside them."""
    return [
        atom
        for k, atom in enumerate(row)
        if not (atom.shy and atom.word is None and atom.cost < _MISSPELT)
        or _is_spoken_zero(row, k)
        or any(near.word is None for near in (*row[max(0, k - 1) : k], *row[k + 1 : k + 2]))
    ]


def _is_spoken_zero(row: Sequence[Atom], k: int) -> bool:
    """Tell whether a letter is the zero of O-seven, double-O: first of a row, or said twice."""
    if row[k].readings[0] != "0" or k + 1 >= len(row) or row[k + 1].word is None:
        return False
    before = row[k - 1].word if k else None
    return k == 0 or (before is not None and before.kind is Kind.TIMES)


def _rows(atoms: list[Atom], text: str) -> list[list[Atom]]:
    """Return the atoms in rows that separators, and remarks between words, do not interrupt."""
    rows: list[list[Atom]] = []
    for atom in atoms:
        if rows and _goes_on(rows[-1][-1], atom, text):
            rows[-1].append(atom)
        else:
            rows.append([atom])
    return rows


def _goes_on(before: Atom, atom: Atom, text: str) -> bool:
    between = _BESIDE_WORDS if before.word and atom.word else _BESIDE
    if between.fullmatch(text, before.end, atom.start):
        return True
    joint = text[before.end : atom.start].strip(" ,")  # zéro puis un puis deux
    return bool(before.word and atom.word) and is_connector(joint)
