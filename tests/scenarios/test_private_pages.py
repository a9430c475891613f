"""The private pages of both parties: answer, show a number, own an address, end, report."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from relay.outgoing import buyer_url
from relay.secrecy import other_side
from tests.relays import Relay, courier, until
from tests.rig.ledger import check_wire, shows
from tests.rig.smtp_sink import SmtpSink
from tests.scenarios.test_arrivals import alias, alias_of, mail
from tests.scenarios.test_replies import ADVERTISER, BUYER, come_in, opened, sent_on, text_of

HTML = {"Accept": "text/html"}


async def pages(relay: Relay, side: str) -> str:
    """Return where a side's private pages begin, for the first message."""
    [row] = await relay.fetch("select min(message_id::text) as id from message")
    if side == "advertiser":
        return await relay.answers("msg_" + UUID(row["id"]).hex)
    url = buyer_url(relay.context, relay.site, UUID(row["id"]))
    return relay.url + url.removeprefix(relay.context.settings.public_url)


async def show(relay: Relay, url: str) -> str:
    """Return a page."""
    async with relay.http.get(url, headers=HTML) as answer:
        assert answer.status == 200, await answer.text()
        return (await answer.text()).replace("\u00a0", " ")


async def press(relay: Relay, url: str, **fields: str) -> int:
    """Press a page's button; return the status it ends with."""
    async with relay.http.post(url, data=fields, headers=HTML, allow_redirects=False) as answer:
        return answer.status


@pytest.mark.parametrize(("side", "reader"), [("advertiser", BUYER), ("buyer", ADVERTISER)])
async def test_an_answer_on_the_page(relay: Relay, side: str, reader: str) -> None:
    """R18: either side may answer on its page; the other side has it by mail, masked."""
    await alias(relay)
    page = await pages(relay, side)
    async with SmtpSink() as sink:
        await sent_on(relay, sink, 2)
        text = "Oui. Mon numéro : 06 39 98 01 23."
        assert await press(relay, f"{page}/answer", message=text) == 303
        mails = await sent_on(relay, sink, 3)
        [reply] = [one for one in mails if b"X-Relais-Hop" in one.content and one.sender]
        await check_wire(relay, sink)
    assert reply.recipients == (reader,)
    assert "[numéro masqué]" in text_of(opened(reply))
    rows = await relay.fetch(
        "select 1 from message join sender_trace using (site_id, message_id) where side = $1", side
    )
    assert rows


async def test_an_empty_answer_keeps_the_page(relay: Relay) -> None:
    """An answer that cannot be sent is said so on the page, with what was typed."""
    await alias(relay)
    page = await pages(relay, "buyer")
    assert await press(relay, f"{page}/answer", message=" ") == 422
    assert await press(relay, f"{page}/answer", message="4970 1000 0000 0154") == 422


async def test_the_buyer_sees_the_answer(relay: Relay) -> None:
    """The private page of a buyer says that there is an answer, and shows it, masked."""
    to = await alias(relay)
    page = await pages(relay, "buyer")
    assert "a répondu" not in await show(relay, page)
    await come_in(relay, to, mail(to, "Oui, au 06 39 98 01 23."))
    assert "a répondu" in await show(relay, page)
    shown = await show(relay, f"{page}/answer")
    assert "Oui, au" in shown
    assert "06 39 98 01 23" not in shown


async def test_a_number_is_shown_to_one_buyer(relay: Relay) -> None:
    """Who shows a number shows it to one buyer: by page, by mail from then on, until hidden."""
    to = await alias(relay)
    mine, theirs = await pages(relay, "advertiser"), await pages(relay, "buyer")
    async with SmtpSink() as sink:
        assert await press(relay, f"{mine}/number", shown="1") == 303
        mails = await sent_on(relay, sink, 3)
        assert any(
            "numéro de téléphone vous est montré" in str(opened(m)["Subject"]) for m in mails
        )
        assert not any(shows(one, "+33639980123") for one in mails)
        assert "06 39 98 01 23" in await show(relay, f"{theirs}/number")
        await come_in(relay, to, mail(to, "Au 06 39 98 01 23."))
        mails = await sent_on(relay, sink, 4)
        assert "06 39 98 01 23" in text_of(opened(mails[-1]))
        assert await press(relay, f"{mine}/number") == 303
        assert "06 39 98 01 23" not in await show(relay, f"{theirs}/number")


