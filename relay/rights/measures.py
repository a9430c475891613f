"""Acts on a person's data that are no erasure: freeze, correction (GDPR 16, 18)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from relay.catalogue import advertiser_place, unseal_advertiser
from relay.contact_rows import DELIVERY_EXPIRY, OLDEST, told_hash
from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.errors import Refused
from relay.listings import phone_key
from relay.notices import Notice, enqueue
from relay.rights.objections import follow_address
from relay.rights.proof import is_new_address_proved
from relay.rights.requests import DataRequest, keep_content, read_request
from relay.rights.subjects import Subject, find_subjects
from relay.sealing import content_place, first_id, mail_place
from relay.sites import Site
from relay.validation import mailbox_key


async def freeze(
    context: Context, connection: Connection, site: Site, request: DataRequest
) -> None:
    """Set aside the keys of a person: their data is stored, and serves for nothing (GDPR 18)."""
    subjects = await find_subjects(context, connection, site, request)
    ids = [one.person_id for one in subjects]
    await rows_of(
        queries().freeze_persons(
            connection, site_id=site.site_id, person_ids=ids, at=context.clock()
        )
    )


async def unfreeze(
    context: Context, connection: Connection, site: Site, request: DataRequest
) -> None:
    """Put the keys of a person back; mails that waited leave."""
    subjects = await find_subjects(context, connection, site, request)
    ids = [one.person_id for one in subjects]
    await rows_of(queries().unfreeze_persons(connection, site_id=site.site_id, person_ids=ids))
    await thaw(context, connection, site)


async def thaw(context: Context, connection: Connection, site: Site) -> int:
    """Let leave what a restriction kept back, once nobody of its conversation is frozen any more.

    What is too old to be claimed ends, and its writer is told; returns how much does. Nothing ends
    while the restriction lasts: it is there so that nothing happens to a person's data.
    """
    now = context.clock()
    await queries().thaw_inbound(connection, site_id=site.site_id)
    rows = await rows_of(
        queries().thaw(
            connection,
            site_id=site.site_id,
            oldest_id=first_id(now + DELIVERY_EXPIRY - OLDEST),
            expires_at=now + DELIVERY_EXPIRY,
        )
    )
    for row in rows:
        mark = told_hash(site, row["mailbox_hash"], "notice", now)
        await enqueue(
            connection, site, Notice(row["mail_id"], "notice", "expired:frozen_over", mark), now
        )
    return len(rows)


async def correct(
    context: Context, connection: Connection, site: Site, request: DataRequest
) -> None:
    """Write the new name, phone or address wherever the person gave the old one (GDPR 16).

    Raises:
        Refused: ``changes_missing``; ``new_address_unproved``; ``new_address_known``: another
            person's already.
    """
    content, now = _content(request), context.clock()
    changes = content.changes
    if not changes:
        raise Refused("changes_missing")
    subjects = await find_subjects(context, connection, site, request)
    if "email" in changes:
        if not await is_new_address_proved(connection, site, request.request_id):
            raise Refused("new_address_unproved")
        await _move_address(connection, site, subjects, changes["email"])
        await follow_address(connection, site, content.email, changes["email"], now)
        await _follow_restrictions(context, connection, site, content.email, changes["email"])
    await _correct_words(connection, site, subjects, changes, now)
    await _correct_listings(connection, site, subjects, changes)


async def _follow_restrictions(
    context: Context, connection: Connection, site: Site, former: str, email: str
) -> None:
    """Let restrictions go on under a corrected address, by which they find their person."""
    former_hash, mailbox_hash = (site.hash("mailbox", mailbox_key(one)) for one in (former, email))
    rows = await rows_of(
        queries().list_restrictions(connection, site_id=site.site_id, subject_hash=former_hash)
    )
    for row in rows:
        request = await read_request(context, connection, site, row["request_id"], lock=True)
        moved = replace(request, subject_hash=mailbox_hash)
        await keep_content(connection, site, moved, replace(_content(request), email=email))


async def _move_address(
    connection: Connection, site: Site, subjects: Sequence[Subject], email: str
) -> None:
    """Let the newest row of a person be found under a new address."""
    mail_hash = site.hash("mail", email.lower())
    found = await queries().find_person(connection, site_id=site.site_id, mail_hash=mail_hash)
    ids = {one.person_id for one in subjects}
    if found and found["person_id"] not in ids:
        raise Refused("new_address_known")
    named = [one for one in subjects if not one.is_kept]  # what an erasure kept is nobody's again
    if not named or found:
        return
    newest = max(named, key=lambda one: one.person_id)
    await queries().correct_person(
        connection,
        site_id=site.site_id,
        person_id=newest.person_id,
        mail_hash=mail_hash,
        sealed_mail=newest.key.seal(email, mail_place(newest.person_id)),
    )


async def _correct_words(
    connection: Connection,
    site: Site,
    subjects: Sequence[Subject],
    changes: Mapping[str, str],
    now: datetime,
) -> None:
    """Correct what the person gave with their messages; what stood there is kept beside it."""
    keys = {one.person_id: one.key for one in subjects}
    rows = await rows_of(
        queries().own_words(connection, site_id=site.site_id, person_ids=list(keys))
    )
    sealed = []
    for row in rows:
        place = content_place(row["message_id"])
        key = keys[row["sender_id"]]
        content: dict[str, Any] = json.loads(key.open(row["sealed_content"], place))
        sealed.append(key.seal(json.dumps(_corrected(content, changes, now)), place))
    phone = site.hash("phone", changes["phone"]) if "phone" in changes else None
    mailbox = site.hash("mailbox", mailbox_key(changes["email"])) if "email" in changes else None
    await queries().correct_messages(
        connection,
        site_id=site.site_id,
        message_ids=[row["message_id"] for row in rows],
        sealed_contents=sealed,
        mailbox_hashes=[mailbox or row["mailbox_hash"] for row in rows],
        phone_hashes=[phone or row["phone_hash"] for row in rows],
    )


def _corrected(
    content: Mapping[str, Any], changes: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """Return what a message says of its writer, corrected, with the history of it (GDPR 5(2))."""
    before = {name: content.get(name) for name in changes if content.get(name) != changes[name]}
    if not before:
        return dict(content)
    was = [*content.get("corrected", []), {"at": now.isoformat(), **before}]
    fresh = {name: changes[name] for name in before}
    if "phone" in fresh:
        fresh["phone_typed"] = fresh["phone"]
    return {**content, **fresh, "corrected": was}


async def _correct_listings(
    connection: Connection, site: Site, subjects: Sequence[Subject], changes: Mapping[str, str]
) -> None:
    keys = {one.person_id: one.key for one in subjects}
    rows = await rows_of(
        queries().list_own_listings(connection, site_id=site.site_id, person_ids=list(keys))
    )
    names = {"name": "pseudonym", "phone": "phone", "email": "email"}
    fresh = {names[name]: value for name, value in changes.items()}
    await queries().correct_listings(
        connection,
        site_id=site.site_id,
        listing_ids=[row["listing_id"] for row in rows],
        sealed_advertisers=[_resealed(site, keys, row, fresh) for row in rows],
        phone_hash=phone_key(site, changes["phone"]) if "phone" in changes else None,
    )


def _resealed(site: Site, keys: Mapping[Any, Any], row: Record, fresh: Mapping[str, str]) -> bytes:
    key = keys[row["advertiser_id"]]
    place = advertiser_place(site.site_id, row["ref"])
    person = replace(unseal_advertiser(key, row["sealed_advertiser"], place), **fresh)
    sealed: bytes = key.seal(json.dumps(asdict(person)), place)
    return sealed


def _content(request: DataRequest) -> Any:
    if request.content is None:
        raise Refused("request_state")
    return request.content
