"""The intermediate archive: kept for its ground, out of daily work, opened by few with a reason."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from relay.context import Context
from relay.permissions import Role
from tests.desk import Browser, open_browser, open_console, seat
from tests.relays import Relay, open_relay


@pytest.fixture
async def relay(context: Context) -> AsyncIterator[Relay]:
    """A site whose traces are archived after a year, for authorities."""
    async with open_relay(context, "1000-annonces") as opened:
        yield opened


@pytest.fixture
async def browser(relay: Relay) -> AsyncIterator[Browser]:
    """A browser at the console."""
    async with open_console(relay.context) as url, open_browser(url) as opened:
        yield opened


async def old_message(relay: Relay, days: int) -> str:
    """Post a contact and age it; returns the path of its page."""
    message = (await relay.post())[1]["id"]
    await relay.fetch("update message set received_at = now() - make_interval(days => $1)", days)
    return f"/s/{relay.site.slug}/messages/{message}"


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.MODERATOR, 403),
        (Role.SUPPORT, 403),
        (Role.LEAD, 403),  # alone
        (Role.APPROVER, 200),
        (Role.CLERK, 403),
        (Role.ADMIN, 403),
    ],
    ids=lambda one: getattr(one, "value", ""),
)
async def test_who_opens_an_archived_trace(
    relay: Relay, browser: Browser, role: Role, status: int
) -> None:
    """An archived trace opens to who is specially allowed, with a reason, and to nobody else."""
    path = await old_message(relay, 366)
    browser.keep(await seat(relay.context, relay.site, role))
    await browser.get("/account")
    answer = await browser.post(f"{path}/open", reason="PV 2027/118", origin="1")
    assert answer.status == status
    assert ("127.0.0.1" in answer.text) == (status == 200)


async def test_a_list_opens_nothing_archived(relay: Relay, browser: Browser) -> None:
    """A page shows the masked network of a message in daily use, and none of an archived one."""
    path = await old_message(relay, 300)
    browser.keep(await seat(relay.context, relay.site, Role.LEAD))
    assert "127.0.0" in (await browser.get(path)).text
    await relay.fetch("update message set received_at = now() - interval '366 days'")
    page = (await browser.get(path)).text
    assert ("127.0.0" in page, "archivé" in page) == (False, True)


async def test_evidence_of_a_report_is_at_hand(relay: Relay, browser: Browser) -> None:
    """What was reported stays open to those who decide, until its hold is over."""
    path = await old_message(relay, 366)
    [row] = await relay.fetch("select site_id, message_id, sender_id from message")
    await relay.fetch(
        "insert into report (site_id, report_id, message_id, reporter_id, sealed_note)"
        " values ($1, $2, $3, $4, '')",
        row["site_id"],
        uuid4(),
        row["message_id"],
        row["sender_id"],
    )
    browser.keep(await seat(relay.context, relay.site, Role.MODERATOR))
    await browser.get("/account")
    assert (await browser.post(f"{path}/open", reason="signalé", text="1")).status == 200
