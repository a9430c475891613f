"""The HTTP hook: mail that a provider received is kept like any other, and nothing is bounced."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientSession, FormData
from pydantic import SecretStr

from relay.context import Context
from relay.web.app import make_app
from tests.relays import Relay, served
from tests.scenarios.test_arrivals import alias, mail

KEY = "hook-key-of-a-test"


@pytest.fixture
async def hook(relay: Relay) -> AsyncIterator[str]:
    """Serve the relay with its hook open; gives its address."""
    context: Context = relay.context
    settings = context.settings.model_copy(update={"inbound_key": SecretStr(KEY)})
    context.settings = settings
    async with served(make_app(context)) as url:
        yield f"{url}/hooks/mail"


def raw_mail(to: str) -> bytes:
    """Return a mail as a provider hands it over."""
    return mail(to).removesuffix(b"\r\n.\r\n")


async def kept(relay: Relay) -> int:
    """Count the mails that were kept."""
    return len(await relay.fetch("select 1 from inbound"))


async def post(relay: Relay, url: str, **sent: Any) -> tuple[int, Any]:
    """Post to the hook with its key."""
    basic = b64encode(f"relay:{KEY}".encode()).decode()
    sent["headers"] = {"Authorization": f"Basic {basic}"} | sent.get("headers", {})
    async with relay.http.post(url, **sent) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_raw_mail(relay: Relay, hook: str) -> None:
    """Raw MIME with the envelope in the query is kept, each recipient answered for itself."""
    to = await alias(relay)
    query = [("sender", "a@b.example"), ("recipient", to), ("recipient", "r-x@relais.example")]
    status, body = await post(
        relay, hook, params=query, data=raw_mail(to), headers={"Content-Type": "message/rfc822"}
    )
    assert (status, body["recipients"]) == (200, {to: "kept", "r-x@relais.example": "unknown"})
    assert await kept(relay) == 1


async def test_mailgun(relay: Relay, hook: str) -> None:
    """Mailgun posts the raw mail as a field of a form."""
    to = await alias(relay)
    form = FormData({"recipient": to, "sender": "a@b.example"}, default_to_multipart=True)
    form.add_field("body-mime", raw_mail(to).decode())
    assert (await post(relay, hook, data=form))[1]["recipients"] == {to: "kept"}


async def test_sendgrid(relay: Relay, hook: str) -> None:
    """SendGrid posts the raw mail beside its envelope as JSON."""
    to = await alias(relay)
    envelope = json.dumps({"to": [to], "from": "a@b.example"})
    form = FormData({"envelope": envelope}, default_to_multipart=True)
    form.add_field("email", raw_mail(to).decode())
    assert (await post(relay, hook, data=form))[1]["recipients"] == {to: "kept"}


async def test_postmark(relay: Relay, hook: str) -> None:
    """Postmark posts JSON with the raw mail in it."""
    to = await alias(relay)
    body = {"OriginalRecipient": to, "RawEmail": raw_mail(to).decode()}
    assert (await post(relay, hook, json=body))[1]["recipients"] == {to: "kept"}


async def test_a_repeat_is_kept_once(relay: Relay, hook: str) -> None:
    """A provider that repeats what it was not answered for adds nothing."""
    to = await alias(relay)
    for _ in range(2):
        sent = {"OriginalRecipient": to, "RawEmail": raw_mail(to).decode()}
        assert (await post(relay, hook, json=sent))[0] == 200
    assert await kept(relay) == 1


@pytest.mark.parametrize("given", [None, "Bearer other", "Basic !!!", "Basic cmVsYXk6", "Bearer "])
async def test_without_the_key(relay: Relay, hook: str, given: str | None) -> None:
    """Without the hook's key nothing is read."""
    headers = {"Authorization": given} if given else {}
    async with ClientSession() as http, http.post(hook, json={}, headers=headers) as answer:
        assert answer.status == 401


async def test_no_hook_without_a_key(relay: Relay) -> None:
    """Where no key is set there is no hook."""
    async with relay.http.post(f"{relay.url}/hooks/mail", json={}) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    "sent",
    [
        {"json": {}},
        {"json": []},
        {"json": {"OriginalRecipient": 3, "RawEmail": None}},
        {"data": b"{", "headers": {"Content-Type": "application/json"}},
        {"data": b"--", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        {"data": FormData({"a": "b"})},
        {"data": b"x", "headers": {"Content-Type": "message/rfc822"}},
        {"data": b"x", "headers": {"Content-Type": "application/xml"}},
    ],
)
async def test_what_is_no_mail(relay: Relay, hook: str, sent: dict[str, Any]) -> None:
    """What a provider posts in another form is refused with a problem, never a fault of ours."""
    status, body = await post(relay, hook, **sent)
    assert status in (400, 415)
    assert body["code"] == "media_type_refused"


async def test_too_large(relay: Relay, hook: str) -> None:
    """R5: more than ten megabytes are refused by size, not by a closed connection."""
    to = await alias(relay)
    raw = raw_mail(to) + b"\r\nx" * 4_000_000
    status, _ = await post(
        relay,
        hook,
        params={"recipient": to},
        data=BytesIO(raw),
        headers={"Content-Type": "message/rfc822"},
    )
    assert status == 413
    assert await kept(relay) == 0
