"""Both sides read a decision with its reasons on a page of their own, and contest it there."""

import re
from datetime import timedelta
from uuid import UUID

import pytest

from relay import desk
from relay.desk import Decision, Ruling, Statement
from relay.desk.moves import APPEAL
from relay.outgoing import buyer_url
from tests.moderators import Clock, look_of, reported, write
from tests.relays import LISTING, Relay
from tests.rig.smtp_mails import SunkMail
from tests.rig.smtp_sink import SmtpSink
from tests.scenarios.test_private_pages import press, show
from tests.scenarios.test_replies import opened, sent_on, text_of

BUYER, ADVERTISER = "acheteur0@exemple.example", LISTING.advertiser.email
REASONS = Statement(
    decision_facts="Le message demande un paiement hors du site.",
    decision_ground="terms",
    clause="Conditions, article 4",
    decision_visibility="message_refused",
    automated_detection=True,
)
LINK = re.compile(r"https://relais\.example/d/[\w.-]+")


@pytest.fixture
def clock(relay: Relay) -> Clock:
    """Stop the relay's clock."""
    stopped = Clock(relay.context.clock())
    relay.context.clock = stopped
    return stopped


async def decided(
    relay: Relay, clock: Clock, decision: Decision = Decision.ACTION, *, abusive: bool = False
) -> tuple[UUID, UUID]:
    """Have a message reported and decided, beyond undoing; return message and case."""
    message_id = await write(relay)
    case_id = await reported(relay, message_id)
    ruling = Ruling(decision, REASONS, is_warning=abusive)
    await desk.decide(relay.context, relay.site, case_id, ruling, await look_of(relay))
    clock.now += timedelta(seconds=20)
    await relay.travel(20)
    return message_id, case_id


async def links(relay: Relay, count: int) -> dict[str, str]:
    """Deliver what waits; return the decision pages that were mailed, by address."""
    async with SmtpSink() as sink:
        mails = await sent_on(relay, sink, count)
    return {one.recipients[0]: url for one in mails if (url := link_of(relay, one))}


def link_of(relay: Relay, one: SunkMail) -> str:
    """Return the decision page a mail names, on the relay under test; "" where it names none."""
    found = LINK.search(text_of(opened(one)))
    public = relay.context.settings.public_url
    return relay.url + found[0].removeprefix(public) if found else ""


async def test_both_sides_read_why(relay: Relay, clock: Clock) -> None:
    """DSA 16(5), 17(3): what, why, on which ground, how found, by whom, and how to contest."""
    await decided(relay, clock)
    pages = await links(relay, 5)
    assert set(pages) == {BUYER, ADVERTISER}
    for page in pages.values():
        words = await show(relay, page)
        for said in (
            "Une mesure a été prise",
            "Le message demande un paiement hors du site.",
            "Le message n’est pas transmis.",
            "les règles du site. Conditions, article 4",
            "À la suite d’un signalement.",
            "Une règle automatique",
            "par une personne de notre équipe",
            "jusqu’au",
            "organisme certifié",
        ):
            assert said in words
    assert "Votre message du" in await show(relay, pages[BUYER])
    author = await show(relay, pages[BUYER])
    assert "Camille" not in author
    assert ADVERTISER not in author


async def test_an_author_contests_on_the_page(relay: Relay, clock: Clock) -> None:
    """DSA 20: one appeal, by the author, judged by somebody else; both read how it ended."""
    _, case_id = await decided(relay, clock)
    pages = await links(relay, 5)
    assert await press(relay, pages[BUYER], why=" ") == 422
    assert await press(relay, pages[BUYER], why="Ce n’était qu’une question.") == 303
    assert await press(relay, pages[ADVERTISER], why="Moi aussi.") == 409
    assert "Vous avez contesté" in await show(relay, pages[BUYER])
    assert "a été contestée" in await show(relay, pages[ADVERTISER])
    why = Statement(decision_facts="La question était sans arrière-pensée.")
    judge = await look_of(relay)
    await desk.judge(relay.context, relay.site, case_id, why, judge, is_upheld=False)
    for page in pages.values():
        words = await show(relay, page)
        assert "La décision est annulée" in words
        assert "La question était sans arrière-pensée." in words
        assert "Le message demande un paiement" in words  # the first reasons stay


async def test_a_reporter_contests_a_decision_without_action(relay: Relay, clock: Clock) -> None:
    """Who reported may contest too; the author, whom nothing restricts, never hears of it."""
    _, case_id = await decided(relay, clock, Decision.NO_ACTION)
    pages = await links(relay, 4)
    assert set(pages) == {ADVERTISER}
    assert await press(relay, pages[ADVERTISER], why="C’est bien une arnaque.") == 303
    judge = await look_of(relay)
    await desk.judge(relay.context, relay.site, case_id, REASONS, judge, is_upheld=True)
    rows = await relay.fetch("select kind from outbox where reason like 'appeal_judged%'")
    assert [row["kind"] for row in rows] == ["reader_notice"]


