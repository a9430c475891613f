"""A site's own program is told, over real TLS: once, signed, and never inside the network."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web

from relay import desk, webhooks
from relay.desk import Action, Order
from relay.errors import Refused
from relay.permissions import Role
from relay.resolver import dns_lookup
from relay.webhooks import is_genuine
from tests.desk import open_browser, open_console, seat
from tests.moderators import look_of, write
from tests.relays import Relay
from tests.rig.certificates import Authority, Certificate
from tests.rig.dns_stub import DnsStub
from workers.notifier import Notifier, Poster, lookup_by

NAME = "annonces.example"


@dataclass(slots=True)
class Program:
    """The site's own program: what it was told, and how it answers."""

    port: int = 0
    answer: int = 204
    told: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://{NAME}:{self.port}/relais"

    async def take(self, request: web.Request) -> web.Response:
        """Take a telling."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.told.append((headers, await request.read()))
        inside = {"Location": "https://127.0.0.1/"} if self.answer // 100 == 3 else {}
        return web.Response(status=self.answer, headers=inside)


@asynccontextmanager
async def running(authority: Authority, kind: Certificate) -> AsyncIterator[Program]:
    """Serve the program on this machine."""
    program = Program()
    app = web.Application()
    app.router.add_post("/relais", program.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=authority.server_context(kind))
    await site.start()
    program.port = runner.addresses[0][1]
    try:
        yield program
    finally:
        await runner.cleanup()


async def here(_host: str, _port: int) -> list[str]:
    """Resolve every name to this machine."""
    return ["127.0.0.1"]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Who signs the program's certificate."""
    return Authority(tmp_path, (NAME,))


@pytest.fixture
async def program(authority: Authority) -> AsyncIterator[Program]:
    """A program with a good certificate."""
    async with running(authority, Certificate.GOOD) as started:
        yield started


def notifier(relay: Relay, authority: Authority, **changes: Any) -> Notifier:
    """Return a notifier that may reach this machine."""
    chosen = {"lookup": here, "allows": lambda _: True, **changes}
    return Notifier(relay.context, Poster(trust=authority.client_context(), **chosen))


async def tell(relay: Relay, action: Action = Action.NOTIFY) -> UUID:
    """Have staff tell the site of a message, beyond undoing; return the act."""
    message_id = await write(relay)
    order = Order(action, await look_of(relay), message_ids=(message_id,))
    effect = await desk.carry_out(relay.context, relay.site, order)
    await relay.fetch("update site_event set due_at = due_at - interval '20 seconds'")
    assert effect.act_id
    return effect.act_id


async def events(relay: Relay) -> list[tuple[str, str]]:
    """Return state and reason of every event."""
    return [
        (one.state, one.reason) for one in await webhooks.list_events(relay.context, relay.site)
    ]


async def test_a_site_is_told(relay: Relay, program: Program, authority: Authority) -> None:
    """A41: the program gets ids and states, signed with its secret, and nothing of anybody's."""
    secret = await webhooks.set_hook(relay.context, relay.site, program.url)
    await tell(relay)
    assert await notifier(relay, authority).round() == 1
    [(headers, body)] = program.told
    assert is_genuine(headers, body, secret, relay.context.clock())
    telling = json.loads(body)
    assert (telling["type"], telling["listing"]) == ("messages.flagged", "48213")
    assert telling["id"] == headers["webhook-id"]
    assert telling["messages"][0]["state"] == "queued"
    assert not [
        one for one in ("@", "06 39 98", "063998", "+33", "Léa", "question") if one in body.decode()
    ]
    assert await events(relay) == [("delivered", "taken")]


async def test_what_is_undone_is_not_told(
    relay: Relay, program: Program, authority: Authority
) -> None:
    """Within fifteen seconds nothing leaves, and an undone act tells nothing."""
    await webhooks.set_hook(relay.context, relay.site, program.url)
    message_id = await write(relay)
    order = Order(Action.NOTIFY, await look_of(relay), message_ids=(message_id,))
    effect = await desk.carry_out(relay.context, relay.site, order)
    told = notifier(relay, authority)
    assert await told.round() == 0
    assert effect.act_id
    await desk.undo(relay.context, relay.site, effect.act_id, await look_of(relay))
    await relay.fetch("update site_event set due_at = due_at - interval '20 seconds'")
    assert await told.round() == 0
    assert await events(relay) == [("cancelled", "undone")]


