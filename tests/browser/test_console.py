"""The console in a browser: axe on every page, keys, no JavaScript, hostile words."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from relay.context import open_context
from relay.engines import Engines
from relay.limiter import Limiter
from relay.permissions import Role
from relay.settings import read_settings
from tests.browser.eyes import AXE_RUN, OVERFLOW, WIDTHS, load_axe, photograph
from tests.conftest import with_database
from tests.desk import COOKIE, held_message, open_console, reported, seat
from tests.relays import Relay, open_relay

pytestmark = pytest.mark.asyncio(loop_scope="session")
KEY = "k1:" + "A" * 43 + "="
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
AT_ONCE = len(VECTORS)


@dataclass(slots=True)
class Desk:
    """A console with a message that waits and one that was reported."""

    relay: Relay
    url: str
    held: str
    case: str

    @property
    def key(self) -> str:
        """The path of the buyer's phone."""
        return f"/s/demo/keys/phone.{self.relay.site.hash('phone', '+33639980456').hex()}"

    def pages(self) -> dict[str, str]:
        """Every page that is looked at, by name."""
        site = "/s/demo"
        return {
            "console-queue": f"{site}/queue",
            "console-message": f"{site}/messages/{self.held}",
            "console-case": f"{site}/cases/{self.case}",
            "console-key": self.key,
            "console-search": f"{site}/search",
            "console-blocks": f"{site}/blocks",
            "console-acts": f"{site}/acts",
            "console-rules": f"{site}/rules",
            "console-rule": f"{site}/rules/r07_mandate",
            "console-journal": f"{site}/journal",
            "console-staff": f"{site}/staff",
            "console-account": "/account",
            "console-problem": "/nowhere",
        }


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(engines: Engines, template: str) -> AsyncIterator[Desk]:
    """A console on a database of its own."""
    name = "t_" + uuid.uuid4().hex[:12]
    connection = await asyncpg.connect(engines.database_url)
    await connection.execute(f"create database {name} template {template}")
    settings = read_settings(
        {},
        database_url=with_database(engines.database_url, name),
        redis_url=engines.redis_url,
        master_key=KEY,
        public_url="https://relais.example",
    )
    async with (
        open_context(settings) as context,
        open_relay(context) as relay,
        open_console(context) as url,
    ):
        held = await held_message(relay)
        other = await held_message(relay, message="Je paie par mandat, donnez votre adresse.")
        yield Desk(relay, url, held, await reported(relay, other))
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


async def sit(browser: Browser, desk: Desk, *roles: Role, script: bool = True) -> Page:
    """Open a page of somebody with these roles; a dialog or a refused script is a fault."""
    context = await browser.new_context(
        locale="fr-FR", viewport={"width": 1280, "height": 900}, java_script_enabled=script
    )
    context.set_default_timeout(8000)
    token = await seat(desk.relay.context, desk.relay.site, *roles)
    await context.add_cookies(
        [
            {
                "name": COOKIE,
                "value": token,
                "url": desk.url.replace("http:", "https:"),
                "secure": True,
                "httpOnly": True,
                "sameSite": "Lax",
            }
        ]
    )
    return await context.new_page()


@pytest_asyncio.fixture(loop_scope="session")
async def moderator(browser: Browser, desk: Desk) -> AsyncIterator[Page]:
    """A page of a person with every role."""
    page = await sit(browser, desk, *Role)
    yield page
    await page.context.close()


async def test_axe_finds_nothing(moderator: Page, desk: Desk) -> None:
    """No page breaks WCAG 2.2 AA or scrolls sideways: light, dark, narrow, wide."""
    found: dict[str, list[str]] = {}
    for name, path in desk.pages().items():
        await moderator.goto(desk.url + path)
        await load_axe(moderator)
        for scheme in ("light", "dark"):
            for width in WIDTHS:
                await moderator.emulate_media(color_scheme=scheme)
                await moderator.set_viewport_size({"width": width, "height": 800})
                faults = await moderator.evaluate(AXE_RUN)
                if await moderator.evaluate(OVERFLOW) > 0:
                    faults.append("scrolls sideways")
                found |= {f"{name} {scheme} {width}": faults} if faults else {}
            await photograph(moderator, f"{name}-{scheme}")
            await moderator.set_viewport_size({"width": 1280, "height": 800})
    assert found == {}


async def test_axe_finds_nothing_at_the_door(browser: Browser, desk: Desk) -> None:
    """The page to log in is as clean, for somebody unknown."""
    context = await browser.new_context(locale="fr-FR")
    page = await context.new_page()
    await page.goto(desk.url + "/")
    await load_axe(page)
    faults = await page.evaluate(AXE_RUN)
    await photograph(page, "console-login-light")
    await context.close()
    assert faults == []


async def test_twice_as_large(moderator: Page, desk: Desk) -> None:
    """With text at 200 % no page scrolls sideways."""
    await moderator.set_viewport_size({"width": 1280, "height": 800})
    wide = []
    for name, path in desk.pages().items():
        await moderator.goto(desk.url + path)
        await moderator.evaluate("document.documentElement.style.fontSize = '200%'")
        wide += [name] if await moderator.evaluate(OVERFLOW) > 0 else []
    assert wide == []


async def test_from_report_to_undo_by_keyboard(moderator: Page, desk: Desk) -> None:
    """From the queue to the report, its decision and back again: few keys, and no mouse."""
    await moderator.goto(desk.url + "/s/demo/queue")
    await moderator.keyboard.press("j")
    await moderator.keyboard.press("Enter")
    await moderator.wait_for_url("**/cases/**")
    await moderator.keyboard.press("d")  # asks for the facts first
    await moderator.keyboard.type("rien de suspect")
    await moderator.keyboard.press("Enter")
    await moderator.wait_for_url("**?done=act_*")
    await moderator.keyboard.press("z")
    await moderator.locator("button[data-key=d]").wait_for()
    assert "?" not in moderator.url


