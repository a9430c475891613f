"""Bank-card numbers written in a text, so that they are never carried nor kept.

Source: ISO/IEC 7812-1 (number and Luhn digit); issuer ranges published by the networks.
"""

import re

# First digits of an issuer, then the lengths its numbers have.
_ISSUERS = (
    (re.compile(r"4"), (13, 16, 19)),  # Visa, Carte Bancaire
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),  # Mastercard
    (re.compile(r"3[47]"), (15,)),  # American Express
    (re.compile(r"3(?:0[0-5]|[689])"), (14, 16)),  # Diners
    (re.compile(r"6(?:011|22|4[4-9]|5)|62"), (16, 17, 18, 19)),  # Discover, UnionPay
    (re.compile(r"35(?:2[89]|[3-8])"), (16, 17, 18, 19)),  # JCB
    (re.compile(r"50(?:18|20|38)|5893|63(?:04|90)|67(?:59|6[1-3])"), tuple(range(13, 20))),
)
_GAP = r"[ \t\u00a0\u2000-\u200a\u202f.\-\u2010-\u2015]{1,2}"
_RUN = re.compile(rf"(?<![\w+])\d+(?:{_GAP}\d+)*(?!\w)")
_DIGIT = re.compile(r"\d")
_GROUP = re.compile(r"\d+")
_IBAN = re.compile(rf"\b[A-Za-z]{{2}}\d{{2}}(?:(?:{_GAP})?[A-Za-z0-9]){{11,30}}")
# How people write a card in groups; other groups count only when the whole run is the card.
_SHAPES = frozenset({(4, 4, 4, 4), (4, 4, 4, 4, 3), (4, 6, 5), (4, 6, 4), (4, 3, 3, 3)})
_WIDTHS = (3, 4, 5)
_DOUBLED = str.maketrans("0123456789", "0246813579")  # twice a digit, its digits added
_SHORTEST, _LONGEST = 13, 19
_SHORTEST_IBAN = 15
_SIRET_DIGITS, _SIREN_DIGITS, _EAN_DIGITS = 14, 9, 13


def card_numbers(text: str) -> list[tuple[int, int]]:
    """Find the bank-card numbers of *text*.

    A number has 13 to 19 digits (spaces, dots and dashes allowed), a valid Luhn digit
    and the first digits of a known issuer. A SIRET, an EAN, an IBAN with a valid check
    and a number after a plus sign are left alone.

    Returns:
        Start and end offsets, in order, apart from each other.
    """
    if len(_DIGIT.findall(text)) < _SHORTEST:
        return []
    # Digits of any script count, as they do for a reader.
    plain = text if text.isascii() else _DIGIT.sub(lambda sign: str(int(sign.group())), text)
    apart = _IBAN.sub(_without_iban, plain)
    return [span for run in _RUN.finditer(apart) for span in _cards_of_run(apart, run)]


def _cards_of_run(text: str, run: re.Match[str]) -> list[tuple[int, int]]:
    groups = [group.span() for group in _GROUP.finditer(text, run.start(), run.end())]
    if _is_card(text, groups):
        return [run.span()]
    sizes = [end - start for start, end in groups]
    spans: list[tuple[int, int]] = []
    at = 0
    while at < len(groups):
        width = _width(sizes, at)
        if width and _is_card(text, groups[at : at + width]):
            spans.append((groups[at][0], groups[at + width - 1][1]))
            at += width
        else:
            at += 1
    return spans


def _width(sizes: list[int], at: int) -> int:
    """Return how many groups from *at* on are shaped like one card, 0 for none."""
    if sizes[at] >= _SHORTEST:
        return 1
    if sizes[at] != 4:  # noqa: PLR2004 - every shape starts with four digits
        return 0
    return next((width for width in _WIDTHS if tuple(sizes[at : at + width]) in _SHAPES), 0)


def _is_card(text: str, groups: list[tuple[int, int]]) -> bool:
    length = sum(end - start for start, end in groups[: _LONGEST + 1])
    if not _SHORTEST <= length <= _LONGEST:
        return False
    number = "".join(text[start:end] for start, end in groups)
    return (
        any(length in lengths and first.match(number) for first, lengths in _ISSUERS)
        and _luhn(number)
        and not (length == _SIRET_DIGITS and _luhn(number[:_SIREN_DIGITS]))
        and not (length == _EAN_DIGITS and _is_ean(number))
    )


def _luhn(number: str) -> bool:
    digits = number[::-2] + number[-2::-2].translate(_DOUBLED)
    return sum(map(int, digits)) % 10 == 0


def _is_ean(number: str) -> bool:
    return sum(int(digit) * (1 + 2 * (place % 2)) for place, digit in enumerate(number)) % 10 == 0


def _without_iban(found: re.Match[str]) -> str:
    """Put an account number aside, letter for letter, so that offsets stay.

    ISO 13616: country and key moved last, the whole is 1 modulo 97; each end is tried, as
    the next word may follow with a space only.
    """
    text = found.group()
    places = [place for place, sign in enumerate(text) if sign.isalnum()]
    values = [int(text[place], 36) for place in places]
    head, rest = _modulo(0, values[:4]), 0
    for place, value in zip(places[4:], values[4:], strict=True):
        rest = _modulo(rest, [value])
        # The head is two letters, of two digits each, and two digits.
        if place >= _SHORTEST_IBAN - 1 and (rest * 10**6 + head) % 97 == 1:
            return "x" * (place + 1) + text[place + 1 :]
    return text


def _modulo(so_far: int, values: list[int]) -> int:
    for value in values:
        so_far = (so_far * (10 if value in range(10) else 100) + value) % 97
    return so_far
