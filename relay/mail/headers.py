"""Header fields as wire bytes: cleaned, encoded, folded, from any text at all.

Nothing here can end a header early: control signs become a space before anything else, and
what is not plain ASCII leaves as encoded words (RFC 2047).
"""

import binascii
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.utils import format_datetime

from relay.addresses import plain_address

_CONTINUATION = 0x80  # top bits of a UTF-8 byte that does not begin a character
_TELLING = 4  # a shorter site name may be part of an honest name
_MOST_IDS = 20
_LINE = 78  # RFC 5322 2.1.1
_WORD_BYTES = 45  # 60 base64 signs and the 12 of "=?utf-8?b??=" stay within 75 (RFC 2047 2)

# Controls, line and paragraph separators, and runs of spaces become one space.
_BREAKS = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029]+")
# Marks that turn the direction of what follows, and signs nobody sees.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_SURROGATES = re.compile("[\ud800-\udfff]")
# What could make a name look like an address or break out of a quoted string.
_UNNAMELIKE = re.compile(r"[\"\\<>()\[\],;:@\uff20\ufe6b]+")
_PLAIN = re.compile(r"[ -~]*")
_MESSAGE_ID = re.compile(r"<[!#-'*+\-./0-9=?A-Z^_`a-z{|}~@]{3,250}>")
_TOKEN = re.compile(r"[!-~]{1,200}")
_URL = re.compile(r"https?://[!#-;=?-\[\]_a-z~]{1,880}")


def one_line(text: str) -> str:
    """Return *text* on one line: no control, no direction mark, no lone surrogate."""
    if text.isprintable() and "  " not in text:  # the usual case, at a tenth of the cost
        return text.strip(" ")
    kept = _SURROGATES.sub("\ufffd", _INVISIBLE.sub("", text))
    return _BREAKS.sub(" ", kept).strip(" ")


def person(name: str, site_name: str, fallback: str) -> str:
    """Return *name* so that it can stand before an address and deceive nobody.

    Args:
        name: What the person typed.
        site_name: Taken out of the name, so that nobody signs as the site.
        fallback: What stands there when nothing is left.
    """
    shown = one_line(_UNNAMELIKE.sub(" ", one_line(name)))[:60].strip()
    site = one_line(site_name)
    if len(site) >= _TELLING and site.casefold() in shown.casefold():
        shown = one_line(re.sub(re.escape(site), " ", shown, flags=re.IGNORECASE))
        shown = "" if site.casefold() in shown.casefold() else shown
    return shown or fallback


def text_field(name: str, text: str) -> bytes:
    """Return an unstructured field such as Subject, folded, with its line end.

    Source: RFC 5322 2.2.1 and 2.2.3; RFC 2047 section 5 (1).
    """
    return _folded(name, _words(one_line(text), quoted=False))


def mailbox_field(name: str, shown: str, address: str) -> bytes:
    """Return a From or To field of one mailbox; *shown* may be empty.

    Raises:
        ValueError: *address* is not plain.

    Source: RFC 5322 3.4; RFC 2047 section 5 (3).
    """
    address = plain_address(address)
    phrase = one_line(_UNNAMELIKE.sub(" ", shown))
    if not phrase:
        return _folded(name, [address])
    return _folded(name, [*_words(phrase, quoted=True), f"<{address}>"])


def ids_field(name: str, message_ids: Sequence[str]) -> bytes:
    """Return a field of message ids, such as Message-ID or References.

    A long thread keeps its first id and the last ones: programs need no more (RFC 5322 3.6.4).

    Raises:
        ValueError: One is no message id.
    """
    if not all(_MESSAGE_ID.fullmatch(message_id) for message_id in message_ids):
        raise ValueError("not a message id")
    return _folded(name, [*message_ids[:1], *message_ids[1:][1 - _MOST_IDS :]])


def is_message_id(text: str) -> bool:
    """Tell whether *text* may stand in a field of message ids as it is."""
    return _MESSAGE_ID.fullmatch(text) is not None


def token_field(name: str, value: str) -> bytes:
    """Return a field that holds one word made by us.

    Raises:
        ValueError: It is no word of plain signs.
    """
    if _TOKEN.fullmatch(value) is None:
        raise ValueError("not a plain token")
    return _folded(name, [value])


def date_field(at: datetime) -> bytes:
    """Return the Date field (RFC 5322 3.6.1)."""
    return _folded("Date", [format_datetime(at)])


def url(link: str) -> str:
    """Return *link* unchanged when it is an http(s) address in plain ASCII.

    Raises:
        ValueError: It is something else, or too long for one header line (RFC 5322 2.1.1).
    """
    if _URL.fullmatch(link) is None:
        raise ValueError("not a plain http address")
    return link


def is_url(link: str) -> bool:
    """Tell whether *link* may become the target of a link."""
    return _URL.fullmatch(link) is not None


def _words(text: str, *, quoted: bool) -> Iterable[str]:
    """Cut *text* into what may stand between foldable spaces."""
    pieces = text.split(" ")
    if _PLAIN.fullmatch(text) and "=?" not in text and len(max(pieces, key=len)) < _LINE - 12:
        return f'"{text}"'.split(" ") if quoted else pieces
    return [
        f"=?utf-8?b?{binascii.b2a_base64(chunk, newline=False).decode()}?="
        for chunk in _chunks(text)
    ]


def _chunks(text: str) -> Iterable[bytes]:
    """Cut *text* into at most 45 bytes of UTF-8 each, after a space where there is one."""
    data = text.encode()
    while len(data) > _WORD_BYTES:
        cut = data.rfind(b" ", 0, _WORD_BYTES) + 1 or _WORD_BYTES
        while data[cut] & 0xC0 == _CONTINUATION:  # never inside a character (RFC 2047 5)
            cut -= 1
        yield data[:cut]
        data = data[cut:]
    yield data


def _folded(name: str, words: Iterable[str]) -> bytes:
    lines = [f"{name}:"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > _LINE and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += " " + word
    return ("\r\n".join(lines) + "\r\n").encode("ascii")
