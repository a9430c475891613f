"""What one side of a conversation keeps from the other, and how a text is cleared of it (pure).

Every room that shows one side's words to the other side asks here: mails, pages, replies.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from relay.mail.egress import leaks
from relay.masking import Masked, MaskPolicy, mask_by
from relay.masking.fragments import Fragments
from relay.policy import Disclosure, Policy
from relay.texts import say


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the words of one side must not show.

    Args:
        numbers: Hidden numbers of that side, E.164.
        addresses: Its hidden e-mail addresses.
        language: Of the reader, in which the signs are written.
    """

    numbers: frozenset[str]
    addresses: frozenset[str]
    policy: Policy
    language: str

    def clear(self, text: str, earlier: Sequence[str] = ()) -> Masked:
        """Replace what is hidden in *text* by visible signs.

        Args:
            earlier: The last texts of the same side, oldest first: a number begun there and
                ended here is seen too.
        """
        rules = MaskPolicy(
            hidden=self.numbers,
            region=self.policy.site.region,
            language=self.language,
            everything=self.policy.masking.all_numbers,
        )
        memory = Fragments() if earlier else None
        for one in earlier:
            memory = mask_by(one, rules, memory).memory
        return mask_by(self._without_addresses(text), rules, memory)

    def mask(self, text: str) -> str:
        """Return *text* with signs in the place of what is hidden."""
        return self.clear(text).text

    def is_leaked_by(self, content: bytes) -> bool:
        """Tell whether a finished mail shows something hidden; parsed anew, as it would leave."""
        return bool(leaks(content, hidden_numbers=self.numbers, hidden_addresses=self.addresses))

    def _without_addresses(self, text: str) -> str:
        sign = say(self.language, "outgoing.address_masked")
        for address in self.addresses:
            text = re.sub(re.escape(address), sign, text, flags=re.IGNORECASE)
        return text


@dataclass(frozen=True, slots=True)
class Consent:
    """Who agreed to show a number to the other side of this conversation."""

    advertiser: bool = False
    buyer: bool = False

    def shows(self, side: str, policy: Policy) -> bool:
        """Tell whether the number of *side* may be seen; where both are hidden, both must agree."""
        if policy.disclosure is Disclosure.ALIAS:
            return self.advertiser and self.buyer
        return self.advertiser if side == "advertiser" else self.buyer


def is_phone_open(side: str, policy: Policy, *, chosen: bool, consent: Consent) -> bool:
    """Tell whether a side's number is passed on.

    Args:
        chosen: An advertiser's choice for the listing; a buyer has none.
    """
    if consent.shows(side, policy):
        return True
    return chosen if side == "advertiser" else policy.disclosure is not Disclosure.ALIAS


def secrets_of(
    side: str, policy: Policy, language: str, *, phone: str | None, email: str, phone_open: bool
) -> Secrets:
    """Return what the words of *side* must not show to the other side."""
    open_address = side == "buyer" and policy.disclosure is Disclosure.FULL
    return Secrets(
        numbers=frozenset() if phone is None or phone_open else frozenset({phone}),
        addresses=frozenset() if open_address else frozenset({email}),
        policy=policy,
        language=language,
    )
