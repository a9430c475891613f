"""What stands around a row of digits: words that announce a phone number or something else."""

import re

from relay.masking.plans import Form
from relay.masking.trie import any_of

# Every weight of the decision in one table. A candidate is masked from ACCEPT on.
ACCEPT = 2.0
FORM_WEIGHT = {
    Form.PLUS: 4.0,
    Form.EXIT_CODE: 3.5,
    Form.MOBILE: 3.0,
    Form.NATIONAL: 2.5,
    Form.BARE: 2.0,
    Form.COUNTRY_CODE: 1.4,
    Form.NO_TRUNK: 0.4,
    Form.MOBILE_NO_TRUNK: 1.4,
    Form.NEIGHBOUR: 0.3,
    Form.POSSIBLE: 0.8,
    Form.SHORT: 0.2,
}
CUE_BEFORE = 2.0  # a word that announces a phone number
CUE_AFTER = 1.2
CUE_AT = 0.8  # no such word, but "at", "au", "sur le" right before
TOLD = 0.6  # grouped the way people tell a number, in pairs or digit by digit
THREE_PAIRS = 1.9  # 94.27.36, where numbers have six digits
WORDS = 0.8  # at least four number words in a row
IDENTIFIER = -2.5  # a word that announces another kind of number
SHORT_DATE = -1.6  # two of its groups could be a day and a month
SPLIT_SAID = 1.0  # the words between say that the number is cut: starts with, the rest
ALONE = 1.2  # nothing else in the text
POSTCODES = -2.5  # two groups of five
WORD_TAIL = -0.7  # a row of number words goes on
TAIL = -1.6  # more figures right before or after
TAIL_SIGN = -1.7  # the same, a sign between them as between the groups
TIMETABLE = -2.0  # two of its groups are hours and minutes: 06.29, quai 4, 10.37
RANGES = -4.0  # du 06 au 12, puis du 18 au 24
PART = -1.1  # 0 986 494 723: one zero, then thousands, as spare parts are named
COUNTED = -1.2  # a noun after each figure: 06 jeux, 02 manettes
ARTICLES = -1.0  # le 06, le 83, le 13: the same article before each
UNLIKE = -1.2  # a group of six and more digits, then others after words that say nothing
UNEVEN = -0.6  # shows no beginning, and its signs differ from gap to gap
RISING = -2.5  # an enumeration: rising values apart by commas
COUNTING = -4.0  # zéro six douze dix-huit, in words: somebody counts aloud
UNIT_AFTER = -2.0  # a unit follows the last figure

AHEAD, _BEHIND, _NEAR = 70, 40, 26  # characters looked at

_CUE_WORDS = (
    "telep* teleph* telef* telf tel tell tels tele phone phones portable port mobile? mobiles mob "
    "gsm fixe num nums numero "
    "nro appel* rapel* apel* rappel* joign* joindre contact* coordonnees compose composez "
    "texto textos sms mms whatsap* whatsapp? watsap* wsp wapp wa ws telegram signal viber bip "
    "biper bipez "
    "sonne* urgence number* call calls called caller calling callback ring text reach dial "
    "cell cellphone mobilfunk* handy* rufen "
    "anruf* "
    "ruf rufnummer erreichbar nummer fon bel bellen gebeld mobiel* bereikbaar movil llam* "
    "tlf tlfno? tfno? "
    "celular ligue "
    "ligar liga telemovel contat* chiam* cellulare recapito cel zadzwon* komork* sunati suna ara "
    "arayin arayabilirsin "
    "hmu buzz chama chamar escribeme scrivimi meldet? melde marcame "
    "joignez tapez tape composez touche press marca pulsa digita toets tippe tippen fax zap* "
    "indicatif vorwahl* prefijo prefisso prefixo kengetal netnummer "
    "اتصل هاتف* هاتفي رقم* الرقم واتس* جوال* موبايل* تلفون* كلمني نمره* تيليفون*"
).split()
CUE = re.compile(
    rf"(?<!\w)(?:{any_of(_CUE_WORDS)}\b|whats.app|hit me up|fala comigo"
    r"|(?:0|zero) (?:devant|avant|au debut)"
    r"|(?:sans|avec|manque|mett?e[zr]|r?ajoute[zr]?) (?:le |un )?(?:0|zero)\b)"
)
_OWN_PHONE = re.compile(
    r"[^.\d]{0,40}\b(?:c'est|est|it's|its|is|ist|es|e)\b[^.\d]{0,16}"
    rf"\b(?:mon|my|mein|mijn|mi|mio|meu) (?:[^\W\d]{{1,6}} )?{any_of(_CUE_WORDS)}\b"
    r"|\W{1,4}(?:c'est moi|it's me|that's me|soy yo|bin ich|sono io|sou eu|ben ik)\b"
)
_CALL, _CALL_SIGN = (
    re.compile(r"(?:coup d[e' ]{1,2}|bout du )fil\b"),
    re.compile(r"[☎☏✆📞📱📲🤙🕿🖀🕻💬]"),
)
_AT = re.compile(
    r"\b(?:au|sur|sur le|a ce|ici|at|on|al|unter|auf|op|ao|no|pelo|en el|sul|na|pod|على|"
    r"علي)\W{0,3}$"
)
_COLLECTED = re.compile(  # right before: nothing but a few words of the same sentence
    r"(?:\b(?:manque\w*|collection|album)\b[^.,!?\d]{0,16}\b(?:numeros|n[•°]s?|nos)"
    r"|\b(?:panini|vignettes?|muselets?)\b[^.,!?\d]{0,16}"
    r"|\blignes? (?:de )?bus\b[^.,!?\d]{0,32}:) ?$"
)
_UNIT_WORDS = (
    "€ $ £ % eur euro euros km kms kg cm mm m2 m3 ch cv ans mois go kwh watt watts litre litres "
    "gramme grammes "
    "chf dh gbp usd points? pts personnes pieces photos heure heures"
).split()
_UNITS = frozenset(_UNIT_WORDS)
_UNIT = re.compile(rf"\W?\s?{any_of(_UNIT_WORDS)}(?!\w)")
_TRAVEL_WORDS = (
    "bus tram train ligne quai voie vers retour arriv* departs? ferm* ouvr* jusqu* gleis binario "
    "bahn platform abfahrt ankunft leav* closes opens until anden perron spoor vertrek aankomst "
    "salida llegada partenza"
).split()
_TRAVEL = re.compile(rf"\b{any_of(_TRAVEL_WORDS)}\b")
_DRAW = re.compile(
    r"\b(?:lott?o|bonus \d|loterie|lotter\w+|tirages?|keno|euromillions?|primitiva|ziehung|"
    r"trekking|sorteo)\b"
)
_RACE = re.compile(r"\b(?:tierce|quarte|quinte|pmu|turf|trotteurs?|arrivees?|trifecta)\b")
_LIST_WORDS = (
    "departements depts dpts secteurs zones tomes volumes temperatures notes pointures tailles "
    "pages episodes chapitres sizes bande paginas tallas grossen seiten"
).split()
_LIST = re.compile(
    rf"(?<!\w){any_of(_LIST_WORDS)}\W{{1,3}}"
    r"(?:(?:desserv|couvert|livr|concern|dispon|restant|possib|availab|served)\w*\W{1,3})?$"
)
_IN_LIST = re.compile(r"\b(?:dans les?|notes? (?:de |d'|en )[^\W\d]{3,12} ?:) $")


