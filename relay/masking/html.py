"""Read HTML as a browser shows it, keeping the offsets in the source.

Inline tags vanish, block tags end a line, entities become the sign they stand for,
hidden nodes are left out. Attributes that a link follows or a reader is shown are
read on their own.

Source: HTML Standard, sections 13.5 (named character references) and 15 (rendering).
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from relay.masking.signs import Piece, Reading, read_pieces

_LOOKS_LIKE = re.compile(
    r"</?[a-zA-Z][a-zA-Z0-9:-]{0,30}(?=[\s/>\"'])[^<>]{0,2000}>|<!--|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});"
)
_ENTITY = r"&(?:amp;)?(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});?"
_MARKUP = re.compile(
    r"<!--|<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]{0,30})(?P<rest>(?:[^<>\"']|\"[^\"<>]*\"|'[^'<>]*'|[\"'])*)>"
    rf"|<![a-zA-Z][^<>]*>|{_ENTITY}"
)
_BLOCKS = frozenset(
    "p div br td th tr table li ul ol h1 h2 h3 h4 h5 h6 hr blockquote section article header "
    "footer pre dd dt dl body html form option address center".split()
)
_UNSHOWN = frozenset("script style head title template noscript textarea object".split()) - {
    "title", "textarea", "noscript",
}  # fmt: skip
_VOID = frozenset("br hr img input meta link area base col embed source wbr".split())
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em)?\s*(?:;|[\"']|$)|"
    r"opacity\s*:\s*0\s*(?:;|[\"']|$)|(?:^|\s)hidden(?=[\s=>/]|$)|mso-hide\s*:\s*all|"
    r"max-height\s*:\s*0|(?:^|;|\s)width\s*:\s*0(?:px)?\s*;",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"([a-zA-Z-]{1,30})\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)'|([^\s\"'<>]+))")
_READ = frozenset("title alt aria-label placeholder value content label summary".split())
_LINKS = frozenset("href src action data formaction xlink:href".split())
_FOLLOWED = re.compile(
    r"(?:tel|sms|callto|facetime|whatsapp|viber|skype|mailto|signal|tg|imessage|smsto|mms)\s*:|wa\.me|whatsapp\.com|t\.me|signal\.me|viber|instagram|facebook|fb\.|m\.me|snapchat|discord|telegram",
    re.IGNORECASE,
)
_ESCAPE = re.compile(rf"%[0-9a-fA-F]{{2}}|{_ENTITY}")


class Tag(NamedTuple):
    """One tag or comment of the source, entities apart."""

    start: int
    end: int


def tags(text: str) -> list[Tag]:
    """Return the tags and comments of *text* in order."""
    found: list[Tag] = []
    at = 0
    while hit := _MARKUP.search(text, at):
        end = _after(text, "-->", hit.end()) if hit.group() == "<!--" else hit.end()
        if not hit.group().startswith("&"):
            found.append(Tag(hit.start(), end))
        at = end
    return found


def link_around(text: str, tag: Tag, at: int) -> tuple[int, int] | None:
    """Return the offsets of the link of *tag* that holds offset *at*, None when none does."""
    for pair in _ATTRIBUTE.finditer(text, tag.start, tag.end):
        group = _value_group(pair)
        if pair.group(1).lower() in _LINKS and pair.start(group) <= at <= pair.end(group):
            return pair.span(group)
    return None


def _value_group(pair: re.Match[str]) -> int:
    return next((k for k in (2, 3) if pair.group(k) is not None), 4)


def looks_like_html(text: str) -> bool:
    """Tell whether *text* holds a tag, a comment or an entity."""
    return ("<" in text or "&" in text) and _LOOKS_LIKE.search(text) is not None


def readings(text: str) -> list[Reading]:
    """Return what a reader sees of *text*, then each attribute that shows or links something.

    A second reading with the hidden nodes follows when there are any: what is hidden
    from the eye still travels in the source.
    """
    seen, hidden, attributes = _walk(text)
    found = [read_pieces(text, seen)]
    if hidden:
        spans = {(piece.start, piece.end) for piece in hidden}
        kept = [p for p in seen if (p.start, p.end) not in spans]
        inner = [p for start, end in spans for p in _markup_pieces(text, start, end)]
        found.append(read_pieces(text, sorted(kept + inner, key=lambda p: p.start)))
    found += [_attribute_reading(text, start, end) for start, end in attributes]
    return found


def _walk(text: str) -> tuple[list[Piece], list[Piece], list[tuple[int, int]]]:
    seen: list[Piece] = []
    hidden: list[Piece] = []
    attributes: list[tuple[int, int]] = []
    open_ended: set[str] = set()
    at = 0
    while found := _MARKUP.search(text, at):
        start, end = found.span()
        name = (found.group("name") or "").lower()
        if found.group() == "<!--":
            attributes.append((end, end := _after(text, "-->", end)))
            shown = ""
        elif name:
            attributes += _attributes(found)
            if not found.group("close") and _is_hidden(name, found.group("rest")):
                end = _closing(text, name, end, open_ended)
                hidden.append(Piece(start, end, ""))
            shown = "\n" if name in _BLOCKS else ""
        else:
            shown = _sign(found.group())
        seen.append(Piece(start, end, shown))
        at = max(end, start + 1)
    return seen, hidden, attributes


def _markup_pieces(text: str, start: int, end: int) -> Iterator[Piece]:
    for found in _MARKUP.finditer(text, start, end):
        if found.group() != "<!--":
            name = (found.group("name") or "").lower()
            shown = _sign(found.group()) if found.group()[0] == "&" else ""
            yield Piece(found.start(), found.end(), "\n" if name in _BLOCKS else shown)


def _sign(entity: str) -> str:
    """Return what *entity* stands for, one that was escaped twice too: &amp;#54;."""
    return unescape(unescape(entity))


