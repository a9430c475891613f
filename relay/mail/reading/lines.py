"""The lines of a mail's body, and the form of them that patterns are held against."""

import re
from dataclasses import dataclass, field
from enum import Enum, auto

_MARKS = re.compile(r"(?:[ \t]{0,3}>)+[ \t]?")
_BLANKS = "\u00a0\u1680\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000"
_UNSEEN = (
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\ufeff"
)
_PLAINER = (
    dict.fromkeys(map(ord, _BLANKS), " ")
    | dict.fromkeys(map(ord, _UNSEEN))
    | {ord("’"): "'", ord("‘"): "'", ord("`"): "'", ord("–"): "-", ord("—"): "-"}
)
_LONGEST = 600
_STRESSED = re.compile(r"_[^_\s].*_")  # as some programs write italics
SIGNATURE_MARK = "-- "


class Voice(Enum):
    """Whose words they are."""

    OWN = auto()
    QUOTED = auto()
    DOUBTFUL = auto()
    SIGNATURE = auto()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a body.

    Args:
        words: Without the marks of quoting before it.
        depth: How often it is quoted, 0 for the author's own level.
        sure: The HTML said that it is quoted; a ``>`` may also be a sign of the author's.
        begins: The HTML said that all from here on is an earlier mail.
        signed: The HTML said that it belongs to a signature.
    """

    words: str
    depth: int = 0
    sure: bool = False
    begins: bool = False
    signed: bool = False
    plain: str = field(init=False)  # as a pattern wants it

    def __post_init__(self) -> None:
        object.__setattr__(self, "plain", plain_form(self.words))  # asked for many times

    @property
    def is_blank(self) -> bool:
        """Nothing can be seen of it."""
        return not self.plain

    @property
    def raw(self) -> str:
        """As it stood in the mail, or would have."""
        marks = ">" * self.depth
        return f"{marks} {self.words}".rstrip() if marks else self.words


def lines_of_text(text: str) -> list[Line]:
    """Return the lines of a plain text body, ``>`` marks read as depth."""
    return [_line(line) for line in text.split("\n")]


def plain_form(words: str) -> str:
    """Return *words* as a pattern wants them: one kind of space, apostrophe and dash, no stress.

    Only the first 600 signs count: no head of a quote and no contact line is longer.
    """
    short = words[:_LONGEST]
    plainer = short.replace("`", "'") if short.isascii() else short.translate(_PLAINER)
    said = " ".join(plainer.split()).strip("* ")
    return said[1:-1] if _STRESSED.fullmatch(said) else said


def _line(raw: str) -> Line:
    found = _MARKS.match(raw)
    if found is not None:
        return Line(raw[found.end() :].rstrip(), depth=found[0].count(">"))
    # The space of "-- " is what makes it the mark of a signature (RFC 3676 4.3).
    return Line(raw if raw == SIGNATURE_MARK else raw.rstrip())
