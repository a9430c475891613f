"""Parameters of a part's header fields: charset, format, file name."""

import re
from email.message import Message
from urllib.parse import unquote_to_bytes

from relay.mail.reading.charsets import decoded
from relay.mail.reading.words import readable, unfolded

# The standard parser takes a time that grows with the square of a field full of quotes.
_LONGEST = 2000
_EXTENDED = re.compile(r"([\w.:-]{0,40})'[^']{0,40}'(.*)", re.DOTALL)


def parameter(part: Message, header: str, name: str) -> str:
    """Return a parameter, decoded whichever way it was written, or ``""``.

    Programs write RFC 2231, the encoded words RFC 2047 forbids there, or plain 8-bit bytes.

    Args:
        part: The part.
        header: Field name, lower case.
        name: Parameter name, lower case.
    """
    try:
        found = _field(part, header).get_param(name, "", header=header)
    except (ValueError, IndexError, TypeError):  # the standard parser's own faults
        return ""
    if isinstance(found, tuple):
        charset, _, value = found
        return readable(decoded(value.encode("latin-1", errors="replace"), charset))
    extended = _EXTENDED.fullmatch(found)
    if extended is not None and "%" in extended[2]:  # filename="utf-8''...", in quotes
        return readable(decoded(unquote_to_bytes(extended[2]), extended[1]))
    return readable(found)


def _field(part: Message, header: str) -> Message:
    """The first field of that name alone: its 8-bit bytes read, its length bounded."""
    fields = Message()
    for name, value in part.raw_items():
        if name.lower() == header and header not in fields:
            fields[header] = unfolded(str(value))[:_LONGEST]
    return fields
