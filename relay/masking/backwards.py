"""Words that say a number is to be read backwards."""

import re
from operator import itemgetter

from relay.masking.trie import any_of

_REVERSED_WORDS = (
    "envers lenver* inverse* invers* invesr* retourn* rebours verlan miroir mirror* backward* "
    "reverse* upside reves invertid* "
    "ruckwarts rueckwaerts umgekehrt achterste* omgekeerd* achteruit contrario contraria rovesci* "
    "revesso بالعكس مقلوب معكوس"
).split()
_REVERSED = re.compile(
    rf"(?<!\w)(?:{any_of(_REVERSED_WORDS)}\b|dro\w{{1,3}} a gauche|gauche a dro|"
    r"(?:par|partant de|depuis) la fin|"
    r"fin (?:au|vers le) debut|from the (?:end|back)|back to front|end to start|(?:dal|del) fin\w*|"
    r"vom ende|van achter|(?:desde|por) el final|do fim|"
    r"(?:par|du|with|from|mit|con|met|dal|do) (?:the |le |la |el |l'|der |dem )?"
    r"(?:dernier\w*|last|letzten|ultim\w+|laatste)"
    r"(?: (?:chiffre|digit|ziffer|cifra|pa[ia]re?|groupe?|nombre|number|zahl|par|coppia)s?)?"
    r"(?: (?:au|to|zu[rm]?|a|al|en|et|and|und|y|e|first|d'abord|zuerst|primero)\b|\W*$)|"
    r"intervert\w+|permut\w+|swapped|vertauscht|"
    r"marche arriere|right to left|derecha a izq|von hinten|tras para|da destra|"
    r"dernier chiffre en premier|"
    r"last digit first|bidi-override)|⇄"
)
# What all of these hold, five letters of a word or a piece of the text; most texts end here.
_REVERSED_PIECES = (
    "⇄", "marche arr", "intervert", "contrari", " la fin", "fin au", "fin vers", "l fin",
    "from the ", "vom ende", "do fim",
    *(word for word in _REVERSED_WORDS if not word.isascii()),
)  # fmt: skip
_REVERSED_HEADS = frozenset(
    {word[:5].encode() for word in _REVERSED_WORDS if not word.startswith("contrari")}
    | set(b"gauch back end achte final derni last letzt ultim laats".split())
    | set(b"permu swapp verta right derec hinte tras destr bidi".split())
)
_HEAD = itemgetter(slice(5))
_LETTERS = bytes(code if chr(code).isalpha() else 32 for code in range(128)) + b" " * 128


def says_reversed(text: str) -> bool:
    """Tell whether the text says that a number is to be read backwards."""
    words = text.encode("ascii", "replace").translate(_LETTERS).split()
    told = not _REVERSED_HEADS.isdisjoint(map(_HEAD, words))
    if told or any(map(text.__contains__, _REVERSED_PIECES)):
        return _REVERSED.search(text) is not None
    return False
