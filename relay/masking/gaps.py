"""What stands between two pieces of a number, and how much it speaks against one number."""

import re
from collections.abc import Iterable
from functools import lru_cache

from relay.masking.trie import any_of

APART = 99.0  # nothing on both sides can be one number
BLANK = "\x1f"  # stands for what was taken out of a text: the count before each group
_LONGEST_SIGNS, _LONGEST = 12, 110  # characters
_LITTLE = 12  # characters of the longest gap that is kept in mind
_LINES = 4
_ACROSS, _NEAR = 0.9, 24  # cost of a border before the rest is announced, and how near
LONGEST_FILLER = 3  # characters that may stand for a separator, and say nothing
_SIGNS = re.compile(r"[^\w$£€%¥]|_")
_ONLY_SIGNS = re.compile(r"(?:[^\w$£€%¥°]|_)*")
_BORDER = re.compile(
    r"a ecrit|wrote|schrieb|escribio|escreveu|ha scritto|schreef|كتب"
    r"|-{4}|(?:^|\n)[> ]*(?:de|from|von|envoye|sent|date|objet|subject|message-id) ?:"
)
_CONNECTOR_WORDS = (
    "et puis ensuite apres encore enfin suivi suivie suivis de du d par la le l les fin a en pour "
    "finir dernier derniere "
    "espace espaces point points tiret tirets virgule slash barre oblique trait union underscore "
    "bas et "
    "deux-points moins plus on enchaine voila alors then and next followed by finally last space "
    "dot dash "
    "hyphen comma stop pause dann danach gefolgt von zuletzt und leerzeichen punkt strich "
    "bindestrich komma "
    "luego despues y seguido quindi e-poi allora ensuite-puis alors wsl por ultimo espacio punto "
    "guion coma e depois finalmente espaco ponto hifen "
    "virgula spatie punt streepje daarna en dan poi dopo infine spazio trattino virgola "
    "bien tres parfait super accord nickel good great perfect bueno gut goed bene "
    "oui ouais ok yes yep sim vale apunta sigue anota leave laissez laisse another autre gap "
    "premier premiere deuxieme troisieme quatrieme cinquieme sixieme septieme huitieme neuvieme "
    "dixieme second seconde third fourth fifth sixth seventh eighth ninth tenth first primero "
    "primera segundo segunda tercero tercera cuarto cuarta quinto quinta sexto sexta septimo "
    "septima "
    "octavo octava noveno novena decimo decima erste ersten zweite dritte vierte funfte sechste "
    "siebte achte neunte zehnte eerste tweede derde vierde vijfde zesde zevende achtste negende "
    "tiende primo prima secondo terzo terza quarto quarta sesto settimo ottavo nono primeiro "
    "primeira terceiro terceira chiffre chiffres paire paires couple nombre digit digits pair "
    "cifra cifras par pares ziffer ziffern zahl paar cijfer cijfers cifre coppia algarismo "
    "der das il lo gli los las os as di do da "
    "bout tout sur avec to on after with add dopodiche fino alla al am zum schluss bis tot slot "
    "بعد من وبعدها ومن وبعدين بعدين الاخر وفي اخر mn men b3d ba3d be3d wmn wba3d mbaad umba3d "
    "ثم و بعدها نقطه فاصله فراغ the is c'est est ca soit double "
    "euh heu hum hmm ben bah uh um uhm ehm eh ah w wa fois times mal veces vezes volte keer"
).split()
_CONNECTORS = frozenset(_CONNECTOR_WORDS)
_NOT_CONNECTING = re.compile(r"[$£€%]")
_WORD = re.compile(r"[^\W_]+")
_MOST_CONNECTORS, _LONGEST_CONNECTING = 6, 80  # words, characters
_SPLIT_WORDS = (
    "debut debute suite suivan* fin finir finit finis* contin* commenc* termin* puis ensuite "
    "ajout* complet* "
    "reste partie morceau* suivi* bout "
    "premier* dernier* chiffres? milieu rajout* start* begin* end* then rest last first part half "
    "finish* "
    "follow* digits? second* empieza acaba comienza sigue resto ultim* primer* cifras comeca "
    "segue inizia finisce "
    "luego beginn* endet dann fangt aufhort weiter begint eindigt vervolg eerste laatste cijfers "
    "einde begin ende schluss cominci* "
    "poi dopo depois daarna fim deuxieme troisieme quatrieme cinquieme third fourth fifth "
    "tercer* cuarto quinto zweite* dritte* vierte* funfte* tweede derde vierde vijfde terzo quarto "
    "milieu middle mitte mittler* midden medio mezzo meio prochain* next nachste* siguient* "
    "seguint* "
    "prossim* volgende quarta quinta sexta sexto sixieme septieme huitieme stuck* stuk trozo pezzo "
    "najpierw potem nastepnie koniec koncu reszta poczatek apoi restul sonra devam* kalan* "
    "يبدا ينتهي ثم بعد الباقي ابدا نبدا النهايه البدايه"
).split()
_SPLIT = re.compile(rf"(?<!\w){any_of(_SPLIT_WORDS)}\b")
_COMMENT = re.compile(
    r"(?:[^\w(\[{*]|_)*(?:(?:\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|\*[^*]*\*)(?:[^\w(\[{*]|_)*)+[\[(]?"
)
_BRACKETS = frozenset("([{*")
_REMARK = re.compile(r" ?(?:\([^(),\d]*\)|\[[^\[\],\d]*\])[ ,]{0,2}")
_COMPARED = re.compile(
    r"[ ,.]{0,2}(?:comme|like|as in|wie|como|come|zoals|that's|c'est|soit)\b[^0-9]{1,60}"
    r"| ?(?:=|<-|->) ?[^\W\d_][^0-9,]{0,40}[, ]{1,2}| ?--? [^\W\d_][^0-9]{0,50} --? ?"
)
_PAUSED = re.compile(r"\.\.\..{1,60}\.\.\. ?", re.DOTALL)
_SENTENCE = re.compile(r"[.!?]\s+\S")
_LINE = " >\t-•*.,;"
_PLAIN = frozenset(("", " ", ".", "-", "/", ", ", ",", " - ", ". ", "  ", "_", " / ", " . ", ":"))


