"""A claimed row, opened: both sides of its conversation and the words it carries."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from relay.catalogue import Advertiser, advertiser_place, unseal_advertiser
from relay.context import Context
from relay.database import Record
from relay.outgoing.urls import answer_url, buyer_url
from relay.sealing import DataKey, content_place, mail_place
from relay.secrecy import Consent, Party, Secrets, is_phone_open, other_side, secrets_of
from relay.sites import Site

TO_READER = frozenset(("contact", "reply", "reader_notice"))  # the others go back to who wrote


@dataclass(frozen=True, slots=True)
class Thread:
    """What a mail is made of.

    Args:
        row: A row of ``read_mails``.
        content: The message's own words: name, email, phone, text.
        heard: The last words of the other side before it, in the same shape; None without any.
        earlier: The last messages of the same writer before it, oldest first.
    """

    context: Context
    site: Site
    row: Record
    advertiser: Advertiser
    buyer_mail: str
    content: dict[str, Any]
    heard: dict[str, Any] | None
    earlier: tuple[dict[str, Any], ...]

    @property
    def writer(self) -> str:
        """The side whose words these are."""
        side: str = self.row["side"]
        return side

    @property
    def recipient_side(self) -> str:
        """The side this mail goes to."""
        return other_side(self.writer) if self.row["kind"] in TO_READER else self.writer

    @property
    def recipient(self) -> str:
        """The address this mail goes to."""
        return self.buyer_mail if self.recipient_side == "buyer" else self.advertiser.email

    @property
    def buyer(self) -> dict[str, Any]:
        """What the buyer said of themselves: name, email, phone."""
        return self.content if self.writer == "buyer" else (self.heard or {})

    @property
    def anchor_id(self) -> UUID:
        """The buyer's message this mail speaks of: pages hang on it."""
        own: UUID = self.row["message_id"]
        heard: UUID | None = self.row["heard_id"]
        first: UUID = self.row["conversation_id"]
        return own if self.writer == "buyer" else (heard or first)

    @property
    def language(self) -> str:
        """The language of whoever receives this mail."""
        row = self.row
        if self.recipient_side == "advertiser":
            language: str = row["listing_language"]
        elif self.writer == "buyer":
            language = row["language"]
        else:
            language = row["heard_language"] or row["language"]
        return language

    @property
    def earlier_texts(self) -> tuple[str, ...]:
        """The words of the same writer before these, oldest first."""
        return tuple(said["text"] for said in self.earlier)

    @property
    def page(self) -> str:
        """Where the recipient's private pages begin."""
        if self.recipient_side == "buyer":
            return buyer_url(self.context, self.site, self.anchor_id)
        return answer_url(self.context, self.site, self.anchor_id, self.row["advertiser_id"])

    @property
    def consent(self) -> Consent:
        """Who agreed to show a number here."""
        return Consent(self.row["advertiser_reveals"], self.row["buyer_reveals"])

    def is_phone_open(self, side: str) -> bool:
        """Tell whether a side's number may be read by the other."""
        return is_phone_open(
            side, self.site.policy, chosen=self.row["show_phone"], consent=self.consent
        )

    @property
    def secrets(self) -> Secrets:
        """What this mail must not show: what the other side of its recipient hides.

        A hidden number of the advertiser stands in no mail at all, not even in their own:
        mails are forwarded and quoted.
        """
        side = other_side(self.recipient_side)
        conversation_id = self.row["conversation_id"]
        party = Party(
            side=side,
            phone=self.buyer.get("phone") if side == "buyer" else self.advertiser.phone,
            is_phone_open=self.is_phone_open(side),
            emails=frozenset(self._addresses(side)),
            writes_to=self.site.reply_local_part(conversation_id, self.recipient_side),
        )
        own = secrets_of(party, self.site.policy, self.language)
        if self.advertiser.phone is None or self.is_phone_open("advertiser"):
            return own
        return replace(own, numbers=own.numbers | {self.advertiser.phone})

    def _addresses(self, side: str) -> Iterator[str]:
        """Yield the addresses of a side: the known one, and those its words here came from."""
        yield self.buyer_mail if side == "buyer" else self.advertiser.email
        if side == self.writer:
            yield from filter(None, (said.get("sender") for said in (self.content, *self.earlier)))

    def name(self, side: str) -> str:
        """Return the name a side goes by; "" for a buyer who gave none."""
        return self.buyer.get("name") or "" if side == "buyer" else self.advertiser.pseudonym

    def alias(self, side: str) -> str:
        """Return the address that mails from *side* carry."""
        local_part = self.site.reply_local_part(self.row["conversation_id"], side)
        return f"{local_part}@{self.context.settings.mail_domain}"


def open_thread(context: Context, site: Site, row: Record) -> Thread:
    """Open what a row of ``read_mails`` holds.

    Raises:
        Unsealable: A key is missing from the ring, or a value was moved.
    """
    wrapped = {row[f"{one}_id"]: row[f"{one}_key"] for one in ("sender", "buyer", "advertiser")}
    keys = {who: context.keyring.person_key(key, who) for who, key in wrapped.items()}
    sender = keys[row["sender_id"]]
    place = advertiser_place(site.site_id, row["ref"])
    earlier = zip(row["earlier_ids"] or (), row["earlier_contents"] or (), strict=True)
    return Thread(
        context=context,
        site=site,
        row=row,
        advertiser=unseal_advertiser(keys[row["advertiser_id"]], row["sealed_advertiser"], place),
        buyer_mail=keys[row["buyer_id"]].open(row["buyer_mail"], mail_place(row["buyer_id"])),
        content=_words(sender, row["message_id"], row["sealed_content"]),
        heard=_heard(context, row),
        earlier=tuple(_words(sender, *one) for one in earlier),
    )


def _heard(context: Context, row: Record) -> dict[str, Any] | None:
    """Open the other side's last words; None when there are none or they were erased."""
    if row["heard_id"] is None or row["heard_key"] is None:
        return None
    key = context.keyring.person_key(row["heard_key"], row["heard_sender_id"])
    return _words(key, row["heard_id"], row["heard_content"])


def _words(key: DataKey, message_id: UUID, sealed: bytes) -> dict[str, Any]:
    words: dict[str, Any] = json.loads(key.open(sealed, content_place(message_id)))
    return words
