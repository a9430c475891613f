"""Read the HTML of a leaving mail once: what is shown, what is read aloud, what programs read.

Source: HTML Standard, sections 13.1 (writing) and 15 (rendering), as far as our mails go.
"""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_STYLE = re.compile(r"<style\b[^>]*>.*?</style>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"(<[^>]*>)")
_NAME = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_TARGET = re.compile(r'"(https?://[^"]*)"')
_BLOCKS = frozenset(
    "html head title body p div td tr th table h1 h2 h3 h4 h5 h6 li ul ol blockquote br".split()
)
_VOID = frozenset("br hr img input meta link area base col embed source wbr".split())
_READ_ATTRIBUTES = frozenset(("alt", "title", "aria-label", "content", "placeholder", "value"))
# How a thing looks says nothing, unless something else was put there.
_LOOKS = frozenset(
    "style class width height role align valign dir lang charset cellspacing cellpadding".split()
)
_TELLING = re.compile(r"@|\d{6}|[A-Za-z0-9+/_]{20}")
_UNSHOWN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])|\shidden\b|"
    r"font-size\s*:\s*0(?![.\d])|max-height\s*:\s*0(?![.\d])|mso-hide",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Markup:
    """What an HTML part says, entities undone once.

    Args:
        text: All that stands between tags, each block on its own line.
        visible: The same without the nodes that styles keep from the eye; "" when these stand
            on lines of their own, and leaving them out joins nothing.
        aloud: Attributes a reader is shown or told.
        links: All other attributes but those that only say how a thing looks.
    """

    text: str
    visible: str
    aloud: str
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Tag:
    """What one tag does: end a line, hide what it holds, say or link something."""

    name: str
    closes: bool
    shown: str
    hides: bool
    aloud: tuple[str, ...]
    links: tuple[str, ...]


def read_markup(source: str) -> Markup:
    """Read *source*, an HTML part."""
    pieces = _TAG.split(_STYLE.sub("", source))
    targets: list[str] = []
    tags = [
        _tag(_without_target(piece, targets) if "http" in piece else piece)
        for piece in pieces[1::2]
    ]
    text, visible = [pieces[0]], [pieces[0]]
    hider, depth = "", 0
    begins, joins = True, False
    for tag, after in zip(tags, pieces[2::2], strict=True):
        text += (tag.shown, after)
        if tag.name == hider:
            depth += -1 if tag.closes else 1
        elif not depth and tag.hides:
            hider, depth = tag.name, 1
            joins = joins or not (tag.shown and begins)
        if not depth:
            hider = ""
            visible += (tag.shown, after)
        # Nothing seen yet in this block: a hidden node here stands between no two words.
        begins = not after.strip() and (begins or bool(tag.shown))
    return Markup(
        _unescaped(text),
        _unescaped(visible) if joins else "",
        "\n".join(value for tag in tags for value in tag.aloud),
        (*targets, *(value for tag in tags for value in tag.links)),
    )


def _without_target(source: str, targets: list[str]) -> str:
    """Take the address of a link out of a tag, so that the same tag is read once for all mails."""
    targets += map(html.unescape, _TARGET.findall(source))
    return _TARGET.sub('""', source)


def _unescaped(pieces: Iterable[str]) -> str:
    return html.unescape("".join(pieces))


@lru_cache(maxsize=200)
def _tag(source: str) -> _Tag:
    found = _NAME.match(source)
    name = found[2].lower() if found else ""
    aloud: list[str] = []
    links: list[str] = []
    for attribute, *values in _ATTRIBUTE.findall(source):
        named, value = attribute.lower(), html.unescape("".join(values))
        if named in _READ_ATTRIBUTES:
            aloud.append(value)
        elif named not in _LOOKS or _TELLING.search(value):
            links.append(value)
    return _Tag(
        name=name,
        closes=bool(found and found[1]),
        shown="\n" if name in _BLOCKS else "",
        hides=name not in _VOID and _UNSHOWN.search(source) is not None,
        aloud=tuple(aloud),
        links=tuple(links),
    )