async def test_owning_another_address(relay: Relay) -> None:
    """R10: «C’est bien moi» sends the reply on its way and remembers the address."""
    to = await alias(relay)
    other = "camille.perso@ailleurs.example"
    await come_in(relay, to, mail(to, "Depuis chez moi.", From=f"<{other}>"))
    page = await pages(relay, "advertiser")
    shown = await show(relay, f"{page}/confirm")
    assert "c…@ailleurs.example" in shown
    assert "Depuis chez moi." not in shown  # it may be somebody else's
    [row] = await relay.fetch("select message_id from outbox where state = 'held'")
    held = "msg_" + row["message_id"].hex
    assert await press(relay, f"{page}/confirm", id=held, mine="1") == 303
    assert await press(relay, f"{page}/confirm", id=held, mine="1") == 409
    await come_in(relay, to, mail(to, "Encore.", From=f"<{other}>", Message_ID="<2@x.example>"))
    rows = await relay.fetch("select state from outbox where kind = 'reply'")
    assert [row["state"] for row in rows] == ["queued", "queued"]


async def disowned(relay: Relay, sender: str) -> str:
    """Have a stranger's reply come in and its supposed writer disown it; return their pages."""
    to = await alias(relay)
    await come_in(relay, to, mail(to, "Payez ici.", From=f"<{sender}>"))
    page = await pages(relay, "advertiser")
    [row] = await relay.fetch("select message_id from outbox where state = 'held'")
    await press(relay, f"{page}/confirm", id="msg_" + row["message_id"].hex, mine="0")
    return page


async def test_disowning_another_address(relay: Relay) -> None:
    """A9: «Ce n’est pas moi» ends the reply; it never reaches the buyer."""
    await disowned(relay, "faux@ailleurs.example")
    [ended] = await relay.fetch("select state from outbox where kind = 'reply'")
    assert ended["state"] == "refused"
    await relay.check_ledger()


async def test_the_buyer_ends_it(relay: Relay) -> None:
    """A buyer ends the conversation: nothing is written to them any more, by mail or page."""
    await alias(relay)
    page = await pages(relay, "buyer")
    assert await press(relay, f"{page}/end") == 303
    assert "terminé" in await show(relay, f"{page}/end")
    other = await pages(relay, "advertiser")
    assert await press(relay, f"{other}/answer", message="Bonjour, toujours là ?") == 409


async def test_each_side_ends_it_for_itself(relay: Relay) -> None:
    """A block holds although the buyer had ended the conversation first, and begins it again."""
    await alias(relay)
    buyer, advertiser = await pages(relay, "buyer"), await pages(relay, "advertiser")
    await press(relay, f"{buyer}/end")
    assert "<button>Bloquer" in await show(relay, f"{advertiser}/block")
    await press(relay, f"{advertiser}/block")
    assert "<button>Bloquer" not in await show(relay, f"{advertiser}/block")
    await press(relay, f"{buyer}/end", resume="1")
    assert await press(relay, f"{buyer}/answer", message="Encore moi.") == 409
    await press(relay, f"{buyer}/end")
    await press(relay, f"{advertiser}/unblock")
    assert await press(relay, f"{advertiser}/answer", message="Et alors ?") == 409
    await press(relay, f"{buyer}/end", resume="1")
    assert await press(relay, f"{buyer}/answer", message="Me revoilà.") == 303


async def test_the_buyer_reports(relay: Relay) -> None:
    """A buyer reports what the advertiser wrote; without an answer there is nothing to report."""
    to = await alias(relay)
    page = await pages(relay, "buyer")
    assert await press(relay, f"{page}/report", note="?") == 404
    await come_in(relay, to, mail(to, "Payez par mandat."))
    assert await press(relay, f"{page}/report", note="On me demande un mandat.") == 303
    assert len(await relay.fetch("select 1 from report")) == 1


