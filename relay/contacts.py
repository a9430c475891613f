"""A contact: what a buyer writes to the advertiser of a listing, read and judged (pure)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

from relay.errors import FieldFault, Invalid
from relay.masking import mask
from relay.policy import Need, Policy
from relay.scoring import FormEvidence, Score, score
from relay.validation import (
    Email,
    Phone,
    card_numbers,
    is_canvassing,
    mailbox_key,
    read_email,
    read_line,
    read_message,
    read_name,
    read_phone,
)

REF_LIMIT = 100
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from: the sender trace, kept apart from the text.

    Args:
        ip: The client's address behind the trusted proxies.
        port: Its source port, 0 when a proxy did not tell.
        chain: The raw X-Forwarded-For header, as evidence and never as truth.
    """

    ip: str
    port: int
    chain: str
    user_agent: str
    accept_language: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact whose every field was read."""

    ref: str
    language: str
    name: str
    email: Email
    phone: Phone | None
    text: str
    score: Score

    @property
    def mailbox(self) -> str:
        """The sender's address in normal form, for look-ups."""
        return mailbox_key(self.email.address)

    @property
    def fingerprint(self) -> str:
        """Listing, sender and text: equal for the same message sent twice."""
        phone = self.phone.e164 if self.phone else ""
        return json.dumps([self.ref, self.mailbox, phone, self.text])


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields as they were sent."""

    listing: str
    email: str
    phone: str
    message: str
    name: str

    def digest(self) -> bytes:
        """What an Idempotency-Key was used for."""
        return sha256(
            json.dumps([self.listing, self.email, self.phone, self.message, self.name]).encode()
        ).digest()


class _Faults:
    """Collects the faults of several readings, so that a person sees them all at once."""

    def __init__(self) -> None:
        self.found: list[FieldFault] = []

    def read(self, reader: Callable[[], Value]) -> Value | None:
        """Return what *reader* reads, None when it finds a fault."""
        try:
            return reader()
        except Invalid as refusal:
            self.found.extend(refusal.faults)
            return None


def read_contact(
    fields: Fields,
    policy: Policy,
    *,
    language: str,
    sandbox: bool,
    form: FormEvidence | None,
) -> Contact:
    """Read every field under the site's policy.

    Raises:
        Invalid: All faults at once, in the order of the form.
    """
    faults = _Faults()
    ref = faults.read(lambda: _read_ref(fields.listing))
    name = faults.read(lambda: _read_name(fields.name, policy))
    email = faults.read(lambda: read_email(fields.email, examples=sandbox))
    phone = faults.read(lambda: _read_phone(fields.phone, policy, sandbox=sandbox))
    text = faults.read(lambda: read_text(fields.message))
    if faults.found or ref is None or email is None or text is None or name is None:
        raise Invalid(*faults.found)
    return Contact(
        ref=ref,
        language=language,
        name=name,
        email=email,
        phone=phone,
        text=text,
        score=score(
            text,
            form,
            disposable=email.disposable,
            canvassing=phone is not None and is_canvassing(phone.e164),
        ),
    )


def shown_line(line: str, phone: str | None, policy: Policy, language: str) -> str:
    """Return a line of a listing as a page may show it.

    Args:
        line: Its title or details, in the site's words.
        phone: The number its advertiser hides, E.164; None when there is none.
        language: Of the sign that takes a number's place.
    """
    hidden = frozenset({phone} if phone else ())
    everything = policy.masking.all_numbers
    return mask(
        line, hidden=hidden, region=policy.site.region, language=language, everything=everything
    ).text


def _read_ref(raw: str) -> str:
    if not raw.strip():
        raise Invalid(FieldFault("listing", "listing_missing"))
    return read_line(raw, field="listing", limit=REF_LIMIT)


def _read_name(raw: str, policy: Policy) -> str:
    name = read_name(raw)
    if not name and policy.form.name is Need.REQUIRED:
        raise Invalid(FieldFault("name", "name_missing"))
    return name


def read_text(raw: str) -> str:
    """Read the words of a message.

    Raises:
        Invalid: They are missing or too long, or hold a card number.
    """
    text = read_message(raw)
    if card_numbers(text):  # the relay takes no card data (PCI DSS 3.2), and warns who sends some
        raise Invalid(FieldFault("message", "card_number_refused"))
    return text


def _read_phone(raw: str, policy: Policy, *, sandbox: bool) -> Phone | None:
    if not raw.strip() and policy.form.phone is Need.OPTIONAL:
        return None
    return read_phone(raw, region=policy.site.region, fiction=sandbox)
