"""Mails that arrive: who is expected to write to an address, and keeping what came, sealed.

Every door that takes mail (LMTP, SMTP, the HTTP hook) comes through here. Nothing is read yet:
a mail is committed first and read later, elsewhere (``workers/intake.py``).
"""

import re
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
from relay.database import Record, queries
from relay.sealing import id_time, new_id, token_hash

# Mails that wait to be read: beyond, more are asked to wait at their senders'.
BACKLOG_MOST, SITE_BACKLOG_MOST, ALIAS_BACKLOG_MOST = 10_000, 5_000, 50
BATCH_MOST = 16  # mails of ten megabytes each at most
PROBE_LIFE = timedelta(hours=1)
_VERDICT = re.compile(rb"^Authentication-Results:([^\r\n]{0,900})", re.IGNORECASE | re.MULTILINE)
_MESSAGE_ID = re.compile(rb"\r\nmessage-id:\s*(\S{1,998})", re.IGNORECASE)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Expected:
    """An address that takes mail, and who is expected to write there.

    Args:
        side: ``buyer`` or ``advertiser``: who writes.
        owner_id: The person behind that side; their key seals the mail until it is read.
        mail_id: The mail a bounce address names; None for a reply address.
    """

    address: str
    site_id: UUID
    conversation_id: UUID
    side: str
    owner_id: UUID
    owner_key: bytes
    mail_id: UUID | None


@dataclass(frozen=True, slots=True)
class Probe:
    """An address at which the relay waits for a mail of its own (``relay doctor``)."""

    probe_id: UUID


async def expect(context: Context, address: str) -> Expected | Probe | None:
    """Return who is expected to write to *address*; None when it is unknown, dead or erased.

    Raises:
        Unavailable: The database cannot say.
    """
    local_part, _, domain = address.lower().rpartition("@")
    if domain != context.settings.mail_domain or not local_part.isascii():
        return None
    now = context.clock()
    probe_id = read_probe_address(local_part, keys=context.bounce_keys)
    if probe_id:
        return Probe(probe_id) if now - id_time(probe_id) < PROBE_LIFE else None
    mail_id = read_bounce_address(local_part, keys=context.bounce_keys, today=now.date())
    async with context.database.connection() as connection:
        row: Record | None
        if mail_id:
            row = await queries().find_bounced_mail(connection, mail_id=mail_id)
        else:
            row = await queries().find_reply_address(
                connection,
                address_hash=token_hash(local_part),
                alive_since=now - ALIAS_OUTLIVES,
            )
    return Expected(address=address.lower(), mail_id=mail_id, **row) if row else None


@dataclass(frozen=True, slots=True)
class _Kept:
    """A sealed mail on its way into the store."""

    inbound_id: UUID
    expected: Expected
    copy_hash: bytes
    sealed_raw: bytes


class Keeper:
    """Commits what arrived, what comes together with one commit; one for each process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._writer: Batcher[_Kept, None] = Batcher(self._write, most=BATCH_MOST)

    async def is_full(self, expected: Expected | Probe) -> bool:
        """Tell whether so much waits to be read that this mail should wait at its sender's.

        Raises:
            Unavailable: The database cannot say.
        """
        if isinstance(expected, Probe):
            return False
        async with self._context.database.connection() as connection:
            is_full: bool = await queries().is_full(
                connection,
                site_id=expected.site_id,
                conversation_id=expected.conversation_id,
                side=expected.side,
                alias_most=ALIAS_BACKLOG_MOST,
                site_most=SITE_BACKLOG_MOST,
                total_most=BACKLOG_MOST,
            )
        return is_full

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
        key = context.keyring.unwrap(expected.owner_key, f"person:{expected.owner_id}")
        sealed = key.seal_bytes(_return_path(sender) + raw, f"inbound.sealed_raw:{inbound_id}")
        checkpoints.reached("arrival.before_commit")
        await self._writer.submit(
            _Kept(inbound_id, expected, _copy_hash(expected.address, raw), sealed)
        )
        checkpoints.reached("arrival.committed")
        log.info("inbound.kept", inbound_id=str(inbound_id), size_bytes=len(raw))

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
    named = b"\0".join((address.encode(), message_id[1] if message_id else head, body))
    return sha256(named).digest()
