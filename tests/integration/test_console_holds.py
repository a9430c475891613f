"""Legal holds at the console: placed by one, confirmed by another, lifted by two."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import unescape

import asyncpg
import pytest

from relay import staff
from relay.permissions import Role
from relay.retention import list_holds
from relay.settings import Settings
from tests.desk import Browser, open_browser, open_console, seat
from tests.relays import Relay
from tests.rig.commands import relay as command
from tests.rig.serving import environment

HOLDS = "/s/demo/holds"


@pytest.fixture
async def browser(relay: Relay) -> AsyncIterator[Browser]:
    """A browser at the console."""
    async with open_console(relay.context) as url, open_browser(url) as opened:
        yield opened


async def sit(browser: Browser, token: str) -> None:
    """Let somebody take the seat."""
    browser.keep(token)
    assert (await browser.get(HOLDS)).status == 200


async def place(relay: Relay, browser: Browser, **changes: str) -> int:
    """Post a contact and place a hold on its exchange; gives the status."""
    message = (await relay.post())[1]["id"]
    until = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    form = {"message": message, "scope": "conversation", "until": until, "reason": "PV 2027/118"}
    return (await browser.post(HOLDS, **form | changes)).status


async def test_from_hold_to_lift(relay: Relay, browser: Browser) -> None:
    """A clerk places a hold, an approver confirms it; one asks to lift it, the other does."""
    clerk = await seat(relay.context, relay.site, Role.CLERK)
    approver = await seat(relay.context, relay.site, Role.APPROVER)
    await sit(browser, clerk)
    assert await place(relay, browser) == 303
    [row] = await relay.fetch("select message_id from message")
    message = f"msg_{row['message_id'].hex}"
    shown = (await browser.get(f"/s/demo/messages/{message}")).text
    assert f"/s/demo/holds?message={message}" in shown
    [hold] = await list_holds(relay.context, relay.site)
    assert hold.blocks_until <= datetime.now(UTC) + timedelta(hours=72)
    page = unescape((await browser.get(HOLDS)).text)
    assert "PV 2027/118" in page
    assert "à confirmer" in page
    path = f"{HOLDS}/hold_{hold.hold_id.hex}"
    assert (await browser.post(f"{path}/approve", reason="vu")).status == 403
    await sit(browser, approver)
    assert (await browser.post(f"{path}/approve", reason="vu")).status == 303
    [hold] = await list_holds(relay.context, relay.site)
    assert hold.blocks_until == hold.ends_at
    await sit(browser, clerk)
    assert (await browser.post(f"{path}/ask-lift", reason="classé")).status == 303
    assert (await browser.post(f"{path}/lift", reason="classé")).status == 403
    await sit(browser, approver)
    assert (await browser.post(f"{path}/lift", reason="classé")).status == 303
    [hold] = await list_holds(relay.context, relay.site)
    assert not hold.blocks(datetime.now(UTC))


async def test_every_step_is_logged(relay: Relay, browser: Browser) -> None:
    """No step of a hold without its line in the log of looks: who, what, why."""
    await sit(browser, await seat(relay.context, relay.site, Role.APPROVER))
    await place(relay, browser)
    [hold] = await list_holds(relay.context, relay.site)
    await browser.post(f"{HOLDS}/hold_{hold.hold_id.hex}/ask-lift", reason="classé")
    rows = await relay.fetch(
        "select subject, reason from look where action = 'act' order by number"
    )
    name = f"hold_{hold.hold_id.hex}"
    assert [(row["subject"], row["reason"]) for row in rows] == [
        (f"{name} place conversation", "PV 2027/118"),
        (f"{name} lift_asked conversation", "classé"),
    ]


@pytest.mark.parametrize(
    "bad", [{"message": "msg_1"}, {"scope": "site"}, {"until": "2020-01-01"}, {"until": "x"}]
)
async def test_what_cannot_be_held(relay: Relay, browser: Browser, bad: dict[str, str]) -> None:
    """A hold of nothing, of everything, or that is over already is refused with a sentence."""
    await sit(browser, await seat(relay.context, relay.site, Role.PRIVACY))
    assert await place(relay, browser, **bad) == 422
    assert await list_holds(relay.context, relay.site) == []


@pytest.mark.parametrize("scope", ["message", "conversation", "person", "listing"])
async def test_a_held_key_is_not_destroyed(relay: Relay, browser: Browser, scope: str) -> None:
    """A40: whoever erases, the database keeps the keys of what is held, and of nothing else."""
    await sit(browser, await seat(relay.context, relay.site, Role.CLERK))
    assert await place(relay, browser, scope=scope) == 303
    [held] = await relay.fetch("select sender_id from message")
    erase = "update person set wrapped_key = null where person_id = $1"
    with pytest.raises(asyncpg.ObjectInUseError):
        await relay.fetch(erase, held["sender_id"])
    await relay.post(email="noe@acheteur.example", phone="06 39 98 04 99", message="Autre.")
    [other] = await relay.fetch(
        "select sender_id from message where sender_id <> $1", held["sender_id"]
    )
    if scope == "listing":
        with pytest.raises(asyncpg.ObjectInUseError):
            await relay.fetch(erase, other["sender_id"])
    else:
        await relay.fetch(erase, other["sender_id"])
    await relay.fetch("update legal_hold set blocks_until = now()")
    await relay.fetch(erase, held["sender_id"])


@pytest.mark.timeout(300)
async def test_the_commands(relay: Relay, settings: Settings) -> None:
    """`relay holds` asks what the console asks: a role, two persons, a reason for each step."""
    for name, role in (("lea", Role.CLERK), ("marc", Role.APPROVER)):
        await staff.add_staff(relay.context, name)
        await staff.set_role(relay.context, name, relay.site, role, held=True)
    env, message = environment(settings), (await relay.post())[1]["id"]
    opened = ("open", "demo", message, "--ground", "PV 1", "--until", "2099-01-01", "--by")
    code, output, errors = await command(env, "holds", *opened, "lea")
    assert code == 0, errors
    hold = output.strip()
    steps = [
        ("confirm", "lea", "vu", 1),
        ("confirm", "marc", " ", 1),
        ("confirm", "marc", "vu", 0),
        ("ask-lift", "lea", "vu", 0),
        ("lift", "lea", "vu", 1),
        ("lift", "marc", "vu", 0),
    ]
    for step, name, reason, expected in steps:
        given = ("holds", step, "demo", hold, "--by", name, "--reason", reason)
        assert (await command(env, *given))[0] == expected, (step, name)
    code, output, _ = await command(env, "holds", "list", "demo", "--json")
    [listed] = json.loads(output)["holds"]
    assert (listed["blocks"], listed["approved_by"], listed["lifted_by"]) == (False, "marc", "marc")


async def test_a_held_key_may_be_set_aside(relay: Relay, browser: Browser) -> None:
    """A restriction sets a key aside, held or not: nothing is destroyed by it."""
    await sit(browser, await seat(relay.context, relay.site, Role.CLERK))
    await place(relay, browser)
    await relay.fetch("alter table person add column if not exists frozen_key bytea")
    await relay.fetch("update person set frozen_key = wrapped_key, wrapped_key = null")
    assert await relay.fetch("select 1 from person where frozen_key is null") == []