def is_connector(word: str) -> bool:
    """Tell whether *word* is one people put between the figures of a number."""
    return word in _CONNECTORS


def is_compared(gap: str) -> bool:
    """Tell whether *gap* says what the figure before it is like: 84 comme le Vaucluse."""
    return _COMPARED.fullmatch(gap) is not None


def says_split(gap: str) -> bool:
    """Tell whether *gap* says that a number goes on after it."""
    return _SPLIT.search(gap) is not None


def costs(gaps: Iterable[str]) -> list[float]:
    """Return what each of *gaps* costs."""
    return [0.0 if gap in _PLAIN else cost(gap) for gap in gaps]


def cost(gap: str) -> float:
    """Return what *gap* costs: 0 for a separator, about 1 for free words, APART for a border.

    Args:
        gap: Folded text between two atoms.
    """
    if gap in _PLAIN:
        return 0.0
    if BLANK in gap:
        gap = gap.replace(BLANK, "")
    if len(gap) > _LONGEST:
        return APART
    return _cost_of_little(gap) if len(gap) <= _LITTLE else _cost(gap)


def _cost(gap: str) -> float:
    if _ONLY_SIGNS.fullmatch(gap):
        return _signs_cost(gap)
    return _said_cost(gap)


_cost_of_little = lru_cache(maxsize=1024)(_cost)  # the same " et ", " : ", ", puis " ever again


def _said_cost(gap: str) -> float:
    """Return what a gap with letters costs: a filler, a connector, a sentence."""
    if gap.isalpha() or (
        len(gap) <= LONGEST_FILLER and len(gap.split()) == 1 and gap == gap.strip()
    ):
        return 0.15
    if len(gap) <= _LONGEST_CONNECTING and _connects(gap):
        return 0.1 if not _NOT_CONNECTING.search(gap) else 0.5
    if ("\n" in gap or "a ecrit" in gap) and _is_border(gap):
        return _ACROSS if _SPLIT.search(gap, max(0, len(gap) - _NEAR)) else APART
    return _words_cost(gap)


def _connects(gap: str) -> bool:
    """Tell whether *gap* is a few words people put between groups; the first rules most out."""
    first = _WORD.search(gap)
    if first and first.group() not in _CONNECTORS:
        return False
    words = _WORD.findall(gap)
    return len(words) <= _MOST_CONNECTORS and _CONNECTORS.issuperset(words)


def _is_border(gap: str) -> bool:
    """Tell whether another message, or another part of the text, begins in *gap*."""
    lines = gap.count("\n")
    return "a ecrit" in gap or (lines > 0 and (lines > _LINES or _BORDER.search(gap) is not None))


def _signs_cost(gap: str) -> float:
    lines = gap.count("\n")
    if lines > _LINES or len(gap) > 3 * _LONGEST_SIGNS:
        return APART
    return 0.05 * lines + (0.0 if len(gap) <= _LONGEST_SIGNS else 0.3)


def _words_cost(gap: str) -> float:
    if not _BRACKETS.isdisjoint(gap) and _COMMENT.fullmatch(gap):
        return 0.0 if _REMARK.fullmatch(gap) else 0.25
    if _COMPARED.fullmatch(gap):
        return 0.3
    if gap.startswith("...") and _PAUSED.fullmatch(gap):
        return 0.25
    if _SPLIT.search(gap):
        return 0.3 + 0.005 * len(gap)
    if "\n" in gap and (
        not gap.rpartition("\n")[2].strip(_LINE) or not gap.partition("\n")[0].strip(_LINE)
    ):
        return 0.3
    sentence = 0.4 if _SENTENCE.search(gap) else 0.0
    return 0.4 + 0.02 * len(gap) + sentence


TIGHT = 0.65  # gaps up to this cost keep a row of atoms one tight cluster
