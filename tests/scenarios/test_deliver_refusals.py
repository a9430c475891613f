"""Answers to MAIL, RCPT and DATA: what becomes of the mail, the address and the route."""

import pytest

from relay.addresses import message_id_for
from tests.relays import Relay, courier
from tests.rig.deliveries import attempts, notices, reach, row, write
from tests.rig.ledger import check_wire
from tests.rig.scale import scale
from tests.rig.smtp_sink import Action, Event, Phase, RateLimit, SmtpSink, reply
from workers import transport

RETRY_S = 200.0

# Real answers to RCPT: what becomes of the mail, and whether the address is written off.
REPLIES = [
    (550, "5.1.1 <x@example.com>: Recipient address rejected: User unknown", "bounced", True),
    (550, "5.1.1 The email account that you tried to reach does not exist.", "bounced", True),
    (550, "5.1.1 Adresse d'au moins un destinataire invalide. LPN007_416", "bounced", True),
    (550, "5.1.1 No such user here", "bounced", True),
    (550, "No such user here", "bounced", True),
    (550, "5.1.2 Bad destination host 'DNS Hard Error'", "bounced", True),
    (553, "5.1.3 Bad recipient address syntax", "bounced", True),
    (550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", "bounced", True),
    (556, "5.1.10 Recipient address has null MX", "bounced", True),
    (550, "Requested action not taken: mailbox unavailable: user unknown", "bounced", True),
    (550, "5.2.1 The email account that you tried to reach is inactive.", "bounced", False),
    (550, "5.2.1 Mailbox disabled, not accepting messages", "bounced", False),
    (550, "5.4.6 Routing loop detected -- too many hops", "bounced", False),
    (552, "5.3.4 Message size exceeds fixed limit", "bounced", False),
    (552, "5.2.2 The recipient's inbox is out of storage space", "deferred", False),
    (552, "5.2.2 Mailbox full", "deferred", False),
    (452, "4.2.2 The email account that you tried to reach is over quota.", "deferred", False),
    (450, "4.2.0 Greylisted, see http://postgrey.schweikert.ch/help/", "deferred", False),
    (451, "4.7.1 Greylisting in action, please come back later", "deferred", False),
    (450, "4.1.2 Recipient address rejected: Domain not found", "deferred", False),
    (450, "4.1.1 unverified address: connect timed out", "deferred", False),
    (451, "4.3.0 Temporary lookup failure", "deferred", False),
    (452, "4.3.1 Insufficient system storage", "deferred", False),
    (451, "4.4.1 connection timed out", "deferred", False),
    (
        450,
        "4.2.1 The user is receiving mail too quickly",
        "deferred",
        False,
    ),
    (451, "4.7.500 Server busy. Please try again later", "deferred", False),
    (421, "4.7.0 [TSS04] Messages temporarily deferred due to user complaints", "deferred", False),
    (421, "4.3.2 Service shutting down", "deferred", False),
    (550, "5.7.1 Message rejected due to local policy", "held", False),
    (554, "5.7.1 Service unavailable; Client host blocked using zen.spamhaus.org", "held", False),
    (550, "5.1.1 Blocked: your IP is on a blocklist, see spamhaus.org", "held", False),
    (550, "5.7.26 Unauthenticated email is not accepted due to DMARC policy", "held", False),
    (550, "5.7.23 SPF validation failed", "held", False),
    (554, "5.7.1 Relay access denied", "held", False),
    (550, "5.7.1 Unable to relay", "held", False),
    (550, "5.7.1 Our system has detected that this message is likely spam.", "held", False),
    (550, "5.7.25 The IP address has no PTR record", "held", False),
    (550, "5.7.606 Access denied, banned sending IP", "held", False),
    (554, "5.7.1 spam detected", "held", False),
    (550, "5.1.8 Sender address rejected: Domain not found", "held", False),
]


async def test_f31_forty_real_answers(relay: Relay) -> None:
    """F31: each answer ends as its class says; addresses are written off for 5.1.x only."""
    ids = [(await write(relay, to=f"reader+{number}"))[0] for number in range(len(REPLIES))]

    def script(event: Event) -> Action | None:
        if event.phase is not Phase.RCPT or not event.recipients[-1].startswith("reader+"):
            return None
        code, text, *_ = REPLIES[int(event.recipients[-1].partition("+")[2].partition("@")[0])]
        return reply(code, text)

    async with SmtpSink(script=script) as sink, courier(relay.context, sink.port):
        await reach(relay, ids, "bounced", "deferred", "held")
        states = await relay.states()
        found = {REPLIES[n][:2]: states[message_id] for n, message_id in enumerate(ids)}
        assert found == {(code, text): state for code, text, state, _ in REPLIES}
        dead = {
            text
            for code, text, _, _ in REPLIES
            if await _is_suppressed(relay, ids[_index(code, text)])
        }
        assert dead == {text for _, text, _, suppressed in REPLIES if suppressed}
        told = await notices(relay)
        assert len(told) == sum(state == "bounced" for _, _, state, _ in REPLIES)
        await check_wire(relay, sink)


def _index(code: int, text: str) -> int:
    return next(n for n, one in enumerate(REPLIES) if one[:2] == (code, text))


async def _is_suppressed(relay: Relay, message_id: str) -> bool:
    rows = await relay.fetch(
        "select 1 from message join conversation using (site_id, conversation_id)"
        " join listing using (site_id, listing_id)"
        " join person on person.site_id = listing.site_id"
        "   and person.person_id = listing.advertiser_id"
        " join suppression on suppression.site_id = person.site_id"
        "   and suppression.mail_hash = person.mail_hash"
        " where message.message_id = $1::text::uuid",
        message_id.removeprefix("msg_"),
    )
    return bool(rows)


async def test_f31_a_dead_address_is_written_to_no_more(relay: Relay) -> None:
    """F31: after 5.1.1 the next mail to the address bounces without a connection."""
    [first] = await write(relay, to="unknown")
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await reach(relay, [first], "bounced")
        tried = sink.reached[Phase.RCPT]
        [second] = await write(relay, to="unknown")
        await reach(relay, [second], "bounced")
        assert (await row(relay, second))["reason"] == "suppressed"
        await sink.wait_for(2, timeout_s=30)  # both senders were told
        assert sink.reached[Phase.RCPT] == tried + 2
        assert sorted(await notices(relay)) == ["bounced:mailbox_unknown", "bounced:suppressed"]
        await check_wire(relay, sink)


async def test_f30_greylisted(relay: Relay) -> None:
    """F30: a greylisted mail is delivered by its second attempt, one to five minutes later."""
    [message_id] = await write(relay, to="greylist")
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await reach(relay, [message_id], "deferred")
        await relay.travel(55)
        assert (await relay.states())[message_id] == "deferred"
        await relay.travel(20)
        await reach(relay, [message_id], "delivered")
        assert [one["outcome"] for one in await attempts(relay, message_id)] == [
            "deferred",
            "delivered",
        ]
        await check_wire(relay, sink)


@pytest.mark.parametrize("code", [421, 451])
async def test_f29_a_rate_limit(relay: Relay, code: int) -> None:
    """F29: at a limit the whole route backs off; every mail is delivered at its first try."""
    count = scale(60, 500)
    ids = await write(relay, count)
    limit = RateLimit(15, window_s=1.0, code=code)
    async with SmtpSink(limit=limit) as sink, courier(relay.context, sink.port):
        await reach(relay, ids, "delivered", timeout_s=scale(14, 90))
        assert len(sink.mails) == count
        tries = await relay.fetch("select max(tries) as most from outbox where kind = 'contact'")
        assert tries[0]["most"] == 1
        # At most what was under way when the server said no, each time it said so.
        assert len(limit.refused_at) < 3 * count, "hammered"
        await check_wire(relay, sink)


async def test_f29_the_sender_is_refused(relay: Relay) -> None:
    """F29: 550 to MAIL holds the mails and bounces none of them."""
    ids = await write(relay, 5)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        sink.behave(Phase.MAIL, reply(550, "5.1.0 sender rejected: not allowed"))
        await reach(relay, ids, "held")
        assert (await row(relay, ids[0]))["reason"] == "sender_refused"
        assert await notices(relay) == []
        assert sink.mails == []


@pytest.mark.parametrize("to", ["hangdata", "data4xx", "cutdata", "cutbody"])
async def test_f32_data_goes_wrong(relay: Relay, monkeypatch: pytest.MonkeyPatch, to: str) -> None:
    """F32: before the dot nothing is in doubt: no copy, one more attempt, delivered."""
    monkeypatch.setattr(transport, "COMMAND_TIMEOUT_S", 0.5)
    monkeypatch.setattr(transport, "BODY_GRACE_S", 0.5)  # what a server beside tests may need
    [message_id] = await write(relay, to=to)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await reach(relay, [message_id], "deferred")
        assert sink.mails == []
        found = await row(relay, message_id)
        assert (found["ambiguous"], found["tries"]) == (0, 1)
        await relay.travel(RETRY_S)
        await reach(relay, [message_id], "delivered")
        assert len(sink.mails) == 1
        await check_wire(relay, sink)


async def test_a_retry_bears_the_same_message_id(relay: Relay) -> None:
    """F30: the Message-ID is the one made at accept, and a second message has its own."""
    first = await write(relay, to="dot4xx", email="lea@acheteuse.example")
    second = await write(
        relay,
        to="dot4xx",
        email="lea@acheteuse.example",
        message="Bonjour, encore moi : est-il toujours disponible samedi ?",
    )
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await reach(relay, first + second, "deferred", "delivered")
        await relay.travel(RETRY_S)
        await reach(relay, first + second, "delivered")
        dropped = {mail.message_id for mail in sink.dropped}
        assert dropped <= {mail.message_id for mail in sink.mails}
        assert len(sink.by_message_id()) == 2
        rows = await relay.fetch("select mail_id from outbox where kind = 'contact'")
        expected = {message_id_for(found["mail_id"], "relais.example") for found in rows}
        assert set(sink.by_message_id()) == expected
