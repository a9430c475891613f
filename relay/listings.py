"""Acts on listings: register, read, close. The advertiser's address never reaches a page."""

import json
from dataclasses import asdict, dataclass
from uuid import UUID

import structlog

from relay.catalogue import Advertiser, Listing, advertiser_place, unseal_advertiser
from relay.context import Context
from relay.database import Connection, Record, UniqueConflict, queries
from relay.errors import Refused
from relay.sealing import DataKey, mail_place, new_id
from relay.sites import Site

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Registered:
    """The answer to a registration."""

    listing_id: UUID
    created: bool
    state: str
    show_phone: bool


async def put_listing(context: Context, site: Site, listing: Listing) -> Registered:
    """Create or replace a listing, and its advertiser when that person is new.

    Raises:
        Refused: ``listing_busy``; ``advertiser_frozen``: their data is under a restriction.
    """
    for _ in range(3):
        try:
            return await context.database.run(
                lambda connection: _put(context, connection, site, listing)
            )
        except UniqueConflict:
            continue  # another process met the same advertiser first
    raise Refused("listing_busy", retry_after_s=1)


async def _put(
    context: Context, connection: Connection, site: Site, listing: Listing
) -> Registered:
    now = context.clock()
    async with connection.transaction():
        advertiser_id, key = await _advertiser(context, connection, site, listing.advertiser.email)
        sealed = key.seal(
            json.dumps(asdict(listing.advertiser)), advertiser_place(site.site_id, listing.ref)
        )
        row = await queries().put_listing(
            connection,
            site_id=site.site_id,
            listing_id=new_id(now),
            ref=listing.ref,
            title=listing.title,
            details=listing.details,
            url=listing.url,
            language=listing.language,
            state=listing.state,
            advertiser_id=advertiser_id,
            sealed_advertiser=sealed,
            phone_hash=phone_key(site, listing.advertiser.phone),
            show_phone=listing.show_phone,
        )
    log.info("listing.put", listing_id=str(row["listing_id"]), site=site.slug)
    return Registered(row["listing_id"], row["created"], row["state"], row["show_phone"])


def phone_key(site: Site, e164: str | None) -> bytes:
    """Return what a listing is found by at the desk; empty where there is no phone."""
    return site.hash("phone", e164) if e164 else b""


async def _advertiser(
    context: Context, connection: Connection, site: Site, email: str
) -> tuple[UUID, DataKey]:
    mail_hash = site.hash("mail", email.lower())
    found = await queries().find_person(connection, site_id=site.site_id, mail_hash=mail_hash)
    if found is None:
        person_id = new_id(context.clock())
        key, wrapped = context.keyring.new_person_key(person_id)
        await queries().add_person(
            connection,
            site_id=site.site_id,
            person_id=person_id,
            mail_hash=mail_hash,
            wrapped_key=wrapped,
            sealed_mail=key.seal(email, mail_place(person_id)),
        )
        return person_id, key
    if found["wrapped_key"] is None:
        raise Refused("advertiser_frozen")  # at their own wish (GDPR 18)
    key = context.keyring.person_key(found["wrapped_key"], found["person_id"])
    return found["person_id"], key


async def read_listing(context: Context, site: Site, ref: str) -> Listing:
    """Return a listing with its advertiser, for the site that registered it.

    Raises:
        Refused: ``listing_unknown``.
    """
    async with context.database.connection() as connection:
        row = await queries().read_listing(connection, site_id=site.site_id, ref=ref)
    if row is None or row["wrapped_key"] is None:  # its advertiser was erased or frozen
        raise Refused("listing_unknown")
    return Listing(
        ref=row["ref"],
        title=row["title"],
        details=row["details"],
        url=row["url"],
        language=row["language"],
        show_phone=row["show_phone"],
        advertiser=open_advertiser(context, site, row),
        state=row["state"],
    )


async def find_listing(context: Context, site: Site, ref: str) -> Record | None:
    """Return what a page may show of a listing: nothing of its advertiser."""
    async with context.database.connection() as connection:
        row: Record | None = await queries().read_public_listing(
            connection, site_id=site.site_id, ref=ref
        )
    return row


async def close_listing(context: Context, site: Site, ref: str) -> None:
    """End a listing: no new contact is taken for it.

    Raises:
        Refused: ``listing_unknown``.
    """
    async with context.database.connection() as connection:
        row = await queries().close_listing(
            connection, site_id=site.site_id, ref=ref, is_chosen=False
        )
    if row is None:
        raise Refused("listing_unknown")
    log.info("listing.closed", listing_id=str(row["listing_id"]), site=site.slug)


def open_advertiser(context: Context, site: Site, row: Record) -> Advertiser:
    """Open the sealed advertiser of a listing row.

    Raises:
        Unsealable: The advertiser was erased.
    """
    key = context.keyring.person_key(row["wrapped_key"], row["advertiser_id"])
    place = advertiser_place(site.site_id, row["ref"])
    return unseal_advertiser(key, row["sealed_advertiser"], place)
