"""Mails that arrive: who is expected to write to an address, and keeping what came, sealed.

Every door that takes mail (LMTP, SMTP, the HTTP hook) comes through here. Nothing is read yet:
a mail is committed first and read later, elsewhere (``workers/intake.py``).
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import structlog

from relay import checkpoints
from relay.addresses import ALIAS_OUTLIVES, read_bounce_address, read_probe_address
from relay.batching import Batcher
from relay.context import Context
from relay.database import Record, queries, rows_of
from relay.sealing import id_time, inbound_place, new_id, token_hash

# Mails that wait to be read: beyond, more are asked to wait at their senders'.
BACKLOG_MOST, SITE_BACKLOG_MOST, ALIAS_BACKLOG_MOST = 10_000, 5_000, 50
BACKLOG_FRESH_S = 1.0
BATCH_MOST = 16  # mails of ten megabytes each at most
PROBE_LIFE = timedelta(hours=1)
_VERDICT = re.compile(rb"^Authentication-Results:([^\r\n]{0,900})", re.IGNORECASE | re.MULTILINE)
_MESSAGE_ID = re.compile(rb"\r\nmessage-id:\s*(\S{1,998})", re.IGNORECASE)
_WRITTEN = re.compile(rb"\r\n(?:from|to|subject|date):[^\r\n]*", re.IGNORECASE)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Expected:
    """An address that takes mail, and who is expected to write there.

    Args:
        side: ``buyer`` or ``advertiser``: who writes.
        owner_id: The person behind that side; their key seals the mail until it is read.
        mail_id: The mail a bounce address names; None for a reply address.
        waiting: Mails of that side that wait to be read.
    """

    address: str
    site_id: UUID
    conversation_id: UUID
    side: str
    owner_id: UUID
    owner_key: bytes
    mail_id: UUID | None
    waiting: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail leased to this worker, and who is expected to have written it."""

    site_id: UUID
    inbound_id: UUID
    conversation_id: UUID
    side: str
    mail_id: UUID | None
    owner_id: UUID
    token: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a mail that came in: a state of ``inbound`` and a reason."""

    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Probe:
    """An address at which the relay waits for a mail of its own (``relay doctor``)."""

    probe_id: UUID


@dataclass(frozen=True, slots=True)
class _Kept:
    """A sealed mail on its way into the store."""

    inbound_id: UUID
    expected: Expected
    copy_hash: bytes
    sealed_raw: bytes


class _Backlog:
    """How many mails wait to be read, of each site: asked once a second, and counted on.

    The limits are for the disk's sake: a second's mails more do no harm.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._mails: Counter[UUID] = Counter()
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def is_full(self, site_id: UUID) -> bool:
        """Tell whether a site, or all together, have as many as may wait.

        Raises:
            Unavailable: The database cannot say.
        """
        async with self._reading:
            if time.monotonic() - self._read_at > BACKLOG_FRESH_S:
                await self._read()
        return self._mails[site_id] >= SITE_BACKLOG_MOST or self._mails.total() >= BACKLOG_MOST

    def add(self, site_id: UUID) -> None:
        """Count one more mail."""
        self._mails[site_id] += 1

    async def _read(self) -> None:
        rows = await self._context.database.run(
            lambda connection: rows_of(
                queries().count_backlogs(connection, total_most=BACKLOG_MOST)
            )
        )
        self._mails = Counter({row["site_id"]: row["mails"] for row in rows})
        self._read_at = time.monotonic()


