"""The console: who gets in, what each role may, and what hostile words do there."""

import re
from collections.abc import AsyncIterator
from html import unescape

import pytest

from relay import administration, staff
from relay.looks import verify
from relay.permissions import Role, level
from relay.web.console.doors import DOORS, Door
from tests.desk import Browser, held_message, open_browser, open_console, seat
from tests.integration.test_staff import PASSWORD, code
from tests.relays import ORIGIN, POLICIES, Relay

DOOR = pytest.mark.parametrize("door", DOORS, ids=lambda one: f"{one.method} {one.path}")
UNKNOWN = "msg_" + "0" * 32
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{ 7 * 7 }}",
    "</textarea></blockquote><svg/onload=alert(1)>",
)


@pytest.fixture
async def browser(relay: Relay) -> AsyncIterator[Browser]:
    """A browser at the console."""
    async with open_console(relay.context) as url, open_browser(url) as opened:
        yield opened


async def enter(relay: Relay, browser: Browser, *roles: Role) -> None:
    """Sit down with these roles, at a page that has a form."""
    browser.keep(await seat(relay.context, relay.site, *roles))
    assert (await browser.get("/account")).status == 200


def path_of(door: Door, site: str, identifier: str) -> str:
    """Return the path of a door at a site."""
    return door.path.format(site=site, id=identifier)


async def ask(browser: Browser, door: Door, path: str) -> int:
    """Open a door; returns the status."""
    if door.method == "GET":
        return (await browser.get(path)).status
    return (await browser.post(path, reason="essai")).status


async def test_from_login_to_decision(relay: Relay, browser: Browser) -> None:
    """A moderator logs in, sees what waits, reads it for a reason, lets it leave; all is logged."""
    message = await held_message(relay)
    link = await staff.add_staff(relay.context, "lea")
    await staff.set_role(relay.context, "lea", relay.site, Role.MODERATOR, held=True)
    secret = (await staff.read_invitation(relay.context, link)).secret
    assert "lea" in (await browser.get(f"/welcome/{link}")).text
    now = code(relay.context, secret, -30)
    await browser.post(f"/welcome/{link}", password=PASSWORD, code=now)
    await browser.get("/login")
    shown = code(relay.context, secret)
    came = await browser.post("/login", name="lea", password=PASSWORD, code=shown)
    assert (came.status, came.headers["Location"]) == (303, "/")
    assert (await browser.get("/")).headers["Location"] == "/s/demo/queue"
    assert message in (await browser.get("/s/demo/queue")).text
    path = f"/s/demo/messages/{message}"
    assert "samedi matin" not in (await browser.get(path)).text
    assert "samedi matin" in (await browser.post(f"{path}/open", reason="dossier 7")).text
    assert (await browser.post(f"{path}/release", reason="rien à dire")).status == 303
    assert (await relay.states())[message] == "queued"
    journal = unescape((await browser.get("/s/demo/journal")).text)
    for said in (message, "dossier 7", "rien à dire", "Lecture du texte"):
        assert said in journal


@pytest.mark.parametrize("role", Role, ids=lambda one: one.value)
@DOOR
async def test_every_route_for_every_role(
    relay: Relay, browser: Browser, door: Door, role: Role
) -> None:
    """A route opens to exactly the roles whose level for its permission reaches far enough."""
    message = await held_message(relay)
    await enter(relay, browser, role)
    status = await ask(browser, door, path_of(door, "demo", message))
    may = level([role], door.permission) >= door.least
    assert (status != 403) == may or door.path.endswith("/open")


@pytest.mark.parametrize("role", Role, ids=lambda one: one.value)
async def test_who_opens_a_text(relay: Relay, browser: Browser, role: Role) -> None:
    """A held text opens to who may read held ones; one that is neither held nor reported, to fewer."""
    held, other = await held_message(relay), (await relay.post(message="Un autre texte."))[1]["id"]
    await enter(relay, browser, role)
    may = {Role.MODERATOR, Role.LEAD, Role.SUPPORT, Role.APPROVER}
    opened = (await browser.post(f"/s/demo/messages/{held}/open", reason="essai")).status
    assert (opened == 200) == (role in may)
    opened = (await browser.post(f"/s/demo/messages/{other}/open", reason="essai")).status
    assert (opened == 200) == (role is Role.APPROVER)


