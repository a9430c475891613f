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
_BASE64_LINE = 76  # signs (RFC 2045 6.8)

_SOFT_BREAK = b"=\r\n"
_DENSE = 1.3
_TOKEN = re.compile(r"[!-<>-~]{3,}")

_VERSION = b"MIME-Version: 1.0\r\n"
_MANY = b'Content-Type: multipart/%s; boundary="%s"\r\n\r\n'
_FORMS, _FILES = b"=_relais", b"=_dossier"  # neither begins like the other (RFC 2046 5.1.2)
_PART = b"Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n%s"
_FILE = (
    b"Content-Type: %s\r\nContent-Transfer-Encoding: base64\r\n"
    b'Content-Disposition: attachment; filename="%s"\r\n\r\n%s'
)
_FILE_NAME = re.compile(r"[a-z]{1,20}-\d{1,3}\.[a-z]{3}")
FRAME_BYTES = 160  # at most what stands around two parts


def plain_text(text: str) -> str:
    """Return *text* with LF line ends only, no control sign but tab, no lone surrogate.

    A control sign becomes a space: taking it away could join what it kept apart.
    """
    kept = _CONTROLS.sub(" ", _LINE_ENDS.sub("\n", text))
    return _SURROGATES.sub("\ufffd", kept)


def assemble(fields: Sequence[bytes], *parts: bytes, files: Sequence[bytes] = ()) -> bytes:
    """Return the whole mail, CRLF line ends, every byte below 128.

    Args:
        fields: Header fields, each with its line end.
        parts: As :func:`part` returns them, the plainest first.
        files: As :func:`attachment` returns them.

    Source: RFC 2046 5.1.3 and 5.1.4.
    """
    body = _framed(b"alternative", _FORMS, parts)
    if files:
        body = _framed(b"mixed", _FILES, [body, *files])
    return b"".join([*fields, _VERSION, body])


def attachment(name: str, kind: str, content: bytes) -> bytes:
    """Return a file as a part with its own header.

    Args:
        name: Ours: a word, a number, an ending of three letters.
        kind: Media type.

    Raises:
        ValueError: The name is not such a name.

    Source: RFC 2183; RFC 2045 6.8.
    """
    if _FILE_NAME.fullmatch(name) is None:
        raise ValueError("not a file name of ours")
    return _FILE % (kind.encode("ascii"), name.encode(), _base64(content))


def _framed(kind: bytes, boundary: bytes, parts: Sequence[bytes]) -> bytes:
    framed = [piece for body in parts for piece in (b"--", boundary, b"\r\n", body, b"\r\n")]
    return b"".join([_MANY % (kind, boundary), *framed, b"--", boundary, b"--\r\n"])


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
    whole = binascii.b2a_base64(data, newline=False)
    starts = range(0, len(whole), _BASE64_LINE)
    return b"".join([whole[at : at + _BASE64_LINE] + b"\r\n" for at in starts]) or b"\r\n"
