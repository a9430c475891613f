"""What an element of an HTML mail says of the words in it: quoted, signed, hidden."""

import re
from enum import Flag, auto

from lxml import etree  # type: ignore[import-untyped]  # it comes without types


class Mark(Flag):
    """What an element says; several may hold."""

    NONE = 0
    HIDDEN = auto()
    QUOTED = auto()
    BEGINS = auto()  # an earlier mail goes on from here, outside of the element too
    SIGNED = auto()


_UNSEEN = frozenset("head style script title template noscript object svg math select".split())
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)

_QUOTES = frozenset(
    """
    yahoo_quoted gmail_attr moz-cite-prefix moz-forward-container iosymail skiff_quote
    isreplycontent isforwardcontent origbody reply139content olk_src_body_section
    mail-editor-reference-message-container reply-intro
    """.split()
)
# Around the earlier mail and the line above it; the answers between its blockquotes are in too.
_WRAPPERS = frozenset(
    """
    gmail_quote gmail_extra protonmail_quote tutanota_quote zmail_extra messagereplysection
    """.split()
)
_BEGINS = frozenset({"divrplyfwdmsg", "zwchr", "orimsghtmlseperator"})
_SIGNATURES = frozenset(
    """
    signature gmail_signature moz-signature protonmail_signature_block ms-outlook-mobile-signature
    ms-outlook-ios-signature applemailsignature composer_signature yahoo-signature
    tutanota_signature messagesignaturesection
    """.split()
)
_DATA = {"__headers__": Mark.BEGINS, "__quoted_text__": Mark.QUOTED, "__sig_post__": Mark.SIGNED}
# Gmail and Outlook indent an author's paragraph with a blockquote, without a line at its side.
_INDENT = re.compile(r"border(?:-left)?\s*:\s*(?:none|0)|40px", re.IGNORECASE)


def marks_of(element: etree._Element) -> Mark:
    """Return what *element* says of the words in it.

    Source: the HTML that Gmail, Outlook, Yahoo, Proton, Thunderbird, Zimbra, Roundcube, Apple
    Mail, Samsung Mail and Tuta write around what they quote.
    """
    tag = element.tag
    if tag in _UNSEEN or _HIDDEN.search(element.get("style", "")):
        return Mark.HIDDEN
    names = _names(element)
    mark = _DATA.get(element.get("data-marker", "").lower(), Mark.NONE)
    if names & _BEGINS:
        mark |= Mark.BEGINS
    if names & _SIGNATURES:
        mark |= Mark.SIGNED
    return mark | Mark.QUOTED if _is_quoted(element, names) else mark


def _names(element: etree._Element) -> set[str]:
    """Classes, id and name in lower case, without what programs put before and number behind."""
    said = " ".join(element.get(name, "") for name in ("class", "id", "name")).lower().split()[:20]
    return {name.removeprefix("x_").rstrip("_-0123456789") for name in said}


def _is_quoted(element: etree._Element, names: set[str]) -> bool:
    if names & _QUOTES:
        return True
    if element.tag != "blockquote":
        return bool(names & _WRAPPERS) and element.find(".//blockquote") is None
    if element.get("type") == "cite" or element.get("cite") or names:
        return True
    return _INDENT.search(element.get("style", "")) is None