async def test_a_listing_that_changed_hands(relay: Relay) -> None:
    """A link made for one advertiser opens nothing once the listing is somebody else's."""
    await alias(relay)
    page = await pages(relay, "advertiser")
    from relay.catalogue import Advertiser

    await relay.put_listing(advertiser=Advertiser("Dominique", "dom@annonceur.example", None))
    for name in ("answer", "number", "confirm", "sold"):
        async with relay.http.get(f"{page}/{name}", headers=HTML) as answer:
            assert answer.status == 410


async def test_sold_tells_who_waits(relay: Relay) -> None:
    """«Vendu» tells every buyer who wrote lately, once, and nobody who ended the conversation."""
    await alias(relay)
    for name in ("tom", "zoe"):
        await relay.post(email=f"{name}@acheteur.example")
    page = await pages(relay, "advertiser")
    [row] = await relay.fetch(
        "select conversation_id from conversation order by created_at desc limit 1"
    )
    await relay.fetch(
        "update conversation set blocked_at = now() where conversation_id = $1 returning 1",
        row["conversation_id"],
    )
    for _ in range(2):
        assert await press(relay, f"{page}/sold") == 303
    rows: list[Any] = await relay.fetch("select 1 from outbox where reason = 'sold'")
    assert len(rows) == 2


async def test_every_page_is_there(relay: Relay) -> None:
    """Every page of either side opens in both languages, and a GET of it changes nothing."""
    await alias(relay)
    buyer, advertiser = await pages(relay, "buyer"), await pages(relay, "advertiser")
    names = ("answer", "number", "confirm", "report", "end", "why")
    urls = [f"{buyer}/{name}" for name in names] + [f"{advertiser}/{name}" for name in names[:3]]
    for url in urls:
        for language in ("fr", "en"):
            await show(relay, f"{url}?lang={language}")
    assert await relay.fetch("select 1 from reveal") == []
    async with SmtpSink() as sink, courier(relay.context, sink.port):

        async def delivered() -> bool:
            return len(sink.mails) == 2

        await until(delivered)


@pytest.mark.parametrize("side", ["buyer", "advertiser"])
async def test_a_page_sent_twice_is_one_message(relay: Relay, side: str) -> None:
    """A second click, and a page sent again after a lost answer, add no message; the same words
    once the other side has answered are another message.
    """
    await alias(relay)
    here, there = await pages(relay, side), await pages(relay, other_side(side))
    clicks = [press(relay, f"{here}/answer", message="Oui, volontiers.") for _ in range(4)]
    assert await asyncio.gather(*clicks) == [303] * 4
    count = "select count(*) as n from outbox where kind = 'reply'"
    assert (await relay.fetch(count))[0]["n"] == 1
    assert await press(relay, f"{there}/answer", message="Et samedi ?") == 303
    assert await press(relay, f"{here}/answer", message="Oui, volontiers.") == 303
    assert (await relay.fetch(count))[0]["n"] == 3


async def test_a_page_of_hard_words_stops_nobody_else(relay: Relay) -> None:
    """While long texts made of nearly a number are masked for a page, others are served."""
    await alias(relay)
    to = await alias_of(relay, "advertiser")
    for n in range(4):
        text = f"{n} {'0-6-3-9-9-8-0-1-2-' * 1100}"
        await come_in(relay, to, mail(to, text, From=f"<{BUYER}>", Message_ID=f"<{n}@x.example>"))
    page = await pages(relay, "buyer")
    clock = asyncio.get_running_loop().time
    shown = asyncio.create_task(show(relay, f"{page}/answer"))
    begun = last = clock()
    longest = 0.0
    while not shown.done():
        await asyncio.sleep(0)
        longest, last = max(longest, clock() - last), clock()
    assert longest < (last - begun) / 2
