"""A mail as it comes over the wire: where it ends, and what it must not bring along."""

import re

_END = b"\r\n.\r\n"
_WORD = "[A-Za-z0-9_+=~-]+"
_PATH = re.compile(rf"<({_WORD}(?:\.{_WORD})*@{_WORD}(?:\.{_WORD})*)>(?: ([A-Za-z0-9=._+ -]*))?")
_LINE_END = rb"(?>\r\n|\r|\n)"  # every sign that ends a line for some reader; CRLF is one, not two
_HEAD = re.compile(rb".*?" + _LINE_END + rb"(?=[\r\n]|\Z)", re.DOTALL)
_VERDICT = re.compile(
    rb"(?:(?<=[\r\n])|\A)Authentication-Results[ \t]*:"
    rb"[^\r\n]*(?:" + _LINE_END + rb"[ \t][^\r\n]*)*(?:" + _LINE_END + rb"|\Z)",
    re.IGNORECASE,
)


class Content:
    """What follows DATA, put together piece by piece in one buffer.

    Nothing but CRLF.CRLF ends a mail: with any other end, one server's text is the next one's
    command. The CRLF may be the one that ended the command (an empty mail).

    Source: RFC 5321 2.3.8, 4.1.1.4 and 4.5.2.
    """

    def __init__(self) -> None:
        self._kept = bytearray(b"\r\n")  # of the command

    @property
    def size_bytes(self) -> int:
        """How much there is so far."""
        return len(self._kept)

    def take(self, piece: bytes) -> bytes | None:
        """Add a piece; return what follows the end of the mail, None while there is none."""
        searched = max(0, len(self._kept) - len(_END) + 1)
        self._kept += piece
        end = self._kept.find(_END, searched)
        if end < 0:
            return None
        rest = bytes(self._kept[end + len(_END) :])
        del self._kept[end + len(b"\r\n") :]
        return rest

    def forget(self) -> None:
        """Forget what came; the end is still found."""
        del self._kept[: 1 - len(_END)]

    def raw(self) -> bytes:
        """Return the mail without the dots that were put before its lines."""
        return bytes(self._kept.replace(b"\r\n.", b"\r\n")).removeprefix(b"\r\n")


def plain_path(argument: str) -> tuple[str, str] | None:
    """Return the address and the parameters of MAIL or RCPT; None unless they are plain.

    Plain is what nearly every server writes, ``<camille@orange.example> SIZE=2048``: no comment,
    nothing quoted, not the null sender.

    Source: RFC 5321 4.1.2.
    """
    found = _PATH.fullmatch(argument)
    return (found[1], found[2] or "") if found else None


def has_longer_line(raw: bytes, most_bytes: int) -> bool:
    """Tell whether a line, its CRLF included, is longer than *most_bytes*."""
    at = 0
    while len(raw) - at > most_bytes:
        end = raw.rfind(b"\r\n", at, at + most_bytes)
        if end < 0:
            return True
        at = end + len(b"\r\n")
    return False


def without_verdicts(raw: bytes) -> bytes:
    """Return a mail without the Authentication-Results fields of its header.

    Where no server of ours stands in front, whoever sent the mail wrote them, whatever name they
    bear. Lines end here wherever some reader might see an end, so that none is overlooked.

    Source: RFC 8601 5.
    """
    head = _HEAD.match(raw)
    end = head.end() if head else len(raw)
    return _VERDICT.sub(b"", raw[:end]) + raw[end:]
