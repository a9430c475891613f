"""Whose key seals what somebody told the desk: their own, so that it goes with them (GDPR 17)."""

from datetime import datetime
from uuid import UUID

from relay.context import Context
from relay.database import Connection, Record, queries
from relay.errors import Invalid
from relay.sealing import DataKey, Keyring, Unsealable, mail_place, new_id
from relay.sites import Site
from relay.validation import read_email

Giver = tuple[UUID | None, DataKey]


async def giver_of(
    context: Context, connection: Connection, site: Site, email: str, now: datetime
) -> Giver:
    """Return who gave an address, made known if they were not, and their key.

    The site's key serves for who gives no address, and for who had their data frozen: a notice is
    taken all the same (DSA 16).
    """
    try:
        address = read_email(email, examples=site.is_test).address
    except Invalid:
        return None, site.key
    person_id = new_id(now)
    key, wrapped = context.keyring.new_person_key(person_id)
    row = await queries().keep_person(
        connection,
        site_id=site.site_id,
        person_id=person_id,
        mail_hash=site.hash("mail", address.lower()),
        wrapped_key=wrapped,
        sealed_mail=key.seal(address, mail_place(person_id)),
    )
    return _known(context.keyring, site, row)


async def party(
    context: Context, connection: Connection, site: Site, person_id: UUID | None
) -> Giver:
    """Return somebody the relay knows, and their key; the site's when theirs is set aside."""
    if person_id is None:
        return None, site.key
    row = await queries().lock_person(connection, site_id=site.site_id, person_id=person_id)
    return _known(context.keyring, site, row)


def opened(keyring: Keyring, site: Site, row: Record, column: str, place: str) -> str:
    """Open what ``giver_of`` or ``party`` gave the key for; "" of whoever was erased.

    Args:
        row: Has *column*, ``owner_id`` and the owner's ``wrapped_key``.
    """
    if row["owner_id"] is None:
        return site.key.open(row[column], place)
    try:
        return keyring.person_key(row["wrapped_key"], row["owner_id"]).open(row[column], place)
    except Unsealable:
        return ""


def _known(keyring: Keyring, site: Site, row: Record | None) -> Giver:
    if row is None:
        return None, site.key
    try:
        return row["person_id"], keyring.person_key(row["wrapped_key"], row["person_id"])
    except Unsealable:
        return None, site.key
