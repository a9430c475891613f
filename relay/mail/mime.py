"""Bodies as 7-bit wire bytes, and the frame around them, without ``email.message``.

Only MIME built here leaves the relay; nothing received is passed through. The boundary needs
no randomness: ``=_`` cannot occur in quoted-printable or base64 (RFC 2045 6.7, note 3).
"""

import binascii
import re
from collections.abc import Sequence

_LINE_ENDS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_BASE64_LINE_BYTES = 57  # 76 signs (RFC 2045 6.8)

_SOFT_BREAK = b"=\r\n"
_DENSE = 1.3
_TOKEN = re.compile(r"[!-<>-~]{3,}")

_HEAD = b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="=_relais"\r\n\r\n'
_NEXT = b"--=_relais\r\n"
_CLOSE = b"--=_relais--\r\n"
_PART = b"Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n%s"


def plain_text(text: str) -> str:
    """Return *text* with LF line ends only, no control sign but tab, no lone surrogate.

    A control sign becomes a space: taking it away could join what it kept apart.
    """
    kept = _CONTROLS.sub(" ", _LINE_ENDS.sub("\n", text))
    return _SURROGATES.sub("\ufffd", kept)


def assemble(fields: Sequence[bytes], *parts: bytes) -> bytes:
    """Return the whole mail, CRLF line ends, every byte below 128.

    Args:
        fields: Header fields, each with its line end.
        parts: As :func:`part` returns them, the plainest first.

    Source: RFC 2046 5.1.4.
    """
    framed = [piece for body in parts for piece in (_NEXT, body, b"\r\n")]
    return b"".join([*fields, _HEAD, *framed, _CLOSE])


def part(
    subtype: str, texts: Sequence[str], encoded: Sequence[bytes], filled: Sequence[str]
) -> bytes:
    """Return a text part with its header, in whichever encoding is shorter.

    Args:
        subtype: ``plain`` or ``html``.
        texts: Fixed texts, one more than *filled*, LF line ends.
        encoded: The fixed texts in quoted-printable.
        filled: What stands between them.

    Source: RFC 2045 6.7 and 6.8.
    """
    pieces = [encoded[0]]
    for value, fixed in zip(filled, encoded[1:], strict=True):
        pieces += (quoted_printable(value), fixed)
    body = _SOFT_BREAK.join([piece for piece in pieces if piece])
    encoding = b"quoted-printable"
    # Only signs outside ASCII can make it so long; base64 then costs 1.37 bytes per byte.
    if len(body) > _DENSE * (sum(map(len, texts)) + sum(map(len, filled))):
        whole = "".join(text for pair in zip(texts, [*filled, ""], strict=True) for text in pair)
        data = whole.replace("\n", "\r\n").encode()
        dense = _base64(data)
        if len(dense) < len(body):
            encoding, body = b"base64", dense
    return _PART % (subtype.encode(), encoding, body)


def quoted_printable(text: str) -> bytes:
    """Return *text* (LF line ends) in quoted-printable with CRLF line ends."""
    if _TOKEN.fullmatch(text):  # a link without "=": nothing to quote
        return _SOFT_BREAK.join([text[at : at + 75].encode() for at in range(0, len(text), 75)])
    # Given CRLF, b2a_qp writes bare LF soft breaks into a text that has no line end of its own.
    return binascii.b2a_qp(text.encode(), istext=True).replace(b"\n", b"\r\n")


def _base64(data: bytes) -> bytes:
    starts = range(0, len(data), _BASE64_LINE_BYTES)
    lines = [
        binascii.b2a_base64(data[at : at + _BASE64_LINE_BYTES], newline=False) for at in starts
    ]
    return b"\r\n".join(lines) + b"\r\n"
