"""One Chromium and one relay for all browser tests; a fresh page for each."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from relay.context import open_context
from relay.engines import Engines
from relay.permissions import Role
from relay.rights.requests import Content
from relay.rights.standing import Kind
from relay.sealing import public_id
from relay.settings import read_settings
from tests.browser import install
from tests.browser.desk import Desk, sit
from tests.browser.house import House, open_house
from tests.browser.rights_scenes import prove
from tests.desk import held_message, open_console, reported
from tests.relays import CONTACT, open_relay
from tests.rig.databases import Databases
from tests.traffic import two_days

KEY = "k1:" + "A" * 43 + "="
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


@pytest.fixture(scope="session")
def found() -> install.Browser:
    """A Chromium and axe-core; where CI=true their absence fails, elsewhere it skips loudly."""
    browser = install.find()
    if browser is None and os.environ.get("CI") == "true":
        pytest.fail(f"no browser to test with; {install.HOW}")
    if browser is None:
        pytest.skip(f"NO BROWSER, NO BROWSER TEST WAS RUN; {install.HOW}")
    return browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(found: install.Browser) -> AsyncIterator[Browser]:
    """A running Chromium."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=found.executable, args=ARGUMENTS)
        yield running
        await running.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(engines: Engines, databases: Databases) -> AsyncIterator[House]:
    """A relay with a site, on a database of its own."""
    url = await databases.take()
    async with open_house(url, engines.redis_url) as opened:
        yield opened
    await databases.give_back(url)


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, house: House) -> AsyncIterator[Page]:
    """An empty page in French; what it asks of others than this machine fails the test."""
    context = await browser.new_context(locale="fr-FR", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    opened = await context.new_page()
    asked: list[str] = []
    faults: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    cookies = await context.cookies()
    await context.close()
    local = (house.url, house.other, house.other.replace("127.0.0.1", "localhost"))
    assert [url for url in asked if not url.startswith(local)] == [], "asked another machine"
    assert faults == []
    assert cookies == []


@pytest_asyncio.fixture(loop_scope="session")
async def scriptless(browser: Browser) -> AsyncIterator[Page]:
    """An empty page with JavaScript off."""
    context = await browser.new_context(locale="fr-FR", java_script_enabled=False)
    context.set_default_timeout(20_000)
    yield await context.new_page()
    await context.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk(engines: Engines, databases: Databases) -> AsyncIterator[Desk]:
    """A console on a database of its own."""
    database_url = await databases.take()
    settings = read_settings(
        {},
        database_url=database_url,
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
        case = await reported(relay, other)
        [row] = await relay.fetch("select listing_id from listing")
        await two_days(relay, held)
        asked = Content(CONTACT["email"], "+33639980456", "Merci d’effacer mes messages.")
        request = public_id("req", await prove(context, relay.site, Kind.ERASURE, asked))
        yield Desk(relay, url, held, case, public_id("lst", row["listing_id"]), request)
    await databases.give_back(database_url)


@pytest_asyncio.fixture(loop_scope="session")
async def moderator(browser: Browser, desk: Desk) -> AsyncIterator[Page]:
    """A page of a person with every role."""
    page = await sit(browser, desk, *Role)
    yield page
    await page.context.close()
