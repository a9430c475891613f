"""Which parts of a mail are its text, which are files, and which are never passed on."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from email.message import Message

from relay.mail.reading.armour import without_armour
from relay.mail.reading.attachments import attachment_of, dropped_kind
from relay.mail.reading.charsets import decoded, unquoted
from relay.mail.reading.flowed import unflowed
from relay.mail.reading.html_text import lines_of_html
from relay.mail.reading.lines import Line, lines_of_text
from relay.mail.reading.parameters import parameter
from relay.mail.reading.values import Attachment

_STUB = 400  # signs; a longer text part is the mail itself
_WORD = re.compile(r"\w{2,}")
_MOST_SIGNED = 30  # lines of a signature
_SIGNATURE = re.compile(rb"signature|__sig_", re.IGNORECASE)
_TEXTS = frozenset({"text/plain", "text/html"})


@dataclass(slots=True)
class Opened:
    """A mail's parts, told apart.

    Args:
        lines: Of its text parts, one after the other.
        dropped: Kinds of parts left out, each once.
    """

    lines: list[Line] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def opened(message: Message) -> Opened:
    """Take a mail apart.

    Args:
        message: Read from bytes with the default policy (compat32), at most as deep and wide as
            the caps of the room allow.

    Source: RFC 2046 5.1; RFC 2387 (related); RFC 1847 (signed, encrypted); RFC 2183.
    """
    result = Opened()
    _open(message, result)
    result.dropped[:] = dict.fromkeys(result.dropped)
    return result


def _open(part: Message, result: Opened) -> None:
    kind = part.get_content_type()
    if not part.is_multipart():
        _leaf(part, result)
    elif kind.startswith("message/"):
        result.dropped.append("mail")
    elif kind == "multipart/alternative":
        _alternative(part, result)
    else:
        for inner in _inner(part):
            _open(inner, result)


def _alternative(part: Message, result: Opened) -> None:
    """One text in several forms: the plain one, unless it only says to look at the other."""
    first: list[Line] = []
    last: list[Line] = []
    for inner in _inner(part):
        is_text = inner.get_content_type() in _TEXTS
        if is_text and _size(first) > _STUB and not _names_signature(inner):
            continue  # the same text once more
        form = Opened()
        _open(inner, form)
        result.attachments += form.attachments
        result.dropped += form.dropped
        last = form.lines if _words(form.lines) else last
        first = first or last
    result.lines += last if _is_stub(first, last) else _signed_as(first, last)


def _names_signature(part: Message) -> bool:
    """Tell whether an HTML part, looked at from far, says where its signature is."""
    payload = part.get_payload(decode=True)
    return isinstance(payload, bytes) and _SIGNATURE.search(payload) is not None


def _signed_as(plain: list[Line], rich: list[Line]) -> list[Line]:
    """Return the plain lines, those marked that the HTML beside them calls its signature.

    Only a run of lines that says the whole of it, before any quote: a name alone may be an
    answer too.
    """
    block = [line.plain for line in rich if line.signed and not line.is_blank and not line.depth]
    own = [at for at, line in enumerate(plain) if not line.is_blank]
    for first in range(len(own) - len(block) + 1) if 0 < len(block) <= _MOST_SIGNED else ():
        run = own[first : first + len(block)]
        if [plain[at].plain for at in run] == block:
            signed = range(run[0], run[-1] + 1)
            return [replace(one, signed=at in signed) for at, one in enumerate(plain)]
    return plain


def _is_stub(plain: list[Line], rich: list[Line]) -> bool:
    if plain is rich or _size(plain) > _STUB:
        return False
    said, known = _words(plain), set(_words(rich))
    return 2 * sum(word in known for word in said) < len(said)


def _size(lines: list[Line]) -> int:
    return sum(len(line.words) for line in lines)


def _words(lines: Iterable[Line]) -> list[str]:
    return [word for line in lines for word in _WORD.findall(line.words.lower())]


def _leaf(part: Message, result: Opened) -> None:
    file = attachment_of(part)
    dropped = dropped_kind(part, file.name, file.content)
    if dropped is not None:
        result.dropped.append(dropped)
    elif _is_text(part, file):
        text, armoured = without_armour(_text(part, file.content))
        result.lines += lines_of_html(text) if file.kind == "text/html" else lines_of_text(text)
        result.dropped += armoured
    elif file.content or file.name:
        result.attachments.append(file)


def _is_text(part: Message, file: Attachment) -> bool:
    """A broken multipart, without the boundary it needs, is read as it stands."""
    if file.kind.startswith("multipart/"):
        return True
    return file.kind in _TEXTS and not file.name and part.get_content_disposition() != "attachment"


def _text(part: Message, content: bytes) -> str:
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    declared = parameter(part, "content-type", "charset")
    text = decoded(unquoted(content, encoding), declared)
    if parameter(part, "content-type", "format").lower() != "flowed":
        return text
    return unflowed(text, deletes_space=parameter(part, "content-type", "delsp").lower() == "yes")


def _inner(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []
