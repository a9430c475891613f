"""Read a leaving mail again, strictly: only the plain kind of MIME the relay writes.

The library parser forgives everything and costs more than building the mail; here what is not
understood raises, and the mail is held. Tests compare both readers.
"""

import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass

_DEEPEST = 5
_TEXT_KINDS = frozenset(("text/plain", "text/html"))
FILE_KINDS = frozenset(("image/jpeg", "image/png", "application/pdf"))
_FOLD = re.compile(rb"\n(?=[ \t])")
_FIELD = re.compile(r"([!-9;-~]+):[ \t]*(.*)", re.DOTALL)
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_CHARSET = re.compile(r'charset="?([^";\s]+)"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a mail.

    Args:
        fields: Lower-case name and unfolded value.
        kind: Media type, lower case.
        text: Decoded; of a multipart what stands before and after its parts; "" of a file.
        data: The bytes of a file; empty otherwise.
    """

    fields: tuple[tuple[str, str], ...]
    kind: str
    text: str
    data: bytes = b""


def read_parts(content: bytes) -> Iterable[Part]:
    """Yield the mail and every part below it, in order.

    Args:
        content: A whole mail, CRLF or LF line ends.

    Raises:
        ValueError: It is nested deeper than five, is not closed, or is encoded in a way the
            relay does not write (LookupError for a charset nobody knows).

    Source: RFC 5322 2.2; RFC 2045; RFC 2046 5.1.
    """
    return _read(content.replace(b"\r\n", b"\n"), _DEEPEST)


def _read(raw: bytes, depth: int) -> Iterable[Part]:
    head, gap, body = raw.partition(b"\n\n")
    if not gap or depth == 0:
        raise ValueError("no body, or nested too deep")
    fields = tuple(_fields(head))
    named = dict(fields)
    content_type = named.get("content-type", "text/plain; charset=us-ascii")
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("message/") or len(named) < len(fields):
        raise ValueError("a mail within the mail, or a field twice")
    if not kind.startswith("multipart/"):
        data = _data(body, named)
        if kind in FILE_KINDS:
            yield Part(fields, kind, "", data)
        elif kind in _TEXT_KINDS:
            yield Part(fields, kind, _text(data, content_type))
        else:
            raise ValueError("a kind of part the relay does not write")
        return
    before, *inner, after = _split(body, content_type)
    yield Part(fields, kind, (before + after).decode("utf-8", errors="replace"))
    for piece in inner:
        yield from _read(piece, depth - 1)


def _fields(head: bytes) -> Iterable[tuple[str, str]]:
    for line in _FOLD.sub(b"", head).decode("utf-8").split("\n"):
        found = _FIELD.fullmatch(line)
        if found is None:
            raise ValueError("a header line that is no field")
        yield found[1].lower(), found[2]


def _split(body: bytes, content_type: str) -> list[bytes]:
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise ValueError("a multipart without boundary")
    before, *pieces = (b"\n" + body).split(b"\n--" + found[1].encode())
    if not pieces or not pieces[-1].startswith(b"--"):
        raise ValueError("a multipart that is not closed")
    if not all(piece.startswith(b"\n") for piece in pieces[:-1]):
        raise ValueError("a line that only begins like the boundary")
    return [before, *(piece[1:] for piece in pieces[:-1]), pieces[-1][2:]]


def _data(body: bytes, named: dict[str, str]) -> bytes:
    encoding = named.get("content-transfer-encoding", "7bit").strip().lower()
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding == "base64":
        # Strictly: what one reader skips and another one ends at would be two different files.
        return binascii.a2b_base64(body.translate(None, b"\n"), strict_mode=True)
    if encoding not in ("7bit", "8bit"):
        raise ValueError("an encoding the relay does not write")
    return body


def _text(data: bytes, content_type: str) -> str:
    found = _CHARSET.search(content_type)
    return data.decode(found[1] if found else "utf-8", errors="replace")
