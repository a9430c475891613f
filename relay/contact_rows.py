"""From read contacts to rows: ids, sealed values and look-up hashes of one batch.

Pure, but for the randomness of ids and nonces.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from ua_parser import parse as parse_user_agent

from relay.contacts import Contact, Origin
from relay.pasted import network_of
from relay.sealing import (
    DataKey,
    Keyring,
    content_place,
    mail_place,
    new_id,
    origin_place,
    token_hash,
)
from relay.sites import Site

DELIVERY_EXPIRY = timedelta(days=5)
HOLD_EXPIRY = timedelta(days=30)
OLDEST = timedelta(days=45)  # no older mail is claimed: longer than a hold and a delivery together
SAME_TEXT = timedelta(minutes=10)  # the same words of the same writer are one message for so long


@dataclass(frozen=True, slots=True)
class ContactRequest:
    """A read contact on its way into the store.

    Args:
        key: The Idempotency-Key, None when the sender's program gave none.
        request_hash: 32 bytes that name what was sent: under a key, its fields; from a form that
            was shown, that form and the fields; else chance. Who sends it again without a key is
            known by them.
        policy_version: The policy whose notice the sender was shown.
        held_for: Why the message waits for a person; None to queue it.
        receipt: Whether the sender is to be told by mail, once a day.
    """

    site: Site
    contact: Contact
    origin: Origin
    key: str | None
    request_hash: bytes
    policy_version: int
    received_at: datetime
    held_for: str | None
    receipt: bool

    @property
    def mail_hash(self) -> bytes:
        """Names the sender of this site."""
        return self.site.hash("mail", self.contact.email.address.lower())

    @property
    def key_hash(self) -> bytes | None:
        """Names the Idempotency-Key."""
        return self.site.hash("idempotency", self.key) if self.key else None

    @property
    def content_hash(self) -> bytes:
        """Names listing, sender and text."""
        return self.site.hash("content", self.contact.fingerprint)


@dataclass(frozen=True, slots=True)
class Place:
    """What is known already about a request: its listing, sender and conversation.

    Args:
        is_blocked: The advertiser takes no more messages of this sender.
    """

    listing_id: UUID
    sender_id: UUID | None
    wrapped_key: bytes | None
    conversation_id: UUID | None
    is_blocked: bool = False


class NewContact(NamedTuple):
    """A row of the type ``new_contact`` (sql/migrations/0001_house.sql), in its order."""

    site_id: UUID
    message_id: UUID
    key_hash: bytes | None
    request_hash: bytes
    content_hash: bytes
    received_at: datetime
    sender_id: UUID
    sender_is_new: bool
    mail_hash: bytes
    wrapped_key: bytes
    sealed_mail: bytes
    conversation_id: UUID
    conversation_is_new: bool
    listing_id: UUID
    buyer_address_hash: bytes
    advertiser_address_hash: bytes
    language: str
    sealed_content: bytes
    mailbox_hash: bytes
    phone_hash: bytes | None
    text_hash: bytes
    policy_version: int
    score: int
    signals: list[str]
    sealed_origin: bytes
    ip_hash: bytes
    net_hash: bytes
    browser_hash: bytes
    state: str
    reason: str
    due_at: datetime
    expires_at: datetime
    receipt_id: UUID | None
    told_hash: bytes


@dataclass(slots=True)
class Batch:
    """Requests written together; a sender or conversation new to several of them is made once."""

    keyring: Keyring
    _people: dict[tuple[UUID, bytes], tuple[UUID, DataKey, bytes]] = field(default_factory=dict)
    _conversations: dict[tuple[UUID, UUID, UUID], UUID] = field(default_factory=dict)

    def row(self, request: ContactRequest, place: Place) -> NewContact:
        """Make the row of *request*.

        Raises:
            Unsealable: The sender was erased while this request was under way.
        """
        site, contact, at = request.site, request.contact, request.received_at
        message_id = new_id(at)
        sender_id, key, wrapped_key = self._sender(request, place)
        conversation_id = self._conversation(request, place, sender_id, message_id)
        ip_hash, net_hash, browser_hash = trace_hashes(site, request.origin)
        state, reason = _state(request, place)
        held = state == "held"
        mailbox_hash = site.hash("mailbox", contact.mailbox)
        return NewContact(
            site_id=site.site_id,
            message_id=message_id,
            key_hash=request.key_hash,
            request_hash=request.request_hash,
            content_hash=request.content_hash,
            received_at=at,
            sender_id=sender_id,
            sender_is_new=place.sender_id is None,
            mail_hash=request.mail_hash,
            wrapped_key=wrapped_key,
            sealed_mail=key.seal(contact.email.address, mail_place(sender_id)),
            conversation_id=conversation_id,
            conversation_is_new=place.conversation_id is None,
            listing_id=place.listing_id,
            buyer_address_hash=token_hash(site.reply_local_part(conversation_id, "buyer")),
            advertiser_address_hash=token_hash(
                site.reply_local_part(conversation_id, "advertiser")
            ),
            language=contact.language,
            sealed_content=_seal_content(contact, key, message_id),
            mailbox_hash=mailbox_hash,
            phone_hash=site.hash("phone", contact.phone.e164) if contact.phone else None,
            text_hash=text_hash(site, contact.text),
            policy_version=request.policy_version,
            score=contact.score.points,
            signals=[str(signal) for signal in contact.score.signals],
            sealed_origin=seal_origin(request.origin, key, message_id),
            ip_hash=ip_hash,
            net_hash=net_hash,
            browser_hash=browser_hash,
            state=state,
            reason=reason,
            due_at=at + HOLD_EXPIRY if held else at,
            expires_at=at + (HOLD_EXPIRY if held else DELIVERY_EXPIRY),
            receipt_id=new_id(at) if request.receipt and not held else None,
            told_hash=told_hash(site, mailbox_hash, "receipt", at),
        )

    def _sender(self, request: ContactRequest, place: Place) -> tuple[UUID, DataKey, bytes]:
        if place.sender_id is not None:
            wrapped = place.wrapped_key or b""
            key = self.keyring.person_key(wrapped, place.sender_id)
            return place.sender_id, key, wrapped
        who = (request.site.site_id, request.mail_hash)
        if who not in self._people:
            person_id = new_id(request.received_at)
            self._people[who] = (person_id, *self.keyring.new_person_key(person_id))
        return self._people[who]

    def _conversation(
        self, request: ContactRequest, place: Place, sender_id: UUID, message_id: UUID
    ) -> UUID:
        """Return the conversation of a request; a new one bears the id of its first message."""
        if place.conversation_id is not None:
            return place.conversation_id
        which = (request.site.site_id, place.listing_id, sender_id)
        return self._conversations.setdefault(which, message_id)


def _state(request: ContactRequest, place: Place) -> tuple[str, str]:
    if place.is_blocked:
        return "refused", "blocked"
    return ("held", request.held_for) if request.held_for else ("queued", "accepted")


def trace_hashes(site: Site, origin: Origin) -> tuple[bytes, bytes, bytes]:
    """Return the look-up hashes of a sender trace: address, network, browser."""
    browser = f"{origin.user_agent}\0{origin.accept_language}"
    return (
        site.hash("ip", origin.ip),
        site.hash("net", network_of(origin.ip)),
        site.hash("browser", browser),
    )


def text_hash(site: Site, text: str) -> bytes:
    """Name a text, however it is cased and spaced."""
    return site.hash("text", " ".join(text.casefold().split()))


def told_hash(site: Site, mailbox_hash: bytes, what: str, at: datetime) -> bytes:
    """Name a fixed-text mail that a mailbox, however its address is spelt, may get once a day."""
    return site.hash("told", f"{mailbox_hash.hex()}\0{what}\0{at.date()}")


def _seal_content(contact: Contact, key: DataKey, message_id: UUID) -> bytes:
    content = {
        "name": contact.name,
        "email": contact.email.address,
        "phone": contact.phone.e164 if contact.phone else None,
        "phone_typed": contact.phone.raw if contact.phone else None,
        "text": contact.text,
    }
    return key.seal(json.dumps(content), content_place(message_id))


@lru_cache(maxsize=4096)
def describe_browser(user_agent: str) -> dict[str, str | None]:
    """Return the names of browser, system and device; the first call takes a third of a second."""
    parsed = parse_user_agent(user_agent)
    return {
        "browser": parsed.user_agent.family if parsed.user_agent else None,
        "system": parsed.os.family if parsed.os else None,
        "device": parsed.device.family if parsed.device else None,
    }


def seal_origin(origin: Origin, key: DataKey, message_id: UUID) -> bytes:
    """Seal a sender trace under the key of its sender."""
    trace = {
        "ip": origin.ip,
        "port": origin.port,
        "chain": origin.chain,
        "user_agent": origin.user_agent,
        "accept_language": origin.accept_language,
        **describe_browser(origin.user_agent),
    }
    return key.seal(json.dumps(trace), origin_place(message_id))
