"""Acts on a mail that came in: a reply is passed on, held or asked about.

One transaction each. A mail that came in is settled in the same transaction as what it led to,
so that it leads to it once. Nothing here answers the envelope sender of a mail: who is to be
told something is told at the address that is known.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import structlog

from relay.addresses import is_hop_mark
from relay.arrivals import Arrival, Settled
from relay.bounces import take_bounce, take_complaint
from relay.context import Context
from relay.cpu import Overrun, cpu_limit
from relay.database import Connection, queries
from relay.exchange import Exchange, NewMessage, read_exchange
from relay.mail.headers import is_message_id
from relay.mail.reading.added import words_added
from relay.mail.reading.values import (
    AutoReply,
    Bounce,
    Complaint,
    Heading,
    Incoming,
    Reply,
    Unreadable,
)
from relay.mail.reading.verdicts import Verdict, read_verdict
from relay.sealing import first_id
from relay.secrecy import Taken
from relay.sites import Site
from relay.validation import mailbox_key

HOPS_MOST = 30  # Received fields (RFC 5321 6.3 asks for at least a hundred; mail to people has ten)
REPLIES_AN_HOUR = 20  # of one conversation, both sides: more is a loop between two programs
READ_CPU_S = 2.0  # to look through words, as a rendering has; usual ones take thousandths
SIDES = ("buyer", "advertiser")

log = structlog.get_logger()


class LeaseGone(Exception):
    """Another worker has taken the mail over; nothing was written."""


async def take_in(context: Context, site: Site, arrival: Arrival, incoming: Incoming) -> Settled:
    """Carry out what a mail that came in asks for, and settle it.

    Raises:
        LeaseGone: Somebody else has it; nothing was written.
        Unavailable: The database is away; the lease ends by itself.
        Unsealable: A party was erased meanwhile.
    """
    async with context.database.connection() as connection, connection.transaction():
        exchange = await read_exchange(context, connection, site, arrival.conversation_id)
        settled = await _ACTS[type(incoming)](exchange, arrival, incoming)
        await _settle(connection, arrival, settled)
    context.bell.ring()
    return settled


async def end_erased(context: Context, arrival: Arrival) -> Settled:
    """Settle a mail of parties that were erased while it waited: nobody is left to read it.

    Raises:
        LeaseGone: Somebody else has it.
    """
    return await _settle_unread(context, arrival, Settled("ended", "erased"))


async def keep_frozen(context: Context, arrival: Arrival) -> Settled:
    """Keep a mail of parties of whom one was frozen while it waited, for the end of that (GDPR 18).

    Raises:
        LeaseGone: Somebody else has it.
    """
    return await _settle_unread(context, arrival, Settled("held", "frozen"))


async def _settle_unread(context: Context, arrival: Arrival, settled: Settled) -> Settled:
    async with context.database.connection() as connection:
        await _settle(connection, arrival, settled)
    return settled


async def _settle(connection: Connection, arrival: Arrival, settled: Settled) -> None:
    taken = await queries().settle_inbound(
        connection,
        site_id=arrival.site_id,
        inbound_id=arrival.inbound_id,
        token=arrival.token,
        state=settled.state,
        reason=settled.reason,
    )
    if taken is None:
        raise LeaseGone


async def _reply(exchange: Exchange, arrival: Arrival, reply: Reply) -> Settled:
    refusal = _refusal(exchange, arrival, reply.heading)
    if refusal:
        await _tell_of_end(exchange, arrival, refusal)
        return refusal
    try:
        return await _pass_on(exchange, arrival, reply)
    except Overrun:  # nothing is written yet
        return await _unreadable(exchange, arrival, Unreadable("timeout"))


async def _pass_on(exchange: Exchange, arrival: Arrival, reply: Reply) -> Settled:
    """Store what somebody answered, and tell them what it is passed on without.

    Raises:
        Overrun: Its words were made to be hard; nobody else waits for them.
    """
    doubtful = await _doubtful(exchange, reply)
    if not (reply.text or doubtful or reply.attachments):
        if arrival.mail_id is None:  # at a bounce address a program wrote, and nobody waits
            await exchange.tell(arrival.side, "unreadable")
        return Settled("ended", "empty")
    held_for = await _suspicion(exchange, arrival, reply.heading)
    content = _content(exchange, reply, doubtful)
    said = [*await exchange.last_words(arrival.side), content]
    with cpu_limit(READ_CPU_S):
        taken = () if held_for else exchange.taken(arrival.side, said)
    files = _passed_files(exchange, reply)
    message_id = await exchange.add(NewMessage(arrival.side, content, files, held_for))
    for notice in _news_for_writer(content, taken, held_for):
        await exchange.tell_of(message_id, "notice", notice)
    log.info("reply.taken", message_id=str(message_id), held_for=held_for, site=exchange.site.slug)
    return Settled("read", held_for or "reply")


def _content(exchange: Exchange, reply: Reply, doubtful: str) -> dict[str, object]:
    """Return what is kept of a reply's words and of what was set aside from them."""
    kept_back = {
        _file_kind(one.kind) for one in reply.attachments
    } - exchange.site.policy.attachments
    return {
        # Words that may not be the author's stand alone only when there are no others.
        "text": reply.text or doubtful,
        "doubtful": doubtful if reply.text else "",
        "signature": reply.signature,
        "original_id": _plain_id(reply.heading),
        "sender": reply.heading.sender,
        "left_out": sorted({*reply.dropped, *kept_back}),
        "others": _has_others(exchange, reply.heading),
    }


