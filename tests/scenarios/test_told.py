"""What the writer of an answer is told of it: on the page, by mail, and after the end."""

from typing import Any

import pytest

from relay import desk
from tests.relays import Relay, courier, intake
from tests.rig.ledger import shows
from tests.rig.smtp_sink import SmtpSink
from tests.scenarios.test_arrivals import alias, deliver, dialogue, mail
from tests.scenarios.test_private_pages import pages, press, show
from tests.scenarios.test_replies import (
    ADVERTISER,
    BUYER,
    come_in,
    opened,
    sent_on,
    settled,
    text_of,
)
from tests.scenarios.test_review_replies import DOMINIQUE, settle_outbox

NUMBER = "Appelez-moi au 06 39 98 01 23."
ENDS = {"other side": "buyer", "own side": "advertiser"}


async def notices(relay: Relay) -> list[str]:
    """Return the reasons of what writers are told by mail."""
    rows = await relay.fetch(
        "select reason from outbox where kind in ('notice', 'reader_notice') order by mail_id"
    )
    return [row["reason"] for row in rows]


async def test_the_page_tells_of_a_masked_number(relay: Relay) -> None:
    """Whose number was masked in an answer on a page is told there, with «Montrer à …»."""
    await alias(relay)
    page = await pages(relay, "advertiser")
    assert "numéro de téléphone que vous y aviez écrit" not in await show(relay, f"{page}/answer")
    assert await press(relay, f"{page}/answer", message=NUMBER) == 303
    shown = await show(relay, f"{page}/answer?done")
    assert "parti sans le numéro de téléphone que vous y aviez écrit" in shown
    assert "<button>Montrer à Léa</button>" in shown
    assert await notices(relay) == []
    assert await press(relay, f"{page}/number", shown="1") == 303
    assert "Montrer à Léa" not in await show(relay, f"{page}/answer")


@pytest.mark.parametrize(("side", "address"), [("advertiser", ADVERTISER), ("buyer", BUYER)])
async def test_the_page_tells_of_a_masked_address(relay: Relay, side: str, address: str) -> None:
    """Whose address was masked in an answer on a page is told there, and of nothing else."""
    await alias(relay)
    page = await pages(relay, side)
    assert await press(relay, f"{page}/answer", message=f"Écrivez-moi : {address}") == 303
    shown = await show(relay, f"{page}/answer?done")
    assert "parti sans l’adresse que vous y aviez écrite" in shown
    assert "sans le numéro" not in shown


async def test_a_number_in_two_halves_is_told(relay: Relay) -> None:
    """R6: a number written in two halves over two mails is masked, and its writer told of it."""
    to = await alias(relay)
    await come_in(relay, to, mail(to, "Mon numéro commence par 06 39 98"))
    await come_in(relay, to, mail(to, "et finit par 01 23", Message_ID="<2@annonceur.example>"))
    assert [one.partition(":")[0] for one in await notices(relay)] == ["number_masked"]


async def test_both_are_told_by_mail(relay: Relay) -> None:
    """Who wrote a number and an address is told of each, of the files left out once."""
    to = await alias(relay)
    await come_in(relay, to, mail(to, f"{NUMBER} Ou à {ADVERTISER}."))
    assert sorted(await notices(relay)) == ["address_masked:", "number_masked:"]


@pytest.mark.parametrize("who", ENDS)
async def test_a_reply_overtaken_by_the_end_is_told(relay: Relay, who: str) -> None:
    """R6, F48: whose reply was taken and then not passed on is told, whoever ended it."""
    to = await alias(relay)
    async with SmtpSink() as sink:
        await sent_on(relay, sink, 2)
        await come_in(relay, to, mail(to, "Encore moi."))
        await _end(relay, ENDS[who])
        mails = await sent_on(relay, sink, 3)
    [row] = await relay.fetch("select state, reason from outbox where kind = 'reply'")
    assert tuple(row) == ("refused", "blocked")
    _check_told(mails[2])


@pytest.mark.parametrize("who", ENDS)
async def test_a_mail_kept_before_the_end_is_told(relay: Relay, who: str) -> None:
    """R6, F48: whose mail was kept and read only after the end is told in the same words."""
    to = await alias(relay)
    async with SmtpSink() as sink:
        await sent_on(relay, sink, 2)
        async with dialogue(relay) as spoken:
            await deliver(spoken, to, raw=mail(to))
        await _end(relay, ENDS[who])
        await come_in_only(relay)
        mails = await sent_on(relay, sink, 3)
    _check_told(mails[2])


async def test_the_end_is_told_once(relay: Relay) -> None:
    """A6: ten mails into an ended conversation are told of once a day."""
    to = await alias(relay)
    async with dialogue(relay) as spoken:
        for n in range(3):
            await deliver(spoken, to, raw=mail(to, Message_ID=f"<{n}@annonceur.example>"))
    await _end(relay, "buyer")
    await come_in_only(relay)
    assert await notices(relay) == ["ended"]


