"""A conversation, opened within a transaction, and what may be added to it.

The ground of replies and private pages: whatever way an answer comes, it is stored here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from relay.addresses import ALIAS_OUTLIVES
from relay.blocks import BLOCK_POINTS, Arriving, Hit, find_blocked, holds, signals_of
from relay.catalogue import Advertiser, advertiser_place, unseal_advertiser
from relay.contact_rows import DELIVERY_EXPIRY, HOLD_EXPIRY, seal_origin, text_hash, trace_hashes
from relay.contacts import Origin
from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.notices import Notice, enqueue
from relay.sealing import DataKey, content_place, file_place, mail_place, new_id
from relay.secrecy import (
    Consent,
    Party,
    Secrets,
    Taken,
    is_phone_open,
    other_side,
    secrets_of,
)
from relay.sites import Site
from relay.validation import mailbox_key


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message of either side on its way into the store.

    Args:
        content: ``text``, and what was set aside while a mail was read.
        files: Media type and bytes of each file, cleaned.
        held_for: Why it waits for a person; None to queue it.
        origin: Where it came from, when it was written on a page.
    """

    side: str
    content: dict[str, object]
    files: tuple[tuple[str, bytes], ...] = ()
    held_for: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """Both sides of a conversation and its listing, as they stand now.

    Args:
        row: A row of ``read_exchange``.
        buyer: What the buyer said of themselves last: name, email, phone.
    """

    context: Context
    connection: Connection
    site: Site
    now: datetime
    row: Record
    advertiser: Advertiser
    advertiser_key: DataKey
    buyer_mail: str
    buyer_key: DataKey
    buyer: dict[str, str | None]

    def key(self, side: str) -> DataKey:
        """Return the key of a side's person."""
        return self.buyer_key if side == "buyer" else self.advertiser_key

    def person_id(self, side: str) -> UUID:
        """Return the id of a side's person."""
        person_id: UUID = self.row["buyer_id" if side == "buyer" else "advertiser_id"]
        return person_id

    def address(self, side: str) -> str:
        """Return the address a side is known by."""
        return self.buyer_mail if side == "buyer" else self.advertiser.email

    def phone(self, side: str) -> str | None:
        """Return a side's number, E.164."""
        return self.buyer.get("phone") if side == "buyer" else self.advertiser.phone

    def name(self, side: str) -> str:
        """Return the name a side goes by; "" for a buyer who gave none."""
        return self.buyer.get("name") or "" if side == "buyer" else self.advertiser.pseudonym

    def language(self, side: str) -> str:
        """Return the language a side reads."""
        language: str = self.row["buyer_language" if side == "buyer" else "listing_language"]
        return language or self.row["listing_language"]

    @property
    def is_over(self) -> bool:
        """Tell whether nothing passes any more: a side ended it, or its listing ended long ago."""
        is_over: bool = self.row["is_over"]
        return is_over

    @property
    def consent(self) -> Consent:
        """Who agreed to show a number here."""
        return Consent(self.row["advertiser_reveals"], self.row["buyer_reveals"])

    def is_phone_open(self, side: str) -> bool:
        """Tell whether a side's number may be read by the other."""
        return is_phone_open(
            side, self.site.policy, chosen=self.row["show_phone"], consent=self.consent
        )

    def secrets(self, side: str, *addresses: str | None) -> Secrets:
        """Return what the words of *side* must not show.

        Args:
            addresses: Further ones that this side wrote from.
        """
        other = other_side(side)
        party = Party(
            side=side,
            phone=self.phone(side),
            is_phone_open=self.is_phone_open(side),
            emails=frozenset(filter(None, (self.address(side), *addresses))),
            writes_to=self.site.reply_local_part(self.row["conversation_id"], other),
        )
        return secrets_of(party, self.site.policy, self.language(other))

    async def add(self, message: NewMessage) -> UUID:
        """Write a message, its trace and its mail; return its id.

        What staff block weighs on it as on a contact: a higher score, or a hold, of which its
        writer learns nothing.
        """
        message_id = new_id(self.now)
        hits = await self.find_blocks(message)
        held_for = message.held_for or ("suspicious" if holds(hits) else None)
        key, held = self.key(message.side), held_for is not None
        sealed = json.dumps(self._signed(message))
        await queries().store_reply(
            self.connection,
            site_id=self.site.site_id,
            message_id=message_id,
            conversation_id=self.row["conversation_id"],
            side=message.side,
            sender_id=self.person_id(message.side),
            language=self.language(message.side),
            sealed_content=key.seal(sealed, content_place(message_id)),
            mailbox_hash=self.site.hash("mailbox", mailbox_key(self.address(message.side))),
            text_hash=text_hash(self.site, str(message.content["text"])),
            phone_hash=self._phone_hash(message.side),
            policy_version=self.site.policy.version,
            score=BLOCK_POINTS if hits else 0,
            signals=signals_of(hits),
            received_at=self.now,
            state="held" if held else "queued",
            reason=held_for or "accepted",
            wait_s=HOLD_EXPIRY.total_seconds() if held else 0.0,
            expires_at=self.now + (HOLD_EXPIRY if held else DELIVERY_EXPIRY),
        )
        await self._add_files(message_id, message)
        if message.origin:
            await self._trace(message_id, message.side, message.origin)
        return message_id

    async def _add_files(self, message_id: UUID, message: NewMessage) -> None:
        key = self.key(message.side)
        for number, (kind, content) in enumerate(message.files, start=1):
            await queries().store_file(
                self.connection,
                site_id=self.site.site_id,
                message_id=message_id,
                number=number,
                kind=kind,
                sealed_content=key.seal_bytes(content, file_place(message_id, number)),
            )

    async def find_blocks(self, message: NewMessage) -> tuple[Hit, ...]:
        """Return the live blocks of whoever writes: phone, mailboxes, text, address on a page."""
        addresses = {self.address(message.side), str(message.content.get("sender") or "")} - {""}
        hashes = [self.site.hash("mailbox", mailbox_key(one)) for one in addresses]
        phone_hash = self._phone_hash(message.side)
        if phone_hash:
            hashes.append(phone_hash)
        if message.origin:
            hashes += trace_hashes(self.site, message.origin)[:2]
        asked = Arriving(self.site, tuple(hashes), str(message.content["text"]))
        [hits] = await find_blocked(self.connection, [asked])
        return hits

    def _phone_hash(self, side: str) -> bytes | None:
        phone = self.phone(side)
        return self.site.hash("phone", phone) if phone else None

    def _signed(self, message: NewMessage) -> dict[str, object]:
        """Return the content as it is sealed: the shape of a contact's, whoever wrote."""
        mine: dict[str, object] = {"name": self.name(message.side), "email": None, "phone": None}
        if message.side == "buyer":
            mine |= {"email": self.buyer_mail, "phone": self.phone("buyer")}
        return mine | message.content

    async def _trace(self, message_id: UUID, side: str, origin: Origin) -> None:
        """Write where a message that was written on a page came from."""
        ip_hash, net_hash, browser_hash = trace_hashes(self.site, origin)
        await queries().store_trace(
            self.connection,
            site_id=self.site.site_id,
            message_id=message_id,
            sender_id=self.person_id(side),
            sealed_origin=seal_origin(origin, self.key(side), message_id),
            ip_hash=ip_hash,
            net_hash=net_hash,
            browser_hash=browser_hash,
            received_at=self.now,
        )

    async def last_messages(self, side: str) -> list[Record]:
        """Return the last messages of a side that were passed on, newest first."""
        return await rows_of(
            queries().read_last_words(
                self.connection,
                site_id=self.site.site_id,
                conversation_id=self.row["conversation_id"],
                side=side,
            )
        )

    async def last_words(self, side: str) -> list[dict[str, Any]]:
        """Return what a side said last, oldest first."""
        return self.opened(side, await self.last_messages(side))

    def opened(self, side: str, rows: Sequence[Record]) -> list[dict[str, Any]]:
        """Open messages of a side, newest first; return their words, oldest first."""
        return [self.words(side, row) for row in reversed(rows)]

    async def files(self, message_id: UUID) -> list[Record]:
        """Return number and media type of the files a message carries."""
        return await rows_of(
            queries().list_files(self.connection, site_id=self.site.site_id, message_id=message_id)
        )

    async def file(self, side: str, message_id: UUID, number: int) -> tuple[str, bytes] | None:
        """Return media type and bytes of a file a side sent; None when there is none."""
        row: Record | None = await queries().read_file(
            self.connection, site_id=self.site.site_id, message_id=message_id, number=number
        )
        if row is None:
            return None
        place = file_place(message_id, number)
        return row["kind"], self.key(side).open_bytes(row["sealed_content"], place)

    def words(self, side: str, row: Record) -> dict[str, Any]:
        """Open a message of a side."""
        place = content_place(row["message_id"])
        words: dict[str, Any] = json.loads(self.key(side).open(row["sealed_content"], place))
        return words

    def cleared(self, side: str, said: Sequence[Mapping[str, Any]]) -> str:
        """Return the newest of a side's last words as the other side reads them."""
        return self._secrets_of(side, said).clear(*_newest(said)).text

    def taken(self, side: str, said: Sequence[Mapping[str, Any]]) -> tuple[Taken, ...]:
        """Return what the newest of a side's last words are passed on without."""
        return self._secrets_of(side, said).taken_from(*_newest(said))

    def _secrets_of(self, side: str, said: Sequence[Mapping[str, Any]]) -> Secrets:
        return self.secrets(side, *(one.get("sender") for one in said))

    async def tell(self, side: str, notice: str) -> None:
        """Enqueue a mail of fixed text to *side*, one of its kind a day and conversation.

        It hangs on the buyer's last message; once that is purged there is nobody to tell.
        """
        message_id = self.row["last_message_id"]
        if message_id is not None:
            kind = "notice" if side == "buyer" else "reader_notice"
            await self.tell_of(message_id, kind, notice)

    async def tell_of(self, message_id: UUID, kind: str, notice: str) -> None:
        """Enqueue news of one message to its writer (``notice``) or reader (``reader_notice``)."""
        what = f"{kind}\0{notice.partition(':')[0]}"
        mark = f"{what}\0{self.row['conversation_id']}\0{self.now.date()}"
        told = Notice(message_id, kind, notice, self.site.hash("told", mark))
        await enqueue(self.connection, self.site, told, self.now)


