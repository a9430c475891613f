"""Figures that are something else: dates, times, prices, sizes, plates, accounts, references."""

import re

from stdnum import iban, luhn

from relay.masking.atoms import cut_filled
from relay.masking.context import cue_near
from relay.masking.gaps import is_connector
from relay.masking.words import cut_glued, unleet

_MONTH = (
    r"(?:janv?(?:ier|uary|uar)?|fev(?:r|rier)?|feb(?:ruary|ruar)?|mars|marzo?|march|marz|maart|avr(?:il)?|april?e?|"
    r"mai|may|mayo|maio|mei|juin|june?i?|juil(?:let)?|jul[yi]?o?|juli|aout|aug(?:ust|ustus)?|agosto|"
    r"septemb(?:re|er)|sept\.|sept(?= (?:19|20)\d\d)|septiembre|setembro|settembre|oct(?:obre|ober)?|okt(?:ober)?|octubre|outubro|"
    r"ottobre|nov(?:emb(?:re|er)|iembre|embro)?|dec(?:emb(?:re|er))?|dez(?:ember|embro)?|diciembre|dicembre|"
    r"enero|febrero|abril|junio|julio|janeiro|fevereiro|junho|julho|gennaio|febbraio|maggio|giugno|luglio)"
)
UNITS = (
    r"€|\$|£|%|°c?|eur|euros?|balles|e(?=$|[.,;!?)\n])|chf|gbp|usd|dh|mad|dinars?|francs?|cts?|centimes?|"
    r"km/h|kms?|kilom\w*|miles?|mi|m|metres?|cm|mm|ml|cl|dl|litres?|l|kg|kilos?|gr?|grammes?|tonnes?|"
    r"m2|m3|m²|ha|hectares?|ch|cv|hp|ps|kw|kwh\w*|watts?|w|volts?|mah|amperes?|go|mo|to|gb|mb|tb|ko|"
    r"pouces?|inch|inches|zoll|mp|mpx|megapixels?|hz|ghz|mhz|fps|"
    r"ans|annees?|mois|semaines?|jours?|heures?|hrs?|min|minutes?|sec|secondes?|years?|months?|weeks?|"
    r"days?|hours?|jahre?n?|monate?n?|tage?n?|uhr|stunden|anos|meses|dias|horas|uur|jaar|anni|mesi|giorni|ore|"
    r"personnes?|pers|pieces?|chambres?|photos?|places?|portes?|points?|pts|pages?|exemplaires?|lots?|"
    r"fois|unites?|paires?|boites?|pcs|stk|stuck|كلم|كم|يورو|اورو|متر|دينار|درهم|سنه|سنوات"
)
_AMOUNT = r"\d{1,3}(?:[ .'’]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,3})?"
_DECIMAL = r"(?:0|[1-9]\d{0,4}),\d\d(?!\d|,\d| ?\d\d(?!\d))"
_DATES = (
    r"(?:0?[1-9]|[12]\d|3[01])(?P<d>[/.-])(?:0?[1-9]|1[0-2])(?P=d)(?:19|20)\d\d(?![/.-]?\d)"
    r"|(?:19|20)\d\d(?P<y>[/.-])(?:0?[1-9]|1[0-2])(?P=y)(?:0?[1-9]|[12]\d|3[01])(?!\d)"
    rf"|\d{{1,2}}(?:er|st|nd|rd|th|\.)?\s?(?:de |of )?{_MONTH}(?![a-z])(?:\.?\s?(?:de )?(?:19|20)?\d\d(?!\d| ?\d\d\b))?"
)
_SHORT_DATES = (
    r"(?:0?[1-9]|[12]\d|3[01])(?P<d>[/.-])(?:0?[1-9]|1[0-2])(?P=d)\d\d(?![/. -]{0,2}\d)"
    r"|(?:0?[1-9]|[12]\d|3[01])[/.](?:0?[1-9]|1[0-2])(?![/. -]{0,2}\d)"
)
_TIMES = (
    r"(?:[01]?\d|2[0-4])(?::|\s?h\s?|\s?(?:uhr|heures?)\s)[0-5]\d(?::\d\d(?:[.,]\d+)?)?(?!\s?[h:]?\d)(?:\s?(?:[ap]m|uhr|h))?"
    r"|(?:[01]?\d|2[0-4])\s?(?:h|[ap]\.?m|uhr|heures?|uur|horas)\b(?!\s?\d\d\s?h)"
)
_SIZES = r"\d+(?:[.,]\d+)?\s?(?:cm|mm|m)?\s?[x*]\s?\d+(?:[.,]\d+)?(?:\s?(?:cm|mm|m)?\s?[x*]\s?\d+(?:[.,]\d+)?)?(?![x*]?\d)"
_QUANTITY = rf"(?:{_AMOUNT})[ \t]?(?:{UNITS})(?![a-z0-9])"
_IDS = (
    r"(?=[\d.]*(?<!\d)(?:\d|\d{3})(?!\d))(?:\d{1,3}\.){3}\d{1,3}(?![.\d])"  # IP address
    r"|\d{1,3}[.,]\d{4,}\s?°?[nsewo]?\s?[,;/ ]\s?-?\d{1,3}[.,]\d{4,}"  # coordinates
)
_SOFT = re.compile("|".join((_DATES, _TIMES, _SIZES, _QUANTITY, _DECIMAL, _IDS)))
_WEAK = re.compile(_SHORT_DATES)
_BEFORE_SOFT = re.compile(r"[\d][.,/:-]?$")
_CURRENCY_FIRST = re.compile(rf"[€$£]\s?(?:{_AMOUNT})(?!\d)")
_RANGE_DATE = re.compile(rf"\b(?:0?[1-9]|[12]\d|3[01])\s?(?:,|et|au|a|ou|and|to|or|bis|und|y|al|e|-)\s?(?:le )?(?=\d{{1,2}}\s?{_MONTH})")

