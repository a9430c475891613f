"""What stands around a row of digits: words that announce a phone number or something else."""

import re

from relay.masking.plans import Form

# Every weight of the decision in one table. A candidate is masked from ACCEPT on.
ACCEPT = 2.0
FORM_WEIGHT = {
    Form.PLUS: 4.0,
    Form.EXIT_CODE: 3.5,
    Form.MOBILE: 3.0,
    Form.NATIONAL: 2.5,
    Form.BARE: 2.0,
    Form.COUNTRY_CODE: 1.2,
    Form.NO_TRUNK: 0.4,
    Form.MOBILE_NO_TRUNK: 1.4,
    Form.NEIGHBOUR: 0.3,
    Form.POSSIBLE: 0.8,
}
CUE_BEFORE = 2.0  # a word that announces a phone number
CUE_AFTER = 1.2
CUE_AT = 0.8  # no such word, but "at", "au", "sur le" right before
PAIRS = 0.6  # grouped the way people group a number
WORDS = 0.8  # at least four number words in a row
IDENTIFIER = -2.5  # a word that announces another kind of number
SHORT_DATE = -1.6  # two of its groups could be a day and a month
SPLIT_SAID = 1.0  # the words between say that the number is cut: starts with, the rest
ALONE = 1.2  # nothing else in the text
POSTCODES = -1.5  # two groups of five
WORD_TAIL = -0.7  # a row of number words goes on
TAIL = -1.6  # more figures right before or after
RISING = -2.5  # an enumeration: rising values apart by commas
UNIT_AFTER = -2.0  # a unit follows the last figure

_AHEAD, _BEHIND, _NEAR = 70, 40, 26  # characters looked at

_CUE = re.compile(
    r"\b(?:tele?ph\w*|phones?|te[l]{1,2}s?|portable|port|mobile?s?|mob|gsm|fixe|num|nums|numeros?|nro|"
    r"appel\w*|rapel\w*|apel\w*|rappel\w*|joign\w*|joindre|contact\w*|coordonnees|composez|compose|"
    r"texto|textos|sms|mms|whats?\s?ap\w*|watsap\w*|wsp|wapp|wa|ws|telegram|signal|viber|bip\w*|"
    r"coup de fil|coup d'fil|passez? un coup|ecri\w+ (?:moi )?au|sonne\w*|urgence|numbers?|call\w*|ring|"
    r"text|reach|dial|cell|cellphone|mobilfunk\w*|handy\w*|rufen|anruf\w*|ruf|rufnummer|telefon\w*|"
    r"erreichbar|nummer|fon|bel|bellen|gebeld|mobiel\w*|telefoon\w*|bereikbaar|movil|llam\w*|telf|tlf|"
    r"celular|ligue|ligar|liga|telemovel|telefone|contat\w*|chiam\w*|cellulare|recapito|cel|"
    r"zadzwon\w*|komork\w*|sunati|suna|ara\w{0,3}|joignez|fax)\b|[☎☏✆📞📱📲🤙🕿🖀🕻💬]"
    r"|اتصل|هاتف|رقم|واتس|جوال|موبايل|تلفون|كلمني|نمره|تيليفون"
)
_AT = re.compile(
    r"\b(?:au|sur|sur le|a ce|ici|at|on|al|unter|auf|op|ao|no|pelo|en el|sul|na|pod|على|علي)\W{0,3}$"
)
_IDENTIFIER = re.compile(
    r"\b(?:ref\w*|referen\w*|commande|order|facture|invoice|dossier|annonce|siret|siren|s[ir]{2}e[nt]|iban|rib|"
    r"bic|isbn|ean|gencod\w*|code[- ]?barres?|serie|serial|chassis|vin|immat\w*|plaque|tva|vat|colis|"
    r"suivi|tracking|contrat|client|adherent|bestell\w*|rechnung\w*|artikel\w*|anzeige\w*|pedido|"
    r"factura|fatura|encomenda|anuncio|ordine|fattura|annuncio|bestelling|advertentie|imei|lot|modele|"
    r"licence|rcs|naf|ape|secu|insee|permis|compte|konto\w*|kunden\w*|cuenta|conta|account|ticket|"
    r"dossard|adresse|cp|codes? posta\w*|departements?|postcodes?|plz|version|parcelle|cadastr\w*|"
    r"isin|bon|devis|billet|reservation|booking|msg|message|id)\b\W{0,3}(?:[^\W\d]{1,4}\b\W{0,2}){0,2}$"
)
_UNIT = re.compile(
    r"\W?\s?(?:€|\$|£|%|eur\b|euros?\b|km\b|kms\b|kg\b|cm\b|mm\b|m2\b|m3\b|ch\b|cv\b|ans\b|mois\b|go\b|"
    r"kwh|watts?\b|litres?\b|grammes?\b|chf\b|dh\b|gbp\b|usd\b|personnes\b|pieces\b|photos\b|heures?\b)"
)
_REVERSED = re.compile(
    r"envers|invers|invesr|inverser|droi\w*e? a gauche|gauche a droite|retourn\w*|a rebours|par la fin|backward\w*|"
    r"revers\w*|right to left|upside|al reves|reves|inverti\w*|derecha a izquierda|ruckwarts|"
    r"rueckwaerts|umgekehrt|von hinten|achterste|omgekeerd|achteruit|tras para a frente|ao contrario|"
    r"contrario|al contrario|rovesci\w*|da destra|verlan|miroir|mirror|بالعكس|مقلوب|معكوس|"
    r"dernier chiffre en premier|last digit first|\u202e|bidi-override"
)


def announced(text: str, start: int) -> bool:
    """Tell whether the words before *start* announce a phone number."""
    return _CUE.search(text, max(0, start - _AHEAD), start) is not None


def cue_near(text: str, start: int, end: int) -> float:
    """Return how strongly the words around ``text[start:end]`` announce a phone number."""
    if announced(text, start):
        return CUE_BEFORE
    if _CUE.search(text, end, min(len(text), end + _BEHIND)):
        return CUE_AFTER
    return CUE_AT if _AT.search(text, max(0, start - 12), start) else 0.0


def identifier_before(text: str, start: int) -> bool:
    """Tell whether the words right before announce a reference, an account, a code."""
    return _IDENTIFIER.search(text[max(0, start - _NEAR) : start]) is not None


def unit_after(text: str, end: int) -> bool:
    """Tell whether a unit follows: a price, a length, a weight, an age."""
    return _UNIT.match(text, end) is not None


def says_reversed(text: str) -> bool:
    """Tell whether the text says that a number is to be read backwards."""
    return _REVERSED.search(text) is not None
