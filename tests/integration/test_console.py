"""The console: who gets in, what each role may, and what hostile words do there."""

import csv
import re
from dataclasses import replace
from html import unescape
from uuid import UUID, uuid4

import pytest

from relay import administration, desk, staff
from relay.desk import Action, Order
from relay.looks import verify
from relay.lookup import Kind
from relay.permissions import Role, level
from relay.sealing import public_id
from relay.sites import Site
from relay.web.console import make_console
from relay.web.console.doors import DOORS, Door
from tests.desk import Browser, enter, held_message, reported, seat
from tests.integration.test_staff import PASSWORD, code
from tests.moderators import block, look_of
from tests.relays import ORIGIN, POLICIES, Relay

UNKNOWN = "msg_" + "0" * 32
PREFIXES = ("msg_", "case_", "act_", "blk_", "lst_", "ask_")
FORM = {
    "reason": "essai",
    "action": "release",
    "decision": "no_action",
    "days": "7",
    "q": "06 39 98 04 56",
    "phone": "1",
}
EVERYTHING = """
    select outbox.state, block.lifted_at, report_case.state as case_state, desk_act.undone_at,
        confirmation.state as request_state
    from outbox, block, report_case, desk_act, confirmation where outbox.kind = 'contact'
"""
BEFORE_LOG_IN = {
    ("GET", "/"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("POST", "/logout"),
    ("GET", "/welcome/{token}"),
    ("POST", "/welcome/{token}"),
    ("GET", "/account"),
    ("POST", "/account/sessions/{id}/end"),
    ("GET", "/static"),
}


def path_of(door: Door, site: str, identifier: str) -> str:
    """Return the path of a door at a site."""
    return door.path.format(site=site, id=identifier, key="phone." + "0" * 32, rule="r07_mandate")


async def ask(browser: Browser, door: Door, path: str) -> int:
    """Open a door; returns the status."""
    if door.method == "GET":
        return (await browser.get(path)).status
    return (await browser.post(path, **FORM)).status


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
    released = await browser.post(f"{path}/act", reason="rien à dire", action="release")
    assert released.status == 303
    assert (await relay.states())[message] == "queued"
    journal = unescape((await browser.get("/s/demo/journal")).text)
    for said in (message, "dossier 7", "rien à dire", "Lecture du texte"):
        assert said in journal


@pytest.mark.parametrize("role", Role, ids=lambda one: one.value)
async def test_every_route_for_every_role(relay: Relay, browser: Browser, role: Role) -> None:
    """Each route opens to exactly the roles whose level for its permission reaches far enough."""
    message = await held_message(relay)
    await enter(relay, browser, role)
    for door in DOORS:
        if door.path.endswith("messages/{id}/open"):
            continue  # asks once more, by what is opened: below
        status = await ask(browser, door, path_of(door, "demo", message))
        may = level([role], door.permission) >= door.least
        assert (status != 403) == may, (door.method, door.path)
        assert status < 500, (door.method, door.path)


@pytest.mark.parametrize("role", Role, ids=lambda one: one.value)
async def test_who_opens_a_text(relay: Relay, browser: Browser, role: Role) -> None:
    """A held text opens to who may read held ones; any other text to fewer."""
    held, other = await held_message(relay), (await relay.post(message="Un autre texte."))[1]["id"]
    await enter(relay, browser, role)
    may = {Role.MODERATOR, Role.LEAD, Role.SUPPORT, Role.APPROVER}
    opened = (await browser.post(f"/s/demo/messages/{held}/open", reason="essai")).status
    assert (opened == 200) == (role in may)
    opened = (await browser.post(f"/s/demo/messages/{other}/open", reason="essai")).status
    assert (opened == 200) == (role is Role.APPROVER)


async def member(relay: Relay, name: str, *roles: Role) -> str:
    """Open an account with these roles; returns the secret of its device."""
    link = await staff.add_staff(relay.context, name)
    for role in roles:
        await staff.set_role(relay.context, name, relay.site, role, held=True)
    secret = (await staff.read_invitation(relay.context, link)).secret
    await staff.accept_invitation(relay.context, link, PASSWORD, code(relay.context, secret, -30))
    return secret


async def test_a_second_person_agrees(relay: Relay, browser: Browser) -> None:
    """A lead opens any text when another lead agrees with proofs of their own, and not else."""
    message = (await relay.post())[1]["id"]
    first, other = await member(relay, "lea", Role.LEAD), await member(relay, "marc", Role.LEAD)
    low = await member(relay, "zoe", Role.MODERATOR)
    await browser.get("/login")
    shown = code(relay.context, first)
    await browser.post("/login", name="lea", password=PASSWORD, code=shown)
    path = f"/s/demo/messages/{message}"
    await browser.get(path)
    statuses = []
    for name, secret in (("lea", first), ("zoe", low), ("marc", other)):
        shown = code(relay.context, secret, 30)
        proofs = {"second_name": name, "second_password": PASSWORD, "second_code": shown}
        statuses.append((await browser.post(f"{path}/open", reason="essai", **proofs)).status)
    assert statuses == [403, 403, 200]
    assert f"{message} text,marc" in (await browser.get("/s/demo/journal")).text
    assert len(await relay.fetch("select 1 from staff_session")) == 1


async def test_a_long_block_needs_two(relay: Relay, browser: Browser) -> None:
    """A block of more than 30 days is for leads, and takes effect when another one agrees."""
    key = f"/s/demo/keys/phone.{relay.site.hash('phone', '+33639980456').hex()}"
    form = {"reason": "mandat", "days": "90", "weight": "hold"}
    await enter(relay, browser, Role.MODERATOR)
    assert (await browser.post(f"{key}/block", **form)).status == 403
    other = await member(relay, "marc", Role.LEAD)
    await enter(relay, browser, Role.LEAD)
    assert (await browser.post(f"{key}/block", **form)).status == 200
    assert (await browser.post(f"{key}/block", **form, sure="1")).status == 403
    shown = code(relay.context, other)
    proofs = {"second_name": "marc", "second_password": PASSWORD, "second_code": shown}
    assert (await browser.post(f"{key}/block", **form, **proofs, sure="1")).status == 303
    assert len(await relay.fetch("select 1 from desk_act where approved_by is not null")) == 1


async def test_every_route_is_behind_a_door(relay: Relay) -> None:
    """A24: what the application serves is a door, which asks who may, or one of the few before."""
    served = {
        (route.method, route.resource.canonical)
        for route in make_console(relay.context).router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert served - {(door.method, door.path) for door in DOORS} == BEFORE_LOG_IN


async def test_a_second_person_agrees_elsewhere(relay: Relay, browser: Browser) -> None:
    """A lead asks for a long block; another lead agrees at their own screen, and it is placed."""
    key = f"/s/demo/keys/phone.{relay.site.hash('phone', '+33639980456').hex()}"
    form = {"reason": "mandat", "days": "90", "weight": "hold", "sure": "1", "ask": "1"}
    await enter(relay, browser, Role.LEAD)
    asked = await browser.post(f"{key}/block", **form)
    assert asked.headers["Location"] == "/s/demo/confirmations"
    page = (await browser.get("/s/demo/confirmations")).text
    [path] = set(re.findall(r'action="(/s/demo/confirmations/ask_[0-9a-f]{32})/', page))
    assert "Accorder" not in page
    assert (await browser.post(f"{path}/agree")).status == 403
    await enter(relay, browser, Role.MODERATOR)
    assert (await browser.post(f"{path}/agree")).status == 403
    await enter(relay, browser, Role.LEAD)
    assert "mandat" in (await browser.get("/s/demo/confirmations")).text
    assert (await browser.post(f"{path}/agree")).status == 303
    assert len(await relay.fetch("select 1 from block")) == 1
    assert (await browser.post(f"{path}/agree")).status == 409


async def test_a_reading_is_agreed_elsewhere(relay: Relay, browser: Browser) -> None:
    """A lead asks to read any text, another agrees, and it opens without proofs of a second."""
    message = (await relay.post())[1]["id"]
    path = f"/s/demo/messages/{message}"
    first, second = [await seat(relay.context, relay.site, Role.LEAD) for _ in range(2)]
    browser.keep(first)
    await browser.get(path)
    assert (await browser.post(f"{path}/open", reason="dossier 3")).status == 403
    await browser.post(f"{path}/open", reason="dossier 3", text="1", ask="1")
    browser.keep(second)
    page = (await browser.get("/s/demo/confirmations")).text
    [agree] = re.findall(r'action="(/s/demo/confirmations/ask_[0-9a-f]{32}/agree)"', page)
    await browser.post(agree)
    browser.keep(first)
    await browser.get(path)
    opened = await browser.post(f"{path}/open", reason="dossier 3", text="1")
    assert "samedi matin" in opened.text


async def test_every_route_asks_to_log_in(relay: Relay, browser: Browser) -> None:
    """Without a session every route leads to the log-in, and does nothing."""
    await browser.get("/login")
    for door in DOORS:
        path = path_of(door, "demo", UNKNOWN)
        answer = await (browser.get(path) if door.method == "GET" else browser.post(path, **FORM))
        assert (answer.status, answer.headers["Location"]) == (303, "/login"), door.path


async def other_site(relay: Relay) -> Site:
    """Open a second site."""
    source = (POLICIES / "demo.toml").read_text("utf-8")
    await administration.open_site(relay.context, "other", source, origins=[ORIGIN], test=True)
    return await administration.find_site(relay.context, "other")


async def test_every_route_of_a_foreign_site(relay: Relay, browser: Browser) -> None:
    """A site at which one has no role does not exist, whatever the role elsewhere (A24)."""
    await other_site(relay)
    await enter(relay, browser, *Role)
    for door in DOORS:
        for site in ("other", "nowhere"):
            assert await ask(browser, door, path_of(door, site, UNKNOWN)) == 404, door.path


async def test_every_id_of_a_foreign_site(relay: Relay, browser: Browser) -> None:
    """An id of another site's does not exist here, and nothing happens to it (A24)."""
    ids = await one_of_each(relay)
    ids += [prefix + "0" * 32 for prefix in PREFIXES] + ["msg_1", "x"]
    before = await relay.fetch(EVERYTHING)
    browser.keep(await seat(relay.context, await other_site(relay), *Role))
    await browser.get("/account")
    doors = [door for door in DOORS if "{id}" in door.path]
    for door in doors:
        for asked in ids:
            status = await ask(browser, door, path_of(door, "other", asked))
            assert status == 404, (door.path, asked)
    assert await relay.fetch(EVERYTHING) == before
    assert len(ids) >= 2 * len(PREFIXES)


async def one_of_each(relay: Relay) -> list[str]:
    """Make one of everything that has an id; return the public ids."""
    message = await held_message(relay)
    message_id = UUID(message.removeprefix("msg_"))
    case = await reported(relay, message)
    look = await look_of(relay)
    effect, key = await block(relay, message_id, Kind.PHONE)
    again = Order(Action.HOLD, look, key=key)
    request = await desk.ask(relay.context, relay.site, again, 1, look)
    [row] = await relay.fetch("select listing_id from listing")
    assert effect.act_id is not None
    assert effect.block_id is not None
    return [
        message,
        case,
        public_id("act", effect.act_id),
        public_id("blk", effect.block_id),
        public_id("lst", row["listing_id"]),
        public_id("ask", request),
    ]


async def test_every_key_of_a_foreign_site(relay: Relay, browser: Browser) -> None:
    """A key of another site's finds nothing here (A24)."""
    await held_message(relay)
    phone = relay.site.hash("phone", "+33639980456").hex()
    await enter(relay, browser, Role.MODERATOR)
    assert "1 message sur 90 jours" in (await browser.get(f"/s/demo/keys/phone.{phone}")).text
    browser.keep(await seat(relay.context, await other_site(relay), *Role))
    assert "0 message sur 90 jours" in (await browser.get(f"/s/other/keys/phone.{phone}")).text


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
async def test_foreign_forms_are_refused(
    relay: Relay, browser: Browser, headers: dict[str, str], fields: dict[str, str]
) -> None:
    """A form of another origin, or without this browser's token, does nothing (A22)."""
    message = await held_message(relay)
    await enter(relay, browser, *Role)
    paths = [path_of(door, "demo", message) for door in DOORS if door.method == "POST"]
    for path in (*paths, "/login", "/logout", f"/account/sessions/{uuid4()}/end"):
        answer = await browser.post(path, headers, **FORM, **fields)
        assert answer.status == 403, path
    assert (await relay.states())[message] == "held"


async def test_a_token_is_of_one_browser(relay: Relay, browser: Browser) -> None:
    """The token of one's own forms opens nothing with another's cookie (A22)."""
    message = await held_message(relay)
    await enter(relay, browser, Role.MODERATOR)
    mine = browser.token
    browser.keep(await seat(relay.context, relay.site, Role.MODERATOR))
    path = f"/s/demo/messages/{message}/act"
    assert (await browser.post(path, **FORM, csrf=mine)).status == 403


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


async def test_no_text_without_a_reason(relay: Relay, browser: Browser) -> None:
    """A text stays closed, and nothing is decided, when no reason is given."""
    message = await held_message(relay)
    await enter(relay, browser, Role.MODERATOR)
    for act in ({}, {"action": "release"}, {"action": "refuse"}):
        path = f"/s/demo/messages/{message}/{'act' if act else 'open'}"
        answer = await browser.post(path, reason=" \u2028\x00 ", **act)
        assert answer.status == 422
        assert "samedi matin" not in answer.text
    assert (await relay.states())[message] == "held"


async def test_a_look_is_logged_before_the_reading_fails(relay: Relay, browser: Browser) -> None:
    """Opening a text that turns out to be erased stands in the journal all the same."""
    message = await held_message(relay)
    await relay.fetch("update person set wrapped_key = null returning 1")
    await enter(relay, browser, Role.MODERATOR)
    opened = await browser.post(f"/s/demo/messages/{message}/open", reason="dossier 8")
    assert "samedi matin" not in opened.text
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


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_page_in_both_languages(relay: Relay, browser: Browser, language: str) -> None:
    """Every page is whole in both languages, names itself once, and is smaller than 60 kB."""
    message = await held_message(relay)
    case = await reported(relay, message)
    phone = relay.site.hash("phone", "+33639980456").hex()
    await enter(relay, browser, *Role)
    paths = [
        door.path.format(site="demo")
        for door in DOORS
        if door.method == "GET" and "{" not in door.path.removeprefix("/s/{site}/")
        if not door.path.endswith((".csv", "/live"))
    ]
    [row] = await relay.fetch("select listing_id from listing")
    listing = public_id("lst", row["listing_id"])
    paths += [f"/s/demo/messages/{message}", f"/s/demo/cases/{case}", f"/s/demo/keys/phone.{phone}"]
    paths += [f"/s/demo/listings/{listing}"]
    for path in (*paths, "/account", "/nowhere"):
        page = await browser.get(path, **{"Accept-Language": language})
        assert page.status == (404 if path == "/nowhere" else 200), path
        assert f'<html lang="{language}">' in page.text
        assert page.text.count("<h1") == 1
        assert len(page.text.encode()) < 60_000


async def test_a_full_queue_stays_small(relay: Relay, browser: Browser) -> None:
    """The queue of a day with 500 held messages is smaller than 60 kB."""
    await held_message(relay)
    await relay.fetch(
        "with ids as (select gen_random_uuid() as id from generate_series(1, 500)),"
        " said as (insert into message select (jsonb_populate_record(message,"
        "   jsonb_build_object('message_id', ids.id))).* from message, ids returning message_id)"
        " insert into outbox select (jsonb_populate_record(outbox,"
        "   jsonb_build_object('mail_id', said.message_id, 'message_id', said.message_id))).*"
        " from outbox, said where outbox.kind = 'contact' returning 1",
    )
    await enter(relay, browser, Role.MODERATOR)
    page = await browser.get("/s/demo/queue")
    assert "500 messages retenus" in page.text
    assert len(page.text.encode()) < 60_000


async def test_paste_a_phone_and_block(relay: Relay, browser: Browser) -> None:
    """One paste shows the sender; a block shows its effect, is placed, and taken back."""
    message = await held_message(relay)
    await enter(relay, browser, Role.MODERATOR)
    await browser.get("/s/demo/search")
    found = await browser.post("/s/demo/search", q="06.39.98.04.56")
    key = found.headers["Location"]
    assert key.startswith("/s/demo/keys/phone.")
    page = await browser.get(key)
    assert message in page.text
    assert "<svg" in page.text
    assert "06 39 98 04 56" not in page.text.replace("\u00a0", " ")
    form = {"reason": "mandat", "days": "30", "weight": "hold"}
    shown = await browser.post(f"{key}/block", **form)
    assert (shown.status, await relay.fetch("select 1 from block")) == (200, [])
    placed = await browser.post(f"{key}/block", **form, sure="1")
    assert len(await relay.fetch("select 1 from block where lifted_at is null")) == 1
    act = placed.headers["Location"].partition("?done=")[2]
    undone = await browser.post(f"/s/demo/acts/{act}/undo", back=key.removeprefix("/s/demo/"))
    assert undone.headers["Location"] == key
    assert await relay.fetch("select 1 from block where lifted_at is null") == []


async def test_decide_a_report(relay: Relay, browser: Browser) -> None:
    """A report is taken, decided with its reasons, and the decision taken back within seconds."""
    case = await reported(relay, await held_message(relay))
    await enter(relay, browser, Role.MODERATOR)
    assert case in (await browser.get("/s/demo/queue")).text
    path = f"/s/demo/cases/{case}"
    assert "Demande un mandat." in (await browser.get(path)).text
    await browser.post(f"{path}/take")
    done = await browser.post(f"{path}/decide", reason="mandat", decision="action", measure="")
    assert "une mesure est prise" in (await browser.get(path)).text
    act = done.headers["Location"].partition("?done=")[2]
    await browser.post(f"/s/demo/acts/{act}/undo", back=f"cases/{case}")
    assert "une mesure est prise" not in (await browser.get(path)).text


@pytest.mark.parametrize("trap", ["", "http://spam.example"])
async def test_what_pointed_at_a_message_is_told(relay: Relay, browser: Browser, trap: str) -> None:
    """DSA 17(3)(c): of what its score held nobody is told that no automated means found it."""
    _, body = await relay.post(**({"website": trap, "hold": "1"} if trap else {}))
    assert body["state"] == ("held" if trap else "queued")
    case = await reported(relay, body["id"])
    await enter(relay, browser, Role.MODERATOR)
    await browser.get(f"/s/demo/cases/{case}")
    await browser.post(f"/s/demo/cases/{case}/decide", reason="mandat", decision="action")
    look = replace(await look_of(relay), action="open")
    case_id = UUID(case.removeprefix("case_"))
    file = await desk.read_case(relay.context, relay.site, case_id, look)
    assert file.statement is not None
    assert file.statement.automated_detection is bool(trap)


async def test_nobody_judges_their_own_decision(relay: Relay, browser: Browser) -> None:
    """A contested decision is judged by a lead who did not make it."""
    case = await reported(relay, await held_message(relay))
    await enter(relay, browser, Role.LEAD)
    path = f"/s/demo/cases/{case}"
    await browser.post(f"{path}/decide", reason="mandat", decision="action")
    await relay.fetch("update report_case set state = 'appealed' returning 1")
    own = await browser.post(f"{path}/judge", reason="vu", ruling="upheld")
    await enter(relay, browser, Role.LEAD)
    other = await browser.post(f"{path}/judge", reason="vu", ruling="overturned")
    assert (own.status, other.status) == (403, 303)


async def test_no_cell_is_a_formula(relay: Relay, browser: Browser) -> None:
    """No cell of an export begins like a formula of a spreadsheet (A21)."""
    await held_message(relay)
    phone = relay.site.hash("phone", "+33639980456").hex()
    await _risky_values(relay)
    await enter(relay, browser, Role.LEAD)
    exports = [
        door.path
        for door in DOORS
        if door.path.endswith(".csv") and not door.path.endswith("requests.csv")  # test_rights_desk
    ]
    for path in exports:
        page = await browser.get(path.format(site="demo", key=f"phone.{phone}"))
        rows = list(csv.reader(page.text.removeprefix("\ufeff").splitlines()))
        assert page.text.startswith("\ufeff"), path  # spreadsheets read UTF-8 by it
        assert len(rows) > 1, path
        assert not [cell for row in rows for cell in row if cell.lstrip()[:1] in tuple("=+-@")]
    assert len(exports) >= 7


async def _risky_values(relay: Relay) -> None:
    """Put what a spreadsheet would run wherever a name of ours could be anything."""
    risky = "=cmd|' /C calc'!A0"
    [row] = await relay.fetch("select site_id, message_id from message")
    await relay.fetch("update message set signals = array[$1]", risky)
    await relay.fetch(
        "insert into attempt (site_id, mail_id, token, number, route, phase, ended_at, outcome,"
        " reason, enhanced, provider) values ($1, $2, 1, 1, $3, 'done', now(), $3, $3, $3, $3)",
        row["site_id"], row["message_id"], risky,
    )  # fmt: skip
