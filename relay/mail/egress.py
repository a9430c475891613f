"""The last look at a finished mail: what hidden thing would leave with it.

The bytes are parsed again and read as their reader's programs would show them, so the answer
does not rest on how they were built. Whoever gets a leak, or an exception, holds the mail.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from email.header import decode_header
from enum import Enum
from urllib.parse import unquote

from relay.mail.parts import Part, read_parts
from relay.masking import find_number

Find = Callable[[str, str], list[tuple[int, int, str]]]
View = tuple[str, str]

_TAG = re.compile(r"<[^>]*>")
_BLOCK_TAG = re.compile(
    r"</?(?:p|div|t[dr]|table|h[1-6]|li|ul|ol|blockquote|br)\b[^>]*>", re.IGNORECASE
)
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_STYLE = re.compile(r"<style\b[^>]*>.*?</style>", re.IGNORECASE | re.DOTALL)
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_NOT_DIGIT = re.compile(r"[^0-9\n]+")

# Made by programs, full of tokens and figures: only the bare digits of a number can leak there.
_MACHINE_FIELDS = frozenset(
    (
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "auto-submitted",
    )
)
_READ_ATTRIBUTES = frozenset(("alt", "title", "aria-label", "content", "placeholder", "value"))
_TELLING_DIGITS = 8  # the end of a number that is the number, whatever stands before it


class LeakKind(Enum):
    """What was found."""

    NUMBER = "number"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Leak:
    """One finding; it never holds the value.

    Args:
        where: ``headers``, ``text``, ``html`` (as shown), ``markup`` (read aloud or shown
            from inside tags), ``links`` (what programs read) or ``file`` (a part that is no text).
    """

    kind: LeakKind
    where: str


def leaks(
    content: bytes,
    *,
    hidden_numbers: Collection[str],
    hidden_addresses: Collection[str],
    find: Find = find_number,
) -> list[Leak]:
    """Return where a hidden number or address shows in a finished mail; empty when nowhere.

    Args:
        content: The whole mail as it would leave.
        hidden_numbers: E.164 with the plus sign.
        hidden_addresses: Addresses in any case.
        find: How a known number is looked for in a text people read.

    Raises:
        ValueError: The mail is not of the plain kind the relay writes; it is not to leave then.
    """
    views = _views(content)
    addresses = {_joined(_plain(address)) for address in hidden_addresses} - {""}
    found: dict[Leak, None] = {}
    for where, text in views:
        if _shows(where, text, hidden_numbers, find):
            found[Leak(LeakKind.NUMBER, where)] = None
        if addresses and any(address in _joined(text) for address in addresses):
            found[Leak(LeakKind.ADDRESS, where)] = None
    return list(found)


def _shows(where: str, text: str, numbers: Collection[str], find: Find) -> bool:
    if not numbers or not text.strip():
        return False
    if where != "links":
        return any(find(text, number) for number in numbers)
    digits = _NOT_DIGIT.sub("", text)
    return any(number[-_TELLING_DIGITS:] in digits for number in numbers)


def _views(content: bytes) -> list[View]:
    """Return what can be read of the mail: where it stands, and the text as it is shown."""
    fields: list[str] = []
    links: list[str] = []
    texts: list[View] = []
    for part in read_parts(content):
        for name, value in part.fields:
            (links if name in _MACHINE_FIELDS else fields).append(_decoded(value))
        texts += _part_views(part, links)
    links = list(dict.fromkeys(links))
    ours = [link for link in links if link.startswith("http")]
    views = [(where, _plain(_without(ours, text))) for where, text in texts]
    known = {_bare(line) for where, text in views if where == "text" for line in text.split("\n")}
    return [
        ("headers", _plain("\n".join(fields))),
        *((where, text if where == "text" else _new(text, known)) for where, text in views),
        ("links", _plain("\n".join(links))),
    ]


def _new(text: str, known: Collection[str]) -> str:
    """Keep the lines the text part does not have: searching the same words twice proves nothing."""
    return "\n".join(line for line in text.split("\n") if _bare(line) not in known)


def _bare(line: str) -> str:
    return line.strip(" \t\r▌")


def _part_views(part: Part, links: list[str]) -> Iterable[View]:
    """Yield the texts of one part; targets of links go to *links*."""
    text = part.text
    if part.kind != "text/html":
        yield ("text" if part.kind.startswith(("text/", "multipart/")) else "file"), text
        return
    text = _STYLE.sub("", text)
    shown: list[str] = []
    for name, *values in _ATTRIBUTE.findall("\n".join(_TAG.findall(text))):
        kept = shown if name.lower() in _READ_ATTRIBUTES else links
        kept.append(html.unescape("".join(values)))
    yield "markup", "\n".join(shown)
    yield "html", html.unescape(_TAG.sub("", _BLOCK_TAG.sub("\n", text)))


def _without(links: list[str], text: str) -> str:
    """Take the targets of our links out of a text: their tokens are read as links already."""
    if "http" in text:
        for link in links:
            text = text.replace(link, " ")
    return text


def _decoded(value: str) -> str:
    if "=?" not in value:
        return value
    pieces = decode_header(value)
    return "".join(
        piece if isinstance(piece, str) else piece.decode(charset or "ascii", errors="replace")
        for piece, charset in pieces
    )


def _plain(text: str) -> str:
    """Undo what hides a sign from a program and not from a person."""
    if "&" in text:
        text = html.unescape(text)
    if "%" in text:
        text = unquote(text)
    return text if text.isascii() else _UNSEEN.sub("", unicodedata.normalize("NFKC", text))


def _joined(text: str) -> str:
    return "".join(text.split()).casefold()
