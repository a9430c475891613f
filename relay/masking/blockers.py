"""Figures that name something else: companies, accounts, plates, files, links, goods."""

import re
from collections.abc import Callable

from stdnum import iban, luhn
from stdnum.be import vat as bce

from relay.masking.context import cue_weight
from relay.masking.gaps import is_connector
from relay.masking.tokens import cut_filled, figures_in_words
from relay.masking.words import cut_glued, unleet, vocabulary

_LINKS = re.compile(
    r"(?P<url>(?:https?://|www\.|ftp://)[^\s<>\"']+|[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}\.(?:fr|com|"
    r"net|org|be|ch|de|es|it|pt|nl|eu|io)/[^\s<>\"']*)"
)
_FILES = re.compile(
    r"(?P<file>[\w-]*\d[\w-]*\.(?:jpe?g|png|gif|pdf|heic|mp4|mov|docx?|xlsx?|html?|php|zip|webp)\b)"
)
_MAILS = re.compile(r"(?P<mail>[\w.+=-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,63}){1,8})")
_FIGURES = re.compile(  # each begins with a digit
    r"(?<![\w+])(?:"
    r"(?P<card>(?!00)(?:\d{4}[ .-]?){3}\d{4}(?!\d))"
    r"|(?P<nir>[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[ab]) ?\d{3} ?\d{3} ?\d\d(?!\d))"
    r"|(?P<siret>(?!00)\d{3}[ .]?\d{3}[ .]?\d{3}[ .]?\d{5}(?![ .]?\d))"
    r"|(?P<ean>(?!00)(?:\d{13}|\d[ -]\d{6}[ -]\d{6}|97[89](?:[ -]?\d){10}"
    r"|756(?:[.]\d{4}){2}[.]\d\d)(?!\d))"
    r"|(?P<bce>(?:(?<=be )|(?<=entreprise )|(?<=entreprise n• )|(?<=nummer ))"
    r"[01]\d{3}[ .]?\d{3}[ .]?\d{3}(?![ .]?\d))"
    r"|(?P<siren>\d{3}[ .]?\d{3}[ .]?\d{3}(?![ .]?\d))"
    r")"
)
_STAMPS = re.compile(  # of a message: [06/02/26 09:11:51]
    r"(?P<stamp>[0-9](?<![0-9].)[0-9]?(?P<day>[/.-])(?:0?[1-9]|1[0-2])(?P=day)(?:20)?\d\d,?"
    r" (?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?!\d))"
)
_CODES = re.compile(  # letters and figures together
    r"\b(?=[a-z]{0,12}\d)(?:"
    r"(?P<iban>[a-z]{2}\d{2}(?:[ -]?[a-z0-9]{4}){3,7}(?:[ -]?[a-z0-9]{1,3})?\b)"
    r"|(?P<uuid>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b)"
    r"|(?P<part>\d(?:[ac-fhj-npru-y][a-z\d]|\d[ac-fhj-npru-y])(?:[ .]\d{3}){2}(?! ?\d))"
    r"|(?P<code>[a-z0-9]{15,40}\b)"
    r")"
)
_ISBN = re.compile(r"(?P<isbn>isbn\W{0,3}[\dx][\dx -]{8,16})")
_PLATES = re.compile(r"(?P<plate>\b[a-z]{2}[ -]?\d{3}[ -]?[a-z]{2}\b)")
_OLD_PLATES = re.compile(
    r"(?P<oldplate>\d(?<!\w\d)(?<!\d[ .-]\d)\d{1,3} ?[a-z]{2,3} ?\d{2}\b(?! ?\d))"
)
_PAIRS = re.compile(  # six bytes, as network cards are named
    r"(?P<mac>(?<![\w:-])[0-9a-f]{2}(?P<sign>[:-])(?:[0-9a-f]{2}(?P=sign)){4}[0-9a-f]{2}(?![\w:-]))"
)
_LETTERS = re.compile(r"[a-z]+")
_CODED = (_OLD_PLATES, _CODES, _PLATES)
# Where nine figures begin, with one sign at most between two; tried at the first of a row only.
_NINE = re.compile(r"[0-9](?<![0-9].)(?<![0-9][ .-].)(?:[ .-]?+[0-9]){8,}+")
# Every plate, account and code has one of these: most numbers have none, and end here. The
# first is that of codes, whose fifteen signs reach far to one side of it: 18h30 is none.
_MAY_BE_CODE = re.compile(
    r"[0-9](?:[a-z]++[0-9](?:(?=[a-z0-9]{5})|(?<=[a-z0-9]{8}))"
    r"|[0-9] ?[a-z]{2,3}+ ?[0-9]|[0-9]{2}[ -]?[a-z]{2}\b"
    r"|[0-9a-f]{0,7}+-[0-9a-f]{4}-|(?:[a-z][a-z0-9]|[0-9][a-z])[ .][0-9]{3}"
    r"|(?<=[a-z]{2}[0-9])[0-9][ -]?[a-z0-9]{4})"
)
_BYTES_APART = 5
_CALLED_FILE = re.compile(
    r"(?<![a-z])(?:mon)?(?:tel|telephone|phone|mobile|portable|numero|num|appel|call|contact|gsm|"
    r"whatsapp|sms|handy)(?![a-z])"
)
_PAIRED_FILE = re.compile(r"(?<!\d)0[1-9](?:[-_]\d\d){4}(?!\d)")
_MONTHS, _HOURS, _MINUTES = 12, 24, 60
_BETWEEN_PAIRS = re.compile(r"(?<!\d)\d{1,4} ?[a-z]{2,5}(?= ?\d\d(?!\d))")
_GOES_ON = re.compile(r"\d\.")
_AROUND = 40  # characters in which letters between figures are counted
_FILLED = 3  # times that the same letters between figures are a filler
_CODE_FIGURES = 4  # fewer make a word with a number
_IBAN_FIGURES = 14  # of an account that is mistyped or made up
_LINK_HINT = re.compile(r"//|www\.|\.[a-z]{2,3}/")
_FILE_HINT = re.compile(r"\.(?:jpe?g|png|gif|pdf|heic|mp4|mov|doc|xls|htm|php|zip|webp)")
_CHAT_LINK = re.compile(r"wa\.me|whatsapp|t\.me|tel:|sms:|viber|signal\.me|call")


