"""What one side of a conversation keeps from the other, and how a text is cleared of it (pure).

Every room that shows one side's words to the other side asks here: mails, pages, replies.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from relay.mail.disguises import scrub
from relay.mail.egress import leaks
from relay.masking import Masked, MaskPolicy, mask_by
from relay.masking.fragments import Fragments
from relay.policy import Disclosure, Policy
from relay.texts import say

# The token of a private link (relay/links.py): it opens a party's pages to whoever has it, with
# or without the address around it.
_OWN_TOKEN = re.compile(r"(?<![\w-])[\w-]{46,70}\.[\w-]{43}(?![\w-])")


_RULES_OF_NUMBERS = frozenset(("known", "number", "split"))


class Taken(StrEnum):
    """What was taken out of a person's words, as that person is told."""

    NUMBER = "number"
    ADDRESS = "address"
    HANDLE = "handle"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the words of one side must not show.

    Args:
        numbers: Hidden numbers of that side, E.164.
        addresses: Its hidden e-mail addresses.
        tokens: What opens its side of the relay: the local part of the alias it writes to.
        language: Of the reader, in which the signs are written.
    """

    numbers: frozenset[str]
    addresses: frozenset[str]
    tokens: frozenset[str]
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
            addresses=self.policy.masking.addresses,
            handles=self.policy.masking.handles,
        )
        memory = Fragments() if earlier else None
        for one in earlier:
            memory = mask_by(one, rules, memory).memory
        return mask_by(self._scrubbed(text), rules, memory)

    def taken_from(self, text: str, earlier: Sequence[str] = ()) -> tuple[Taken, ...]:
        """Return what ``clear`` takes out of *text*: its writer has to know."""
        rules = {hit.rule for hit in self.clear(text, earlier).hits}
        is_taken = {
            Taken.NUMBER: bool(rules & _RULES_OF_NUMBERS),
            Taken.ADDRESS: "address" in rules or self._scrubbed(text) != text,
            Taken.HANDLE: "handle" in rules,
        }
        return tuple(kind for kind in Taken if is_taken[kind])

    def mask(self, text: str) -> str:
        """Return *text* with signs in the place of what is hidden."""
        return self.clear(text).text

    def is_leaked_by(self, content: bytes) -> bool:
        """Tell whether a finished mail shows something hidden; parsed anew, as it would leave."""
        return bool(
            leaks(
                content,
                hidden_numbers=self.numbers,
                hidden_addresses=self.addresses,
                hidden_tokens=self.tokens,
            )
        )

    @property
    def address_sign(self) -> str:
        """What stands in the place of an address."""
        return say(self.language, "outgoing.address_masked")

    def _scrubbed(self, text: str) -> str:
        """Replace tokens of private links, aliases and addresses."""
        text = _OWN_TOKEN.sub(self.address_sign, text)
        return scrub(text, addresses=self.addresses, tokens=self.tokens, sign=self.address_sign)


def without_contacts(text: str, region: str, language: str) -> str:
    """Return words of staff without numbers, addresses and handles: they are kept unsealed."""
    rules = MaskPolicy(
        region=region, language=language, everything=True, addresses=True, handles=True
    )
    return mask_by(text, rules).text


def other_side(side: str) -> str:
    """Return the side that *side* writes to: ``buyer`` and ``advertiser`` are each other's."""
    return "advertiser" if side == "buyer" else "buyer"


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


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a conversation, as far as it may have to be hidden.

    Args:
        side: ``buyer`` or ``advertiser``.
        phone: E.164, None when the relay knows none.
        is_phone_open: The other side may read it.
        emails: Addresses this side is known by or wrote from.
        writes_to: Local part of the alias this side answers to.
    """

    side: str
    phone: str | None
    is_phone_open: bool
    emails: frozenset[str]
    writes_to: str


def secrets_of(party: Party, policy: Policy, language: str) -> Secrets:
    """Return what the words of *party* must not show to the other side."""
    is_address_open = party.side == "buyer" and policy.disclosure is Disclosure.FULL
    hides_phone = party.phone is not None and not party.is_phone_open
    return Secrets(
        numbers=frozenset(filter(None, [party.phone])) if hides_phone else frozenset(),
        addresses=frozenset() if is_address_open else party.emails,
        tokens=frozenset({party.writes_to}),
        policy=policy,
        language=language,
    )
