"""A sign that the text says to read as a digit: put a 4 for each star, X = 9, a dash means 0."""

import re
from collections.abc import Callable, Iterator
from functools import cache

from relay.masking.signs import Piece, Reading, read_signs
from relay.masking.trie import any_of, compiled
from relay.masking.words import Kind, vocabulary

_NAMES = {
    "etoile": "*", "etoiles": "*", "asterisque": "*", "asterisques": "*", "star": "*",
    "stars": "*", "asterisk": "*", "asterisks": "*", "estrella": "*", "estrellas": "*",
    "asterisco": "*", "asteriscos": "*", "asterischi": "*", "sternchen": "*", "stern": "*",
    "sterretje": "*", "sterretjes": "*", "stella": "*", "diese": "#", "dieses": "#", "hash": "#",
    "hashtag": "#", "raute": "#", "croix": "x", "equis": "x", "ics": "x", "underscore": "_",
    "underscores": "_", "tiret bas": "_", "tirets bas": "_", "tiret": "-", "tirets": "-",
    "dash": "-", "dashes": "-", "guion": "-", "strich": "-", "streepje": "-", "trattino": "-",
    "hifen": "-", "arobase": "@", "arobases": "@", "point d'interrogation": "?",
    "points d'interrogation": "?", "question mark": "?", "question marks": "?",
    "fragezeichen": "?", "vraagteken": "?", "interrogacion": "?", "point d'exclamation": "!",
    "points d'exclamation": "!", "exclamation mark": "!", "exclamation marks": "!",
    "ausrufezeichen": "!", "coeur": "•", "coeurs": "•", "heart": "•", "emoji": "•", "emojis": "•",
    "smiley": "•", "smileys": "•", "dollar": "$", "dollars": "$", "plus": "+", "slash": "/",
    "barre": "|", "barres": "|", "tilde": "~", "egal": "=", "pourcent": "%",
}  # fmt: skip
_MARK = r"['\"» ]{0,3}"
_SIGN = (
    rf"(?:(?:les? mots?|words?|la palabra|das wort|la parola|het woord|a palavra) ['\"]?"
    rf"(?P<word>[^\W\d_]{{2,12}})\b|(?P<name>{any_of(_NAMES)})\b"
    r"|(?:la lettre|letter|la letra|buchstaben?|la lettera|a letra) ['\"]?(?P<letter>[a-z])\b"
    r"|' ?(?P<quoted>[a-z]) ?'"
    r"|(?<![^\W_])(?P<sign>[b-df-hj-np-tv-xz](?!['’])\b|[^\w\s'\",.():;-]|_)(?!\w))"
)
_MEANING_WORDS = (
    "vaut", "valent", "est", "sont", "c'est", "par", "is", "are", "means?", "by", "with", "por",
    "con", "durch", "ist", "sind", "mit", "met", "door", "valen?", "es", "e", "son", "pour", "for",
    "veut dire", "veulent dire", "signifie*", "remplace*", "represente*", "replaces?", "stand for",
    "stands for", "significa*", "bedeutet", "betekent", "steht fur", "steht fuer", "staat voor",
    "sta per",
)  # fmt: skip
_MEANS = (
    rf"(?:=|->|:|(?<!\w){any_of(_MEANING_WORDS)}\b) ?"
    r"(?:(?:une?|des?|le|la|les|an?|the|el|ein\w{0,2}|um|uno|een|il|o|chiffre|digit) ){0,2}"
)
_IS = _MARK + _MEANS
_STEADS = (
    "a la place", "en place", "au lieu", "instead", "in place", "en lugar", "en vez", "statt",
    "anstelle", "al posto", "no lugar", "in plaats",
)  # fmt: skip
_STEAD_WORDS = any_of(_STEADS)
_FOR_WORDS = any_of(
    (*_STEADS, "for", "pour", "donde", "la ou", "where", "wherever", "wo", "dove", "onde", "waar")
)
_FOR = rf" ?{_FOR_WORDS}\b.{{0,20}}?"
_BEFORE_FOR = re.compile(rf" (?={_FOR_WORDS}\b)")
_STEAD = rf"{_MARK}(?:{_STEAD_WORDS})\b.{{0,8}}?"
_I_PUT = (  # in place of zero I put BALL
    r",? (?:(?:je|j'|on|i|ich|ik|yo) ?)?(?:mets|met|ai mis|ecris|tape|put|write|wrote|type|pongo|"
    r"escribo|schreibe|schrijf|metto|scrivo|escrevo|ponho) (?:le mot |the word )?['\"]?"
    r"(?P<word>[^\W\d_]{2,12})\b"
)
# What such a text says, somewhere.
_SAID = (
    "=", "->", "emplac", "plac", "lieu", "vaut", "valent", "dire", "ignifi", "nstead", "mean",
    "stand", "statt", "tatt ", "lugar", " vez", "posto", "plaats", "steht", "staat", " pour ",
    " for ", " is ", " est ", " sont ", " are ", " es ", " ist ", " sind ", "donde", "vale",
    "anstelle", "bedeutet", " où ", "where", " wo ", "dove", "onde", "waar", " con ", " with ",
    " par ", " por ", " mit ", " met ",
)  # fmt: skip
_SAYS = re.compile(any_of(_SAID))
# What stands right after, and right before, figures in any text, so that it tells nothing.
_OFTEN_AFTER = r".,;:/)(\]}'\"°²³€%h\xa0mekgcxtà°-"
_OFTEN_BEFORE = r".,;:/('\"€$£x°+\[hmkRTCDEA-"
# A sign beside a figure that may stand for one; each way begins with the figure, which is fast.
BESIDE = re.compile(
    r"\d(?:"
    rf"[^\s\d{_OFTEN_AFTER}]"  # 06X39, 9@
    r"|[*#_?xX-] "  # 06* 39: an everyday sign or letter, but a blank after it
    r"|(?<= [x-]\d)"  # 06 x9: the same, a blank before it
    rf"|(?<=[^\s\d{_OFTEN_BEFORE}]\d)"  # X9, @39
    r")"
)
# Each byte of Windows-1252 as BESIDE tells them apart: d a figure, a or b a sign that is rare
# after or before one, x rare in both places, m one that is so only beside a blank.
_ODD_AFTER = re.compile(rf"[^\s\d{_OFTEN_AFTER}]")
_ODD_BEFORE = re.compile(rf"[^\s\d{_OFTEN_BEFORE}]")
_BLANK_OR_MINUS = {" ": " ", "x": "m", "-": "m"}