def _passed_files(exchange: Exchange, reply: Reply) -> tuple[tuple[str, bytes], ...]:
    """Return the files that the site's policy lets through."""
    allowed = exchange.site.policy.attachments
    return tuple(
        (one.kind, one.content) for one in reply.attachments if _file_kind(one.kind) in allowed
    )


async def _doubtful(exchange: Exchange, reply: Reply) -> str:
    """Return the words that may be the writer's, those between the lines of our mail included."""
    said = [one["text"] for side in SIDES for one in await exchange.last_words(side)]
    names = (
        *(exchange.name(side) for side in SIDES),
        exchange.row["title"],
        exchange.site.policy.site.name,
    )
    with cpu_limit(READ_CPU_S):
        added = words_added(reply.quoted, said, names)
    return "\n\n".join(filter(None, (reply.doubtful, added)))


def _refusal(exchange: Exchange, arrival: Arrival, heading: Heading) -> Settled | None:
    """Return why a mail is passed on in no case: a loop, or a conversation that is over."""
    is_ours = any(is_hop_mark(mark, exchange.context.bounce_keys) for mark in heading.hop_marks)
    if is_ours or heading.hops > HOPS_MOST:
        return Settled("ended", "loop")
    if exchange.person_id(arrival.side) != arrival.owner_id:
        return Settled("ended", "other_hands")
    return Settled("ended", "over") if exchange.is_over else None


async def _tell_of_end(exchange: Exchange, arrival: Arrival, refusal: Settled) -> None:
    """Tell whoever wrote into a conversation that ended since their mail was kept.

    The same words whoever ended it and why: they say no more than the refusal of the next mail.
    """
    if refusal.reason == "over" and arrival.mail_id is None:
        await exchange.tell(arrival.side, "ended")


def _news_for_writer(
    content: dict[str, Any], taken: Sequence[Taken], held_for: str | None
) -> Iterator[str]:
    """Yield what the writer of a reply is told of it: once a day each, at the known address."""
    if held_for == "stranger":
        yield "is_it_you"
    if held_for:
        return
    left_out = ",".join(content["left_out"])
    for kind in taken:
        yield f"{kind}_masked:{left_out}"
        left_out = ""  # told once
    if left_out:
        yield f"files_left_out:{left_out}"
    if content["others"]:
        yield "others_left_out"


