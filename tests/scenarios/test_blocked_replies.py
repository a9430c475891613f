"""Whoever staff block is blocked on the way back too, and learns nothing of it."""

from uuid import UUID

from relay.desk import Weight
from relay.lookup import Kind
from tests.moderators import block
from tests.relays import CONTACT, LISTING, Relay
from tests.rig.smtp_sink import SmtpSink
from tests.scenarios.test_arrivals import alias, alias_of, mail
from tests.scenarios.test_private_pages import pages, press, show
from tests.scenarios.test_replies import come_in, sent_on

BUYER = f"<{CONTACT['email']}>"


async def replied(relay: Relay) -> tuple[str, str, list[str]]:
    """Return state, reason and signals of the only reply."""
    [row] = await relay.fetch(
        "select outbox.state, outbox.reason, message.signals from outbox"
        " join message using (site_id, message_id) where outbox.kind = 'reply'"
    )
    return row["state"], row["reason"], list(row["signals"])


async def block_buyer(relay: Relay, kind: Kind, weight: Weight = Weight.HOLD) -> None:
    """Block a key of the first message, which has left by then."""
    [row] = await relay.fetch("select min(message_id::text) as id from message")
    await relay.fetch("update outbox set state = 'delivered' where kind = 'contact'")
    await block(relay, UUID(row["id"]), kind, weight)


async def test_a_mailed_reply_waits(relay: Relay) -> None:
    """A blocked buyer's answer by mail is held, and no mail tells the buyer."""
    await alias(relay)
    await block_buyer(relay, Kind.PHONE)
    to = await alias_of(relay, "advertiser")
    await come_in(relay, to, mail(to, "Mon numéro : 06 39 98 04 56.", From=BUYER))
    assert await replied(relay) == ("held", "suspicious", ["blocked_phone"])
    async with SmtpSink() as sink:
        mails = await sent_on(relay, sink, 1)
    assert [one.recipients[0] for one in mails].count(LISTING.advertiser.email) == 0


async def test_a_reply_on_a_page_waits(relay: Relay) -> None:
    """An answer on a page meets blocks of its address too; the page says what it always says."""
    await alias(relay)
    await block_buyer(relay, Kind.IP)
    page = await pages(relay, "buyer")
    assert await press(relay, f"{page}/answer", message="Encore là ?") == 303
    assert "est bien partie" in await show(relay, f"{page}/answer?done")
    assert (await replied(relay))[:2] == ("held", "suspicious")


async def test_a_block_that_weighs(relay: Relay) -> None:
    """A block that only weighs raises the score of a reply, which leaves."""
    await alias(relay)
    await block_buyer(relay, Kind.MAILBOX, Weight.SCORE)
    to = await alias_of(relay, "advertiser")
    await come_in(relay, to, mail(to, "Bonjour, encore une question.", From=BUYER))
    assert await replied(relay) == ("queued", "accepted", ["blocked_mailbox"])


async def test_owning_a_reply_lifts_no_block(relay: Relay) -> None:
    """«C'est bien moi» of a blocked person lets nothing leave, and looks like any other yes."""
    await alias(relay)
    await block_buyer(relay, Kind.PHONE)
    to = await alias_of(relay, "advertiser")
    await come_in(relay, to, mail(to, "C'est moi.", From="<autre@ailleurs.example>"))
    assert (await replied(relay))[:2] == ("held", "stranger")
    [row] = await relay.fetch("select message_id from outbox where kind = 'reply'")
    page = await pages(relay, "buyer")
    answer = {"id": f"msg_{row['message_id'].hex}", "mine": "1"}
    assert await press(relay, f"{page}/confirm", **answer) == 303
    assert (await replied(relay))[:2] == ("held", "suspicious")


async def test_the_other_side_is_not_blocked(relay: Relay) -> None:
    """A block of the buyer holds none of the advertiser's answers."""
    to = await alias(relay)
    await block_buyer(relay, Kind.PHONE)
    await come_in(relay, to, mail(to, "Oui, il est disponible."))
    assert (await replied(relay))[0] == "queued"
