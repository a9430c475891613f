"""Header fields as text: unfolded, their comments left out, their encoded words read."""

import binascii
import re
import unicodedata
from collections.abc import Iterator

from relay.mail.reading.charsets import decoded

_FOLD = re.compile(r"\n[ \t]*")
_WORD = re.compile(r"=\?([!-<>@-~]{1,60})\?([BbQq])\?([^?\n]*)\?=")
_PIECE = re.compile(r'\\.|["(),;:<>]|[^"(),;:<>\\]+|\\', re.DOTALL)
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def unfolded(value: str) -> str:
    """Return a raw field on one line, NFC, its 8-bit bytes decoded.

    Args:
        value: As the standard parser keeps it: 8-bit bytes are lone surrogates.
    """
    if not value.isascii():
        value = decoded(value.encode("utf-8", errors="surrogateescape"), None)
    return _FOLD.sub(" ", value).strip(" \t")


def readable(value: str) -> str:
    """Return a raw field with its encoded words read, NFC, without control or direction marks.

    Source: RFC 2047 6.2: white space between encoded words is no text. Words of one charset
    are joined before they are decoded, as many programs cut inside a character.
    """
    line = unfolded(value)
    done: list[str] = []
    run: list[tuple[str, bytes]] = []
    at = 0
    for word in _WORD.finditer(line):
        between = line[at : word.start()]
        if between.strip(" \t") or not run:
            done += (_joined(run), between)
            run = []
        run.append((word[1].partition("*")[0].lower(), _word_bytes(word[2], word[3])))
        at = word.end()
    text = "".join([*done, _joined(run), line[at:]])
    return unicodedata.normalize("NFC", " ".join(_UNSEEN.sub(" ", text).split()))


def pieces(field: str) -> Iterator[tuple[str, bool]]:
    """Yield separators and runs of a structured field without its comments.

    Args:
        field: Unfolded.

    Returns:
        Each piece as it is written, and whether it stands within quotes.

    Source: RFC 5322 3.2.2 and 3.2.4: quotes mean nothing in a comment, and the other way round.
    """
    comments, is_quoted = 0, False
    for piece in _PIECE.findall(field):
        if comments or (piece == "(" and not is_quoted):
            comments += (piece == "(") - (piece == ")")
        elif piece == '"':
            is_quoted = not is_quoted
        else:
            yield piece, is_quoted


def _joined(run: list[tuple[str, bytes]]) -> str:
    joined: list[tuple[str, bytes]] = []
    for charset, data in run:
        before = joined.pop()[1] if joined and joined[-1][0] == charset else b""
        joined.append((charset, before + data))
    return "".join(decoded(data, charset) for charset, data in joined)


def _word_bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("ascii", errors="replace")
    if encoding in "qQ":
        return binascii.a2b_qp(raw, header=True)
    try:
        return binascii.a2b_base64(raw + b"===")
    except binascii.Error:
        return raw
