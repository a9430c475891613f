"""What a person received, shown to them without whoever wrote it (GDPR 15(4)) (pure)."""

import re
from dataclasses import dataclass

from relay.mail.disguises import scrub
from relay.masking import MaskPolicy, mask_by
from relay.texts import say

_NAME_SIGNS = 2  # a shorter name may stand in any word


@dataclass(frozen=True, slots=True)
class Other:
    """The other party of a conversation, as far as it is known."""

    names: frozenset[str]
    numbers: frozenset[str]
    addresses: frozenset[str]


def redact(text: str, other: Other, *, region: str, language: str) -> str:
    """Return *text* without names, numbers, addresses and handles of the other party.

    Every number and address goes, known or not: whose an unknown one is nobody can tell.
    """
    shown = scrub(text, addresses=other.addresses, sign=say(language, "outgoing.address_masked"))
    rules = MaskPolicy(
        hidden=other.numbers,
        region=region,
        language=language,
        everything=True,
        addresses=True,
        handles=True,
    )
    shown = mask_by(shown, rules, None).text
    for name in sorted(other.names, key=len, reverse=True):
        if len(name.strip()) >= _NAME_SIGNS:
            whole = rf"(?<!\w){re.escape(name.strip())}(?!\w)"
            shown = re.sub(whole, say(language, "rights.zip_other"), shown, flags=re.IGNORECASE)
    return shown
