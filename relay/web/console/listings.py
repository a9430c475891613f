"""A listing: what it says, its advertiser masked, and what was written about it."""

from uuid import UUID

from aiohttp import web

from relay import lookup
from relay.errors import Refused
from relay.lookup import Contact, Key, Kind
from relay.permissions import Level, Permission
from relay.sealing import public_id
from relay.web.console.doors import Visit, door

ROWS = 20


@door("GET", "listings/{id}", Permission.QUEUE)
async def show_listing(visit: Visit) -> web.StreamResponse:
    """Show a listing; its advertiser's phone and address stay masked."""
    return await _page(visit, visit.subject("lst"), {})


@door("POST", "listings/{id}/open", Permission.REVEAL_IDENTITY, Level.REASON)
async def open_advertiser(visit: Visit) -> web.StreamResponse:
    """Show what was asked for, once the reason stands in the journal."""
    listing_id = visit.subject("lst")
    wanted = frozenset(one for one in Contact if one.value in visit.fields)
    if not wanted:
        raise Refused("not_found")
    subject = f"{public_id('lst', listing_id)} {','.join(sorted(wanted))}"
    look = visit.seen("reveal", subject, visit.reason)
    opened = await lookup.open_advertiser(visit.context, visit.site, listing_id, wanted, look)
    return await _page(visit, listing_id, opened)


async def _page(
    visit: Visit, listing_id: UUID, opened: dict[Contact, str | None]
) -> web.StreamResponse:
    name = public_id("lst", listing_id)
    listing, counted = await lookup.read_listing(
        visit.context, visit.site, listing_id, visit.seen("list", name)
    )
    key = Key(Kind.LISTING, (listing_id.bytes,))
    page = await lookup.search(
        visit.context, visit.site, key, visit.seen("list", f"{name} messages")
    )
    return visit.page(
        "listing",
        listing=listing,
        counted=counted,
        key=key,
        rows=page.rows[:ROWS],
        opened=opened,
        contacts=tuple(Contact),
        can_open=visit.may(Permission.REVEAL_IDENTITY) >= Level.REASON,
    )
