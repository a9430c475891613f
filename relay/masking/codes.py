"""Words that announce another number than a phone's: a reference, an account, a parcel, a part."""

import re

from relay.masking.context import AHEAD, CUE
from relay.masking.trie import any_of

_NEAR, _NEAR_SIGN = 38, 14  # characters looked at
# What names a reference, an account, a code and hardly anything else.
_CODE_WORDS = (
    "img dsc dscn bosch oem ersatzteil* teilenummer "
    "ref* referen* siret siren siert sirne "
    "srien iban rib bic isbn ean "
    "gencod* codes? barres? codebarre serie serial* chassis vin immat* tva vat iva avs ahv "
    "kbo bce ondernemingsn* suivi tracking* adherent* imei rcs naf ape secu insee "
    "account dossard cp postaux postal* departements? "
    "postcodes? plz parcelles? cadastr* isin euromillions keno "
    "firmware bios ssid wpa wpa2 password sepa mandat* "
    "immatriculation pdl nif nie dni cif kvk btw steuer* kennzeichen matricul* targa kenteken "
    "napi ruchers? numagrit skipass forfaits? regon nip pesel krs mpan awb ust ustid* digicode* "
    "interphone* kundenn* auftragsn* vertragsn* bestelln* rechnungsn* sendungsn* zahlern* klantn* "
    "ordern* factuurn* "
    "كود رمز* مرجع* بطاقه* ملف*"
).split()
# Things that have a number, and that people also name beside their own: facture, colis.
_THING_WORDS = (
    "commande order* facture invoice* dossier annonce plaque colis contrat* client abonne "
    "bestell* rechnung* artikel* article item artigo articolo articulo anzeige* pedido* "
    "factura* fatura* encomenda* anuncio* ordine fattura annuncio advertentie model* licence* "
    "compte konto* kunden* cuenta conta ticket billet version message compteur* build release "
    "passeport* passport* boucle lot score* id "
    "puce tatouage certificat* driver drivers permis loto loterie tirage* tierce quinte "
    "incidencia expediente seguimiento cliente sipari* kargo takip musteri* zamowien* paczk* "
    "przesylk* faktur* comanda comenzii colet* spedizion* pratica zending* bestelling* "
    "طلب* الطلب* فاتوره* حساب* عقد* اعلان* الاعلان شحنه*"
).split()
# Services, people and events: their number is one only where a word says so (devis no 0612).
_SERVICE_WORDS = (
    "devis reservations? billets bookings? tournoi* pilote wifi msg clients "
    "tickets commandes factures annonces abonnes dossiers comptes abonnements?"
).split()
_IDENTIFIER = re.compile(
    rf"(?<!\w)(?<!\barea )(?<!country )(?<!dialling )(?:(?P<code>{any_of(_CODE_WORDS)})"
    rf"|(?P<thing>{any_of(_THING_WORDS)})|{any_of(_SERVICE_WORDS)})\b"
)
_NAMED = re.compile(rf"(?<!\w){any_of([*_CODE_WORDS, *_THING_WORDS, *_SERVICE_WORDS])}\b")
_PART_WORDS = (
    "alternat* demarreur* injecteur* injector* inyector* iniettor* einspritz* pompe? pomp pumpe "
    "pompa vanne* egr valve valvula valvola ventil capteur* sensor* sonde* sonda debitmetre* "
    "luftmassen* caudalimetro relais relay rele bobine* zundspule* bougie* candel* bujia* filtre* "
    "filter filtro turbo* turbina courroie* riemen cardan* cremaillere compresseur* kompressor* "
    "calculateur* steuergerat* centralita centralina anlasser lichtmaschine* joint* "
    "roulement* resistance thermostat* module* "
    "actuateur* actionneur* amortisseur* silencieux catalyseur* regulateur* rampe "
    "pression papillon soupape* "
).split()
_PART = re.compile(rf"\b{any_of(_PART_WORDS)}\b")
_PART_IS = re.compile(r"\s+(?:(?:c'est|est|:|n[•°]?|ref) ?){0,2}")
_BESIDE = re.compile(r"(?:[^\w,]|_){0,3}")
_BETWEEN = re.compile(
    r"(?:[^\w,]|_){0,3}(?:(?:[^\W\d]{1,4}|numero|nummer|number|numara\w*|lautet|finissant|ending)"
    r"\b\W{0,3}){0,2}(?:(?:le|la|el|il|o|the|der|die|de|par)\b\W{0,3})?"
)
_NUMBER_SIGN = (
    r"[•°#]|\b(?:n|no|nr|nro|num|numero|numeros|nummer|number|numer|numara\w*|id|code|ref|cle|key|"
    r"clave|رقم)\b"
)
_NUMBERED = re.compile(_NUMBER_SIGN)
_NUMBERED_BEFORE = re.compile(rf"(?:{_NUMBER_SIGN})(?:[ .:]|\bde\b|\bdu\b|\bd'){{0,5}}$")


def has_code_word(text: str, start: int) -> bool:
    """Tell whether a word for a reference, an account, a code, a thing stands before *start*."""
    return _NAMED.search(text, max(0, start - _NEAR), start) is not None


def is_code(text: str, start: int, *, beside: bool, grouped: bool = False) -> bool:
    """Tell whether the words right before *start* announce a reference, an account, a code.

    Args:
        text: Folded text.
        start: Where the figures begin.
        beside: No other word may stand between.
        grouped: The figures stand in groups, the first with a zero, as phone numbers do.
    """
    between = _BESIDE if beside else _BETWEEN
    for found in _IDENTIFIER.finditer(text, max(0, start - _NEAR), start):
        if not between.fullmatch(text, found.end(), start) or _is_phone(text, found.end(), start):
            continue
        proper = found["code"] or (found["thing"] and not grouped)
        if proper or _is_numbered(text, found, start):
            return True
    return False


def is_only_numbered(text: str, start: int) -> bool:
    """Tell whether all that announces a phone before *start* says number: numéro de colis."""
    return all(
        _NUMBERED.fullmatch(cue.group()) for cue in CUE.finditer(text, max(0, start - AHEAD), start)
    )


def _is_phone(text: str, start: int, end: int) -> bool:
    """Tell whether a word between names a phone, and no number at large: références. Tél."""
    cue = CUE.search(text, start, end)
    return cue is not None and _NUMBERED.fullmatch(cue.group()) is None


def _is_numbered(text: str, found: re.Match[str], start: int) -> bool:
    """Tell whether a word between *found* and *start*, or before *found*, says that it has one."""
    if _NUMBERED.search(text, found.end(), start):
        return True
    before = text[max(0, found.start() - _NEAR_SIGN) : found.start()]
    return _NUMBERED_BEFORE.search(before) is not None


def is_part_named(text: str, start: int) -> bool:
    """Tell whether a part of a machine is named right before *start*: injecteur 0445110259."""
    return any(
        _PART_IS.fullmatch(text, found.end(), start) is not None
        for found in _PART.finditer(text, max(0, start - _NEAR), start)
    )
