"""A text as rules read it, and what is known around it (pure)."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import filterfalse
from urllib.parse import urlsplit

from relay.masking import find_numbers

LIMIT = 4000
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"]{3,300}"
    r"|(?<![\w@.-])(?:[a-z0-9-]{1,40}\.){1,4}[a-z]{2,12}(?:/[^\s<>\"]{0,200})?(?![\w@-])",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")
# Cyrillic and Greek letters that pass for Latin ones.
_LOOK_ALIKES = str.maketrans("аеорсухіјѕԁɡһкмтвнαορνκτι", "aeopcyxijsdghkmtbhaopvkti")
_QUOTES = str.maketrans("’‘ʼ`´", "'''''")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a message besides its words.

    Args:
        side: Who writes: ``buyer`` or ``advertiser``.
        is_first: It begins a conversation.
        phone: The number its sender gave, E.164; None when there is none.
        listings: Different listings its sender wrote to within an hour, this one included.
        copies: Messages with near the same text within an hour, this one included.
        copy_listings, copy_mailboxes: Listings and mailboxes of those.
        files: Pictures or documents that came with it.
    """

    side: str = "buyer"
    is_first: bool = True
    phone: str | None = None
    listings: int = 1
    copies: int = 1
    copy_listings: int = 1
    copy_mailboxes: int = 1
    files: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """A text prepared once for all rules.

    Args:
        plain: Lower case, no accents, straight apostrophes, one blank between words.
        links: Host names of its links, lower case.
        numbers: Phone numbers in it, E.164.
        words: How many.
        disguised: Words whose letters are of several alphabets.
    """

    text: str
    plain: str
    links: tuple[str, ...]
    numbers: tuple[str, ...]
    words: int
    disguised: tuple[str, ...]


def read(text: str, *, region: str = "FR") -> Reading:
    """Prepare a text; of a longer one the first 4,000 characters are read."""
    text = text[:LIMIT]
    straight = unicodedata.normalize("NFKC", text).translate(_QUOTES).casefold()
    words = straight.split()
    plain = _unaccented(_SPACE.sub(" ", straight.translate(_LOOK_ALIKES))).strip()
    return Reading(
        text=text,
        plain=plain,
        links=tuple(dict.fromkeys(filter(None, map(_host, _LINK.findall(plain))))),
        numbers=tuple(dict.fromkeys(number for _, _, number in find_numbers(text, region))),
        words=len(words),
        disguised=tuple(word for word in words if _is_disguised(word)),
    )


def _unaccented(text: str) -> str:
    return "".join(filterfalse(unicodedata.combining, unicodedata.normalize("NFD", text)))


def _host(link: str) -> str:
    """Return the host of a link; "" of what only looks like one, such as a sentence's end."""
    has_scheme = link.startswith(("http", "www."))
    try:
        host = urlsplit(link if "://" in link else f"//{link}").hostname or ""
    except ValueError:
        return ""
    ending = host.rpartition(".")[2]
    return host if has_scheme or "/" in link or ending in _ENDINGS else ""


def _is_disguised(word: str) -> bool:
    if word.isascii():
        return False
    scripts = {unicodedata.name(sign, "?").partition(" ")[0] for sign in word if sign.isalpha()}
    return len(scripts & {"LATIN", "CYRILLIC", "GREEK"}) > 1


# Endings of links written without http: others are more often a missing blank after a full stop.
_ENDINGS = frozenset({
    "com", "fr", "net", "org", "info", "biz", "eu", "be", "ch", "io", "me", "ru", "cn", "tk",
    "top", "icu", "cyou", "xyz", "click", "shop", "online", "site", "live", "store", "website",
    "space", "fun", "life", "link", "ly", "gl", "gy", "cc", "pw", "vip", "buzz", "sbs", "cfd",
    "example", "ml", "ga", "cf", "gq", "app", "page", "one", "pro", "help", "support",
})  # fmt: skip
