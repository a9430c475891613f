"""Puts the play on: what three months would have left in the tables, in a few statements.

Only the demonstration calls this. Everything goes the way real messages go (the same rows, keys
and hashes), but for the time it is said to have come in: months that have no partition any more
stand in the default one.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from relay.cast.script import Line, Play, write_play
from relay.catalogue import Advertiser, Listing
from relay.contact_rows import HOLD_EXPIRY, Batch, ContactRequest, NewContact, Place
from relay.contacts import Contact, Fields, Origin, read_contact
from relay.context import Context
from relay.database import Record, queries, rows_of
from relay.desk import Category, Notice, Source, file_report
from relay.listings import put_listing
from relay.lookup import mark_texts
from relay.rules import RULES, Facts, Verdict, judge, read
from relay.sealing import content_place, new_id
from relay.sites import Site
from relay.validation import mailbox_key

SEED = 7
CHUNK = 250
MARKED = 500
RUN = Facts(listings=12, copies=12, copy_listings=12, copy_mailboxes=6)  # of the ring's lines
HELD_SINCE = timedelta(hours=8)  # of the ring's messages, the rules hold those since
# A word of the message that is reported, what it is reported as, and why.
REPORTS = (
    (
        "enveloppe",
        Category.SCAM,
        "Un transporteur doit venir avec l’argent, il ne répond à aucune question.",
    ),
    (
        "mandat",
        Category.OFF_SITE_PAYMENT,
        "On me demande un mandat, alors que j’ai dit espèces sur place.",
    ),
    (
        "validez",
        Category.PHISHING,
        "Le lien ressemble à celui d’un site connu et demande ma carte.",
    ),
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Told:
    """A line with the row it becomes and what the rules say of it."""

    line: Line
    row: NewContact
    verdict: Verdict


async def put_on(context: Context, site: Site, *, seed: int = SEED) -> int:
    """Give an empty site three months of messages; return how many, 0 when it has them already."""
    now = context.clock()
    play = write_play(seed, now)
    async with context.database.connection() as connection:
        known = await rows_of(queries().list_advertisers(connection, site_id=site.site_id))
        if play.things[0].ref in {row["ref"] for row in known}:
            return 0
    await _put_listings(context, site, play)
    told = await _tell(context, site, play, now)
    await _answer(context, site, play, told)
    await _judge(context, site, told)
    while await mark_texts(context, site, most=MARKED) == MARKED:
        pass
    await _report(context, site, told)
    log.info("demo.put_on", site=site.slug, messages=len(told))
    return len(told)


async def _put_listings(context: Context, site: Site, play: Play) -> None:
    for one in play.things:
        listing = Listing(
            ref=one.ref,
            title=one.title,
            details=one.details,
            url=f"http://annonces.example/{one.ref}",
            language="fr",
            show_phone=False,
            advertiser=Advertiser(one.name, one.email, one.phone),
        )
        await put_listing(context, site, listing)


async def _tell(context: Context, site: Site, play: Play, now: datetime) -> list[_Told]:
    """Write the buyers' messages, their traces and their ends."""
    async with context.database.connection() as connection:
        rows = await rows_of(queries().list_advertisers(connection, site_id=site.site_id))
    listings = {row["ref"]: row["listing_id"] for row in rows}
    batch, told = Batch(context.keyring), []
    people: set[UUID] = set()
    conversations: set[UUID] = set()
    for start in range(0, len(play.lines), CHUNK):
        chunk = []
        for line in play.lines[start : start + CHUNK]:
            chunk.append(_told(site, batch, line, listings[line.ref], now))
            await asyncio.sleep(0)  # somebody is looking at the inbox meanwhile
        await _write(context, site, [_known(one.row, people, conversations) for one in chunk])
        people |= {one.row.sender_id for one in chunk}
        conversations |= {one.row.conversation_id for one in chunk}
        told += chunk
    return told


def _told(site: Site, batch: Batch, line: Line, listing_id: UUID, now: datetime) -> _Told:
    at = now - line.ago
    request = ContactRequest(
        site=site,
        contact=_contact(site, line),
        origin=Origin(line.ip, 40_000, "", line.user_agent, "fr-FR,fr;q=0.9"),
        key=None,
        request_hash=os.urandom(32),
        policy_version=site.policy.version,
        received_at=at,
        held_for=None,
        receipt=False,
    )
    row = batch.row(request, Place(listing_id, None, None, None))
    facts = RUN if line.is_ring else Facts()
    verdict = judge(read(line.text), facts, [rule.name for rule in RULES])
    is_held = verdict.holds(row.score) and line.is_ring and line.ago < HELD_SINCE
    state, reason = ("held", "rules") if is_held else (line.end, _REASONS[line.end])
    row = row._replace(
        content_hash=os.urandom(32),
        state=state,
        reason=reason,
        due_at=at + HOLD_EXPIRY if is_held else at,
        expires_at=at + HOLD_EXPIRY,
    )
    return _Told(line, row, verdict)


