"""What bounces and complaints share: the parts a report is made of (RFC 6522)."""

import html
import re
from collections.abc import Iterable, Iterator
from email.message import Message

from relay.mail.reading.charsets import decoded
from relay.mail.reading.heading import message_ids
from relay.mail.reading.words import unfolded

_TEXT_BYTES, _LINE_MAX = 24 * 1024, 300
_RETURNED = frozenset(
    "message/rfc822 text/rfc822-headers message/rfc822-headers "
    "message/global message/global-headers".split()
)
_TAG = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d)\b[^<>]{0,300}>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>@]{0,2000}>|<a\b[^<>]{0,2000}>", re.IGNORECASE)
_UNREAD = re.compile(r"<(style|script|head)\b.{0,4000}?</\1>", re.IGNORECASE | re.DOTALL)
_ID_LINE = re.compile(
    r"^[> \t]{0,8}(?:X?-?Original-)?Message-ID:[ \t]*\n?[ \t]*(<[^<>\s]{1,250}>)",
    re.IGNORECASE | re.MULTILINE,
)
_FIELD = re.compile(r"([!-9;-~]+):[ \t]*(.*)")


def own_parts(message: Message) -> Iterator[Message]:
    """Yield the parts of *message* itself, never those of a mail it carries."""
    if message.get_content_maintype() != "multipart" or not message.is_multipart():
        yield message
        return
    for part in message.get_payload():
        if isinstance(part, Message):
            yield from own_parts(part)


def explanation(message: Message) -> str:
    """Return what a report says in words: its first texts, cut to what a person would read.

    Long lines are cut, so that no pattern held against them can take long (A26).
    """
    plain = [part for part in own_parts(message) if part.get_content_type() == "text/plain"]
    marked = [part for part in own_parts(message) if part.get_content_type() == "text/html"]
    texts = [body_text(part) for part in plain] or [_without_marks(body_text(p)) for p in marked]
    lines = "\n".join(texts)[:_TEXT_BYTES].split("\n")
    return "\n".join(line[:_LINE_MAX].rstrip() for line in lines)


def body_text(part: Message) -> str:
    """Return the decoded text of a part that is no multipart, at most 24 KiB of it."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    return decoded(content[:_TEXT_BYTES], part.get_content_charset())


def _without_marks(text: str) -> str:
    broken = _TAG.sub("\n", _UNREAD.sub(" ", text))
    return html.unescape(_ANY_TAG.sub(" ", broken))


def report_blocks(part: Message) -> list[dict[str, str]]:
    """Return the groups of fields of a report part, names in lower case, values on one line.

    Source: RFC 3464 2.1; a part whose encoding the standard parser has not undone is undone.
    """
    content = part.get_payload(decode=True)
    if isinstance(content, bytes):
        return fields_of(decoded(content, "utf-8"))
    blocks = part.get_payload()
    written = "\n\n".join(_as_written(block) for block in blocks if isinstance(block, Message))
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    if encoding in ("base64", "quoted-printable"):
        wrapped = Message()
        wrapped["Content-Transfer-Encoding"] = encoding
        wrapped.set_payload(written)
        undone = wrapped.get_payload(decode=True)
        written = decoded(undone, "utf-8") if isinstance(undone, bytes) else written
    return fields_of(written)


def _as_written(block: Message) -> str:
    rest = block.get_payload(decode=True)
    fields = [f"{name}: {unfolded(str(value))}" for name, value in block.raw_items()]
    return "\n".join([*fields, "", decoded(rest, "utf-8") if isinstance(rest, bytes) else ""])


def fields_of(text: str) -> list[dict[str, str]]:
    """Return blocks of fields that an empty line separates; of a name the first one counts."""
    blocks: list[dict[str, str]] = []
    for paragraph in re.split(r"\n[ \t]*\n", text):
        block: dict[str, str] = {}
        last = ""
        for line in paragraph.split("\n"):
            found = _FIELD.fullmatch(line)
            if found:
                last = found[1].lower()
                block.setdefault(last, found[2].strip())
            elif line[:1] in " \t" and last:
                block[last] = f"{block[last]} {line.strip()}"[:2000]
        if block:
            blocks.append(block)
    return blocks


def returned_mail(message: Message) -> Message | None:
    """Return the header of the mail a report brings back, as far as it does."""
    for part in own_parts(message):
        kind = part.get_content_type()
        if kind not in _RETURNED:
            continue
        inner = part.get_payload()
        if isinstance(inner, list):
            if inner and isinstance(inner[0], Message):
                return inner[0]
            continue
        header = Message()
        for block in fields_of(body_text(part))[:1]:
            for name, value in block.items():
                header[name] = value
        return header
    return None


def original_id(message: Message, told: Iterable[str], references: tuple[str, ...]) -> str | None:
    """Return the Message-ID of the mail a report speaks of.

    Args:
        told: Texts that may quote its header.
        references: Of the report itself; some providers name the mail only there.
    """
    returned = returned_mail(message)
    if returned is not None:
        found = message_ids(unfolded(str(returned.get("message-id", ""))))
        if found:
            return found[0]
    for text in told:
        line = _ID_LINE.search(text)
        if line:
            return line[1]
    return references[-1] if references else None
