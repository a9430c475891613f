"""Figures with a unit or a sense of their own: dates, times, prices, sizes, addresses."""

import re
from collections.abc import Sequence

from relay.masking.tokens import Atom
from relay.masking.trie import any_of

_MONTH = (
    r"(?:janv?(?:ier|uary|uar)?|fev(?:r|rier)?|feb(?:ruary|ruar)?|mars|marzo?|march|marz|maart|"
    r"avr(?:il)?|april?e?|"
    r"mai|may|mayo|maio|mei|juin|june?i?|juil(?:let)?|jul[yi]?o?|juli|aout|aug(?:ust|ustus)?|"
    r"agosto|"
    r"septemb(?:re|er)|sept\.|sept(?= (?:19|20)\d\d)|septiembre|setembro|settembre|oct(?:obre|"
    r"ober)?|okt(?:ober)?|octubre|outubro|"
    r"ottobre|nov(?:emb(?:re|er)|iembre|embro)?|dec(?:emb(?:re|er))?|dez(?:ember|embro)?|"
    r"diciembre|dicembre|"
    r"enero|febrero|abril|junio|julio|janeiro|fevereiro|junho|julho|gennaio|febbraio|maggio|"
    r"giugno|luglio)"
)
_UNITS = (
    "€ $ £ % ° °c eur euro? euros balles chf gbp usd dh mad dinars? francs? cts? centimes? "
    "km/h kms? kilom* miles? mi m metres? cm mm ml cl dl litres? l kg kilos? gr? grammes? tonnes? "
    "m2 m3 ha hectares? "
    "ch cv hp ps kw kwh* watts? volts? mah amperes? go mo to gb mb tb ko pouces? inch inches "
    "zoll mp mpx "
    "megapixels? hz ghz mhz fps ans annees? mois semaines? jours? heures? hrs? min minutes? sec "
    "secondes? years? months? weeks? "
    "days? hours? jahre?n? monate?n? tage?n? uhr stunden anos meses dias horas uur jaar anni mesi "
    "giorni ore "
    "personnes? pers pieces? chambres? photos? places? portes? points? pts pages? exemplaires? "
    "lots? fois unites? "
    "paires? boites? pcs stk stuck كلم كم يورو اورو متر دينار درهم سنه سنوات"
).split()
UNITS = any_of(_UNITS) + r"|w(?! ?(?:\d|mn |men ))|e(?=$|[.,;!?)\n])"
_AMOUNT = r"\d{1,3}(?:[ .'’]\d{3}){1,4}(?:[.,]\d{1,2})?|\d{1,7}+(?:[.,]\d{1,3}+)?"
_DECIMAL = r"(?:0|[1-9]\d{0,4}),\d\d(?!\d|,\d| ?\d\d(?!\d))"
_DATES = (
    r"(?:0?[1-9]|[12]\d|3[01])(?P<d>[/.-])(?:0?[1-9]|1[0-2])(?P=d)(?:19|20)\d\d(?![/.-]?\d)"
    r"|(?:19|20)\d\d(?P<y>[/.-])(?:0?[1-9]|1[0-2])(?P=y)(?:0?[1-9]|[12]\d|3[01])(?!\d)"
    r"|(?:0?[1-9]|1[0-2])[/.-](?:19|20)\d\d(?![/.-]?\d| ?\d\d\b)"
    r"|\d{1,5}+/(?:0[1-9]|1[0-2])/(?:19|20)\d\d(?!\d)"  # an invoice: 427/03/2024
    r"|\d{1,2}+-(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])(?![/.-]?\d)"  # 05-12/07
    rf"|\d{{1,2}}+(?:er|st|nd|rd|th|\.)?+\s?+(?:de |of )?+{_MONTH}(?![a-z])(?:\.?\s?(?:de )?(?:19|"
    r"20)?\d\d(?!\d| ?\d\d\b))?"
)
_SHORT_DATES = (
    r"(?:0?[1-9]|[12]\d|3[01])(?P<d>[/.-])(?:0?[1-9]|1[0-2])(?P=d)\d\d(?![/. -]{0,2}\d)"
    r"|(?:0?[1-9]|[12]\d|3[01])[/.](?:0?[1-9]|1[0-2])(?![/. -]{0,2}\d)"
)
_TIMES = (
    r"(?>2[0-4]|[01]?\d)(?::|\s?h\s?|\s?(?:uhr|"
    r"heures?)\s)[0-5]\d(?::\d\d(?:[.,]\d+)?)?(?![h:]?\d|\s[h:]?\d(?!\d?[h:]\d\d))"
    r"(?:\s?(?:[ap]m|uhr|h))?"
    r"|(?>2[0-4]|[01]?\d)\s?+(?:h|[ap]\.?m|uhr|heures?|uur|horas)\b(?!\s?\d\d\s?h)"
)
_SIDE = r"\d++(?:[.,]\d++)?\s?(?:cm|mm|m)?"
_SIZES = rf"(?>{_SIDE}\s?)[x*]\s?{_SIDE}(?:\s?[x*]\s?{_SIDE})?(?![x*]?\d)"
_QUANTITY = rf"(?:{_AMOUNT})[ \t]?+(?:{UNITS})(?![a-z0-9])"
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"  # never with a zero before it
_MARKS = r"\d{1,2}+(?:[.,]\d{1,2}+)?+/(?:10|20|100)(?![/\d])"
_IDS = (
    rf"(?=[\d.]*(?<!\d)(?:\d|\d{{3}})(?!\d))(?:{_BYTE}\.){{3}}{_BYTE}(?![.\d])"  # IP address
    r"|\d{1,3}\s?[°•]\s?\d{1,2}\s?['′]"  # degrees and minutes
    r"|\d{1,3}[.,]\d{4,}\s?°?[nsewo]?\s?[,;/ ]\s?-?\d{1,3}[.,]\d{4,}"  # coordinates
)
_FIRST = r"(?<!\d)(?<!\d[.,/:\n-])"  # no figure goes on here, nor a column of them
# All of these go on, after their first figures, with a word, a sign and more figures, or a sign
# of their own, or follow a currency; 0612345678 m'appeler is no amount.
_STARTS_SOFT = re.compile(
    _FIRST + r"(?!0[0-9]{8})(?:\d++(?:\s?[^\W\d_]|[.,:/'’-]\d|\s?[x*€$£%°•]|\s?[,-]\s?(?:le )?\d"
    r"|\.\s?[^\W\d_])|\d{1,3}+ \d{3}|(?<=[€$£])\d|(?<=[€$£].)\d)"
)
_RANGE_DATE = (
    r"(?:0?[1-9]|[12]\d|3[01])\s?(?:,|et|au|a|ou|and|to|or|bis|und|y|al|e|-)\s?(?:le )?"
    rf"(?=\d{{1,2}}\s?{_MONTH})"
)
_SOFT = re.compile(
    f"{_RANGE_DATE}|{_DATES}|{_TIMES}|{_SIZES}|{_MARKS}|{_QUANTITY}|{_DECIMAL}|{_IDS}"
)
_WEAK = re.compile(f"{_FIRST}(?:{_SHORT_DATES})")
_CURRENCIES = frozenset("€$£")
_CURRENCY_FIRST = re.compile(rf"[€$£]\s?(?:{_AMOUNT})(?!\d)")


def short_date_at(text: str, start: int) -> int:
    """Return the end of what may be a day and month, or a date with a short year; else *start*."""
    found = _WEAK.match(text, start)
    return found.end() if found else start


def quantity_at(text: str, start: int) -> int:
    """Return the end of the date, time, price or size that begins at *start*; *start* if none."""
    if not _STARTS_SOFT.match(text, start):
        return start
    found = _SOFT.match(text, start)
    sign = start - 2 if text[start - 1 : start].isspace() else start - 1
    if text[sign : sign + 1] in _CURRENCIES and not text[max(0, sign - 2) : sign].strip().isdigit():
        found = _CURRENCY_FIRST.match(text, sign) or found
    return found.end() if found else start


def quantities(text: str, atoms: Sequence[Atom]) -> frozenset[int]:
    """Return the starts of the atoms that belong to a date, a time, a price or a size."""
    blocked: set[int] = set()
    end = 0
    for atom in atoms:
        if atom.word is None and atom.start >= end:
            end = quantity_at(text, atom.start)
        if atom.start < end:
            blocked.add(atom.start)
    return frozenset(blocked)