async def test_a41_a_lost_answer_is_the_same_event(
    relay: Relay, program: Program, authority: Authority
) -> None:
    """A41: what failed is told again with the same id, so that it counts once."""
    await webhooks.set_hook(relay.context, relay.site, program.url)
    await tell(relay)
    program.answer = 503
    told = notifier(relay, authority)
    await told.round()
    assert await events(relay) == [("queued", "status_5xx")]
    program.answer = 200
    await relay.fetch("update site_event set due_at = now()")
    await told.round()
    first, second = (headers["webhook-id"] for headers, _ in program.told)
    assert first == second
    assert await events(relay) == [("delivered", "taken")]


async def test_a41_secrets_change_in_pairs(
    relay: Relay, program: Program, authority: Authority
) -> None:
    """A41: after a rotation both secrets sign for seven days, then only the new one."""
    old = await webhooks.set_hook(relay.context, relay.site, program.url)
    new = await webhooks.rotate_secret(relay.context, relay.site)
    await tell(relay)
    told = notifier(relay, authority)
    await told.round()
    await relay.fetch("update site_hook set overlap_until = now() - interval '1 second'")
    await tell(relay)
    await told.round()
    now = relay.context.clock()
    believed = [[is_genuine(*one, key, now) for key in (new, old)] for one in program.told]
    assert believed == [[True, True], [True, False]]


async def test_a25_a_redirect_is_not_followed(
    relay: Relay, program: Program, authority: Authority
) -> None:
    """A25: an answer that leads elsewhere is a failure, and nobody goes there."""
    await webhooks.set_hook(relay.context, relay.site, program.url)
    await tell(relay)
    program.answer = 307
    await notifier(relay, authority).round()
    assert await events(relay) == [("queued", "status_3xx")]
    assert len(program.told) == 1


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["1.1.1.1", "10.0.0.8"], ["::ffff:127.0.0.1"], []]
)
async def test_a25_a_name_that_leads_inside_is_refused(
    relay: Relay, program: Program, authority: Authority, addresses: list[str]
) -> None:
    """A25: one address inside the network among those of a name, and nothing is connected to."""

    async def lookup(_host: str, _port: int) -> list[str]:
        return addresses

    await webhooks.set_hook(relay.context, relay.site, program.url)
    await tell(relay)
    poster = Poster(lookup=lookup, trust=authority.client_context())
    await Notifier(relay.context, poster).round()
    assert await events(relay) == [("queued", "address_forbidden")]
    assert program.told == []


async def test_a25_a_name_is_asked_once(
    relay: Relay, program: Program, authority: Authority
) -> None:
    """A25: the connection goes to the address that was checked; a second answer is never asked."""
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.8"]

    await webhooks.set_hook(relay.context, relay.site, program.url)
    await tell(relay)
    await notifier(relay, authority, lookup=rebinding).round()
    assert asked == [NAME]
    assert await events(relay) == [("delivered", "taken")]


async def test_a_silent_name_server_holds_up_nothing_else(
    relay: Relay, program: Program, authority: Authority
) -> None:
    """While the name server of one site is silent, no thread is held that the connections of all
    mails need to find their smarthost.
    """
    await webhooks.set_hook(relay.context, relay.site, program.url)
    await tell(relay)
    async with DnsStub() as dns:
        dns.is_silent_about(NAME)
        lookup = lookup_by(dns_lookup(nameservers=["127.0.0.1"], port=dns.port))
        asked = [asyncio.create_task(lookup(NAME, 443)) for _ in range(40)]
        round_ = asyncio.create_task(notifier(relay, authority, lookup=lookup).round())
        async with asyncio.timeout(4):  # a name server is waited for five seconds
            await asyncio.get_running_loop().getaddrinfo("localhost", 25)
        await round_
        assert {type(one) for one in await asyncio.gather(*asked, return_exceptions=True)} == {
            OSError
        }
    assert await events(relay) == [("queued", "unreachable")]


async def test_a_name_is_looked_up_in_dns(
    relay: Relay, program: Program, authority: Authority
) -> None:
    """The program is found by its IPv4 address where nothing is said of IPv6."""
    await webhooks.set_hook(relay.context, relay.site, program.url)
    await tell(relay)
    async with DnsStub() as dns:
        dns.a(NAME, "127.0.0.1")
        lookup = lookup_by(dns_lookup(nameservers=["127.0.0.1"], port=dns.port))
        await notifier(relay, authority, lookup=lookup).round()
    assert await events(relay) == [("delivered", "taken")]


