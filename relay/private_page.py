"""What a party's private pages show of a conversation."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from relay.context import Context
from relay.database import Record
from relay.errors import Refused
from relay.exchange import Exchange
from relay.policy import Disclosure
from relay.secrecy import Taken
from relay.validation import readable
from relay.visits import Visit, list_pending, open_visit

_Words = list[dict[str, Any]]  # of one side, oldest first


@dataclass(frozen=True, slots=True)
class Pending:
    """A reply from an unknown address, which waits for «C'est bien moi».

    Its words are not shown: they may be somebody else's.

    Args:
        sender: First letter and domain of the address; None when the mail named none.
    """

    message_id: UUID
    received_at: datetime
    sender: str | None


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A picture or document that came with the other side's last message."""

    message_id: UUID
    number: int
    kind: str

    @property
    def is_picture(self) -> bool:
        """Tell whether a page can show it."""
        return self.kind.startswith("image/")


@dataclass(frozen=True, slots=True)
class Page:
    """What a party's private pages show of the conversation.

    Args:
        heard: The other side's last words, cleared of what they hide; "" without any.
        files: What came with them.
        kept_back: Words of the party's own last mail that were not passed on, as they may be
            a quote or a signature; only their writer sees them.
        taken: What the party's own last message was passed on without.
        own_phone: The party's number as it is written; None when the relay knows none.
        is_own_phone_open: The other side may read it.
        is_own_consent: The party agreed to that here.
        other_phone: The other side's number, when it may be read.
        needs_both: Numbers are shown only once both sides agree.
    """

    side: str
    listing_title: str
    other_name: str
    heard: str
    files: tuple[ShownFile, ...]
    kept_back: str
    taken: tuple[Taken, ...]
    is_ended: bool
    is_ended_by_party: bool
    own_phone: str | None
    is_own_phone_open: bool
    is_own_consent: bool
    other_phone: str | None
    needs_both: bool
    pending: tuple[Pending, ...]


async def read_page(context: Context, visit: Visit) -> Page:
    """Show a party its conversation.

    Raises:
        Refused: ``not_found``; ``link_expired``: the listing is somebody else's now, or a party
            was erased.
    """
    async with open_visit(context, visit) as exchange:
        newest = await exchange.last_messages(visit.other)
        heard = exchange.opened(visit.other, newest)
        files = await _files(exchange, newest)
        said = await exchange.last_words(visit.side)
        pending = await list_pending(exchange, visit)
    # Long texts made to be hard take a second to mask: others are served meanwhile.
    return await asyncio.to_thread(_page, exchange, visit, (heard, said), files, pending)


def _page(
    exchange: Exchange,
    visit: Visit,
    words: tuple[_Words, _Words],
    files: tuple[ShownFile, ...],
    pending: list[Record],
) -> Page:
    heard, said = words
    own, other = exchange.phone(visit.side), exchange.phone(visit.other)
    consent = exchange.consent
    return Page(
        side=visit.side,
        listing_title=exchange.secrets("advertiser").mask(exchange.row["title"]),
        other_name=exchange.secrets(visit.other).mask(exchange.name(visit.other)),
        heard=exchange.cleared(visit.other, heard),
        files=files,
        kept_back=said[-1].get("doubtful", "") if said else "",
        taken=exchange.taken(visit.side, said),
        is_ended=exchange.is_over,
        is_ended_by_party=exchange.row["blocked_by"] in (visit.side, "both"),
        own_phone=readable(own) if own else None,
        is_own_phone_open=exchange.is_phone_open(visit.side),
        is_own_consent=consent.buyer if visit.side == "buyer" else consent.advertiser,
        other_phone=readable(other) if other and exchange.is_phone_open(visit.other) else None,
        needs_both=visit.site.policy.disclosure is Disclosure.ALIAS,
        pending=tuple(_shown(exchange, visit, row) for row in pending),
    )


async def read_file(
    context: Context, visit: Visit, message_id: UUID, number: int
) -> tuple[str, bytes]:
    """Return media type and bytes of a file that came with the other side's last message.

    Raises:
        Refused: ``not_found``, also where the message is another one; ``link_expired``.
    """
    async with open_visit(context, visit) as exchange:
        newest = await exchange.last_messages(visit.other)
        if not newest or newest[0]["message_id"] != message_id:
            raise Refused("not_found")
        found = await exchange.file(visit.other, message_id, number)
    if found is None:
        raise Refused("not_found")
    return found


async def _files(exchange: Exchange, newest: list[Record]) -> tuple[ShownFile, ...]:
    if not newest:
        return ()
    message_id = newest[0]["message_id"]
    rows = await exchange.files(message_id)
    return tuple(ShownFile(message_id, row["number"], row["kind"]) for row in rows)


def _shown(exchange: Exchange, visit: Visit, row: Record) -> Pending:
    sender = exchange.words(visit.side, row)["sender"] or ""
    local, at, domain = sender.rpartition("@")
    return Pending(row["message_id"], row["received_at"], f"{local[:1]}…@{domain}" if at else None)
