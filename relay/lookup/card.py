"""The card of a key: its messages, its sender as a picture, and for a phone its listings.

What stands on one page is one look, and costs one commit.
"""

from dataclasses import dataclass
from uuid import UUID

from relay.context import Context
from relay.looks import Look, record_look
from relay.lookup.keys import Key
from relay.lookup.listings import ListingShown, list_owned
from relay.lookup.search import PAGE, Page, find_ids, page_of
from relay.lookup.sender import MESSAGES_MOST, Sender, draw_sender
from relay.pasted import Kind
from relay.sites import Site


@dataclass(frozen=True, slots=True)
class Card:
    """All that is shown of a key at once.

    Args:
        owned: The listings of the advertisers who have this phone; none for other kinds.
    """

    page: Page
    sender: Sender
    owned: tuple[ListingShown, ...]


async def read_card(
    context: Context, site: Site, key: Key, look: Look, *, before: UUID | None = None
) -> Card:
    """Show a key.

    Args:
        before: ``Page.before`` of the page before.
    """
    async with context.database.connection() as connection:
        await record_look(connection, look)
        ids = await find_ids(connection, site, key, most=MESSAGES_MOST)
        shown = (
            await find_ids(connection, site, key, before=before, most=PAGE + 1) if before else ids
        )
        page = await page_of(context, connection, site, key, shown)
        sender = await draw_sender(context, connection, site, key, ids)
        is_phone = key.kind is Kind.PHONE
        owned = await list_owned(context, connection, site, key) if is_phone else ()
    return Card(page, sender, owned)
