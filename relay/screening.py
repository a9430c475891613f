"""The rules put to messages before they leave, by the worker that claimed them.

A rule does no more than hold a message for a person. What rules saw is written before anything
leaves; a message that a person let go is not asked again. Purpose: security (CPCE L32-3 III).
"""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from prometheus_client import Counter

from relay.blocks import near_key
from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.errors import Unavailable
from relay.marks import mark
from relay.near import Sketch, sketch
from relay.rules import Facts, Verdict, judge, read
from relay.sealing import content_place, first_id
from relay.sites import Site

LATELY = timedelta(hours=1)  # what Facts count
COPIES_MOST = 50  # more of a text say nothing more

failed_total = Counter("relay_rules_failed_total", "Messages that left unread by the rules")
hits_total = Counter("relay_rule_hits_total", "What rules saw", ["rule", "mode"])
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Subject:
    """A message about to leave, opened.

    Args:
        row: A row of ``read_mails``.
    """

    site: Site
    row: Record
    text: str
    phone: str | None


@dataclass(frozen=True, slots=True)
class _Copies:
    """How often a text came lately; nothing of it is known yet when it came alone."""

    copies: int = 1
    listings: int = 1
    mailboxes: int = 1


async def screen(context: Context, rows: Iterable[Record]) -> frozenset[UUID]:
    """Put each site's rules to messages; return the mails that must wait for a person.

    Args:
        rows: Of ``read_mails``; those without a person's words are passed over.

    Raises:
        Unavailable: The database is away; nothing may leave.
    """
    try:
        subjects = [one for row in rows if (one := await _open(context, row))]
        if not subjects:
            return frozenset()
        return await context.database.run(lambda one: _screen(context, one, subjects))
    except Unavailable:
        raise
    except Exception:
        failed_total.inc()
        log.exception("rules.failed")
        return frozenset()


async def _open(context: Context, row: Record) -> _Subject | None:
    """Open a message; None of what carries no words of a person, or cannot be opened."""
    if row["kind"] not in ("contact", "reply") or row["sender_key"] is None:
        return None
    try:
        site = await context.sites.by_id(row["site_id"])
        key = context.keyring.person_key(row["sender_key"], row["sender_id"])
        place = content_place(row["message_id"])
        content = json.loads(key.open(row["sealed_content"], place))
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 (rendering meets the same fault, and answers it)
        log.info("rules.not_opened", mail_id=str(row["mail_id"]), fault=type(error).__name__)
        return None
    return _Subject(site, row, content.get("text") or "", content.get("phone"))


async def _screen(
    context: Context, connection: Connection, subjects: Sequence[_Subject]
) -> frozenset[UUID]:
    lately = first_id(context.clock() - LATELY)
    grounds = await _read_grounds(connection, subjects, lately)
    asked = [one for one in subjects if not grounds[one.row["message_id"]]["is_released"]]
    copies = await _count_copies(connection, asked, lately)
    verdicts: list[tuple[_Subject, Record, Verdict]] = []
    for one in asked:
        ground = grounds[one.row["message_id"]]
        verdict = _judge(one, ground, copies.get(one.row["message_id"], _Copies()))
        if verdict is not None and verdict.parts:
            verdicts.append((one, ground, verdict))
        await asyncio.sleep(0)  # many at once: mails under way go on meanwhile
    await _write(connection, verdicts)
    return frozenset(
        one.row["mail_id"] for one, ground, verdict in verdicts if verdict.holds(ground["score"])
    )


def _judge(one: _Subject, ground: Record, copies: _Copies) -> Verdict | None:
    """Put the rules to one message; None when they fail, and then it goes on (counted)."""
    facts = Facts(
        side=one.row["side"],
        is_first=one.row["message_id"] == one.row["conversation_id"],
        phone=one.phone,
        listings=ground["listings"],
        copies=copies.copies,
        copy_listings=copies.listings,
        copy_mailboxes=copies.mailboxes,
        files=one.row["files"],
    )
    try:
        reading = read(one.text, region=one.site.policy.site.region)
        return judge(reading, facts, ground["live"], ground["off"])
    except Exception:
        failed_total.inc()
        log.exception("rules.failed", mail_id=str(one.row["mail_id"]))
        return None


