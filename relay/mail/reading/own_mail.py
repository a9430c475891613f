"""The relay's own mails, known again when a program quotes them without any mark."""

import re
from collections.abc import Sequence
from functools import cache

from relay import texts
from relay.mail.reading.heads import head_at
from relay.mail.reading.lines import Line, plain_form

_HOLE = "\ue000"
_ALIAS = re.compile(r"\br-[a-z2-7]{26,62}@", re.IGNORECASE)
_SHORTEST = 15  # signs of the shortest sentence looked for
_FIELD = re.compile(r"[^\W\d_]{2,15} ?: ")
_WINDOW = 3  # lines such a head may be wrapped over
_INTROS = ("mail.intro_first", "mail.intro_next")


def opens_at(lines: Sequence[Line], start: int) -> bool:
    """Tell whether one of our mails begins at *start*: «… vous écrit au sujet de …»."""
    if not _is_said(lines[start].plain, "mail.listing_line", whole=True):
        return _is_intro(lines, start)
    return any(_is_intro(lines, at) for at in range(start + 1, min(start + 3, len(lines))))


def closes_at(lines: Sequence[Line], start: int) -> bool:
    """Tell whether the last sentence of one of our mails ends on line *start*."""
    words = lines[start].plain
    before = lines[start - 1].plain if start else ""
    return bool(words) and _is_said(f"{before} {words}"[-200:], "mail.purged")


def names_us_at(lines: Sequence[Line], start: int) -> int | None:
    """Return where a head in a language nobody foresaw ends, None when none begins at *start*.

    An alias stands in it, and it ends with a colon («W dniu … <r-…@…> napisał(a):») or two
    fields follow one another («Fra: … <r-…@…>», «Sendt: …»).
    """
    first = lines[start].plain
    if "@" not in first and not first.endswith("<"):
        return None
    joined = ""
    for at in range(start, min(start + _WINDOW, len(lines))):
        if lines[at].is_blank or (at > start and head_at(lines, at)):
            return None  # what stands above a head of a known form is the author's
        joined = f"{joined} {lines[at].plain}".lstrip()
        fields = at > start and _FIELD.match(first) and _FIELD.match(lines[at].plain)
        if (joined.endswith(":") or fields) and _ALIAS.search(joined):
            return at + 1
    return None


def is_ours(words: str) -> bool:
    """Tell whether *words* can only come from a mail of ours: an alias, the last sentence."""
    if "@" in words and _ALIAS.search(words):
        return True
    return _is_said(plain_form(words), "mail.purged")


def _is_intro(lines: Sequence[Line], start: int) -> bool:
    """The sentence may be wrapped once."""
    words = lines[start].plain
    after = lines[start + 1].plain if start + 1 < len(lines) else ""
    return bool(words) and (
        _is_said(words, *_INTROS, whole=True) or _is_said(f"{words} {after}", *_INTROS, whole=True)
    )


def _is_said(words: str, *keys: str, whole: bool = False) -> bool:
    return len(words) >= _SHORTEST and any(
        telling in words and (pattern.fullmatch(words) if whole else pattern.search(words))
        for key in keys
        for telling, pattern in _sentences(key)
    )


@cache
def _sentences(key: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The sentence in every language: its longest fixed words, and the whole of it."""
    holes = dict.fromkeys(("who", "title", "site", "ref", "day"), _HOLE)
    said = [plain_form(texts.say(language, key, **holes)) for language in texts.LANGUAGES]
    return tuple(
        (
            max(one.split(_HOLE), key=len),
            re.compile(re.escape(one).replace(_HOLE, r".{1,160}?")),
        )
        for one in said
    )
