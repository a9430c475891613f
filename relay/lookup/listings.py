"""Listings as the desk sees them: found by a phone, masked until a reason is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from relay.catalogue import Advertiser, advertiser_place, unseal_advertiser
from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.errors import Refused
from relay.looks import Look, record_look
from relay.lookup.keys import Key
from relay.lookup.masked import mask_mail, mask_phone
from relay.sealing import Keyring, Unsealable
from relay.sites import Site

LISTINGS_MOST = 50
BATCH = 500


class Contact(StrEnum):
    """What can be asked of an advertiser."""

    EMAIL = "email"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class ListingShown:
    """A listing and its advertiser, masked.

    Args:
        phone, email: None when there is none, or it was erased.
        company: Of a professional, who shows it to everybody.
        is_phone_shown: The advertiser's choice.
    """

    listing_id: UUID
    ref: str
    title: str
    details: str
    url: str | None
    language: str
    state: str
    updated_at: datetime
    pseudonym: str
    company: str | None
    phone: str | None
    email: str | None
    is_phone_shown: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """The messages of a listing in one state, their conversations, and how many were reported."""

    state: str
    messages: int
    conversations: int
    reported: int


async def find_listings(
    context: Context, site: Site, key: Key, look: Look
) -> tuple[ListingShown, ...]:
    """Return the listings of advertisers with a phone, the newest fifty."""
    async with context.database.connection() as connection:
        await record_look(connection, look)
        return await list_owned(context, connection, site, key)


async def list_owned(
    context: Context, connection: Connection, site: Site, key: Key
) -> tuple[ListingShown, ...]:
    """Return the listings of advertisers with a phone; the look is written already."""
    rows = await rows_of(
        queries().list_listings(
            connection, site_id=site.site_id, keys=list(key.hashes), most=LISTINGS_MOST
        )
    )
    return await _describe(context, connection, site, [row["listing_id"] for row in rows])


async def read_listing(
    context: Context, site: Site, listing_id: UUID, look: Look
) -> tuple[ListingShown, tuple[Counted, ...]]:
    """Show one listing and what was written about it.

    Raises:
        Refused: ``not_found``.
    """
    async with context.database.connection() as connection:
        await record_look(connection, look)
        found = await _describe(context, connection, site, [listing_id])
        if not found:
            raise Refused("not_found")
        rows = await rows_of(
            queries().count_listing(connection, site_id=site.site_id, listing_id=listing_id)
        )
    return found[0], tuple(Counted(**row) for row in rows)


async def open_advertiser(
    context: Context, site: Site, listing_id: UUID, wanted: frozenset[Contact], look: Look
) -> dict[Contact, str | None]:
    """Open the phone or the address of an advertiser, after the look and its reason are written.

    Raises:
        Refused: ``reason_missing``; ``not_found``.
    """
    if not look.reason.strip():
        raise Refused("reason_missing")
    async with context.database.connection() as connection:
        await record_look(connection, look)
        rows = await _rows(connection, site, [listing_id])
    if not rows:
        raise Refused("not_found")
    advertiser = _advertiser(context.keyring, site, rows[0])
    values = {
        Contact.EMAIL: advertiser.email if advertiser else None,
        Contact.PHONE: advertiser.phone if advertiser else None,
    }
    return {one: values[one] for one in Contact if one in wanted}


async def hash_listings(context: Context, site: Site, *, most: int = BATCH) -> int:
    """Make listings of before findable by their phone; return how many there were."""
    async with context.database.connection() as connection:
        rows = await rows_of(queries().list_unhashed(connection, site_id=site.site_id, most=most))
        phones = [_phone_key(context.keyring, site, row) for row in rows]
        if rows:
            await queries().hash_listings(
                connection,
                site_id=site.site_id,
                listing_ids=[row["listing_id"] for row in rows],
                phone_hashes=phones,
            )
    return len(rows)


async def _describe(
    context: Context, connection: Connection, site: Site, listing_ids: Sequence[UUID]
) -> tuple[ListingShown, ...]:
    rows = await _rows(connection, site, listing_ids) if listing_ids else []
    return tuple(_shown(context.keyring, site, row) for row in rows)


async def _rows(connection: Connection, site: Site, listing_ids: Sequence[UUID]) -> list[Record]:
    return await rows_of(
        queries().describe_listings(connection, site_id=site.site_id, listing_ids=list(listing_ids))
    )


def _shown(keyring: Keyring, site: Site, row: Record) -> ListingShown:
    advertiser = _advertiser(keyring, site, row)
    phone, email = (advertiser.phone, advertiser.email) if advertiser else (None, None)
    return ListingShown(
        listing_id=row["listing_id"],
        ref=row["ref"],
        title=row["title"],
        details=row["details"],
        url=row["url"],
        language=row["language"],
        state=row["state"],
        updated_at=row["updated_at"],
        pseudonym=advertiser.pseudonym if advertiser else "",
        company=advertiser.company if advertiser else None,
        phone=mask_phone(phone) if phone else None,
        email=mask_mail(email) if email else None,
        is_phone_shown=row["show_phone"],
    )


def _advertiser(keyring: Keyring, site: Site, row: Record) -> Advertiser | None:
    """Open the advertiser of a listing; None when that person was erased."""
    try:
        key = keyring.person_key(row["wrapped_key"], row["advertiser_id"])
        place = advertiser_place(site.site_id, row["ref"])
        return unseal_advertiser(key, row["sealed_advertiser"], place)
    except Unsealable:
        return None


def _phone_key(keyring: Keyring, site: Site, row: Record) -> bytes:
    advertiser = _advertiser(keyring, site, row)
    return site.hash("phone", advertiser.phone) if advertiser and advertiser.phone else b""
