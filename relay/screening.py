"""The rules put to messages before they leave, by the worker that claimed them.

A rule does no more than hold a message for a person. What rules saw is written before anything
leaves; a message that a person let go is not asked again. Purpose: security (CPCE L32-3 III).

A rule that fails lets its message go; a text that takes too long to read waits for a person, so
that nobody passes the rules by making them slow.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

import structlog
from prometheus_client import Counter

from relay.context import Context
from relay.cpu import Overrun, cpu_limit
from relay.database import Connection, Record, queries, rows_of
from relay.errors import Unavailable
from relay.marks import mark, sketch_of
from relay.near import Sketch
from relay.rules import Facts, Reading, Verdict, judge, read
from relay.sealing import content_place, first_id
from relay.sites import Site

LATELY = timedelta(hours=1)  # what Facts count
COPIES_MOST = 50  # more of a text say nothing more
CPU_S = 0.5  # to read a text, and to judge it; a usual one takes a thousandth

failed_total = Counter("relay_rules_failed_total", "Messages that left unread by the rules")
overrun_total = Counter("relay_rules_overrun_total", "Messages held: reading them took too long")
hits_total = Counter("relay_rule_hits_total", "What rules saw", ["rule", "mode"])
log = structlog.get_logger()

Result = TypeVar("Result")


class Wait(StrEnum):
    """Why a message waits for a person."""

    RULES = "rules"
    UNSCREENED = "unscreened"  # its text takes longer to read than CPU_S


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

    @property
    def mail_id(self) -> UUID:
        """Its mail's id."""
        mail_id: UUID = self.row["mail_id"]
        return mail_id


@dataclass(frozen=True, slots=True)
class _Read:
    """A message that was read.

    Args:
        sketch: Of a buyer's text of more than a few words: its copies would say something.
    """

    subject: _Subject
    reading: Reading
    sketch: Sketch | None

    @property
    def message_id(self) -> UUID:
        """Its id."""
        message_id: UUID = self.subject.row["message_id"]
        return message_id

    @property
    def mail_id(self) -> UUID:
        """Its mail's id."""
        return self.subject.mail_id


Message = TypeVar("Message", _Subject, _Read)


@dataclass(frozen=True, slots=True)
class _Copies:
    """How often a text came lately; nothing of it is known yet when it came alone."""

    copies: int = 1
    listings: int = 1
    mailboxes: int = 1


async def screen(context: Context, rows: Iterable[Record]) -> Mapping[UUID, Wait]:
    """Put each site's rules to messages; return the mails that must wait for a person, and why.

    Args:
        rows: Of ``read_mails``; those without a person's words are passed over.

    Returns:
        By mail, which may leave unless it stands here.

    Raises:
        Unavailable: The database is away; nothing may leave.
    """
    try:
        subjects = [one for row in rows if (one := await _open(context, row))]
        if not subjects:
            return {}
        return await context.database.run(lambda one: _screen(context, one, subjects))
    except Unavailable:
        raise
    except Exception:
        failed_total.inc()
        log.exception("rules.failed")
        return {}


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
) -> Mapping[UUID, Wait]:
    lately = first_id(context.clock() - LATELY)
    grounds = await _read_grounds(connection, subjects, lately)
    asked = [one for one in subjects if not grounds[one.row["message_id"]]["is_released"]]
    held: dict[UUID, Wait] = {}
    reads = await _bounded(asked, _read, held)
    copies = await _count_copies(connection, reads, lately)

    def judged(one: _Read) -> tuple[_Subject, Record, Verdict]:
        ground = grounds[one.message_id]
        return one.subject, ground, _judge(one, ground, copies.get(one.message_id, _Copies()))

    verdicts = await _bounded(reads, judged, held)
    await _write(connection, [one for one in verdicts if one[2].parts])
    waiting = [one for one, ground, verdict in verdicts if verdict.holds(ground["score"])]
    return held | {one.mail_id: Wait.RULES for one in waiting}


async def _bounded(
    messages: Iterable[Message], act: Callable[[Message], Result], held: dict[UUID, Wait]
) -> list[Result]:
    """Do something with each message within its time; note in *held* which took longer.

    What fails is counted and passed over: its message goes on.
    """
    done = []
    for one in messages:
        try:
            with cpu_limit(CPU_S):
                result = act(one)
        except Overrun:
            overrun_total.inc()
            log.error("rules.overrun", mail_id=str(one.mail_id))  # noqa: TRY400 (its trace says nothing)
            held[one.mail_id] = Wait.UNSCREENED
        except Exception:
            failed_total.inc()
            log.exception("rules.failed", mail_id=str(one.mail_id))
        else:
            done.append(result)
        await asyncio.sleep(0)  # many at once: mails under way go on meanwhile
    return done


def _read(one: _Subject) -> _Read:
    reading = read(one.text, region=one.site.policy.site.region)
    sketch = sketch_of(one.site, one.text) if one.row["kind"] == "contact" else None
    return _Read(one, reading, sketch if sketch and sketch.minima else None)


def _judge(one: _Read, ground: Record, copies: _Copies) -> Verdict:
    """Put the rules to one message."""
    row = one.subject.row
    facts = Facts(
        side=row["side"],
        is_first=row["message_id"] == row["conversation_id"],
        phone=one.subject.phone,
        listings=ground["listings"],
        copies=copies.copies,
        copy_listings=copies.listings,
        copy_mailboxes=copies.mailboxes,
        files=row["files"],
    )
    return judge(one.reading, facts, ground["live"], ground["off"])


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
    connection: Connection, reads: Sequence[_Read], lately: UUID
) -> dict[UUID, _Copies]:
    """Return how often the texts of some messages came lately, these included."""
    by_site: dict[UUID, tuple[Site, dict[UUID, Sketch]]] = {}
    for one in reads:
        if one.sketch:
            site = one.subject.site
            by_site.setdefault(site.site_id, (site, {}))[1][one.message_id] = one.sketch
    found: dict[UUID, _Copies] = {}
    for site, sketches in by_site.values():
        found |= await _count_at_site(connection, site, sketches, lately)
    return found


async def _count_at_site(
    connection: Connection, site: Site, sketches: Mapping[UUID, Sketch], lately: UUID
) -> dict[UUID, _Copies]:
    """Mark some messages, so that those that are about to leave with them count, and count."""
    async with connection.transaction():
        await queries().wait_marks(connection, site_id=site.site_id)
        rows = await rows_of(
            queries().find_marks(connection, site_id=site.site_id, message_ids=list(sketches))
        )
        known = {row["message_id"]: row["cluster_id"] for row in rows if row["cluster_id"]}
        objected = {row["message_id"] for row in rows if row["is_objected"]}
        fresh = {one: sketches[one] for one in sketches.keys() - known.keys()}
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
