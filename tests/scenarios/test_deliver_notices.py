"""What the sender is told, what may still be cancelled, and how holds end."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from relay import sent
from relay.errors import Refused
from relay.sealing import read_public_id
from tests.relays import QUICK, Relay, courier, until
from tests.rig.deliveries import notices, pass_time, reach, row, write
from tests.rig.ledger import check_wire
from tests.rig.smtp_sink import Phase, SmtpSink, delay, reply
from workers.purge import purge_expired

DAY_S = 86_400.0


async def test_a_sender_is_told_at_most_once_a_day(relay: Relay) -> None:
    """A8, F31: three messages of one sender that bounce on one day make one notice."""
    ids = []
    for number in range(3):
        ids += await write(
            relay,
            to=f"unknown+{number}",
            email="lea@acheteuse.example",
            message=f"Bonjour, est-il disponible ? Message numéro {number}.",
        )
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await reach(relay, ids, "bounced")
        [told] = await sink.wait_for(1, timeout_s=30)
        await asyncio.sleep(3 * QUICK.sweep_s)
        assert told.recipients == ("lea@acheteuse.example",)
        assert told.sender == ""
        assert len(sink.mails) == 1
        pass_time(relay.context, timedelta(days=1))
        ids = await write(relay, to="unknown+9", email="lea@acheteuse.example")
        await reach(relay, ids, "bounced")
        await sink.wait_for(2, timeout_s=30)
        await check_wire(relay, sink)


async def test_a_notice_that_is_deferred_still_says_why(relay: Relay) -> None:
    """F31: a notice greylisted at first is sent later, with the reason it was made for."""
    [message_id] = await write(relay, to="unknown", email="greylist@acheteuse.example")
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await reach(relay, [message_id], "bounced")
        await until(lambda: _notice_state(relay, "deferred"))
        await relay.travel(DAY_S / 24)
        await until(lambda: _notice_state(relay, "delivered"))
        assert await notices(relay) == ["bounced:mailbox_unknown"]
        await check_wire(relay, sink)


async def test_a_notice_that_bounces_makes_no_other(relay: Relay) -> None:
    """F31: nobody is told that a notice did not arrive."""
    [message_id] = await write(relay, to="unknown", email="unknown@acheteuse.example")
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await reach(relay, [message_id], "bounced")
        await until(lambda: _notice_state(relay, "bounced"))
        await asyncio.sleep(3 * QUICK.sweep_s)
        assert len(await notices(relay)) == 1
        assert sink.mails == []


async def _notice_state(relay: Relay, state: str) -> bool:
    rows = await relay.fetch("select state from outbox where kind = 'notice'")
    return [found["state"] for found in rows] == [state]


async def test_a_receipt_is_sent_once_a_day(relay: Relay) -> None:
    """A5: several contacts of one address make one receipt."""
    for number in range(3):
        await write(
            relay,
            receipt=True,
            email="lea@acheteuse.example",
            message=f"Bonjour, est-il disponible ? Message numéro {number}.",
        )
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await reach(relay, relay.accepted, "delivered")
        await sink.wait_for(4, timeout_s=30)
        to_buyer = [mail for mail in sink.mails if mail.recipients[0].startswith("lea@")]
        assert len(to_buyer) == 1
        await check_wire(relay, sink)


async def test_a_queued_mail_is_cancelled(relay: Relay) -> None:
    """A message cancelled while it waits never leaves."""
    [message_id] = await write(relay)
    await sent.cancel(relay.context, relay.site, _uuid(message_id))
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        [other] = await write(relay)
        await reach(relay, [other], "delivered")
        assert len(sink.mails) == 1
        assert (await relay.states())[message_id] == "cancelled"


async def test_cancelling_loses_against_a_running_delivery(relay: Relay) -> None:
    """Once a delivery is under way it is too late to cancel, and the message arrives."""
    [message_id] = await write(relay)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        sink.behave(Phase.RCPT, delay(1))
        await reach(relay, [message_id], "sending")
        with pytest.raises(Refused):
            await sent.cancel(relay.context, relay.site, _uuid(message_id))
        await reach(relay, [message_id], "delivered")


async def test_what_may_have_left_is_not_cancelled(relay: Relay) -> None:
    """F33: a message in doubt cannot be cancelled: it may have arrived."""
    [message_id] = await write(relay, to="cutdot-kept")
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await reach(relay, [message_id], "deferred")
        with pytest.raises(Refused):
            await sent.cancel(relay.context, relay.site, _uuid(message_id))


async def test_cancel_and_claim_at_once(relay: Relay) -> None:
    """Whatever the race, a cancelled message has no copy and a sent one is not cancelled."""
    ids = await write(relay, 30)

    async def cancel(message_id: str) -> None:
        with suppress(Refused):
            await sent.cancel(relay.context, relay.site, _uuid(message_id))

    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await asyncio.gather(*map(cancel, reversed(ids)))
        states = await reach(relay, ids, "cancelled", "delivered")
        assert len(sink.mails) == list(states.values()).count("delivered")
        await check_wire(relay, sink)


async def test_a_hold_ends_after_thirty_days(relay: Relay) -> None:
    """A held mail that nobody released ends as expired, not before its thirty days."""
    [message_id] = await write(relay)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        sink.behave(Phase.RCPT, reply(550, "5.7.1 policy"))
        await reach(relay, [message_id], "held")
        await relay.travel(29.9 * DAY_S)
        await purge_expired(relay.context)
        assert (await relay.states())[message_id] == "held"
        await relay.travel(0.2 * DAY_S)
        await purge_expired(relay.context)
        found = await row(relay, message_id)
        assert (found["state"], found["reason"]) == ("expired", "hold_over")


def _uuid(message_id: str):
    found = read_public_id("msg", message_id)
    assert found is not None
    return found