@DOOR
async def test_every_route_asks_to_log_in(relay: Relay, browser: Browser, door: Door) -> None:
    """Without a session every route leads to the log-in, and does nothing."""
    await browser.get("/login")
    path = path_of(door, "demo", UNKNOWN)
    answer = await (browser.get(path) if door.method == "GET" else browser.post(path, reason="x"))
    assert (answer.status, answer.headers["Location"]) == (303, "/login")


@DOOR
async def test_every_route_of_a_foreign_site(relay: Relay, browser: Browser, door: Door) -> None:
    """A site at which one has no role does not exist, whatever the role elsewhere (A24)."""
    source = (POLICIES / "demo.toml").read_text("utf-8")
    await administration.open_site(relay.context, "other", source, origins=[ORIGIN], test=True)
    await enter(relay, browser, *Role)
    for site in ("other", "nowhere"):
        assert await ask(browser, door, path_of(door, site, UNKNOWN)) == 404


@pytest.mark.parametrize(
    "door", [one for one in DOORS if "{id}" in one.path], ids=lambda one: one.path
)
async def test_every_id_of_a_foreign_site(relay: Relay, browser: Browser, door: Door) -> None:
    """An id of another site's does not exist here, and nothing happens to it (A24)."""
    message = await held_message(relay)
    source = (POLICIES / "demo.toml").read_text("utf-8")
    await administration.open_site(relay.context, "other", source, origins=[ORIGIN], test=True)
    other = await administration.find_site(relay.context, "other")
    browser.keep(await seat(relay.context, other, *Role))
    await browser.get("/account")
    for identifier in (message, UNKNOWN, "msg_1", "x"):
        status = await ask(browser, door, path_of(door, "other", identifier))
        assert status == (
            409 if door.path.endswith(("release", "refuse")) and len(identifier) > 9 else 404
        )
    assert (await relay.states())[message] == "held"


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
    """After logging out, or when the session is closed from another device, a cookie is void (A23)."""
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


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        ({"Origin": "https://attaque.example"}, {}),
        ({"Origin": "null"}, {}),
        ({"Origin": ""}, {}),
        ({"Sec-Fetch-Site": "cross-site"}, {}),
        ({"Sec-Fetch-Site": "same-site"}, {}),
        ({}, {"csrf": ""}),
        ({}, {"csrf": "0" * 48}),
        ({}, {"csrf": "é"}),
    ],
)
@DOOR
async def test_foreign_forms_are_refused(
    relay: Relay, browser: Browser, door: Door, headers: dict[str, str], fields: dict[str, str]
) -> None:
    """A form of another origin, or without this browser's token, does nothing (A22)."""
    if door.method == "GET":
        return
    message = await held_message(relay)
    await enter(relay, browser, *Role)
    path = path_of(door, "demo", message)
    answer = await browser.post(path, headers, reason="essai", **fields)
    assert (answer.status, (await relay.states())[message]) == (403, "held")


async def test_a_token_is_of_one_browser(relay: Relay, browser: Browser) -> None:
    """The token of one's own forms opens nothing with another's cookie (A22)."""
    message = await held_message(relay)
    await enter(relay, browser, Role.MODERATOR)
    mine = browser.token
    browser.keep(await seat(relay.context, relay.site, Role.MODERATOR))
    path = f"/s/demo/messages/{message}/release"
    assert (await browser.post(path, reason="essai", csrf=mine)).status == 403