async def test_a_program_is_not_told(relay: Relay) -> None:
    """A11: an absence notice into an ended conversation is told to nobody."""
    to = await alias(relay)
    raw = mail(to, "Je suis absent.", Auto_Submitted="auto-replied")
    async with dialogue(relay) as spoken:
        await deliver(spoken, to, raw=raw)
    await _end(relay, "buyer")
    await come_in_only(relay)
    assert await notices(relay) == []


async def test_a_blocked_form_is_not_told(relay: Relay) -> None:
    """A8: who fills a form into a conversation that was ended sees it on their page only."""
    await alias(relay)
    await _end(relay, "advertiser")
    await relay.post(message="Et maintenant ?")
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await settle_outbox(relay)
    assert await notices(relay) == []


async def come_in_only(relay: Relay) -> None:
    """Have what is kept read."""
    async with intake(relay.context):
        await settled(relay)


async def _end(relay: Relay, side: str) -> None:
    page = await pages(relay, side)
    act = "end" if side == "buyer" else "block"
    assert await press(relay, f"{page}/{act}") == 303


def _check_told(sunk: Any) -> None:
    """The notice goes to who wrote, and names neither a cause nor a culprit."""
    assert sunk.recipients == (ADVERTISER,)
    assert opened(sunk)["Subject"] == "Votre réponse n’est pas partie"
    assert "cet échange est terminé" in text_of(opened(sunk))
    assert "bloqu" not in text_of(opened(sunk))


async def test_words_of_a_former_advertiser_do_not_leave(relay: Relay) -> None:
    """R1: a reply still queued when the listing changes hands leaves under nobody's name.

    What it would have to hide is known no more, and news of it would go to the wrong person.
    """
    to = await alias(relay)
    await come_in(relay, to, mail(to, f"Appelez-moi au 06 39 98 01 23 ou à {ADVERTISER}."))
    await relay.put_listing(advertiser=DOMINIQUE)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await settle_outbox(relay)
    [row] = await relay.fetch("select state, reason from outbox where kind = 'reply'")
    assert tuple(row) == ("refused", "other_hands")
    assert not any(shows(one, "+33639980123") for one in sink.mails)
    assert not any(b"masked" in one.content or b"/number" in one.content for one in sink.mails)
    assert [one.recipients for one in sink.mails if not one.sender] == []


async def test_an_answer_typed_into_our_mail_is_not_lost(relay: Relay) -> None:
    """R13: what Outlook's user typed between our unmarked lines is kept, and shown to them."""
    to = await alias(relay)
    async with SmtpSink() as sink:
        mails = await sent_on(relay, sink, 2)
    [contact] = [one for one in mails if one.recipients == (ADVERTISER,)]
    ours = text_of(opened(contact)).replace("samedi matin.", "samedi matin.\nPlutôt dimanche.")
    head = f"De : Léa via Exemple <{to}>\nEnvoyé : lundi 23 novembre 2026 09:12\nObjet : Vélo"
    text = f"Bonjour, oui.\n\n{head}\n\n{ours}".replace("\r", "").replace("\n", "\r\n")
    await come_in(relay, to, mail(to, text))
    page = await show(relay, f"{await pages(relay, 'advertiser')}/answer")
    assert "Une partie de votre dernier e-mail n’a pas été transmise" in page
    assert '<blockquote class="heard" dir="auto">Plutôt dimanche.</blockquote>' in page
    assert "Plutôt" not in await show(relay, f"{await pages(relay, 'buyer')}/answer")


async def test_a_number_is_not_offered_after_the_end(relay: Relay) -> None:
    """F48: who ended, or was ended on, is told what was masked and offered no button for it."""
    await alias(relay)
    page = await pages(relay, "advertiser")
    assert await press(relay, f"{page}/answer", message=NUMBER) == 303
    await relay.fetch("update conversation set blocked_at = now() returning 1")
    shown = await show(relay, f"{page}/answer")
    assert "parti sans le numéro" in shown
    assert "Montrer à Léa" not in shown


async def test_news_of_a_report_is_for_who_reported(relay: Relay) -> None:
    """DSA 16(4): what a former advertiser reported is told to nobody who has the listing now."""
    await relay.post()
    page = await pages(relay, "advertiser")
    assert await press(relay, f"{page}/report", note="On me demande un mandat.") == 303
    await desk.open_cases(relay.context, relay.site)
    await relay.put_listing(advertiser=DOMINIQUE)
    await relay.travel(20)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await settle_outbox(relay)
    [row] = await relay.fetch("select state, reason from outbox where kind = 'reader_notice'")
    assert tuple(row) == ("refused", "report_received")
    assert not any(b"signalement" in one.content for one in sink.mails)