def cue_weight(text: str, start: int, end: int) -> float:
    """Return how strongly the words around ``text[start:end]`` announce a phone number."""
    return CUE_BEFORE if is_announced_before(text, start) else cue_after(text, start, end)


def is_announced_before(text: str, start: int) -> bool:
    """Tell whether a word before *start* announces a phone number."""
    return _has_cue(text, max(0, start - AHEAD), start)


def cue_after(text: str, start: int, end: int) -> float:
    """Return how strongly what follows, or "at", announces a number that no word before does."""
    if _has_cue(text, end, end + _BEHIND):
        return CUE_AFTER
    return CUE_AT if _AT.search(text, max(0, start - 12), start) else 0.0


def is_announced(text: str) -> bool:
    """Tell whether *text* speaks of phones at all."""
    return _has_cue(text, 0, len(text))


def _has_cue(text: str, start: int, end: int) -> bool:
    if CUE.search(text, start, end) or _CALL.search(text, start, end):
        return True
    return not text.isascii() and _CALL_SIGN.search(text, start, end) is not None


def is_own_phone(text: str, end: int) -> bool:
    """Tell whether the words right after *end* say whose phone it is: (réf. …) c'est mon tél."""
    return _OWN_PHONE.match(text, end) is not None


def says_collected(text: str, start: int) -> bool:
    """Tell whether the words right before *start* count pieces of a collection, or buses."""
    return _COLLECTED.search(text, max(0, start - AHEAD), start) is not None


def unit_after(text: str, end: int) -> bool:
    """Tell whether a unit follows: a price, a length, a weight, an age."""
    return _UNIT.match(text, end) is not None


def is_unit(word: str) -> bool:
    """Tell whether *word* counts something: euros, heures, km."""
    return word in _UNITS


def says_draw(text: str, start: int, end: int) -> bool:
    """Tell whether the words around ``text[start:end]`` speak of a lottery."""
    return _DRAW.search(text, max(0, start - AHEAD), end + _BEHIND) is not None


def says_race(text: str, start: int) -> bool:
    """Tell whether a word before *start* speaks of bets on horses."""
    return _RACE.search(text, max(0, start - _NEAR), start) is not None


def says_list(text: str, start: int, *, apart: bool) -> bool:
    """Tell whether the word right before *start* names several things: tomes 01 02 03 06.

    Args:
        text: Folded text.
        start: Where the figures begin.
        apart: Commas stand between them, which will do after "dans le".
    """
    near = max(0, start - _NEAR)
    if apart and _IN_LIST.search(text, near, start):
        return True
    return _LIST.search(text, near, start) is not None


def says_travel(text: str) -> bool:
    """Tell whether *text* speaks of departures, or of opening hours."""
    return _TRAVEL.search(text) is not None