async def test_no_page_may_be_kept_or_framed(relay: Relay, browser: Browser) -> None:
    """Every page forbids inline scripts, frames, guessing of types, and copies on the way."""
    message = await held_message(relay)
    await enter(relay, browser, *Role)
    paths = [path_of(one, "demo", message) for one in DOORS if one.method == "GET"]
    for path in (*paths, "/", "/login", "/account", "/nowhere"):
        headers = (await browser.get(path)).headers
        if "Location" in headers:
            continue
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("payload", HOSTILE)
async def test_hostile_words_stay_words(relay: Relay, browser: Browser, payload: str) -> None:
    """Whatever stands in a stored field is shown as it was written, and never as markup (A20)."""
    await relay.put_listing(title=payload)
    message = await held_message(relay, name=payload, message=f"{payload} bonjour")
    await enter(relay, browser, *Role)
    path = f"/s/demo/messages/{message}"
    opened = (await browser.post(f"{path}/open", reason=payload)).text
    journal = (await browser.get("/s/demo/journal")).text
    assert unescape(opened).count(payload) >= 3
    for page in (opened, journal, (await browser.get(path)).text):
        assert payload not in page or not re.search("[<>\"']", payload)
        assert "49" not in re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", page, re.DOTALL)
        assert not re.search(r"<[^>]+\son\w+=|<script(?![^>]*src=)|<svg", page)


async def test_no_text_without_a_reason(relay: Relay, browser: Browser) -> None:
    """A text stays closed, and nothing is decided, when no reason is given."""
    message = await held_message(relay)
    await enter(relay, browser, Role.MODERATOR)
    for act in ("open", "release", "refuse"):
        answer = await browser.post(f"/s/demo/messages/{message}/{act}", reason=" \u2028\x00 ")
        assert answer.status == 422
        assert "samedi matin" not in answer.text
    assert (await relay.states())[message] == "held"


async def test_a_look_is_logged_before_the_reading_fails(relay: Relay, browser: Browser) -> None:
    """Opening a text that turns out to be erased stands in the journal all the same."""
    message = await held_message(relay)
    await relay.fetch("update person set wrapped_key = null returning 1")
    await enter(relay, browser, Role.MODERATOR)
    opened = await browser.post(f"/s/demo/messages/{message}/open", reason="dossier 8")
    assert opened.status == 400
    rows = await relay.fetch("select action, reason from look order by number")
    assert ("open", "dossier 8") in [tuple(row) for row in rows]
    assert (await verify(relay.context, relay.site)).faults == ()


async def test_the_journal_shows_ones_own(relay: Relay, browser: Browser) -> None:
    """A moderator sees their own looks, an auditor everybody's."""
    await enter(relay, browser, Role.LEAD)
    await browser.get("/s/demo/queue")
    await enter(relay, browser, Role.MODERATOR)
    assert (await browser.get("/s/demo/journal")).text.count("<tr>") == 2
    await enter(relay, browser, Role.AUDITOR)
    assert (await browser.get("/s/demo/journal")).text.count("<tr>") == 4


@pytest.mark.parametrize("cookie", ["", "x", "é" * 43, "a" * 10_000, "\x00" * 43])
async def test_odd_cookies(relay: Relay, browser: Browser, cookie: str) -> None:
    """A cookie that could not be ours is as good as none."""
    answer = await browser.get("/account", Cookie=f"__Host-relais={cookie}")
    assert (answer.status, answer.headers["Location"]) == (303, "/login")


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_page_in_both_languages(relay: Relay, browser: Browser, language: str) -> None:
    """Every page is whole in both languages, names itself, and is smaller than 60 kB."""
    message = await held_message(relay)
    await enter(relay, browser, *Role)
    paths = [path_of(one, "demo", message) for one in DOORS if one.method == "GET"]
    for path in (*paths, "/account", "/nowhere"):
        page = await browser.get(path, **{"Accept-Language": language})
        assert f'<html lang="{language}">' in page.text
        assert page.text.count("<h1") == 1
        assert len(page.text.encode()) < 60_000