async def _auto_reply(exchange: Exchange, arrival: Arrival, automatic: AutoReply) -> Settled:
    """Pass an absence notice on once a day and conversation, marked as such; never answer it."""
    refusal = _refusal(exchange, arrival, automatic.heading)
    if refusal:
        return refusal
    if not automatic.text:
        return Settled("ended", "automatic")
    held_for = await _suspicion(exchange, arrival, automatic.heading)
    if held_for:  # a program of somebody unknown: nobody waits for it
        return Settled("ended", f"automatic_{held_for}")
    mark = f"{arrival.conversation_id}\0automatic\0{exchange.now.date()}"
    first = await queries().mark_told(
        exchange.connection,
        site_id=exchange.site.site_id,
        told_hash=exchange.site.hash("told", mark),
    )
    if first is None:
        return Settled("ended", "automatic")
    content: dict[str, object] = {
        "text": automatic.text,
        "original_id": _plain_id(automatic.heading),
        "sender": automatic.heading.sender,
        "automatic": True,
    }
    await exchange.add(NewMessage(arrival.side, content))
    return Settled("read", "automatic")


async def _unreadable(exchange: Exchange, arrival: Arrival, unreadable: Unreadable) -> Settled:
    """Keep what nothing can be made of, and tell the party whose address it came to."""
    if arrival.mail_id is None:
        await exchange.tell(arrival.side, "unreadable")
    log.warning(
        "inbound.unreadable",
        inbound_id=str(arrival.inbound_id),
        reason=unreadable.reason,
        site=exchange.site.slug,
    )
    return Settled("held", unreadable.reason)


def _file_kind(media_type: str) -> str:
    return "pdf" if media_type == "application/pdf" else "image"


async def _suspicion(exchange: Exchange, arrival: Arrival, heading: Heading) -> str | None:
    """Return why a reply has to wait: a stranger's, or one of too many."""
    if not await _is_expected(exchange, arrival, heading):
        return "stranger"
    passed = await queries().count_replies(
        exchange.connection,
        site_id=exchange.site.site_id,
        conversation_id=arrival.conversation_id,
        first_id=first_id(exchange.now - timedelta(hours=1)),
    )
    return "loop" if passed >= REPLIES_AN_HOUR else None


async def _is_expected(exchange: Exchange, arrival: Arrival, heading: Heading) -> bool:
    """Tell whether the sender is the party (R11): its address, and what a trusted server found.

    Without a trusted server the address and the alias, which only the party was given, decide.
    """
    if heading.sender is None:
        return False
    trusted = frozenset(exchange.context.settings.trusted_authserv)
    domain = heading.sender.rpartition("@")[2]
    verdict = read_verdict(heading.verdicts, trusted=trusted, sender_domain=domain)
    if trusted and verdict is not Verdict.PASS:
        return False
    mailbox = mailbox_key(heading.sender)
    if mailbox == mailbox_key(exchange.address(arrival.side)):
        return True
    known: bool = await queries().is_known_address(
        exchange.connection,
        site_id=exchange.site.site_id,
        person_id=exchange.person_id(arrival.side),
        mailbox_hash=exchange.site.hash("mailbox", mailbox),
    )
    return known


def _plain_id(heading: Heading) -> str | None:
    """Return the id a mail program gave its mail, where it may stand in a header of ours."""
    named = heading.message_id
    return named if named and is_message_id(named) else None


def _has_others(exchange: Exchange, heading: Heading) -> bool:
    """Tell whether a mail was meant for others too: only the other party gets it (R3)."""
    ours = exchange.context.settings.mail_domain
    sender = heading.sender
    others = [one for one in heading.others if one != sender and not one.endswith(f"@{ours}")]
    return bool(others)


_ACTS: dict[type, Callable[[Exchange, Arrival, Any], Awaitable[Settled]]] = {
    Reply: _reply,
    AutoReply: _auto_reply,
    Bounce: take_bounce,
    Complaint: take_complaint,
    Unreadable: _unreadable,
}
