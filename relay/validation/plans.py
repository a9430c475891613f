"""Tables of the French numbering plan that phonenumbers does not carry.

Source: Arcep, plan national de numérotation (decision 2018-0881, amended 2022-1583);
ranges for fiction: Arcep, numbers for audiovisual works.
"""

import re

# Regions that share the ten-digit dialling starting with 0.
FRENCH = frozenset({"FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF"})
FRENCH_COUNTRY_CODES = frozenset({33, 262, 508, 590, 594, 596})
OVERSEAS = ("GP", "MQ", "RE", "YT", "GF", "PM")

# Ten-digit prefixes that leave mainland; 0263, 0269 and 0596 would otherwise pass as mainland.
TERRITORIES = {
    "0590": "GP",
    "0690": "GP",
    "0691": "GP",
    "0596": "MQ",
    "0696": "MQ",
    "0697": "MQ",
    "0594": "GF",
    "0694": "GF",
    "0262": "RE",
    "0263": "RE",
    "0692": "RE",
    "0693": "RE",
    "0269": "YT",
    "0639": "YT",
    "0508": "PM",
    "0708": "PM",
}

# Never given to anybody: for films, books and examples.
FICTION_PREFIXES = ("019900", "026191", "035301", "046571", "053649", "063998")

# Surcharged and shared-cost numbers, whatever follows.
SURCHARGED = re.compile(r"08(?:[129]|36)")

# Reserved for canvassing call centres, then for the technical numbers of platforms (0937-0939).
_CALL_CENTRES = re.compile(r"(?:16[23]|27[01]|37[78]|42[45]|56[89]|94[89]|947[5-9]|93[7-9])\d+")
_FRENCH_CODES = re.compile(r"\+(?:33|262|508|590|594|596)")


def is_canvassing(e164: str) -> bool:
    """Tell whether a French number is of a range for call centres or platforms.

    Such a number is no reason to refuse: it is material for a score.

    Args:
        e164: The number, E.164 with the plus sign.

    Source: Arcep decision 2022-1583.
    """
    code = _FRENCH_CODES.match(e164)
    return bool(code and _CALL_CENTRES.fullmatch(e164, code.end()))


def in_pairs(digits: str) -> str:
    """Write ten digits as the French do, in pairs joined by no-break spaces."""
    return "\u00a0".join(digits[at : at + 2] for at in range(0, len(digits), 2))