def _after(text: str, mark: str, at: int) -> int:
    found = text.find(mark, at)
    return len(text) if found < 0 else found + len(mark)


def _is_hidden(name: str, rest: str) -> bool:
    if name in _UNSHOWN:
        return True
    return name not in _VOID and _HIDDEN.search(rest) is not None


def _closing(text: str, name: str, at: int, open_ended: set[str]) -> int:
    """Return where the node *name* opened before *at* ends, nested ones counted.

    A name whose node never closes is kept in *open_ended*, so that the text is walked
    to its end once and not for each such node.
    """
    if name in open_ended:
        return at
    depth = 1
    for found in _node(name).finditer(text, at):
        depth += -1 if found.group(1) else 1
        if depth == 0:
            return found.end()
    open_ended.add(name)
    return at


def _node(name: str) -> re.Pattern[str]:
    return re.compile(rf"<(/?){re.escape(name)}\b[^<>]*>", re.IGNORECASE)


def _attributes(tag: re.Match[str]) -> list[tuple[int, int]]:
    """Return the offsets of the attribute values of *tag* that a reader sees or follows."""
    found = []
    base = tag.start("rest")
    for pair in _ATTRIBUTE.finditer(tag.group("rest")):
        group = _value_group(pair)
        name, value = pair.group(1).lower(), pair.group(group)
        linked = name in _LINKS and _FOLLOWED.search(value)
        if name in _READ or linked:
            found.append((base + pair.start(group), base + pair.end(group)))
    return found


def _attribute_reading(text: str, start: int, end: int) -> Reading:
    value = text[start:end]
    pieces = [Piece(0, start, " "), Piece(end, len(text), " ")] if start else []
    for found in _ESCAPE.finditer(value):
        sign = found.group()
        shown = chr(int(sign[1:], 16)) if sign[0] == "%" else _sign(sign)
        pieces.append(Piece(start + found.start(), start + found.end(), shown))
    return read_pieces(text, sorted(pieces, key=lambda p: p.start))
