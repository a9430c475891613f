"""Takes the pictures of README: ``make pictures`` runs this, no other test run does.

Time, keys and ids are the same in every run, so that a picture changes only when a page does.
"""

import base64
import random
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import asyncpg
import pytest
from PIL import Image
from playwright.async_api import Browser, Page

from relay import desk, lookup, sealing
from relay.cast import put_on
from relay.context import Context, open_context
from relay.engines import Engines
from relay.looks import Look
from relay.lookup import read_pasted
from relay.permissions import Role
from relay.sealing import new_id, public_id, token_hash
from relay.settings import read_settings
from relay.sites import Site
from tests.conftest import with_database
from tests.desk import COOKIE, open_console
from tests.relays import open_relay

pytestmark = pytest.mark.asyncio(loop_scope="session")
FOLDER = Path("docs/images")
NOW = datetime(2026, 11, 22, 10, 42, tzinfo=UTC)
RING_PHONE = "06 39 98 77 00"
WIDTH, HEIGHT = 1200, 860
BYTES_MOST = 150_000
SCROLLED = {"console-sender": "Liens"}  # what stands at the top of a picture
TOKEN = "a" * 43


async def test_take_pictures(
    engines: Engines, template: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each picture is of the demonstration's site, and small."""
    name = "t_pictures"
    connection = await asyncpg.connect(engines.database_url)
    await connection.execute(f"drop database if exists {name} with (force)")
    await connection.execute(f"create database {name} template {template}")
    monkeypatch.setattr(sealing, "os", SimpleNamespace(urandom=random.Random(7).randbytes))
    settings = read_settings(
        {},
        database_url=with_database(engines.database_url, name),
        redis_url=engines.redis_url,
        master_key="k1:" + base64.b64encode(bytes(32)).decode(),
        public_url="https://relais.example",
    )
    async with (
        open_context(settings, clock=lambda: NOW) as context,
        open_relay(context) as relay,
        open_console(context) as url,
    ):
        await put_on(context, relay.site)
        look = await _sit_down(context, relay.site)
        page = await _open(browser, url)
        for picture, path in (await _paths(context, relay.site, look)).items():
            await page.goto(f"{url}/s/demo/{path}")
            if picture in SCROLLED:
                heading = page.get_by_role("heading", name=SCROLLED[picture], exact=True)
                await heading.evaluate("it => it.scrollIntoView()")
            await _take(page, picture)
        await page.context.close()
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


async def _sit_down(context: Context, site: Site) -> Look:
    """Give somebody a session at the console; return what they look with."""
    staff_id = new_id(NOW)
    async with context.database.connection() as connection:
        await connection.execute(
            "insert into staff (staff_id, name, wrapped_key) values ($1, 'nolwenn', '')", staff_id
        )
        await connection.execute(
            "insert into staff_role (site_id, staff_id, role) values ($1, $2, $3)",
            site.site_id,
            staff_id,
            Role.LEAD.value,
        )
        await connection.execute(
            "insert into staff_session values ($1, $2, $3, $4, $5)",
            token_hash(TOKEN),
            new_id(NOW),
            staff_id,
            datetime.now(UTC),
            datetime.now(UTC) + timedelta(hours=12),
        )
    return Look(site.site_id, staff_id, "list", "queue", "", NOW)


async def _paths(context: Context, site: Site, look: Look) -> dict[str, str]:
    """Return the page of each picture."""
    [case, *_] = await desk.list_cases(context, site, look)
    [pasted] = read_pasted(RING_PHONE)
    key = await lookup.find_key(context, site, pasted, look)
    return {
        "console-queue": "queue",
        "console-sender": f"keys/{key.token}",
        "console-case": f"cases/{public_id('case', case.case_id)}",
        "console-rules": "rules",
    }


async def _open(browser: Browser, url: str) -> Page:
    opened = await browser.new_context(
        locale="fr-FR", viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light"
    )
    await opened.add_cookies(
        [
            {
                "name": COOKIE,
                "value": TOKEN,
                "url": url.replace("http:", "https:"),
                "secure": True,
                "httpOnly": True,
                "sameSite": "Lax",
            }
        ]
    )
    return await opened.new_page()


async def _take(page: Page, name: str) -> None:
    shot = await page.screenshot(animations="disabled")
    picture = BytesIO()
    Image.open(BytesIO(shot)).save(picture, "WEBP", quality=80, method=6)
    assert len(picture.getvalue()) < BYTES_MOST
    (FOLDER / f"{name}.webp").write_bytes(picture.getvalue())
