"""Groups with a count beside them: 1) 06 2) 39, étape 1 : 06, 3e paire 98, 06 [1] 39 [2].

The counts are taken out of the text, so that the groups stand side by side; told out of
order, the groups are put in order.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from relay.masking.evidence import Evidence
from relay.masking.gaps import BLANK
from relay.masking.plans import Form, read
from relay.masking.signs import Reading
from relay.masking.tokens import Atom
from relay.masking.trie import any_of
from relay.masking.words import vocabulary

_NOUNS = (
    "chiffres? numero num nombres? paires? couples? groupes? parties? morceaux? bouts? lignes? "
    "etapes? cases? blocs? positions? rangs? digits? numbers? pairs? parts? steps? lines? boxe?s? "
    "pieces? pezzi pezzo cifras? pares par partes? pasos? trozos? bloques? ziffern? zahle?n? "
    "teile? schritte? paare? stucke? cijfers? getal deel stap passi passo coppia algarismos? "
    "blocos? stuk groep gruppen? gruppo grupo feld"
).split()
_NOUN = any_of(_NOUNS)
_ENDING = r"(?:i?ere?|re|i?eme|e|nde?|st|rd|th|ste|[ao•°])"
_COUNT = r"(?:[1-9]\d?|[ivx]{1,4}|[a-h])"
_SAID_WORDS = (
    "un deux trois quatre cinq six sept huit one two three four five uno dos tres cuatro cinco "
    "eins zwei drei vier funf een twee drie vijf due tre quattro cinque um dois quatro"
).split()
_SAID = any_of(_SAID_WORDS)
_SIGN = r"(?:[:=|>)\].→-]|->)"
_VERB = r"(?:est|is|es|ist|e|c'est)\b"
_IS = rf"\s?(?:{_VERB}\s?)?(?:le\s)?{_SIGN}?\s?"
_NUMBER = r"(?:n[•°]\s?|no\s|nr\.?\s?|#)"
_LABELS = re.compile(
    rf"(?<![^\W_])(?:"
    rf"(?P<noun>[^\W\d_]{{2,12}})\s?{_NUMBER}?(?P<a>{_COUNT}|(?<=\s){_SAID})(?![^\W_])"
    rf"(?=\s?(?:{_SIGN}|{_VERB}|\d)){_IS}"
    rf"|{_NUMBER}\s?(?P<b>[1-9]\d?)(?!\d){_IS}"
    rf"|(?P<c>[1-9]\d?){_ENDING}(?![^\W_])(?:\s{_NOUN}\b)?{_IS}"
    rf"|(?<![^\s|,;/(])(?:\|\s?)?(?P<d>[1-9]\d?)(?:[).:=>→-]| ?(?:[=:|>→]|->))(?=\s?[^\W_])\s?"
    r"|(?<![^\s|,;/(])(?P<h>[a-h]|[ivx]{1,4})(?: ?[).:=])(?=\s?[^\W_])\s?"
    rf"|(?P<e>[1-9])/[1-9](?![/\d])"
    rf"|(?P<f>[1-9])(?=\s))"
    r"|(?:^|\n)[ >\t*-]*(?P<i>[1-9]\d?)[ \t\n]{1,3}(?=\d{1,4}\s*(?:\n|$))"
    r"|[(\[](?P<g>[1-9]\d?)[)\]]\s?"
)
# The second label of a row in letters or words; most texts end here.
_LETTER_TWO = re.compile(r"b(?:[).:=]| [:=])")
_WORD_TWO = ("ii", " deux", " two", " dos", " zwei", " twee", " due", " dois")
_THIRD = re.compile(r"(?<![^\W_])(?:3|c(?!['’])|iii|tr(?:ois|es?)|three|dr(?:ei|ie))(?![^\W_])")
_ROMAN = "i ii iii iv v vi vii viii ix x".split()
_CIRCLED = "f"  # ① 06 ② 39
_LAST_OF_TWO = "2/2"
_LEAST = 3  # labels counted up from one
_MOST = 16
_FIRST = frozenset("123")
_LONGEST_GROUP, _NEAR = 4, 3  # digits, characters between label and group
_FORMS = (Form.MOBILE, Form.NATIONAL, Form.BARE, Form.PLUS, Form.EXIT_CODE)
Label = tuple[int, int, int]


def without_labels(view: Reading, seen: Evidence) -> tuple[Reading, list[Label]]:
    """Return *view* with the counts beside its groups blanked, and where they stood.

    Args:
        view: A folded text.
        seen: What ``weigh`` says of it.
    """
    counted = _FIRST.issubset([view.text[start] for start in seen.single])
    if not (
        counted
        or _LAST_OF_TWO in view.text
        or (
            len(seen.runs) >= _LEAST
            and (_LETTER_TWO.search(view.text) or any(map(view.text.__contains__, _WORD_TWO)))
            and _THIRD.search(view.text)
        )
    ):
        return view, []
    labels = _labels(view)
    if labels:
        text = view.text
        for start, end, _ in labels:
            text = text[:start] + BLANK * (end - start) + text[end:]
        view = replace(view, text=text)
    return view, labels


def _labels(view: Reading) -> list[Label]:
    """Return the labels of *view*: of the kind that counts one, two, three in any order."""
    kinds: dict[str, list[Label]] = {}
    for hit in _LABELS.finditer(view.text):
        name = hit.lastgroup or ""
        if name == _CIRCLED and view.raw[hit.start(name)].isascii():
            continue
        kind = f"{name} {hit.group('noun') or ''}" if "n•" not in hit.group() else "n•"
        kinds.setdefault(kind, []).append((*hit.span(), _value(hit.group(name))))
    for found in sorted(kinds.values(), key=len, reverse=True):
        counted = sorted(k for _, _, k in found) == [*range(1, len(found) + 1)]
        of_two = len(found) == 2 and view.text[found[1][0] : found[1][1]] == _LAST_OF_TWO  # noqa: PLR2004
        if counted and (of_two or _LEAST <= len(found) <= _MOST):
            return found
    return []


def _value(count: str) -> int:
    """Return what a label counts: 3, iii or c are three; v and x are Roman, c and d are not."""
    if count.isdigit():
        return int(count)
    if count in _SAID_WORDS:
        return int(vocabulary().words[count].digits)
    return _ROMAN.index(count) + 1 if count in _ROMAN else ord(count[0]) - ord("a") + 1


def sorted_groups(
    labels: Sequence[Label], atoms: Sequence[Atom], region: str
) -> Iterator[tuple[int, int, str]]:
    """Yield first atom, end and number of groups whose labels tell another order.

    Args:
        labels: Where they stood.
        atoms: Of the text without them.
        region: ISO 3166 code of the site.
    """
    order = [k for _, _, k in labels]
    if order == sorted(order):
        return
    ends = [*[start for start, _, _ in labels[1:]], atoms[-1].end if atoms else 0]
    groups: dict[int, str] = {}
    inner: list[int] = []
    for (_, end, k), limit in zip(labels, ends, strict=True):
        own = [n for n, atom in enumerate(atoms) if end <= atom.start < limit]
        if not own or atoms[own[0]].start - end > _NEAR:
            return
        if k == order[-1]:
            del own[1:]  # what stands further behind the last label is no part of its group
        inner += own
        groups[k] = "".join(atoms[n].readings[0] for n in own)
    digits = "".join(groups[k] for k in sorted(groups))
    result = read(digits, plus=False, region=region)
    if result and result[1] in _FORMS and max(map(len, groups.values())) <= _LONGEST_GROUP:
        yield inner[0], inner[-1] + 1, result[0]
