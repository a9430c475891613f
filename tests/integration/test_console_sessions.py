"""The console's sessions: cookies that are planted, stolen, odd; where it is served."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from relay import staff
from relay.context import open_context
from relay.permissions import Role
from relay.settings import Settings
from tests.desk import Browser, enter, held_message, open_browser, open_console, seat
from tests.integration.test_staff import PASSWORD, code
from tests.relays import Relay
from tests.rig.processes import Child
from tests.rig.serving import environment, free_port


async def test_a_planted_cookie_is_worth_nothing(relay: Relay, browser: Browser) -> None:
    """Logging in replaces the cookie: one known before is nobody's afterwards (A23)."""
    link = await staff.add_staff(relay.context, "lea")
    secret = (await staff.read_invitation(relay.context, link)).secret
    await staff.accept_invitation(relay.context, link, PASSWORD, code(relay.context, secret, -30))
    planted = "p" * 43
    browser.keep(planted)
    await browser.get("/login")
    assert browser.cookie == planted
    shown = code(relay.context, secret)
    await browser.post("/login", name="lea", password=PASSWORD, code=shown)
    assert browser.cookie != planted
    assert (await browser.get("/account")).status == 200
    browser.keep(planted)
    assert (await browser.get("/account")).headers["Location"] == "/login"


async def test_a_stolen_cookie_ends_with_the_session(relay: Relay, browser: Browser) -> None:
    """After logging out a cookie is void, wherever it was copied to (A23)."""
    await enter(relay, browser, Role.MODERATOR)
    stolen = browser.cookie
    await browser.post("/logout")
    browser.keep(stolen)
    assert (await browser.get("/account")).headers["Location"] == "/login"


async def test_one_closes_only_ones_own_sessions(relay: Relay, browser: Browser) -> None:
    """The id of another person's session closes nothing (A24)."""
    other = await seat(relay.context, relay.site, Role.LEAD)
    await enter(relay, browser, Role.MODERATOR)
    for row in await relay.fetch("select session_id from staff_session"):
        await browser.post(f"/account/sessions/{row['session_id']}/end")
    assert await staff.read_session(relay.context, other) is not None
    assert (await browser.get("/account")).headers["Location"] == "/login"


async def test_the_cookie_is_kept_from_scripts_and_other_sites(
    relay: Relay, browser: Browser
) -> None:
    """The cookie belongs to this host alone, goes over TLS only, and no script reads it (A23)."""
    set_cookie = (await browser.get("/login")).headers["Set-Cookie"]
    parts = {part.strip().lower() for part in set_cookie.split(";")[1:]}
    assert set_cookie.startswith("__Host-relais=")
    assert {"path=/", "secure", "httponly", "samesite=lax"} <= parts
    assert not any(part.startswith("domain") for part in parts)


@pytest.mark.parametrize("cookie", ["", "x", "é" * 43, "a" * 44, "a" * 42 + ".", '"' + "a" * 43])
async def test_odd_cookies(relay: Relay, browser: Browser, cookie: str) -> None:
    """A cookie that could not be ours is as good as none."""
    answer = await browser.get("/account", Cookie=f"__Host-relais={cookie}")
    assert (answer.status, answer.headers["Location"]) == (303, "/login")


async def test_without_tls_the_cookie_has_a_plain_name(settings: Settings) -> None:
    """On a machine of one's own, without TLS, people can log in all the same."""
    plain = settings.model_copy(update={"public_url": "http://127.0.0.1:8080"})
    async with (
        open_context(plain) as context,
        open_console(context) as url,
        open_browser(url) as browser,
    ):
        set_cookie = (await browser.get("/login")).headers["Set-Cookie"]
    assert set_cookie.startswith("relais=")
    assert "secure" not in set_cookie.lower()


async def test_served_beside_the_public_doors(relay: Relay, tmp_path: Path) -> None:
    """`relay serve` opens the console on its own port, and not the public doors there."""
    address = f"127.0.0.1:{free_port()}"
    listen = {"http_listen": f"127.0.0.1:{free_port()}", "console_listen": address}
    env = environment(relay.context.settings, **listen)
    async with Child("relay", "serve", env=env, log=tmp_path / "serve.log") as process:
        await process.wait_http(f"http://{listen['http_listen']}/livez", 60)
        async with relay.http.get(f"http://{address}/login") as page:
            assert page.status == 200
        async with relay.http.get(f"http://{address}/livez") as page:
            assert page.status == 404


async def test_the_consoles_own_address_decides_on_tls(settings: Settings) -> None:
    """Behind a proxy with TLS the cookie goes over TLS only, whatever the public address is."""
    own = {"public_url": "http://127.0.0.1:8080", "console_url": "https://console.example"}
    async with (
        open_context(settings.model_copy(update=own)) as context,
        open_console(context) as url,
        open_browser(url) as browser,
    ):
        set_cookie = (await browser.get("/login")).headers["Set-Cookie"]
    assert set_cookie.startswith("__Host-relais=")


async def test_no_line_of_the_log_is_forged(relay: Relay, tmp_path: Path) -> None:
    """A32: whatever is typed at the console, each line of the log is one event without it."""
    evil = 'lea\r\n{"event":"forged","level":"info"}\x1b[2J'
    message = await held_message(relay)
    address = f"127.0.0.1:{free_port()}"
    listen = {"http_listen": f"127.0.0.1:{free_port()}", "console_listen": address}
    env = environment(relay.context.settings, **listen)
    async with (
        Child("relay", "serve", env=env, log=tmp_path / "serve.log") as process,
        open_browser(f"http://{address}") as browser,
    ):
        await process.wait_http(f"http://{address}/login", 60)
        await browser.get("/login", **{"User-Agent": "forged"})
        await browser.post("/login", name=evil, password=evil, code=evil)
        await enter(relay, browser, *Role)
        await browser.post("/s/demo/search", q=evil)
        for path in (f"messages/{message}/open", f"messages/{message}/act", "selection/act"):
            await browser.post(f"/s/demo/{path}", reason=evil, action=evil, back=evil)
        await browser.get(f"/s/demo/{quote(evil)}")
        assert await process.terminate(10) == 0
        lines = process.output.splitlines()
    assert len(lines) > 3
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert [line for line in lines if "forged" in line or "\x1b" in line] == []
