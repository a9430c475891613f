"""The sentences people read, in French and English, from ``relay/locale``.

Each language is a folder of TOML files; a key is ``file.name``, so ``mail.subject``
is the entry ``subject`` of ``mail.toml``. An entry with ``one`` and ``other`` is
chosen by the value ``n`` under the plural rule of the language (Unicode CLDR).
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import cache
from importlib import resources

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta, get_timezone
from babel.numbers import format_decimal

LANGUAGES = ("fr", "en")
Entry = str | dict[str, str]
_FIRST_WORD = re.compile(r"(?:^|(?<=\. ))\{who\}")
# A name in such a script would pull the colon and the digits behind it to its left (UAX 9, N1).
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U0001e900-\U0001e95f]")
_LEFT_TO_RIGHT_MARK = "\u200e"
_OF = re.compile(r"\b(d|qu)e \{(\w+)\}")
# An h may be aspirated (de Hassan), and y before a vowel is none (de Yann): both keep their «de».
_VOWEL = re.compile(r"[aàâäæeéèêëiîïoôöœuùûü]|y(?![aeiouéèê])", re.IGNORECASE)


def say(language: str, key: str, /, **values: str | int) -> str:
    """Return the sentence *key* in *language*, filled with *values*.

    Args:
        language: One of LANGUAGES.
        key: ``file.name`` of the entry.
        values: Fillings; an entry with plural forms needs the number ``n``. *who* is somebody's
            name, or words for them in lower case: where it begins a sentence it gets a capital,
            and one written from right to left moves nothing but itself.

    Raises:
        KeyError: The entry, or a value it names, is missing.
    """
    entry = _catalogue(language)[key]
    if isinstance(entry, dict):
        entry = entry[_locale(language).plural_form(int(values["n"]))]
    if _RIGHT_TO_LEFT.search(who := str(values.get("who", ""))):
        values["who"] = who = who + _LEFT_TO_RIGHT_MARK
    if who and _FIRST_WORD.search(entry):
        values["Who"] = who[:1].upper() + who[1:]
        entry = _FIRST_WORD.sub("{Who}", entry)
    if language == "fr":
        entry = _OF.sub(lambda found: _elided(found, values), entry)
    return entry.format_map(values)


def keys(language: str) -> frozenset[str]:
    """Return every key of *language*, for the tests that compare languages."""
    return frozenset(_catalogue(language))


def raw(language: str, key: str) -> tuple[str, ...]:
    """Return every form of the sentence *key*, its holes open: singular, plural, elided."""
    entry = _catalogue(language)[key]
    forms = tuple(entry.values()) if isinstance(entry, dict) else (entry,)
    elided = [_OF.sub(r"\1’{\2}", form) for form in forms if language == "fr"]
    return tuple(dict.fromkeys((*forms, *elided)))


def has(language: str, key: str) -> bool:
    """Tell whether *language* has the entry *key*."""
    return key in _catalogue(language)


def day(language: str, at: datetime, zone: tzinfo | str = "Europe/Paris") -> str:
    """Return the date of *at* as people write it there: 14/03/2027, 14 March 2027."""
    local = at.astimezone(get_timezone(zone) if isinstance(zone, str) else zone)
    return format_date(local, "dd/MM/y" if language == "fr" else "d MMMM y", _locale(language))


def clock(language: str, at: datetime, zone: tzinfo | str = "Europe/Paris") -> str:
    """Return the time of day of *at* as people write it there: 14:05, 2:05 PM."""
    local = at.astimezone(get_timezone(zone) if isinstance(zone, str) else zone)
    return format_time(local, "short", locale=_locale(language))


def span(language: str, time: timedelta) -> str:
    """Return how long it is until something, in the largest full unit: dans 22 heures."""
    return format_timedelta(time, threshold=1, add_direction=True, locale=_locale(language))


def lasted(language: str, seconds: float) -> str:
    """Return how long something took: 0,4 s, 42 s, 3 min, 5 h."""
    if seconds < 60:  # noqa: PLR2004 (a minute)
        shown = format_decimal(round(seconds, 1 if seconds < 10 else 0), locale=_locale(language))  # noqa: PLR2004
        return f"{shown}\u00a0s"
    minutes = round(seconds / 60)
    return f"{minutes}\u00a0min" if minutes < 120 else f"{round(minutes / 60)}\u00a0h"  # noqa: PLR2004


def best_language(accepted: str, offered: Sequence[str] = LANGUAGES) -> str:
    """Choose among *offered* by an Accept-Language header (RFC 9110 12.5.4), first if none fits."""
    ranked: list[tuple[float, str]] = []
    for part in accepted.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            quality = 0.0
        ranked.append((quality, tag.split("-")[0].lower()))
    for quality, tag in sorted(ranked, key=lambda pair: -pair[0]):
        if quality > 0 and tag in offered:
            return tag
    return offered[0]


def _elided(found: re.Match[str], values: Mapping[str, str | int]) -> str:
    """Return «de» or «que» and a hole as French has them before that value: d’Amélie, qu’Amélie."""
    word, name = found.groups()
    return f"{word}’{{{name}}}" if _VOWEL.match(str(values.get(name, ""))) else found[0]


@cache
def _locale(language: str) -> Locale:
    return Locale("en", "GB") if language == "en" else Locale(language)


@cache
def _catalogue(language: str) -> Mapping[str, Entry]:
    folder = resources.files("relay") / "locale" / language
    entries: dict[str, Entry] = {}
    for file in folder.iterdir():
        if file.name.endswith(".toml"):
            room = file.name.removesuffix(".toml")
            loaded = tomllib.loads(file.read_text(encoding="utf-8"))
            entries |= {f"{room}.{name}": entry for name, entry in loaded.items()}
    return entries
