"""Whether a finished picture holds its picture and nothing besides.

Read by hand and strictly: only the segments and chunks a new picture of ours is made of; text,
place, device, thumbnail, profile or anything after the end is found without naming it.

Source: ITU-T T.81 annex B (JPEG); JFIF 1.02; PNG (W3C, third edition) section 5.
"""

import re

_JFIF = re.compile(rb"JFIF\x00\x01.{6}\x00\x00", re.DOTALL)  # no thumbnail: both sides are 0
_PLAIN_SEGMENTS = frozenset((0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD))
_SCAN = 0xDA
_TELLING_SEGMENTS = frozenset(range(0xE0, 0xF0)) - {0xEE} | {0xFE}
_APP0 = 0xE0
# In the data of a scan, FF is followed by 00 or by a restart mark; anything else ends it.
_SCAN_END = re.compile(rb"\xff(?![\x00\xd0-\xd7])")
_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_CHUNK_FRAME = 12  # length, name and check sum around the data of a chunk


def is_bare(kind: str, content: bytes) -> bool:
    """Tell whether *content* is a picture of *kind* and nothing else.

    Args:
        kind: ``image/jpeg`` or ``image/png``; any other is never bare.
        content: The whole file.
    """
    if kind == "image/jpeg":
        return _is_bare_jpeg(content)
    return kind == "image/png" and _is_bare_png(content)


def without_metadata(jpeg: bytes) -> bytes:
    """Return *jpeg* without application segments and comments, its pixels as they were.

    The mark of Adobe stays: it says how the colours are meant. What cannot be followed is cut.
    """
    kept, at = [jpeg[:2]], 2
    while jpeg[at : at + 1] == b"\xff" and jpeg[at + 1 : at + 2] not in (b"", b"\xd9"):
        end = _after_any(jpeg, at)
        if jpeg[at + 1] not in _TELLING_SEGMENTS:
            kept.append(jpeg[at:end])
        at = end
    return b"".join([*kept, b"\xff\xd9"])


def _after_any(data: bytes, at: int) -> int:
    end = at + 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    if data[at + 1] != _SCAN:
        return end
    found = _SCAN_END.search(data, end)
    return found.start() if found else len(data)


def _is_bare_jpeg(data: bytes) -> bool:
    at: int | None = 2 if data.startswith(b"\xff\xd8\xff") else None
    while at is not None and data[at : at + 2] != b"\xff\xd9":
        at = _after_segment(data, at)
    return at is not None and at + 2 == len(data)


def _after_segment(data: bytes, at: int) -> int | None:
    """Return where the segment that begins at *at* ends, None when it is not a plain one."""
    end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    if data[at : at + 1] != b"\xff" or end < at + 4 or end > len(data):
        return None
    mark = data[at + 1]
    if mark == _APP0:
        return end if _JFIF.fullmatch(data, at + 4, end) else None
    if mark != _SCAN:
        return end if mark in _PLAIN_SEGMENTS else None
    found = _SCAN_END.search(data, end)
    return found.start() if found else None


def _is_bare_png(data: bytes) -> bool:
    if not data.startswith(_PNG_START):
        return False
    at, name = len(_PNG_START), b""
    while at < len(data) and name != b"IEND":
        name = data[at + 4 : at + 8]
        if name not in _PNG_CHUNKS:
            return False
        at += int.from_bytes(data[at : at + 4], "big") + _CHUNK_FRAME
    return name == b"IEND" and at == len(data)