async def test_from_a_paste_to_a_block_and_back_by_keyboard(moderator: Page, desk: Desk) -> None:
    """A paste shows the sender; block, confirm and undo are a key each."""
    await moderator.goto(desk.url + "/s/demo/queue")
    await moderator.keyboard.press("/")
    await moderator.wait_for_url("**/search")
    await moderator.keyboard.press("/")
    await moderator.keyboard.type("06 39 98 04 56")
    await moderator.keyboard.press("Enter")
    await moderator.wait_for_url("**/keys/phone.*")
    await moderator.keyboard.press("b")
    await moderator.keyboard.type("mandat")
    await moderator.keyboard.press("Enter")
    await moderator.get_by_role("heading", name="Effet de cette action").wait_for()
    await moderator.keyboard.press("Enter")
    await moderator.wait_for_url("**?done=act_*")
    await moderator.keyboard.press("z")
    await moderator.wait_for_url(desk.url + desk.key)
    live = await desk.relay.fetch("select 1 from block where lifted_at is null")
    assert live == []


async def test_from_a_report_to_a_block_and_back_in_six_keys(moderator: Page, desk: Desk) -> None:
    """Report, what is linked, block, confirm, undo: six keys beside the words of the reason."""
    await moderator.goto(f"{desk.url}/s/demo/cases/{desk.case}")
    await moderator.keyboard.press("s")
    await moderator.wait_for_url("**/keys/phone.*")
    await moderator.keyboard.press("b")
    await moderator.keyboard.type("mandat")
    await moderator.keyboard.press("Enter")
    await moderator.get_by_role("heading", name="Effet de cette action").wait_for()
    await moderator.keyboard.press("Enter")
    await moderator.wait_for_url("**?done=act_*")
    await moderator.keyboard.press("z")
    await moderator.wait_for_url(desk.url + desk.key)
    assert await desk.relay.fetch("select 1 from block where lifted_at is null") == []


async def test_enter_alone_decides_nothing(moderator: Page, desk: Desk) -> None:
    """Enter in the field of a reason presses none of several buttons."""
    await moderator.goto(f"{desk.url}/s/demo/messages/{desk.held}")
    await moderator.get_by_label("Motif", exact=True).fill("à voir")
    await moderator.keyboard.press("Enter")
    await moderator.goto(f"{desk.url}/s/demo/acts")
    assert "à voir" not in await moderator.content()


async def test_keys_can_be_turned_off(moderator: Page, desk: Desk) -> None:
    """Who turns the keys off is left alone by them."""
    await moderator.goto(f"{desk.url}/account")
    await moderator.get_by_role("checkbox").uncheck()
    await moderator.goto(f"{desk.url}/s/demo/queue")
    await moderator.keyboard.press("j")
    assert await moderator.evaluate("document.activeElement === document.body")


async def test_everything_works_without_javascript(browser: Browser, desk: Desk) -> None:
    """A message is opened, let go and held again without a script."""
    page = await sit(browser, desk, Role.MODERATOR, script=False)
    await page.goto(f"{desk.url}/s/demo/messages/{desk.held}")
    await page.get_by_label("Motif de la lecture").fill("dossier 12")
    await page.get_by_role("button", name="Lire").click()
    assert await page.get_by_text("samedi matin").count() == 1
    for button in ("Laisser partir", "Retenir"):
        await page.get_by_label("Motif", exact=True).fill("dossier 12")
        await page.get_by_role("button", name=button).click()
        await page.get_by_text("C’est fait").wait_for()
    await page.context.close()


async def test_hostile_words_do_nothing(moderator: Page, desk: Desk) -> None:
    """200 hostile texts in message, browser, title and reason: no dialog, no CSP fault (A20)."""
    faults: list[str] = []
    moderator.on("dialog", lambda dialog: faults.append(dialog.message))
    moderator.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    moderator.on(
        "request",
        lambda request: faults.append(request.url) if desk.url not in request.url else None,
    )
    for first in range(0, len(PAYLOADS), AT_ONCE):
        some = PAYLOADS[first : first + AT_ONCE]
        message = await _plant(desk, some, first)
        await moderator.goto(f"{desk.url}/s/demo/messages/{message}")
        for box in await moderator.get_by_role("checkbox").all():
            await box.check()
        await moderator.get_by_label("Motif de la lecture").fill("".join(some)[:500])
        await moderator.get_by_role("button", name="Lire").click()
        shown = await moderator.locator("blockquote").text_content()
        assert shown is not None
        assert all(payload in shown for payload in some)
        for path in ("/s/demo/queue", "/s/demo/journal", desk.key):
            await moderator.goto(desk.url + path)
    assert len(PAYLOADS) == 200
    assert faults == []


async def _plant(desk: Desk, payloads: list[str], number: int) -> str:
    """Store hostile words in every field that takes them; return the message."""
    desk.relay.context.limiter = Limiter()  # one person does not write so often
    await desk.relay.put_listing(title="".join(payloads)[:150], details=payloads[0])
    headers = {"User-Agent": "".join(payloads)[:400], "Accept-Language": payloads[0]}
    text = f"{number} " + "\n".join(payloads)
    return await held_message(
        desk.relay, headers, message=text, email=f"lea{number}@acheteuse.example"
    )
