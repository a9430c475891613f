"""The last look at a finished mail: what hidden thing would leave with it.

The bytes are parsed again and read as their reader's programs would show them, so the answer
does not rest on how they were built. Whoever gets a leak, or an exception, holds the mail.
"""

import binascii
import html
import re
import string
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.header import decode_header
from enum import Enum
from functools import cache
from itertools import chain, product
from urllib.parse import unquote

from relay import texts
from relay.mail import stationery
from relay.mail.bare import is_bare
from relay.mail.disguises import Secret, may_show, secrets, shows, squeeze
from relay.mail.markup import read_markup
from relay.mail.parts import FILE_KINDS, Part, read_parts
from relay.masking import find_any

Find = Callable[[str, Collection[str]], list[tuple[int, int, str]]]
View = tuple[str, str]

# Letters, signs and spaces that are what they seem; anything else is brought to its plain form.
_UNUSUAL = re.compile("[^\x00-\x7e\u00a0-\u00a7\u00ab\u00b0\u00b7\u00bb\u00c0-\u017f‐-‧‰-‹›€▌]")
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_NOT_DIGITS = bytes(set(range(256)).difference(b"0123456789\n"))
_FILE_FIELD = re.compile(
    r'attachment; filename="(?:photo|image|document)-\d{1,3}\.(?:jpg|png|pdf)"'
)
# Base64 as it stands in links and in texts; what it decodes to counts where it can be read.
_SIGNS = (string.ascii_letters + string.digits + "+/").encode()
_BASE64 = bytearray(byte if byte in _SIGNS else 0x20 for byte in range(256))
_BASE64[ord("-")], _BASE64[ord("_")] = b"+/"  # the spelling used in links (RFC 4648 section 5)
_LEAST_ENCODED = 12
_READABLE = re.compile(rb"[ -~]{8,}")

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
        "x-relais-hop",
    )
)
_BY_DIGITS = frozenset(("links", "encoded"))
_AROUND = " \t\r▌\u00a0:"  # what may stand around the words of a line
_TELLING_DIGITS = 8  # the end of a number that is the number, whatever stands before it
_DEEPEST = 4  # how often a disguise is undone: %252540 is three times percent


class LeakKind(Enum):
    """What was found."""

    NUMBER = "number"
    ADDRESS = "address"
    NAME = "name"
    TOKEN = "token"  # noqa: S105  (a kind, no secret)
    METADATA = "metadata"


@dataclass(frozen=True, slots=True)
class Leak:
    """One finding; it never holds the value.

    Args:
        where: ``headers``, ``text``, ``html`` (as shown), ``markup`` (read aloud or shown
            from inside tags), ``links`` (what programs read), ``encoded`` (base64 in a text or
            a link) or ``file`` (the words and the metadata of an attachment).
    """

    kind: LeakKind
    where: str


def leaks(
    content: bytes,
    *,
    hidden_numbers: Collection[str],
    hidden_addresses: Collection[str],
    hidden_names: Collection[str] = (),
    hidden_tokens: Collection[str] = (),
    find: Find = find_any,
) -> list[Leak]:
    """Return where something hidden shows in a finished mail; empty when nowhere.

    Args:
        content: The whole mail as it would leave.
        hidden_numbers: E.164 with the plus sign.
        hidden_addresses: Addresses in any case; an empty one finds nothing.
        hidden_names: Real names of persons, other than the pseudonyms shown; one word alone is
            not looked for (see ``disguises.secrets``).
        hidden_tokens: What of ours belongs to the other side: aliases, tokens of links.
        find: How known numbers are looked for in a text people read.

    Raises:
        ValueError: The mail is not of the plain kind the relay writes; it is not to leave then.
    """
    parts = list(read_parts(content))
    views = [(where, text) for where, text in _views(parts) if text and not text.isspace()]
    wanted = secrets(*map(frozenset, (hidden_addresses, hidden_names, hidden_tokens)))
    found = [*_numbers(views, hidden_numbers, find), *_known(views, wanted)]
    if any(_has_more(part) for part in parts if part.kind in FILE_KINDS):
        found.append(Leak(LeakKind.METADATA, "file"))
    return list(dict.fromkeys(found))


def _numbers(views: Sequence[View], numbers: Collection[str], find: Find) -> Iterator[Leak]:
    known = set(_ours())
    for where, text in views if numbers else ():
        by_digits = where in _BY_DIGITS
        if _has_digits(text, numbers) if by_digits else find(_new(text, known), numbers):
            yield Leak(LeakKind.NUMBER, where)