def _class_of(sign: str) -> str:
    if sign in "0123456789":
        return "d"
    after, before = _ODD_AFTER.match(sign), _ODD_BEFORE.match(sign)
    if after:
        return "x" if before else "a"
    return "b" if before else _BLANK_OR_MINUS.get(sign, "n")


_CLASSES = bytes(ord(_class_of(sign)) for sign in bytes(range(256)).decode("cp1252", "replace"))
_ROWS = (b"da", b"dx", b"bd", b"xd", b"dm ", b" md")
_ONE = re.compile(r"(?<![^\W_])\d(?=s?(?:$|[\s.,;:)'\"]))")
_TOKEN, _LAST_TOKEN = re.compile(r"[^\W\d_]+"), re.compile(r"[^\W_]+$")
_LONGEST_UNIT = 12  # letters of a word for one digit, in the plural
_MOST_KEYS = 3
_TOLD = ("word", "letter", "quoted", "sign")


def shows_keys(raw: bytes) -> bool:
    """Tell whether BESIDE can match in *raw*, a text in Windows-1252."""
    return any(map(raw.translate(_CLASSES).__contains__, _ROWS))


def keyed(text: str) -> Iterator[Piece]:
    """Yield the signs beside figures of *text*, which holds some, for which it names a digit."""
    if not _SAYS.search(text):
        return
    view = read_signs(text)
    if not _ONE.search(view.text) and _units().isdisjoint(_TOKEN.findall(view.text)):
        return
    meanings = _meanings(view.text)
    if meanings:
        spans = [(a, b) for a, b, *_ in meanings]
        yield from _occurrences(view, {sign: digit for *_, sign, digit in meanings}, spans)