_HARD = re.compile(
    r"(?P<url>(?:https?://|www\.|ftp://)[^\s<>\"']+|[\w-]+(?:\.[\w-]+)*\.(?:fr|com|net|org|be|ch|de|es|it|pt|nl|eu|io)/[^\s<>\"']*)"
    r"|(?P<file>[\w-]*\d[\w-]*\.(?:jpe?g|png|gif|pdf|heic|mp4|mov|docx?|xlsx?|html?|php|zip|webp)\b)"
    r"|(?P<mail>[\w.+=-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,63}){1,8})"
    r"|(?P<iban>\b[a-z]{2}\d{2}(?:[ -]?[a-z0-9]{4}){3,7}(?:[ -]?[a-z0-9]{1,3})?\b)"
    r"|(?P<uuid>\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b)"
    r"|(?P<card>(?<!\d)(?!00)(?:\d{4}[ .-]?){3}\d{4}(?!\d))"
    r"|(?P<siret>(?<![\d+])(?<!\d )(?!00)\d{3}[ .]?\d{3}[ .]?\d{3}[ .]?\d{5}(?![ .]?\d))"
    r"|(?P<siren>(?<![\d+])(?<!\d )\d{3}[ .]?\d{3}[ .]?\d{3}(?![ .]?\d))"
    r"|(?P<nir>(?<!\d)[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[ab]) ?\d{3} ?\d{3} ?\d\d(?!\d))"
    r"|(?P<ean>(?<![\d+])(?!00)(?:\d{13}|\d[ -]\d{6}[ -]\d{6}|97[89](?:[ -]?\d){10})(?!\d))"
    r"|(?P<isbn>isbn\W{0,3}[\dx][\dx -]{8,16})"
    r"|(?P<code>\b(?=[a-z0-9]*[a-z][a-z0-9]*\b)(?=(?:[a-z]*\d){4})[a-z0-9]{15,40}\b)"
    r"|(?P<plate>\b[a-z]{2}[ -]?\d{3}[ -]?[a-z]{2}\b|(?<!\d )(?<!\d[.-])\b\d{2,4} ?[a-z]{2,3} ?\d{2}\b(?! ?\d))"
)
_CHAT_LINK = re.compile(r"wa\.me|whatsapp|t\.me|tel:|sms:|viber|signal\.me|call")


def _is_phone_mail(found: str) -> bool:
    return re.match(r"\+?\d{9,}@", found) is not None


def _ean_holds(digits: str) -> bool:
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits[:12]))
    return (10 - total % 10) % 10 == int(digits[12])


def _nir_holds(digits: str) -> bool:
    plain = digits.replace("2a", "19").replace("2b", "18")
    return 97 - int(plain[:13]) % 97 == int(plain[13:])


_CHECKS = {
    "url": lambda s: not _CHAT_LINK.search(s),
    "mail": lambda s: not _is_phone_mail(s),
    "iban": lambda s: iban.is_valid(s) or len(re.sub(r"\W", "", s)) >= 20,  # noqa: PLR2004
    "plate": lambda s: not any(is_connector(part) for part in re.findall(r"[a-z]+", s)),
    "siren": lambda s: luhn.is_valid(re.sub(r"\D", "", s)),
    "code": lambda s: len(re.findall(r"\d+", s)) > 1 and not cut_glued(unleet(s)) and not cut_filled(s),
    "nir": lambda s: _nir_holds(re.sub(r"[^\dab]", "", s)),
    "ean": lambda s: _ean_holds(re.sub(r"\D", "", s)),
}


def identifiers(text: str) -> list[tuple[int, int, str]]:
    """Return start, end and kind of the identifiers, addresses and links in folded *text*."""
    return [
        (found.start(), found.end(), kind)
        for found in _HARD.finditer(text)
        if (kind := found.lastgroup or "")
        and _CHECKS.get(kind, bool)(found.group())
        and not (kind == "siren" and cue_near(text, *found.span()))
    ]


def short_date_at(text: str, start: int) -> int:
    """Return the end of what may be a day and month, or a date with a short year; else *start*."""
    if start and _BEFORE_SOFT.search(text, max(0, start - 2), start):
        return start
    found = _WEAK.match(text, start)
    return found.end() if found else start


def quantity_at(text: str, start: int) -> int:
    """Return the end of the date, time, price or size that begins at *start*; *start* if none."""
    if start and _BEFORE_SOFT.search(text, max(0, start - 2), start):
        return start
    if start and text[start - 1] in "€$£" or text[max(0, start - 2) : start - 1] in ("€", "$", "£"):
        found = _CURRENCY_FIRST.match(text, start - (1 if text[start - 1] in "€$£" else 2))
        if found:
            return found.end()
    ranged = _RANGE_DATE.match(text, start)
    if ranged:
        return ranged.end()
    found = _SOFT.match(text, start)
    return found.end() if found else start