@pytest.mark.parametrize(
    "kind", [Certificate.SELF_SIGNED, Certificate.EXPIRED, Certificate.WRONG_NAME]
)
async def test_a_wrong_certificate_is_told_nothing(
    relay: Relay, authority: Authority, kind: Certificate
) -> None:
    """What cannot prove its name gets no event."""
    async with running(authority, kind) as program:
        await webhooks.set_hook(relay.context, relay.site, program.url)
        await tell(relay)
        await notifier(relay, authority).round()
        assert program.told == []
    assert await events(relay) == [("queued", "tls")]


async def test_gone_ends_an_event(relay: Relay, program: Program, authority: Authority) -> None:
    """410 is an end; a replay tells the event once more."""
    await webhooks.set_hook(relay.context, relay.site, program.url)
    await tell(relay)
    program.answer = 410
    told = notifier(relay, authority)
    await told.round()
    assert await events(relay) == [("failed", "gone")]
    program.answer = 200
    [event] = await webhooks.list_events(relay.context, relay.site)
    await webhooks.replay(relay.context, relay.site, event.event_id)
    await told.round()
    assert len(program.told) == 2
    assert await events(relay) == [("delivered", "taken")]


async def test_two_notifiers_tell_once(
    relay: Relay, program: Program, authority: Authority
) -> None:
    """Events are leased: two workers at once tell each of them once."""
    await webhooks.set_hook(relay.context, relay.site, program.url)
    for _ in range(3):
        await tell(relay)
    one, other = notifier(relay, authority), notifier(relay, authority)
    await asyncio.gather(one.round(), other.round())
    assert len({headers["webhook-id"] for headers, _ in program.told}) == len(program.told) == 3


async def test_a_site_without_an_address(relay: Relay) -> None:
    """Nothing is done where there is nobody to tell."""
    with pytest.raises(Refused, match="hook_missing"):
        await tell(relay)


async def test_a_removed_address_ends_what_waits(
    relay: Relay, program: Program, authority: Authority
) -> None:
    """After removal nothing leaves any more."""
    await webhooks.set_hook(relay.context, relay.site, program.url)
    await tell(relay)
    await webhooks.remove_hook(relay.context, relay.site)
    assert await notifier(relay, authority).round() == 0
    assert await events(relay) == [("cancelled", "hook_removed")]


async def test_events_end_by_the_calendar(relay: Relay, program: Program) -> None:
    """After ninety days events are forgotten."""
    await webhooks.set_hook(relay.context, relay.site, program.url)
    await tell(relay)
    now = relay.context.clock()
    relay.context.clock = lambda: now + timedelta(days=91)
    assert await webhooks.forget_events(relay.context, relay.site) == 1


async def test_a_moderator_tells_the_site(relay: Relay, program: Program) -> None:
    """The message's page has the button, and its inverse; both stand among the decisions."""
    await webhooks.set_hook(relay.context, relay.site, program.url)
    message_id = await write(relay)
    path = f"/s/demo/messages/msg_{message_id.hex}"
    async with open_console(relay.context) as url, open_browser(url) as browser:
        browser.keep(await seat(relay.context, relay.site, Role.MODERATOR))
        assert "Prévenir le site" in (await browser.get(path)).text
        for action in ("notify", "clear"):
            done = await browser.post(f"{path}/act", action=action, reason="annonce piratée")
            assert "act_" in done.headers["Location"]
        acts = (await browser.get("/s/demo/acts")).text
    assert "Site prévenu" in acts
    kinds = [one.kind for one in await webhooks.list_events(relay.context, relay.site)]
    assert sorted(kinds) == ["messages.cleared", "messages.flagged"]


async def test_all_of_a_key_is_told_after_its_effect(relay: Relay, program: Program) -> None:
    """Of a sender's messages the site is told one event for each listing, after a dry run."""
    await webhooks.set_hook(relay.context, relay.site, program.url)
    for number in range(3):
        await write(relay, number)
    path = f"/s/demo/keys/phone.{relay.site.hash('phone', '+33639980456').hex()}"
    fields = {"action": "notify", "reason": "même expéditeur"}
    async with open_console(relay.context) as url, open_browser(url) as browser:
        browser.keep(await seat(relay.context, relay.site, Role.MODERATOR))
        await browser.get(path)
        shown = await browser.post(f"{path}/act", **fields)
        assert "Signale 3 messages au site" in shown.text.replace("\u00a0", " ")
        assert await events(relay) == []
        await browser.post(f"{path}/act", **fields, sure="1")
    [row] = await relay.fetch("select body from site_event")
    assert len(json.loads(row["body"])["messages"]) == 3
