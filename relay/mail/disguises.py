"""Known addresses, names and tokens, found in whatever disguise a person writes them.

A text is *squeezed*: case, accents and look-alike letters go, then every sign but letters,
figures and @. So spaces, line ends, punctuation and invisible signs inside an address hide
nothing, and what people say for @ and for a dot is left to match.

Source: UTS 39 for the idea of confusables: letters of one shape with a Latin one.
"""

import re
import string
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

_LOOKALIKES = {
    "a": "аАαΑɑᴀ", "b": "вВьЬβΒʙɓ", "c": "сСϲϹᴄ", "d": "ԁđĐɗᴅ", "e": "еЕεΕᴇ", "f": "ꜰƒ",
    "g": "ɡցɢ", "h": "һҺНнհħĦΗʜ", "i": "іІіӏӀιΙıɪǀ∣ΙɩłŁʟ", "j": "јЈϳᴊ", "k": "кКκΚᴋ",
    "m": "мМΜᴍ", "n": "пηոΝɴ", "o": "оОοΟօøØᴏσ", "p": "рРρΡᴘ", "q": "ԛզ", "r": "гʀ",
    "s": "ѕЅꜱʂ", "t": "тТτΤᴛŧ", "u": "υսᴜʋ", "v": "ѵνᴠ", "w": "ԝшωᴡ", "x": "хХχΧ",
    "y": "уУγΥүʏ", "z": "ᴢΖʐ",
}  # fmt: skip
_TO_LATIN = {ord(sign): latin for latin, signs in _LOOKALIKES.items() for sign in signs}
# I, l and 1 are one stroke to the eye, O and 0 one ring.
_FOLD = bytes.maketrans(
    string.ascii_uppercase.encode() + b"lL10", string.ascii_lowercase.encode() + b"iiio"
)
_KEPT = (string.ascii_letters + string.digits + "@").encode()
_DROPPED = bytes(set(range(256)).difference(_KEPT))

_DOT = b"(?:point|dot|punkt|punto?|ponto|pt|tiret|dash|minus|moins|underscore|pius|2e|252e|46|x2e)?"
_AT = b"(?:@|arr?oba[sz]?e?|at|chez|4o|254o|25254o|64|x4o|commat|amp64|ampx4o|ampcommat)"
# (a), as often written, or nothing, as where a form takes the @ away; the whole domain follows.
_LOOSE_AT, _NO_AT = b"(?:@|a)", b"(?:@|a)?"
_SHORT_LOCAL = 6  # a shorter one may be the end of somebody else's
_LEAST_NAME = 7  # letters of a name of two words that is not found by chance
_LEAST_TOKEN = 8
_LINK_END = re.compile(r"[\s<>\"'()\[\]{}«»]")


def _squeeze(text: str) -> bytes:
    plain = unicodedata.normalize("NFKD", text.translate(_TO_LATIN))
    return plain.encode("ascii", "ignore").translate(_FOLD, _DROPPED)


# Nearly every text is Western: its signs are folded one by one beforehand.
_FOLDED = [_squeeze(bytes((byte,)).decode("cp1252", "ignore")) for byte in range(256)]
_WESTERN = b"".join(folded[:1] or b" " for folded in _FOLDED)
_WESTERN_DROPPED = bytes(byte for byte, folded in enumerate(_FOLDED) if not folded)


@dataclass(frozen=True, slots=True)
class Secret:
    """Something known, ready to be looked for.

    Args:
        pieces: Squeezed; all of them are there wherever the secret is.
        backwards: The same, each read backwards.
        forms: Patterns of how they stand together.
        begins, ends: To be found only where no letter or figure stands before, or after it.
        is_token: What surrounds it without a space belongs to it.
    """

    pieces: tuple[bytes, ...]
    backwards: tuple[bytes, ...]
    forms: tuple[bytes, ...]
    begins: bool = False
    ends: bool = False
    is_token: bool = False


@lru_cache(maxsize=8)  # one mail asks several times, for its lines and for the whole
def secrets(
    addresses: frozenset[str] = frozenset(),
    names: frozenset[str] = frozenset(),
    tokens: frozenset[str] = frozenset(),
) -> Mapping[str, Sequence[Secret]]:
    """Return what is to be looked for, by kind: ``address``, ``name``, ``token``.

    Args:
        addresses: E-mail addresses in any case; one without @ is left out.
        names: Names of persons; only those of two words and seven letters or more count: a
            first name alone is everybody's, and often the very pseudonym that is shown.
        tokens: Local parts of aliases, tokens of links.

    Raises:
        ValueError: A token so short that it is found by chance.
    """
    return {
        "address": [_address(value) for value in addresses if "@" in value],
        "name": [secret for value in names if (secret := _name(value))],
        "token": [_token(value) for value in tokens],
    }


