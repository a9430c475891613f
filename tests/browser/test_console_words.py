"""What strangers, sites and staff write is text on every page of the console (A20)."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.async_api import Page

from relay import desk as acts
from relay import listings
from relay.catalogue import Advertiser
from relay.desk import Action, Decision, NewBlock, Order, Ruling, Statement, Weight
from relay.limiter import Limiter
from relay.looks import Look
from relay.lookup import Key, Kind
from relay.sealing import new_id, public_id
from tests.browser.desk import Desk
from tests.desk import held_message
from tests.relays import LISTING

pytestmark = pytest.mark.asyncio(loop_scope="session")
VECTORS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert&#40;1&#41;</script></svg>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href=javascript:alert(1) autofocus onfocus=alert(1)>x</a>",
    "<style>@import '//attaque.example/x.css'</style>",
    "<form action=//attaque.example><button>x</button></form>",
    "<meta http-equiv=refresh content='0;url=//attaque.example'>",
    "{{constructor.constructor('alert(1)')()}}",
)
BEFORE = (
    "",
    '"',
    "'",
    '">',
    "'>",
    "-->",
    "]]>",
    "\\",
    "&lt;",
    "</title>",
    "</style>",
    "</script>",
    "</textarea>",
    "</blockquote>",
    "</td></tr></table>",
    "</svg>",
    "</math>",
    "</noscript>",
    "${",
    "%0d%0a",
)
PAYLOADS = [before + vector for before in BEFORE for vector in VECTORS]
ROUNDS = [PAYLOADS[first : first + len(VECTORS)] for first in range(0, 200, len(VECTORS))]
AT_ONCE = 4
LISTS = ("queue", "requests", "blocks", "acts", "journal", "delivery")


@pytest.mark.parametrize("first", range(0, len(ROUNDS), AT_ONCE))
async def test_hostile_words_do_nothing(moderator: Page, desk: Desk, first: int) -> None:
    """A20: 200 hostile texts in every stored field give no dialog and break no policy."""
    faults: list[str] = []
    moderator.on("dialog", lambda dialog: faults.append(dialog.message))
    moderator.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    moderator.on(
        "request",
        lambda request: faults.append(request.url) if desk.url not in request.url else None,
    )
    for number in range(first, first + AT_ONCE):
        some = ROUNDS[number]
        await _look(moderator, desk, *await _plant(desk, some, number))
        message = await moderator.locator("blockquote").first.text_content()
        assert message is not None
        assert all(payload in message for payload in some)
    for name in LISTS:
        await moderator.goto(f"{desk.url}/s/demo/{name}")
    assert len(PAYLOADS) == len(set(PAYLOADS)) == 200
    assert faults == []


async def _look(page: Page, desk: Desk, message: str, case: str, listing: str) -> None:
    """Open what was planted: its case, its listing in full, and all of the message."""
    site = f"{desk.url}/s/demo"
    await page.goto(f"{site}/cases/{case}")
    await page.goto(f"{site}/listings/{listing}")
    await page.get_by_label("Motif pour montrer ces données").fill("essai")
    await page.get_by_role("button", name="Montrer en clair").click()
    await page.goto(f"{site}/messages/{message}")
    for box in await page.get_by_role("checkbox").all():
        await box.check()
    await page.get_by_label("Motif de la lecture").fill("essai")
    await page.get_by_role("button", name="Lire").click()


async def _plant(desk: Desk, payloads: list[str], number: int) -> tuple[str, str, str]:
    """Store hostile words in every field that takes them; return message, case and listing."""
    relay, ref, words = desk.relay, f"xss-{number}", "".join(payloads)
    relay.context.limiter = Limiter()  # one person does not write so often
    hostile = replace(
        LISTING,
        ref=ref,
        title=words[:150],
        details=words[-150:],
        url="https://annonces.example/" + words[:300].replace(" ", "+"),
        advertiser=Advertiser(words[:60], f"c{number}@annonceur.example", None, words[:100]),
    )
    registered = await listings.put_listing(relay.context, relay.site, hostile)
    headers = {"User-Agent": words[:400], "Accept-Language": payloads[0]}
    text = f"{number} " + "\n".join(payloads)
    email = f"lea{number}@acheteuse.example"
    message = await held_message(
        relay,
        headers,
        message=text,
        email=email,
        listing=ref,
        name="&lt;img src=x onerror=alert(1)&gt;",
    )
    case = await _desk_words(desk, UUID(message.removeprefix("msg_")), words, number)
    return message, public_id("case", case), public_id("lst", registered.listing_id)


async def _desk_words(desk: Desk, message_id: UUID, words: str, number: int) -> UUID:
    """Have staff and a reporter write hostile words wherever they write; return the case."""
    context, site = desk.relay.context, desk.relay.site
    [row] = await desk.relay.fetch("select staff_id from staff limit 1")
    now = context.clock()
    look = Look(site.site_id, row["staff_id"], "act", words[:80], words[:500], now)
    notice = acts.Notice(
        message_id=message_id,
        category=acts.Category.SCAM,
        source=acts.Source.SITE,
        why=words,
        law=words[:300],
        name=words[:80],
        email="tiers@exemple.example",
        good_faith=True,
    )
    receipt = await acts.file_report(context, site, notice)
    await acts.note(context, site, receipt.case_id, look)
    facts = Statement(decision_facts=words, clause=words[:300], decision_ground="terms")
    if number % 2:
        ruling = Ruling(Decision.ACTION, facts)
        await acts.decide(context, site, receipt.case_id, ruling, look)
    key = Key(Kind.MAILBOX, (new_id(now).bytes,))
    block = NewBlock(key, Weight.HOLD, now + timedelta(days=90), words[:40], words[:500])
    await acts.ask(context, site, Order(Action.BLOCK, look, block=block), 0, look)
    short = replace(block, ends_at=now + timedelta(days=7))
    await acts.carry_out(context, site, Order(Action.BLOCK, look, block=short))
    return receipt.case_id