def _is_phone_mail(found: str) -> bool:
    return re.search(r"(?<!\d)\d{9,15}(?!\d)[^@]*@", found) is not None


def _is_phone_file(found: str) -> bool:
    """Tell whether the name of a file announces a phone number, or is one in pairs, no date."""
    if _CALLED_FILE.search(found):
        return True
    pairs = _PAIRED_FILE.search(found)
    if pairs is None:
        return False
    _, month, _, hour, minute = map(int, re.split(r"\D", pairs.group()))
    return month > _MONTHS or hour >= _HOURS or minute >= _MINUTES


def _is_spoken(found: str) -> bool:
    """Tell whether the letters of a code are number words: zero6soixante18quatre27."""
    known = vocabulary().words
    return all(part in known or cut_glued(part) for part in _LETTERS.findall(found))


def _ean_holds(digits: str) -> bool:
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits[:12]))
    return (10 - total % 10) % 10 == int(digits[12])


def _nir_holds(digits: str) -> bool:
    plain = digits.replace("2a", "19").replace("2b", "18")
    return 97 - int(plain[:13]) % 97 == int(plain[13:])


def _is_plate(found: str) -> bool:
    """Tell whether the letters of a plate are none that people put between figures: et, dix."""
    known = vocabulary().words
    return not any(is_connector(part) or part in known for part in _LETTERS.findall(found))


_CHECKS: dict[str, Callable[[str], bool]] = {
    "url": lambda s: not _CHAT_LINK.search(s),
    "mail": lambda s: not _is_phone_mail(s),
    "file": lambda s: not _is_phone_file(s),
    "iban": lambda s: iban.is_valid(s) or sum(map(str.isdigit, s)) >= _IBAN_FIGURES,
    "oldplate": _is_plate,
    "plate": _is_plate,
    "bce": lambda s: s.count(".") == 2 or bce.is_valid(s),  # noqa: PLR2004
    "siren": lambda s: luhn.is_valid(re.sub(r"\D", "", s)),
    "code": lambda s: (
        sum(map(str.isdigit, s)) >= _CODE_FIGURES
        and len(re.findall(r"\d+", s)) > 1
        and not cut_glued(unleet(s))
        and not _is_spoken(s)
        and not cut_filled(s)
        and not figures_in_words(s)
    ),
    "mac": lambda s: ":" in s or not s.replace("-", "").isdigit(),
    "nir": lambda s: _nir_holds(re.sub(r"[^\dab]", "", s)),
    "ean": lambda s: _ean_holds(re.sub(r"\D", "", s)),
}


def identifiers(text: str) -> list[tuple[int, int, str]]:
    """Return start, end and kind of the identifiers, addresses and links in folded *text*.

    They come in order and do not overlap.
    """
    hits = [_FIGURES.match(text, stretch.start()) for stretch in _NINE.finditer(text)]
    for pattern in _patterns(text):
        hits += pattern.finditer(text)
    found: list[tuple[int, int, str]] = []
    for hit in hits:
        if hit:
            kind = hit.lastgroup or ""
            if _CHECKS.get(kind, bool)(hit.group()) and not _is_none(kind, text, hit):
                found.append((*hit.span(), kind))
    return _in_order(found) if len(found) > 1 else found


def _patterns(text: str) -> list[re.Pattern[str]]:
    """Return the patterns that can match at all, so that most texts meet none."""
    chosen = [*_CODED] if _MAY_BE_CODE.search(text) else []
    if "isbn" in text:
        chosen.append(_ISBN)
    if "/" in text and _LINK_HINT.search(text):
        chosen.append(_LINKS)
    if "." in text and _FILE_HINT.search(text):
        chosen.append(_FILES)
    if "@" in text:
        chosen.append(_MAILS)
    if ":" in text:
        chosen.append(_STAMPS)
    if text.count(":") >= _BYTES_APART or text.count("-") >= _BYTES_APART:
        chosen.append(_PAIRS)
    return chosen


def _is_none(kind: str, text: str, hit: re.Match[str]) -> bool:
    """Tell whether the words around *hit* say that it is no such thing after all.

    Nine figures that pass for a company's may be announced as a phone number; letters that
    stand between more figures than two are no part of a plate.
    """
    if kind == "siren":
        return cue_weight(text, *hit.span()) > 0
    if kind == "file":
        return _GOES_ON.fullmatch(text, max(0, hit.start() - 2), hit.start()) is not None
    if kind != "oldplate":
        return False
    near = text[max(0, hit.start() - _AROUND) : hit.end() + _AROUND]
    return len(_BETWEEN_PAIRS.findall(near)) >= _FILLED


def _in_order(found: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    kept: list[tuple[int, int, str]] = []
    for hit in sorted(found):
        if kept and hit[0] < kept[-1][1]:
            start, end, kind = kept[-1]
            kept[-1] = (start, max(end, hit[1]), kind)
        else:
            kept.append(hit)
    return kept