def _newest(said: Sequence[Mapping[str, Any]]) -> tuple[str, list[str]]:
    """Return the text that was said last, "" without any, and those before it."""
    *earlier, last = [str(one["text"]) for one in said] or [""]
    return last, earlier


async def read_exchange(
    context: Context, connection: Connection, site: Site, conversation_id: UUID
) -> Exchange:
    """Read and open a conversation.

    Raises:
        Unsealable: A party was erased.
    """
    row = await queries().read_exchange(
        connection,
        site_id=site.site_id,
        conversation_id=conversation_id,
        alive_since=context.clock() - ALIAS_OUTLIVES,
    )
    buyer_key = context.keyring.person_key(row["buyer_key"], row["buyer_id"])
    key = context.keyring.person_key(row["advertiser_key"], row["advertiser_id"])
    place = advertiser_place(site.site_id, row["ref"])
    buyer: dict[str, str | None] = {}
    if row["last_content"]:
        said = content_place(row["last_message_id"])
        buyer = json.loads(buyer_key.open(row["last_content"], said))
    return Exchange(
        context=context,
        connection=connection,
        site=site,
        now=context.clock(),
        row=row,
        advertiser=unseal_advertiser(key, row["sealed_advertiser"], place),
        advertiser_key=key,
        buyer_mail=buyer_key.open(row["buyer_mail"], mail_place(row["buyer_id"])),
        buyer_key=buyer_key,
        buyer=buyer,
    )