def _known(views: Sequence[View], wanted: Mapping[str, Sequence[Secret]]) -> Iterator[Leak]:
    squeezed = [squeeze(text) for _, text in views]
    whole = b" ".join(squeezed)  # nearly every mail: nothing of it anywhere
    for kind, kept in wanted.items():
        for secret in kept:
            if may_show(secret, whole):
                for (where, text), signs in zip(views, squeezed, strict=True):
                    if shows(secret, text, signs):
                        yield Leak(LeakKind(kind), where)


def _has_digits(text: str, numbers: Collection[str]) -> bool:
    digits = text.encode("ascii", "replace").translate(None, _NOT_DIGITS)
    return any(number[-_TELLING_DIGITS:].encode() in digits for number in numbers)


def _views(parts: Sequence[Part]) -> Iterator[View]:
    """Yield what can be read of the mail: where it stands, and the text as it is shown."""
    fields: list[str] = []
    links: list[str] = []
    raw: list[View] = []
    for part in parts:
        for name, value in part.fields:
            (links if name in _MACHINE_FIELDS else fields).append(_decoded(value))
        raw += _part_views(part, links)
    links = list(dict.fromkeys(links))
    yield "headers", _plain("\n".join(fields))
    yield "links", _plain("\n".join(links))
    yield "encoded", _readable("\n".join((*links, *dict.fromkeys(text for _, text in raw))))
    ours = [link for link in links if link.startswith("http")]
    for where, text in raw:
        yield where, _plain(_without(ours, text))


def _new(text: str, known: set[str]) -> str:
    """Keep the lines not read before: the search for numbers is dear, and twice proves nothing."""
    lines = text.split("\n")
    bare = [line.strip(_AROUND) for line in lines]
    fresh = [line for line, words in zip(lines, bare, strict=True) if words not in known]
    known.update(bare)
    return "\n".join(fresh)


@cache
def _ours() -> frozenset[str]:
    """Return the sentences of ours that stand alone on a line and hold no figure.

    They are the same in every mail; no number is read in them, however often one looks.
    """
    rooms = [stationery.sentences(*one) for one in product(texts.LANGUAGES, ("mail", "reply"))]
    fixed = chain.from_iterable(vars(room).values() for room in rooms)
    return frozenset(line.strip(_AROUND) for line in fixed if not any(map(str.isdigit, line)))


def _part_views(part: Part, links: list[str]) -> Iterable[View]:
    """Yield the texts of one part, the text part first; targets of links go to *links*."""
    if part.kind == "application/pdf":
        yield from (("file", text) for text in _pdf_texts(part.data))
    elif part.kind == "text/html":
        markup = read_markup(part.text)
        links += markup.links
        yield "html", markup.text
        yield "html", markup.visible
        yield "markup", markup.aloud
    else:
        yield "text", part.text


def _has_more(part: Part) -> bool:
    """Tell whether a file holds more than it shows.

    Raises:
        ValueError: Its name is not one of ours.
    """
    if _FILE_FIELD.fullmatch(dict(part.fields).get("content-disposition", "")) is None:
        raise ValueError("a file name the relay does not write")
    return part.kind != "application/pdf" and not is_bare(part.kind, part.data)


def _pdf_texts(data: bytes) -> list[str]:
    from relay.mail import pdfs  # noqa: PLC0415  (60 MB and half a second: PDFs are rare)

    return pdfs.texts(data)


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


def _readable(text: str) -> str:
    """Return what the base64 in *text* says, wherever in a token it begins."""
    words = text.encode("ascii", "replace").translate(_BASE64).split()
    # What is encoded has capitals inside; words, and our own tokens, have none.
    mixed = {word for word in words if len(word) >= _LEAST_ENCODED and not word[1:].islower()}
    # Each token begins at a group of four and has room after its end for the three shifts.
    tokens = b"".join(word + b"AAAAAAAA"[len(word) % 4 :] for word in mixed)
    found: list[bytes] = []
    for shift in range(4):
        shifted = tokens[shift : shift + (len(tokens) - shift) // 4 * 4]
        found += _READABLE.findall(binascii.a2b_base64(shifted))
    return b"\n".join(found).decode("ascii")


def _plain(text: str) -> str:
    """Undo what hides a sign from a program and not from a person, layer by layer."""
    for _ in range(_DEEPEST):
        before = text
        if "&" in text:
            text = html.unescape(text)
        if "%" in text:
            text = unquote(text)
        if text == before:
            break
    if text.isascii() or not _UNUSUAL.search(text):
        return text
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
