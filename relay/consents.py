"""Consents for the few things that need one: given, proved, withdrawn, over after a year.

Secrecy of correspondence allows no statistics from it without the express consent of whoever
corresponds, for each processing, for a year at most (CPCE L32-3 IV, D98-5). So far there is one:
how fast an advertiser answers, from the times of messages and never their words.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog

from relay.contact_rows import describe_browser
from relay.contacts import Origin
from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.errors import Refused
from relay.pasted import network_of
from relay.sealing import DataKey, Unsealable, mail_place, new_id
from relay.sites import Site
from relay.validation import mailbox_key

YEAR = timedelta(days=365)
COUNTED = timedelta(days=90)
ANSWERS_LEAST = 10  # fewer would show single answers

log = structlog.get_logger()


class Use(StrEnum):
    """What a consent is for."""

    ANSWERING_TIME = "answering_time"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where and how a consent was given, as it is sealed.

    Args:
        network: The address without its end: /24 for IPv4, /48 for IPv6.
        page: Path of the page, without what opens it.
        place: Region as the browser's languages name one, e.g. ``FR``; "" when they name none.
    """

    network: str
    browser: str
    device: str
    page: str
    place: str


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One consent with all that proves it (GDPR 7(1)); ``consent_id`` names it to the person."""

    consent_id: UUID
    use: Use
    policy_version: int
    given_at: datetime
    ends_at: datetime
    withdrawn_at: datetime | None
    circumstances: Circumstances

    def holds(self, now: datetime) -> bool:
        """Tell whether it is given now."""
        return self.withdrawn_at is None and now < self.ends_at


@dataclass(frozen=True, slots=True)
class AnsweringTime:
    """How fast an advertiser answers first contacts; *median* is None below ten answers."""

    answers: int
    median: timedelta | None


def circumstances_of(origin: Origin, page: str) -> Circumstances:
    """Return what is kept of a request by which a consent is given."""
    seen = describe_browser(origin.user_agent)
    first = origin.accept_language.partition(",")[0].partition(";")[0].strip()
    region = first.partition("-")[2].upper()
    return Circumstances(
        network=network_of(origin.ip),
        browser=seen["browser"] or "",
        device=seen["device"] or seen["system"] or "",
        page=page,
        place=region if len(region) == 2 and region.isalpha() else "",  # noqa: PLR2004 (ISO 3166)
    )


async def give(
    context: Context, site: Site, person_id: UUID, use: Use, given: Circumstances
) -> None:
    """Record a consent, in the place of an older one and of an objection to what it is for.

    Raises:
        Refused: ``not_found``: nobody, or erased.
    """
    now = context.clock()
    consent_id = new_id(now)
    async with context.database.connection() as connection, connection.transaction():
        key = await _begin(context, connection, site, person_id, now)
        named = {"site_id": site.site_id, "person_id": person_id, "purpose": use.value}
        await queries().withdraw_consents(connection, **named, at=now)
        await queries().add_consent(
            connection,
            **named,
            consent_id=consent_id,
            policy_version=site.policy.version,
            given_at=now,
            ends_at=now + YEAR,
            sealed_record=key.seal(json.dumps(asdict(given)), _place(consent_id)),
        )
    log.info("consent.given", consent_id=str(consent_id), purpose=use.value, site=site.slug)


async def _begin(
    context: Context, connection: Connection, site: Site, person_id: UUID, now: datetime
) -> DataKey:
    """Open the key of who consents, and end what they said against it before.

    Raises:
        Refused: ``not_found``.
    """
    row = await queries().lock_person(connection, site_id=site.site_id, person_id=person_id)
    if row is None:
        raise Refused("not_found")
    try:
        key = context.keyring.person_key(row["wrapped_key"], person_id)
        email = key.open(row["sealed_mail"] or b"", mail_place(person_id))
    except Unsealable:
        raise Refused("not_found") from None
    mailbox_hash = site.hash("mailbox", mailbox_key(email))
    await queries().end_objection(
        connection, site_id=site.site_id, mailbox_hash=mailbox_hash, at=now
    )
    return key


async def withdraw(context: Context, site: Site, person_id: UUID, use: Use) -> None:
    """Take a consent back, as easily as it was given (GDPR 7(3)); none is as well."""
    async with context.database.connection() as connection:
        await queries().withdraw_consents(
            connection,
            site_id=site.site_id,
            person_id=person_id,
            purpose=use.value,
            at=context.clock(),
        )
    log.info("consent.withdrawn", purpose=use.value, site=site.slug)


async def list_consents(context: Context, site: Site, person_id: UUID) -> list[ConsentRecord]:
    """Return every record of a person, newest first; none of a person erased."""
    async with context.database.connection() as connection:
        found = queries().list_consents(connection, site_id=site.site_id, person_id=person_id)
        rows = await rows_of(found)
    if not rows:
        return []
    try:
        key = context.keyring.person_key(rows[0]["wrapped_key"], person_id)
        return [open_record(key, row) for row in rows]
    except Unsealable:
        return []


async def read_answering_time(
    context: Context, site: Site, person_id: UUID
) -> AnsweringTime | None:
    """Return how fast a person answered in the last ninety days; None without their consent."""
    now = context.clock()
    records = await list_consents(context, site, person_id)
    if not any(one.use is Use.ANSWERING_TIME and one.holds(now) for one in records):
        return None
    async with context.database.connection() as connection:
        row = await queries().answering_time(
            connection,
            site_id=site.site_id,
            person_id=person_id,
            since=now - COUNTED,
            as_of=now,
        )
    enough = row["answers"] >= ANSWERS_LEAST
    return AnsweringTime(row["answers"], row["median"] if enough else None)


def open_record(key: DataKey, row: Record) -> ConsentRecord:
    """Open one record with its person's key.

    Raises:
        Unsealable: It is another's.
    """
    opened = key.open(row["sealed_record"], _place(row["consent_id"]))
    return ConsentRecord(
        consent_id=row["consent_id"],
        use=Use(row["purpose"]),
        policy_version=row["policy_version"],
        given_at=row["given_at"],
        ends_at=row["ends_at"],
        withdrawn_at=row["withdrawn_at"],
        circumstances=Circumstances(**json.loads(opened)),
    )


def _place(consent_id: UUID) -> str:
    return f"consent.sealed_record:{consent_id}"
