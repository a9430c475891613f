"""Find e-mail addresses, also those written out: jean [at] exemple point fr.

Source: RFC 5321 4.1.2 for the plain form, kept to what people really use.
"""

import re

from relay.masking.signs import Reading

_AT_WORDS = r"at|arobase?|arobaz|arrobase?|arroba|chez|chiocciola|apenstaartje|klammeraffe|a"
_DOT_WORDS = r"dot|point|pt|punto|ponto|punkt|punt"
_TOP = (
    r"(?:fr|com|net|org|be|ch|de|es|it|pt|nl|eu|io|lu|uk|co ?\.? ?uk|info|me|ca|ma|dz|tn|re|gp|mq|"
    r"at|"
    r"pro|biz|xyz|online|email|mail|paris|bzh)"
)
_HOSTS = (
    r"(?:gmail|googlemail|hotmail|outlook|yahoo|ymail|orange|wanadoo|free|sfr|neuf|laposte|bbox|"
    r"live|msn|"
    r"icloud|me|proton|protonmail|pm|gmx|web|t-online|aol|numericable|aliceadsl|libero|tiscali|"
    r"telenet|"
    r"skynet|proximus|bluewin|hispeed|ziggo|kpnmail|sapo)"
)
_SIGN_AT = rf"\s?@\s?|\s{{0,2}}[\[({{<|*_-]\s?(?:@|{_AT_WORDS})\s?[\])}}>|*_-]\s{{0,2}}"
_SAID_AT = r"\s(?:at|arobase?|arobaz|arrobase?|arroba|chiocciola|apenstaartje|klammeraffe)\s"
_SIGN_DOT = rf"\s?\.\s?|\s{{0,2}}[\[({{<|*_-]\s?(?:\.|{_DOT_WORDS})\s?[\])}}>|*_-]\s{{0,2}}"
_SAID_DOT = rf"\s(?:{_DOT_WORDS})\s"
_LABEL = r"[a-z0-9](?:[a-z0-9_+-]{0,62})"
_LOCAL = rf"{_LABEL}(?:(?:\.|{_SIGN_DOT[6:]}|{_SAID_DOT}){_LABEL}){{0,4}}"
_PLAIN = re.compile(r"[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}")
_DOMAIN = (
    rf"(?:{_HOSTS}(?![a-z0-9])(?:(?:{_SIGN_DOT}|{_SAID_DOT}){_TOP}(?![a-z0-9]))?"
    rf"|[a-z0-9-]{{2,63}}(?:(?:{_SIGN_DOT}|{_SAID_DOT})[a-z0-9-]{{2,63}}){{0,2}}(?:{_SIGN_DOT}|"
    rf"{_SAID_DOT}){_TOP}(?![a-z0-9]))"
)
_WRITTEN = re.compile(rf"{_LOCAL}(?:{_SIGN_AT}|{_SAID_AT}){_DOMAIN}")
_AFTER_SIGN = re.compile(rf"\s?[\])}}>|*_-]?\s{{0,2}}{_DOMAIN}")
_HINT = re.compile(
    r"@|\barr?ob|[\[({<|*_-]\s?(?:at|a|chez)\s?[\])}>|*_-]|\sat\s|chiocciola|apenst|klammer"
)
_LABEL_START = re.compile(r"(?<![\w.])[a-z0-9]")
_LONGEST = 120  # characters of an address written out
_BACK = 80
_MOST_LABELS = 9  # five labels before the sign, and a word for each dot between
_LONGEST_LOCAL = 64  # RFC 5321 4.5.3.1.1
_IN_LOCAL = re.compile(r"[\w.+-]")


def find_addresses(view: Reading) -> list[tuple[int, int]]:
    """Return start and end, in the original, of each e-mail address."""
    found: list[tuple[int, int]] = []
    text = view.text
    done = 0
    for hint in _HINT.finditer(text):
        if hint.start() < done:
            continue
        hit = _around(text, max(done, hint.start() - _BACK), hint)
        if hit:
            found.append(view.span(*hit))
            done = hit[1]
    return found


def _around(text: str, begin: int, hint: re.Match[str]) -> tuple[int, int] | None:
    """Return the address around *hint*, searched in a window so that time stays linear."""
    if hint.group() == "@":
        start = hint.start()
        while start > max(begin, hint.start() - _LONGEST_LOCAL) and _IN_LOCAL.match(
            text[start - 1]
        ):
            start -= 1
        plain = _PLAIN.match(text, start) if start < hint.start() else None
        if plain:
            return plain.span()
    limit = min(len(text), hint.end() + _LONGEST)
    if hint.group() == "@" and not _AFTER_SIGN.match(text, hint.end(), limit):
        return None
    for first in [*_LABEL_START.finditer(text, begin, hint.start() + 1)][-_MOST_LABELS:]:
        hit = _WRITTEN.match(text, first.start(), limit)
        if hit and hit.end() >= hint.end():
            return hit.span()
    return None
