"""What a mail may measure, counted on its raw bytes before any parser sees it.

The standard parser recurses with the depth of a mail and takes seconds over a field of many
parameters (python/cpython#136063, #87075). This scanner walks the mail once, keeps no more than
a boundary per open level, and finds a part wherever that parser would find one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

DEPTH, PARTS = 20, 200
DASHED_LINES = 20_000  # each could be the border of a part
LINES, LINES_TIMES_DEPTH = 250_000, 1_000_000  # the parser asks every open level at each line
HEADER_BYTES, FIELD_BYTES = 64 * 1024, 16 * 1024
ADDRESSES, PARAMETERS = 100, 50

Fields = list[tuple[bytes, bytes]]

# A line that may stand in a header: a field, its continuation, or an mbox separator.
_HEADER_LINE = re.compile(rb"From |[!-9;-~]*:|[ \t]")
_ADDRESS_FIELDS = frozenset(
    b"from sender reply-to to cc bcc resent-from resent-sender resent-to resent-cc".split()
)


class TooMuch(Exception):
    """A mail beyond a limit; the only argument is the reason, e.g. ``too_deep``."""


@dataclass(frozen=True, slots=True)
class _Level:
    """One open multipart: what separates its parts, and what a part without a type is."""

    boundary: bytes
    default_kind: str
    depth: int


def normalised(raw: bytes) -> bytes:
    """Return *raw* with LF line ends only, so that every reader sees the same lines.

    A bare CR ends a line for the standard parser, and for no server (RFC 5321 2.3.8).
    """
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def check(content: bytes) -> str | None:
    """Return why a mail must not be parsed, None when it may be.

    Args:
        content: A whole mail as :func:`normalised` returns it.

    Returns:
        A reason of :class:`relay.mail.reading.values.Unreadable`.

    Source: RFC 5322 2.2, RFC 2046 5.1; the walk is linear in the size of the mail.
    """
    lines = content.count(b"\n")
    if lines > LINES:
        return "too_many_lines"
    if content.count(b"\n--") > DASHED_LINES:
        return "too_many_parts"
    try:
        deepest = _walk(content)
    except TooMuch as reason:
        return str(reason)
    return "too_deep" if lines * deepest > LINES_TIMES_DEPTH else None


def _walk(content: bytes) -> int:
    """Visit every part and return the greatest depth."""
    levels: list[_Level] = []
    at, kind, depth, deepest, parts = 0, "text/plain", 1, 1, 0
    while True:
        parts = _one_more(parts)
        deepest = max(deepest, depth)
        at, fields = _header(content, at)
        shape = _shape(fields, kind)
        kind = shape.get_content_type()
        if kind == "message/delivery-status":
            parts = _count_blocks(_until_boundary(content, at, levels), parts)
        elif kind.startswith("message/"):
            kind, depth = "text/plain", _deeper(depth)
            continue
        elif boundary := _boundary(shape):
            depth = _deeper(depth)
            default = "message/rfc822" if kind == "multipart/digest" else "text/plain"
            levels.append(_Level(boundary, default, depth))
        found = _next_part(content, at, levels)
        if found is None:
            return max(deepest, depth)
        at, kind, depth = found, levels[-1].default_kind, levels[-1].depth


def _one_more(parts: int) -> int:
    if parts >= PARTS:
        raise TooMuch("too_many_parts")
    return parts + 1


def _deeper(depth: int) -> int:
    if depth >= DEPTH:
        raise TooMuch("too_deep")
    return depth + 1


def _header(content: bytes, start: int) -> tuple[int, Fields]:
    """Return where the body begins, and the fields before it: name in lower case, raw value."""
    fields: list[tuple[bytes, list[bytes]]] = []
    at = start
    while at < len(content):
        end = content.find(b"\n", at)
        end = len(content) if end < 0 else end
        line = content[at : min(end, at + HEADER_BYTES + 1)]
        if not _HEADER_LINE.match(line):
            at = end + 1 if not line else at
            break
        if end - start > HEADER_BYTES:
            raise TooMuch("header_too_large")
        if line[:1] not in (b" ", b"\t"):
            name, _, value = line.partition(b":")
            fields.append((name.lower(), [value]))
        elif fields:
            fields[-1][1].append(line)
        at = end + 1
    whole = [(name, b"\n".join(lines)) for name, lines in fields]
    _check_fields(whole)
    return min(at, len(content)), whole


def _check_fields(fields: Fields) -> None:
    addresses = 0
    for name, value in fields:
        if len(value) > FIELD_BYTES:
            raise TooMuch("header_too_large")
        if name.startswith(b"content-") and value.count(b";") > PARAMETERS:
            raise TooMuch("too_many_parameters")
        if name in _ADDRESS_FIELDS:
            addresses += value.count(b"@")
            _check_comments(value)
    if addresses > ADDRESSES:
        raise TooMuch("too_many_addresses")


def _check_comments(value: bytes) -> None:
    """Refuse comments within comments (RFC 5322 3.2.2) that would exhaust a reader's stack."""
    depth = 0
    for sign in re.finditer(rb"[()]", value):
        depth = depth + 1 if sign[0] == b"(" else max(0, depth - 1)
        if depth > DEPTH:
            raise TooMuch("too_deep")


def _shape(fields: Fields, default_kind: str) -> Message:
    """Let the standard parser itself read one bounded Content-Type, so that both agree."""
    shape = Message()
    shape.set_default_type(default_kind)
    for name, value in fields:
        if name == b"content-type":
            shape["Content-Type"] = value.decode("ascii", errors="replace").lstrip(" \t")
            break
    return shape


def _boundary(shape: Message) -> bytes | None:
    if shape.get_content_maintype() != "multipart":
        return None
    found = shape.get_boundary()
    return None if found is None else found.encode("utf-8", errors="replace")


def _next_part(content: bytes, at: int, levels: list[_Level]) -> int | None:
    """Return where the next part begins, closing the *levels* that end before it."""
    opening, closing = _marks(levels)
    for line_at, end in _dashed_lines(content, at):
        line = content[line_at + 2 : end].rstrip(b" \t")
        if line in opening:
            del levels[opening[line] + 1 :]
            return min(end + 1, len(content))
        if line in closing:
            del levels[closing[line] :]
            opening, closing = _marks(levels)
    return None


def _marks(levels: list[_Level]) -> tuple[dict[bytes, int], dict[bytes, int]]:
    """Return what opens a part and what closes a level; as for the parser, the outermost wins."""
    known = [(level.boundary, number) for number, level in enumerate(levels)]
    opening = dict(reversed(known))
    return opening, {boundary + b"--": number for boundary, number in opening.items()}


def _dashed_lines(content: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of every line from *at* on that begins with two dashes."""
    found = at if content.startswith(b"--", at) else content.find(b"\n--", at) + 1
    while content.startswith(b"--", found):
        end = content.find(b"\n", found)
        end = len(content) if end < 0 else end
        yield found, end
        following = content.find(b"\n--", end)
        if following < 0:
            return
        found = following + 1


def _until_boundary(content: bytes, at: int, levels: list[_Level]) -> bytes:
    opening, closing = _marks(levels)
    for line_at, end in _dashed_lines(content, at):
        line = content[line_at + 2 : end].rstrip(b" \t")
        if line in opening or line in closing:
            return content[at:line_at]
    return content[at:]


def _count_blocks(report: bytes, parts: int) -> int:
    """Check the blocks of a delivery report, each a mail of its own to the parser."""
    for block in report.split(b"\n\n", PARTS):
        parts = _one_more(parts)
        _header(block, 0)
    return parts
