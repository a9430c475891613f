"""Three years on a site of each policy: every promise holds on every day, nothing young is gone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from relay.context import Context
from relay.policy import Kept, Trigger
from relay.retention import Pace, Run, find_overdue, purge_site
from relay.sealing import new_id
from tests.relays import Relay, open_relay
from tests.rig.past import OldContact, add_contacts, add_listing

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
NOW = datetime.now(UTC)
START = NOW - 3 * 365 * DAY
NAMES = ("1000-annonces", "zone-visio", "minutewebcam", "rgpd", "service-client")


@dataclass(frozen=True, slots=True)
class Told:
    """A contact and when its listing ends; None for one that stays open."""

    contact: OldContact
    listing_id: UUID
    ended_at: datetime | None

    def ends_at(self, kept: Kept) -> datetime:
        """When a class of it must be gone, by the words of the policy."""
        received = self.contact.received_at
        if kept.trigger is Trigger.RECEIPT:
            return received + kept.days * DAY
        latest = received + (kept.most_days or 0) * DAY
        return min(latest, self.ended_at + kept.days * DAY) if self.ended_at else latest


@pytest.fixture(params=NAMES)
async def relay(context: Context, request: pytest.FixtureRequest) -> AsyncIterator[Relay]:
    """A site of each policy, with a past of three years still to come."""
    async with open_relay(context, request.param) as opened:
        yield opened


async def fill(relay: Relay) -> list[Told]:
    """Put contacts of two years on listings that end at different times, or never."""
    told = []
    for number, life in enumerate((20, 100, 400, None)):
        begun = START + number * 3 * DAY
        ended_at = begun + life * DAY if life else None
        listing_id, _ = await add_listing(relay, f"t{number}", begun, ended_at=ended_at)
        last = min(life or 700, 700)
        times = [begun + day * DAY for day in range(1, last, 60)]
        made = await add_contacts(relay, times, listing_id=listing_id)
        told += [Told(contact, listing_id, ended_at) for contact in made]
    return told


async def add_papers(relay: Relay, told: list[Told]) -> dict[str, dict[UUID, datetime]]:
    """Add to each contact a report and a mail that came in; return when each was received."""
    reports = {new_id(one.contact.received_at): one.contact for one in told}
    mails = {new_id(one.contact.received_at): one.contact for one in told}
    site_id = relay.site.site_id
    async with relay.context.database.connection() as connection:
        for report_id, contact in reports.items():
            await connection.execute(
                "insert into report (site_id, report_id, message_id, reporter_id, sealed_note,"
                " created_at) values ($1, $2, $3, $4, '', $5)",
                *(site_id, report_id, contact.message_id, contact.buyer_id, contact.received_at),
            )
        for mail_id, contact in mails.items():
            await connection.execute(
                "insert into inbound (site_id, inbound_id, conversation_id, side, owner_id,"
                " copy_hash, state, reason, received_at)"
                " values ($1, $2, $3, 'advertiser', $4, $5, 'read', 'read', $6)",
                *(site_id, mail_id, contact.conversation_id, contact.buyer_id, mail_id.bytes),
                contact.received_at,
            )
    return {
        "report": {one: contact.received_at for one, contact in reports.items()},
        "inbound": {one: contact.received_at for one, contact in mails.items()},
    }


async def ids(relay: Relay, table: str, column: str) -> set[UUID]:
    """Return the ids of a table."""
    return {row["id"] for row in await relay.fetch(f"select {column} as id from {table}")}


async def test_three_years(relay: Relay) -> None:
    """F49: a minute before its end everything is there, at its end it is gone, for three years."""
    told = await fill(relay)
    papers = await add_papers(relay, told)
    retention = relay.site.policy.retention
    lives = {"report": retention.reports.days * DAY, "inbound": retention.inbound.days * DAY}
    ends = {one.ends_at(kept) for one in told for kept in (retention.messages, retention.traces)}
    ends |= {at + lives[table] for table, rows in papers.items() for at in rows.values()}
    moments = sorted({*(end - MINUTE for end in ends), *(end + MINUTE for end in ends)})
    for at in [moment for moment in moments if moment < NOW]:
        await purge_site(Run(relay.context, relay.site, at, Pace(rest=0), lambda *_: None))
        for table, kept in (("message", retention.messages), ("sender_trace", retention.traces)):
            expected = {one.contact.message_id for one in told if one.ends_at(kept) > at}
            assert await ids(relay, table, "message_id") == expected, (table, at)
        for table, rows in papers.items():
            left = {one for one, received in rows.items() if received + lives[table] > at}
            assert await ids(relay, table, f"{table}_id") == left, (table, at)
    buyers = {one.contact.buyer_id for one in told}
    needed = {
        one.contact.buyer_id
        for one in told
        if max(
            *(one.ends_at(retention.messages), one.ends_at(retention.traces)),
            one.contact.received_at + max(lives.values()),
        )
        > NOW
    }
    await purge_site(Run(relay.context, relay.site, NOW + DAY, Pace(rest=0), lambda *_: None))
    assert await ids(relay, "person", "person_id") & buyers <= needed
    over = {
        one.listing_id
        for one in told
        if one.ended_at and one.ended_at + retention.listings.days * DAY < NOW
    }
    assert not await ids(relay, "listing", "listing_id") & over
    async with relay.context.database.connection() as connection:
        assert await find_overdue(connection, relay.site, NOW, timedelta(0)) == []
