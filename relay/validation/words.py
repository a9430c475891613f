"""Messages, names and one-line texts: normal form, length, what never enters.

What carries no meaning and could hide something is removed: control characters,
half surrogates (a cut emoji), noncharacters, direction overrides, zero-width marks.
A joiner stays only where a script or an emoji needs it, never beside a digit or an
ASCII letter, so the masker sees the digits as a reader sees them.
"""

import re
import unicodedata
from collections.abc import Collection

from relay.errors import FieldFault, Invalid

MESSAGE_LIMIT = 2_000
# Longer texts are refused by their raw length: normalising them would cost time for nothing.
_RAW_FACTOR = 10

_BREAKS = re.compile("\r\n|[\r\n\v\f\x85\u2028\u2029]")
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF)
)
_DROPPED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls; tab and line feed stay
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"  # invisible
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"  # bidi overrides and isolates
    f"\ud800-\udfff{_NONCHARACTERS}\U000e0000-\U000e0fff]+"
)
_JOINERS = re.compile("[\u200c\u200d]+")
_SPACES = re.compile(r"\s+")
_ENDINGS = (
    "app|be|biz|ch|click|club|cn|co|com|cyou|de|es|eu|fr|icu|info|io|it|link|live|lu|ly|me|"
    "net|nl|online|org|page|pl|pro|re|ru|shop|site|store|tk|top|tv|uk|us|vip|website|xyz"
)
_LINK = re.compile(rf"://|\bwww\.|\w{{2}}\.(?:{_ENDINGS})(?!\w)")


def read_message(raw: str, *, limit: int = MESSAGE_LIMIT) -> str:
    r"""Read the text a person writes to another.

    Args:
        raw: Any text; line breaks of any kind.
        limit: Longest text after normalisation, in characters.

    Returns:
        NFC text, ``\n`` line breaks, no outer blank; reading it again changes nothing.

    Raises:
        Invalid: message_missing; message_too_long with ``n`` characters too many
            (text_too_long when *limit* is not the 2,000 the first sentence names).
    """
    code = "message_too_long" if limit == MESSAGE_LIMIT else "text_too_long"
    text = _clean(raw, "message", limit, code)
    if not text:
        raise Invalid(FieldFault("message", "message_missing"))
    return text


def read_name(
    raw: str | None,
    *,
    limit: int = 60,
    field: str = "name",
    reserved: Collection[str] = (),
) -> str:
    """Read a pseudonym that will stand in a From header and in a sentence.

    Args:
        raw: What was typed; None when the field is absent.
        limit: Longest name, in characters.
        field: Name of the field for the fault.
        reserved: Names nobody may take, such as the site's own.

    Returns:
        One line, NFC, single spaces; empty when there is no name.

    Raises:
        Invalid: text_bad_characters for a line break, a control character, a half
            surrogate, angle brackets or the opening of an encoded word (RFC 2047);
            name_has_at, name_has_link, name_reserved, text_too_long.
    """
    typed = (raw or "").strip()
    # A one-line input cannot send these: a program did, so nothing is repaired.
    if _BREAKS.search(typed) or any(unicodedata.category(c) in ("Cc", "Cs") for c in typed):
        raise Invalid(FieldFault(field, "text_bad_characters"))
    name = _SPACES.sub(" ", _clean(typed, field, limit, "text_too_long"))
    looks = unicodedata.normalize("NFKC", name).casefold()
    if any(sign in looks for sign in ("<", ">", "=?")):
        raise Invalid(FieldFault(field, "text_bad_characters"))
    if "@" in looks:
        raise Invalid(FieldFault(field, "name_has_at"))
    if _LINK.search(looks):
        raise Invalid(FieldFault(field, "name_has_link"))
    if _letters(looks) in {_letters(other) for other in reserved} - {""}:
        raise Invalid(FieldFault(field, "name_reserved"))
    return name


def read_line(raw: str, *, field: str, limit: int) -> str:
    """Read a title or a reference: any line break becomes a space.

    The opening of an encoded word (``=?``, RFC 2047) is spaced out, so that no reader
    of a header decodes it into something else.

    Raises:
        Invalid: field_missing when nothing is left, text_too_long with ``n`` and ``limit``.
    """
    text = _clean(raw, field, limit, "text_too_long").replace("=?", "= ?")
    text = _SPACES.sub(" ", text)
    if not text:
        raise Invalid(FieldFault(field, "field_missing", {"field": field}))
    return text


def _clean(raw: str, field: str, limit: int, code: str) -> str:
    if len(raw) > max(limit, 100) * _RAW_FACTOR:
        raise Invalid(FieldFault(field, code, {"n": len(raw) - limit, "limit": limit}))
    text = unicodedata.normalize("NFC", _BREAKS.sub("\n", raw))
    text = _JOINERS.sub(_joiner, _DROPPED.sub("", text))
    text = unicodedata.normalize("NFC", text).strip()
    if len(text) > limit:
        raise Invalid(FieldFault(field, code, {"n": len(text) - limit, "limit": limit}))
    return text


def _joiner(run: re.Match[str]) -> str:
    """Keep one joiner between two signs of a script or an emoji, else none."""
    before, after = run.string[run.start() - 1 : run.start()], run.string[run.end() : run.end() + 1]
    return run.group()[0] if _may_join(before) and _may_join(after) else ""


def _may_join(sign: str) -> bool:
    return bool(sign) and not (sign.isascii() or sign.isnumeric() or sign.isspace())


def _letters(name: str) -> str:
    """Return what an eye compares: case, accents and signs put aside."""
    apart = unicodedata.normalize("NFKD", name).casefold()
    return "".join(sign for sign in apart if sign.isalnum())