def squeeze(text: str) -> bytes:
    """Return letters, figures and @ of *text*, folded."""
    try:
        return text.replace("▌", "").encode("cp1252").translate(_WESTERN, _WESTERN_DROPPED)
    except UnicodeEncodeError:
        return _squeeze(text)


def may_show(secret: Secret, squeezed: bytes) -> bool:
    """Tell whether all pieces of *secret* are somewhere in a text: without them it cannot show."""
    return _holds(squeezed, secret.pieces) or _holds(squeezed, secret.backwards)


def shows(secret: Secret, text: str, squeezed: bytes) -> bool:
    """Tell whether *secret* stands in *text*, forwards or backwards.

    Args:
        squeezed: Of the same text; given, because many secrets are looked for in one text.
    """
    if _holds(squeezed, secret.pieces):
        if secret.begins:
            return bool(_spans(secret, text))
        if any(re.search(form, squeezed) for form in secret.forms):
            return True
    if not _holds(squeezed, secret.backwards):
        return False
    return any(re.search(form, squeezed[::-1]) for form in secret.forms)


def _holds(squeezed: bytes, pieces: Iterable[bytes]) -> bool:
    return all(piece in squeezed for piece in pieces)


def scrub(
    text: str,
    *,
    addresses: Collection[str] = (),
    names: Collection[str] = (),
    tokens: Collection[str] = (),
    sign: str,
) -> str:
    """Replace known addresses, names and our own tokens in *text* by the visible *sign*.

    A token goes with the whole link or address around it. What is written backwards stays, and
    is found by the egress check.

    Args:
        text: A person's plain words, at most some ten thousand signs.
        addresses, names, tokens: As in :func:`secrets`.
        sign: What is put in their place, such as ``[adresse masquée]``.
    """
    squeezed = squeeze(text)
    spans = [
        span
        for kind in secrets(frozenset(addresses), frozenset(names), frozenset(tokens)).values()
        for secret in kind
        if _holds(squeezed, secret.pieces)
        for span in _spans(secret, text)
    ]
    shown: list[str] = []
    at = 0
    for start, end in sorted(spans):
        if start >= at:
            shown += (text[at:start], sign)
        at = max(at, end)
    return "".join([*shown, text[at:]])


def _address(value: str) -> Secret:
    local, _, domain = value.strip().rpartition("@")
    names = [piece for part in re.split(r"[\W_]+", local) if (piece := squeeze(part))]
    labels = [piece for part in re.split(r"[\W_]+", domain) if (piece := squeeze(part))]
    kept, top = labels[:-1] or labels, labels[-1:] if labels[1:] else []
    written = _DOT.join(names)
    whole = _DOT.join([*kept, *top])
    strong = written + _AT + _DOT.join(kept) + b"".join(b"(?:" + _DOT + t + b")?" for t in top)
    forms = [strong]
    is_short = sum(map(len, names)) < _SHORT_LOCAL
    if not is_short:
        is_telling = len(names) > 1 or any(map(str.isdigit, local))
        forms.append(written + (_NO_AT if is_telling else _LOOSE_AT) + whole)
    pieces = (*names, *kept)
    return Secret(pieces, _reversed(pieces), tuple(forms), begins=is_short)


def _reversed(pieces: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple(piece[::-1] for piece in pieces)


def _name(value: str) -> Secret | None:
    words = [piece for part in re.split(r"[\W_]+", value) if (piece := squeeze(part))]
    if len(words) == 1 or sum(map(len, words)) < _LEAST_NAME:
        return None
    forms = (b"".join(words), b"".join([*words[1:], words[0]]))
    return Secret(tuple(words), _reversed(words), forms, begins=True, ends=True)


def _token(value: str) -> Secret:
    squeezed = squeeze(value)
    if len(squeezed) < _LEAST_TOKEN:
        raise ValueError("a token too short to be one of ours")
    return Secret((squeezed,), _reversed([squeezed]), (squeezed,), is_token=True)


def _spans(secret: Secret, text: str) -> list[tuple[int, int]]:
    """Return where *secret* stands in *text*, offsets in the original."""
    signs: list[bytes] = []
    origins: list[int] = []
    for at, sign in enumerate(text):
        folded = squeeze(sign)
        signs.append(folded)
        origins.extend([at] * len(folded))
    squeezed = b"".join(signs)
    return [span for form in secret.forms for span in _found(secret, form, squeezed, text, origins)]


def _found(
    secret: Secret, form: bytes, squeezed: bytes, text: str, origins: list[int]
) -> Iterator[tuple[int, int]]:
    for found in re.finditer(form, squeezed):
        start, end = origins[found.start()], origins[found.end() - 1] + 1
        if secret.begins and text[start - 1 : start].isalnum():
            continue
        if secret.ends and text[end : end + 1].isalnum():
            continue
        yield _around(text, start, end) if secret.is_token else (start, end)


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the link or address around a token."""
    while start and not _LINK_END.match(text[start - 1]):
        start -= 1
    after = _LINK_END.search(text, end)
    return start, after.start() if after else len(text)