@cache
def _units() -> frozenset[str]:
    """Return the words for one digit."""
    words = vocabulary().words.items()
    return frozenset(text for text, word in words if word.kind is Kind.UNIT and text.isalpha())


@cache
def _ways() -> tuple[tuple[Callable[[str], object], str], ...]:
    """Return how a digit is named for a sign: X is 9, X in place of 9, 9 in place of X.

    Before each pattern stands a look for a part of it, which is fast and mostly in vain.
    """
    digit = rf"(?P<digit>(?<![^\W_])(?:\d|{any_of(sorted(_units()))})s?(?=$|[\s.,;:)'\"]))"
    stead = re.compile(_STEAD_WORDS).search
    return (
        (re.compile(_MEANS + digit).search, _SIGN + _IS + digit),
        (stead, _SIGN + _STEAD + digit),
        (_has_digit_for, digit + _FOR + _SIGN),
        (stead, rf"(?:{_STEAD_WORDS}) (?:de |of |di |von )?{digit}{_I_PUT}"),
        (stead, rf"(?:{_STEAD_WORDS})\b.{{0,8}}?{_SIGN}{_MARK}[^\d]{{0,16}}?{digit}"),
    )


def _has_digit_for(text: str) -> bool:
    """Tell whether a digit stands before "for" or a word like it."""
    return any(_ends_in_digit(text, hit.start()) for hit in _BEFORE_FOR.finditer(text))


def _ends_in_digit(text: str, end: int) -> bool:
    token = _LAST_TOKEN.search(text, max(0, end - _LONGEST_UNIT), end)
    if token is None:
        return False
    said, one = token.group(), token.group().removesuffix("s")
    return (len(one) == 1 and one.isdigit()) or not _units().isdisjoint((said, one))


def _meanings(text: str) -> list[tuple[int, int, str, str]]:
    """Return where *text* names a digit for a sign, that sign, and the digit."""
    found: dict[str, tuple[int, int, str, str]] = {}
    for may_hold, source in _ways():
        for meaning in compiled(source).finditer(text) if may_hold(text) else ():
            digit = _digit(meaning.group("digit"))
            told = meaning.groupdict()
            sign = _NAMES.get(told.get("name") or "") or next(
                told[kind] for kind in _TOLD if told.get(kind)
            )
            if digit and sign not in found and len(found) < _MOST_KEYS:
                found[sign] = (*meaning.span(), sign, digit)
    return [*found.values()]


def _occurrences(
    view: Reading, digits: dict[str, str], spans: list[tuple[int, int]]
) -> Iterator[Piece]:
    """Yield each sign in a token of figures and such signs, outside of where they are explained."""
    signs = "|".join(map(re.escape, digits))
    pattern = rf"(?<![^\W_])(?:[0-9]|{signs}){{2,24}}(?![^\W_])(?! ?[=+])"
    beside = False
    for token in re.finditer(pattern, view.text):
        told = token.group()
        if told.isdigit() or any(a <= token.start() < b for a, b in spans):
            continue
        beside = beside or any(map(str.isdigit, told))
        for found in re.finditer(signs, told) if beside else ():
            at = token.start() + found.start()
            yield Piece(*view.span(at, token.start() + found.end()), digits[found.group()])


def _digit(token: str) -> str | None:
    """Return the digit that *token* is or names."""
    word = vocabulary().words.get(token)
    if token.isdigit():
        return token
    return word.digits if word and word.kind is Kind.UNIT else None