async def _read_grounds(
    connection: Connection, subjects: Sequence[_Subject], lately: UUID
) -> dict[UUID, Record]:
    rows = await rows_of(
        queries().read_grounds(
            connection,
            site_ids=[one.site.site_id for one in subjects],
            message_ids=[one.row["message_id"] for one in subjects],
            mailbox_hashes=[one.row["mailbox_hash"] for one in subjects],
            first_id=lately,
        )
    )
    return {row["message_id"]: row for row in rows}


async def _count_copies(
    connection: Connection, subjects: Sequence[_Subject], lately: UUID
) -> dict[UUID, _Copies]:
    """Return how often the texts of some messages came lately, these included."""
    sites = {one.site.site_id: one.site for one in subjects}
    texts: dict[UUID, dict[UUID, Sketch]] = {site_id: {} for site_id in sites}
    for one in subjects:
        if one.row["kind"] == "contact":
            text = sketch(one.text, near_key(one.site))
            if text.minima:  # more than a polite question: copies of it say something
                texts[one.site.site_id][one.row["message_id"]] = text
    found: dict[UUID, _Copies] = {}
    for site_id, of_site in texts.items():
        if of_site:
            found |= await _count_at_site(connection, sites[site_id], of_site, lately)
    return found


async def _count_at_site(
    connection: Connection, site: Site, texts: Mapping[UUID, Sketch], lately: UUID
) -> dict[UUID, _Copies]:
    """Mark some messages, so that those that are about to leave with them count, and count."""
    async with connection.transaction():
        await queries().wait_marks(connection, site_id=site.site_id)
        rows = await rows_of(
            queries().find_marks(connection, site_id=site.site_id, message_ids=list(texts))
        )
        known = {row["message_id"]: row["cluster_id"] for row in rows if row["cluster_id"]}
        objected = {row["message_id"] for row in rows if row["is_objected"]}
        fresh = {one: text for one, text in texts.items() if one not in known}
        cluster_of = known | await mark(connection, site, fresh, unmarked=objected - known.keys())
    counted = await rows_of(
        queries().count_copies(
            connection,
            site_id=site.site_id,
            cluster_ids=list({one for one in cluster_of.values() if one}),
            first_id=lately,
            most=COPIES_MOST,
        )
    )
    runs = {row["cluster_id"]: row for row in counted}
    return {
        message_id: _copies(runs[cluster_id], is_marked=message_id not in objected)
        for message_id, cluster_id in cluster_of.items()
        if cluster_id in runs
    }


def _copies(run: Record, *, is_marked: bool) -> _Copies:
    """Count a message among its copies, whether it is marked or not."""
    return _Copies(run["copies"] + (not is_marked), run["listings"], run["mailboxes"])


async def _write(
    connection: Connection, verdicts: Sequence[tuple[_Subject, Record, Verdict]]
) -> None:
    hits = [
        (one, part, verdict.holds(ground["score"], with_shadow=part.is_shadow))
        for one, ground, verdict in verdicts
        for part in verdict.parts
    ]
    if not hits:
        return
    for _, part, _ in hits:
        hits_total.labels(part.rule, "shadow" if part.is_shadow else "live").inc()
    await queries().add_hits(
        connection,
        site_ids=[one.site.site_id for one, _, _ in hits],
        message_ids=[one.row["message_id"] for one, _, _ in hits],
        rules=[part.rule for _, part, _ in hits],
        points=[part.points for _, part, _ in hits],
        lives=[not part.is_shadow for _, part, _ in hits],
        holds=[holds for _, _, holds in hits],
    )