_REASONS = {
    "delivered": "delivered",
    "bounced": "mailbox_unknown",
    "expired": "expired",
    "cancelled": "by_sender",
}


def _contact(site: Site, line: Line) -> Contact:
    fields = Fields(line.ref, line.email, line.phone, line.text, line.name)
    return read_contact(fields, site.policy, language="fr", sandbox=True, form=None)


def _known(row: NewContact, people: set[UUID], conversations: set[UUID]) -> NewContact:
    """Say of a row whether its person and conversation were written with an earlier one."""
    return row._replace(
        sender_is_new=row.sender_id not in people,
        conversation_is_new=row.conversation_id not in conversations,
    )


async def _write(context: Context, site: Site, rows: Sequence[NewContact]) -> None:
    async with context.database.connection() as connection, connection.transaction():
        await rows_of(queries().store_contacts(connection, contacts=rows))
        await queries().settle_past(
            connection,
            site_id=site.site_id,
            message_ids=[row.message_id for row in rows],
            took_s=[0.2 + row.message_id.int % 1500 / 1000 for row in rows],
        )


async def _answer(context: Context, site: Site, play: Play, told: Sequence[_Told]) -> None:
    """Write what advertisers answered, an hour later."""
    emails = {one.ref: one.email for one in play.things}
    async with context.database.connection() as connection:
        rows = await rows_of(queries().list_advertisers(connection, site_id=site.site_id))
        owners = {row["ref"]: row for row in rows}
        answers = [
            _answered(context, site, one, owners[one.line.ref], emails[one.line.ref])
            for one in told
            if one.line.answer
        ]
        columns = map(list, zip(*answers, strict=True))
        named = dict(zip(_ANSWER, columns, strict=True))
        await queries().add_past_answers(connection, site_id=site.site_id, **named)


_ANSWER = (
    "message_ids", "asked_ids", "sealed_contents", "mailbox_hashes", "text_hashes", "received_ats",
)  # fmt: skip


def _answered(
    context: Context, site: Site, one: _Told, owner: Record, email: str
) -> tuple[Any, ...]:
    at = one.row.received_at + min(timedelta(hours=1), one.line.ago / 2)
    message_id = new_id(at)
    key = context.keyring.person_key(owner["wrapped_key"], owner["advertiser_id"])
    content = {"name": "", "email": None, "phone": None, "text": one.line.answer}
    sealed = key.seal(json.dumps(content), content_place(message_id))
    mailbox_hash = site.hash("mailbox", mailbox_key(email))
    text_hash = site.hash("text", one.line.answer.casefold())
    return message_id, one.row.message_id, sealed, mailbox_hash, text_hash, at


async def _judge(context: Context, site: Site, told: Sequence[_Told]) -> None:
    """Make every rule count from now on, and write what they saw: until lately, in shadow."""
    seen = [(one, part) for one in told for part in one.verdict.parts]
    async with context.database.connection() as connection, connection.transaction():
        for rule in RULES:
            await queries().set_mode(connection, site_id=site.site_id, rule=rule.name, mode="live")
        await queries().add_hits(
            connection,
            site_ids=[site.site_id] * len(seen),
            message_ids=[one.row.message_id for one, _ in seen],
            rules=[part.rule for _, part in seen],
            points=[part.points for _, part in seen],
            lives=[one.row.state == "held" for one, _ in seen],
            holds=[one.verdict.holds(one.row.score) for one, _ in seen],
        )


async def _report(context: Context, site: Site, told: Sequence[_Told]) -> None:
    """Have readers of the ring's last messages that left report them, through the site."""
    left = [one for one in told if one.line.is_ring and one.row.state == "delivered"]
    for word, category, why in REPORTS:
        last = next(one for one in reversed(left) if word in one.line.text)
        notice = Notice(
            message_id=last.row.message_id,
            category=category,
            source=Source.SITE,
            why=why,
            name="Une annonceuse",
            email="annonceuse@annonceur.example",
            good_faith=True,
        )
        await file_report(context, site, notice)