class Keeper:
    """Knows who is expected to write, and commits what arrived; one for each process.

    What comes together is looked up together, and shares a commit.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._backlog = _Backlog(context)
        self._aliases: Batcher[bytes, Record | None] = Batcher(self._find)
        self._writer: Batcher[_Kept, None] = Batcher(self._write, most=BATCH_MOST)

    async def expect(self, address: str) -> Expected | Probe | None:
        """Return who is expected to write to *address*; None when it is unknown, dead or erased.

        Raises:
            Unavailable: The database cannot say.
        """
        context = self._context
        local_part, _, domain = address.lower().rpartition("@")
        if domain != context.settings.mail_domain or not local_part.isascii():
            return None
        now = context.clock()
        probe_id = read_probe_address(local_part, keys=context.bounce_keys)
        if probe_id:
            return Probe(probe_id) if now - id_time(probe_id) < PROBE_LIFE else None
        mail_id = read_bounce_address(local_part, keys=context.bounce_keys, today=now.date())
        if mail_id:
            row = await self._find_bounced(mail_id)
        else:
            row = await self._aliases.submit(token_hash(local_part))
        if row is None:
            return None
        return Expected(
            address=address.lower(),
            site_id=row["site_id"],
            conversation_id=row["conversation_id"],
            side=row["side"],
            owner_id=row["owner_id"],
            owner_key=row["owner_key"],
            mail_id=mail_id,
            waiting=row["waiting"],
        )

    async def is_full(self, expected: Expected | Probe) -> bool:
        """Tell whether so much waits to be read that this mail should wait at its sender's.

        Raises:
            Unavailable: The database cannot say.
        """
        if isinstance(expected, Probe):
            return False
        return expected.waiting >= ALIAS_BACKLOG_MOST or await self._backlog.is_full(
            expected.site_id
        )

    async def keep(self, expected: Expected | Probe, sender: str, raw: bytes) -> None:
        """Commit a mail, sealed; the same delivery once more changes nothing.

        Args:
            sender: Envelope sender, empty for the null sender; kept as the Return-Path of the
                mail (RFC 5321 4.4).
            raw: The whole mail as it was received.

        Raises:
            Unavailable: It is not known to be stored: the sender has to repeat it.
        """
        context = self._context
        if isinstance(expected, Probe):
            await _note_probe(context, expected, raw)
            return
        inbound_id = new_id(context.clock())
        key = context.keyring.person_key(expected.owner_key, expected.owner_id)
        sealed = key.seal_bytes(_return_path(sender) + raw, inbound_place(inbound_id))
        checkpoints.reached("arrival.before_commit")
        await self._writer.submit(
            _Kept(inbound_id, expected, _copy_hash(expected.address, raw), sealed)
        )
        checkpoints.reached("arrival.committed")
        self._backlog.add(expected.site_id)
        log.info("inbound.kept", inbound_id=str(inbound_id), size_bytes=len(raw))

    async def _find(self, address_hashes: Sequence[bytes]) -> Sequence[Record | None]:
        rows = await self._context.database.run(
            lambda connection: rows_of(
                queries().find_reply_addresses(
                    connection,
                    address_hashes=address_hashes,
                    alive_since=self._context.clock() - ALIAS_OUTLIVES,
                    alias_most=ALIAS_BACKLOG_MOST,
                )
            )
        )
        found = {row["address_hash"]: row for row in rows}
        return [found.get(one) for one in address_hashes]

    async def _find_bounced(self, mail_id: UUID) -> Record | None:
        async with self._context.database.connection() as connection:
            row: Record | None = await queries().find_bounced_mail(
                connection, mail_id=mail_id, alias_most=ALIAS_BACKLOG_MOST
            )
        return row

    async def _write(self, batch: Sequence[_Kept]) -> Sequence[None]:
        await self._context.database.run(
            lambda connection: queries().store_inbound(
                connection,
                site_ids=[one.expected.site_id for one in batch],
                inbound_ids=[one.inbound_id for one in batch],
                conversation_ids=[one.expected.conversation_id for one in batch],
                sides=[one.expected.side for one in batch],
                mail_ids=[one.expected.mail_id for one in batch],
                owner_ids=[one.expected.owner_id for one in batch],
                copy_hashes=[one.copy_hash for one in batch],
                sealed_raws=[one.sealed_raw for one in batch],
            )
        )
        return [None] * len(batch)


async def _note_probe(context: Context, probe: Probe, raw: bytes) -> None:
    """Note that a probe came back, and what servers on the way found; its words are ours."""
    head = raw.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    found = [verdict[1].decode("ascii", "replace") for verdict in _VERDICT.finditer(head)]
    async with context.database.connection() as connection:
        await queries().store_probe(connection, probe_id=probe.probe_id, verdicts=found)


def _return_path(sender: str) -> bytes:
    """Write the envelope sender on top; it stays one field, whatever a sender is called."""
    plain = "".join(sign for sign in sender if sign.isprintable() and sign not in "<>")
    return f"Return-Path: <{plain}>\r\n".encode(errors="replace")


def _copy_hash(address: str, raw: bytes) -> bytes:
    """Name one mail to one address: its body and Message-ID stay, trace fields may differ."""
    head, _, body = raw.partition(b"\r\n\r\n")
    message_id = _MESSAGE_ID.search(b"\r\n" + head)
    named = b"\0".join((address.encode(), message_id[1] if message_id else _written(head), body))
    return sha256(named).digest()


def _written(head: bytes) -> bytes:
    """Return what its writer dated: servers put fields of their own before it at every try."""
    found = _WRITTEN.findall(b"\r\n" + head)
    is_dated = any(one[2:7].lower() == b"date:" for one in found)
    return b"".join(found) if is_dated else head