async def test_the_conversation_leads_to_its_decisions(relay: Relay, clock: Clock) -> None:
    """A side finds on its private pages the decisions that concern it, and no others."""
    message_id, _ = await decided(relay, clock, Decision.NO_ACTION)
    pages = {
        ADVERTISER: await relay.answers(f"msg_{message_id.hex}"),
        BUYER: relay.url
        + buyer_url(relay.context, relay.site, message_id).removeprefix("https://relais.example"),
    }
    title = "Décision de l’équipe de modération"
    found = {who: title in await show(relay, f"{page}/answer") for who, page in pages.items()}
    assert found == {ADVERTISER: True, BUYER: False}


async def test_an_abusive_reporter_is_warned(relay: Relay, clock: Clock) -> None:
    """DSA 23: whoever reports without ground is warned, and can contest that too."""
    await decided(relay, clock, Decision.NO_ACTION, abusive=True)
    pages = await links(relay, 4)
    assert "Aucune mesure" in await show(relay, pages[ADVERTISER])


async def test_nobody_is_told_of_what_staff_reported(relay: Relay, clock: Clock) -> None:
    """A reader who reported nothing hears of no report of theirs."""
    message_id = await write(relay)
    notice = desk.Notice(
        message_id=message_id,
        category=desk.Category.SCAM,
        source=desk.Source.STAFF,
        why="Vu par nous.",
    )
    receipt = await desk.file_report(relay.context, relay.site, notice, await look_of(relay))
    ruling = Ruling(Decision.ACTION, REASONS)
    await desk.decide(relay.context, relay.site, receipt.case_id, ruling, await look_of(relay))
    rows = await relay.fetch("select kind, reason from outbox where kind like '%notice'")
    assert [(row["kind"], row["reason"]) for row in rows] == [("notice", "restricted")]
    clock.now += timedelta(seconds=20)
    await relay.travel(20)
    pages = await links(relay, 3)
    assert "À l’initiative de notre équipe." in await show(relay, pages[BUYER])


async def test_a_decision_is_read_while_it_is_looked_at_again(relay: Relay, clock: Clock) -> None:
    """A new report opens a case again; until its next decision the page shows the last one."""
    message_id, case_id = await decided(relay, clock, Decision.NO_ACTION)
    page = (await links(relay, 4))[ADVERTISER]
    again = desk.Notice(
        message_id=message_id, category=desk.Category.SCAM, source=desk.Source.STAFF, why="Encore."
    )
    receipt = await desk.file_report(relay.context, relay.site, again, await look_of(relay))
    assert receipt.case_id == case_id
    words = await show(relay, page)
    assert "signalé de nouveau depuis" in words
    assert "Contester la décision" not in words
    assert await press(relay, page, why="Une erreur.") == 409


async def test_the_page_waits_for_the_undo(relay: Relay, clock: Clock) -> None:
    """What can still be taken back is shown to nobody."""
    message_id = await write(relay)
    case_id = await reported(relay, message_id)
    ruling = Ruling(Decision.ACTION, REASONS)
    await desk.decide(relay.context, relay.site, case_id, ruling, await look_of(relay))
    [row] = await relay.fetch("select sender_id from message")
    with pytest.raises(Exception, match="not_found"):
        await desk.read_ruling(relay.context, relay.site, message_id, row["sender_id"])


async def test_after_184_days_nothing_is_contested(relay: Relay, clock: Clock) -> None:
    """The page says until when; the day after, it takes nothing, and its link still opens."""
    await decided(relay, clock)
    pages = await links(relay, 5)
    clock.now += APPEAL - timedelta(hours=1)
    assert "Contester la décision" in await show(relay, pages[BUYER])
    clock.now += timedelta(hours=2)
    assert "Contester la décision" not in await show(relay, pages[BUYER])
    assert await press(relay, pages[BUYER], why="Trop tard.") == 409


async def test_a_link_opens_nothing_else(relay: Relay, clock: Clock) -> None:
    """A24: a decision's link is none to a conversation, and shows only what concerns its person."""
    await decided(relay, clock)
    pages = await links(relay, 5)
    token = pages[BUYER].rpartition("/")[2]
    for path in (f"/m/{token}", f"/m/{token}/answer", f"/a/{token}/answer", f"/d/{token}x"):
        async with relay.http.get(relay.url + path) as answer:
            assert answer.status == 404
    stranger = UUID(int=7)
    [row] = await relay.fetch("select message_id from message")
    with pytest.raises(Exception, match="not_found"):
        await desk.read_ruling(relay.context, relay.site, row["message_id"], stranger)
