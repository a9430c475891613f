"""A party on its private pages: the link that was opened, and the conversation behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from relay.context import Context
from relay.database import Record, queries, rows_of
from relay.errors import Refused
from relay.exchange import Exchange, read_exchange
from relay.links import Link, Side
from relay.sealing import Unsealable
from relay.secrecy import other_side
from relay.sites import Site


@dataclass(frozen=True, slots=True)
class Visit:
    """A party on a private page: the link that was opened and its side by name."""

    site: Site
    link: Link

    @property
    def side(self) -> str:
        """``buyer`` or ``advertiser``."""
        return "buyer" if self.link.side is Side.BUYER else "advertiser"

    @property
    def other(self) -> str:
        """The side that is written to."""
        return other_side(self.side)


@asynccontextmanager
async def open_visit(context: Context, visit: Visit) -> AsyncIterator[Exchange]:
    """Open the conversation behind a visit's link, within a transaction.

    Raises:
        Refused: ``not_found``; ``link_expired``: the listing changed hands, or a party was erased.
    """
    async with context.database.connection() as connection, connection.transaction():
        row: Record | None = await queries().find_conversation(
            connection, site_id=visit.site.site_id, message_id=visit.link.message_id
        )
        if row is None:
            raise Refused("not_found")
        if visit.side == "advertiser" and row["advertiser_id"] != visit.link.person_id:
            raise Refused("link_expired")
        try:
            exchange = await read_exchange(context, connection, visit.site, row["conversation_id"])
        except Unsealable:
            raise Refused("link_expired") from None  # a party was erased
        yield exchange


@asynccontextmanager
async def open_living(context: Context, visit: Visit) -> AsyncIterator[Exchange]:
    """Open a conversation that goes on: what mail refuses, pages refuse.

    Raises:
        Refused: As ``open_visit``; ``conversation_closed``.
    """
    async with open_visit(context, visit) as exchange:
        if exchange.is_over:
            raise Refused("conversation_closed")
        yield exchange


async def list_pending(exchange: Exchange, visit: Visit) -> list[Record]:
    """Return a party's replies from unknown addresses that wait for a yes, oldest first."""
    return await rows_of(
        queries().list_pending(
            exchange.connection,
            site_id=visit.site.site_id,
            conversation_id=exchange.row["conversation_id"],
            side=visit.side,
            sender_id=exchange.person_id(visit.side),
        )
    )
