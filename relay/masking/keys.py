"""A sign that the text says to read as a digit: put a 4 for each star, X = 9."""

import re
from collections.abc import Iterator

from relay.masking.signs import Piece, read_signs
from relay.masking.trie import any_of
from relay.masking.words import Kind, vocabulary

_NAMES = {
    "etoile": "*", "etoiles": "*", "asterisque": "*", "asterisques": "*", "star": "*",
    "stars": "*", "asterisk": "*", "asterisks": "*", "estrella": "*", "estrellas": "*",
    "asterisco": "*", "asteriscos": "*", "asterischi": "*", "sternchen": "*", "stern": "*",
    "sterretje": "*", "sterretjes": "*", "diese": "#", "dieses": "#", "hash": "#",
    "croix": "x", "underscore": "_", "underscores": "_",
}  # fmt: skip
_SIGN = rf"(?P<sign>{any_of(_NAMES)}\b|(?<![^\W_])x\b|[*#_?])"
_IS = (
    r"['\"» ]{0,3}(?:=|->|\b(?:vaut|valent|est|sont|c'est|par|is|are|means?|by|with|por|con|durch|"
    r"ist|sind|mit|met|door|vale|es|e)\b) ?(?:(?:une?|des?|le|la|an?|the|el|ein\w{0,2}|um) )?"
)
_FOR = (
    r" ?(?:(?:a la|en) place|au lieu|instead of|in place of|for|pour|en lugar|en vez|statt|"
    r"anstelle|al posto|no lugar|in plaats)\b.{0,14}?"
)
_DIGIT = r"(?P<digit>\b(?:\d|[^\W\d_]{2,7})\b)"
_MEANINGS = (re.compile(_SIGN + _IS + _DIGIT), re.compile(rf"\b{_DIGIT}{_FOR}{_SIGN}"))
_HINT = re.compile(r"[*#_?xX](?:(?=[0-9])|(?<=[0-9].))")
_LEAST_SIGNS = 2


def keyed(text: str) -> Iterator[Piece]:
    """Yield the signs beside figures of *text* for which it names a digit."""
    if len(_HINT.findall(text)) < _LEAST_SIGNS:
        return
    view = read_signs(text)
    for pattern in _MEANINGS:
        meaning = pattern.search(view.text)
        digit = _digit(meaning.group("digit")) if meaning else None
        if meaning and digit:
            name = meaning.group("sign")
            sign = re.escape(_NAMES.get(name, name))
            for found in re.finditer(
                rf"(?<=[0-9]){sign}(?!\w\w| ?[=+])|{sign}(?=[0-9])", view.text
            ):
                if not meaning.start() <= found.start() < meaning.end():
                    yield Piece(*view.span(*found.span()), digit)
            return


def _digit(token: str) -> str | None:
    """Return the digit that *token* is or names."""
    word = vocabulary().words.get(token)
    if token.isdigit():
        return token
    return word.digits if word and word.kind is Kind.UNIT else None
