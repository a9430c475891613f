"""The same message sent again, and what an answer tells to whom."""

from datetime import timedelta
from uuid import UUID

import pytest

from relay import administration
from relay.web.proof import as_json, new_challenge
from tests.integration.test_doors import proof_of
from tests.relays import CONTACT, HIDDEN, POLICIES, Relay

PAGE = {"Accept": "text/html"}
SHOWN = "06 39 98 01 23"


async def signature(relay: Relay) -> str:
    """Return the signature of a form shown now."""
    async with relay.http.get(f"{relay.form}/challenge") as answer:
        return str((await answer.json())["sig"])


def shape(body: dict[str, object]) -> dict[str, object]:
    """Return what of an answer does not differ from message to message."""
    return {name: type(value) for name, value in body.items()} | {"state": body["state"]}


async def test_a_second_key_of_a_twin_is_remembered(relay: Relay) -> None:
    """A key that came with a text sent before stands for that message, also an hour later."""
    first = await relay.post({"Idempotency-Key": "one"})
    second = await relay.post({"Idempotency-Key": "two"})
    assert second[0] == 202
    assert second[1]["id"] == first[1]["id"]
    now = relay.context.clock()
    relay.context.clock = lambda: now + timedelta(hours=1)
    third = await relay.post({"Idempotency-Key": "two"})
    assert third[1]["id"] == first[1]["id"]
    status, body = await relay.post({"Idempotency-Key": "two"}, message="Un autre texte.")
    assert (status, body["code"]) == (422, "idempotency_conflict")
    assert len(await relay.states()) == 1


@pytest.mark.parametrize("header", [{}, {"Idempotency-Key": "guessed"}])
async def test_a_stranger_gets_no_private_page(relay: Relay, header: dict[str, str]) -> None:
    """Whoever repeats somebody's text is answered without the private page, also a second time."""
    first = await relay.post(sig=await signature(relay))
    assert first[1]["status_url"]
    for _ in range(2):
        status, body = await relay.post(header, sig=await signature(relay))
        assert (status, body["id"]) == (202, first[1]["id"])
        assert body["status_url"] is None
    async with relay.http.post(
        relay.form, data=CONTACT, headers=PAGE, allow_redirects=False
    ) as answer:
        assert answer.headers["Location"].endswith("/again")
    async with relay.http.get(f"{relay.url}/s/{relay.keys.public}/again", headers=PAGE) as page:
        assert page.status == 200


async def test_the_same_form_is_answered_the_same(relay: Relay) -> None:
    """F5: a double click on one form, or one key twice, gets the very same answer."""
    for more, header in (({"sig": await signature(relay)}, {}), ({}, {"Idempotency-Key": "one"})):
        first = await relay.post(header, **more, name=str(header))
        assert await relay.post(header, **more, name=str(header)) == first


async def test_the_policy_that_was_shown_is_kept(relay: Relay) -> None:
    """A message keeps the version whose notice its sender saw, not the newest (GDPR 13)."""
    sig = await signature(relay)
    source = (POLICIES / "demo.toml").read_text("utf-8").replace("version = 1", "version = 2")
    await administration.publish_policy(relay.context, relay.site, source)
    await relay.post(sig=sig)
    await relay.post(message="Envoyé depuis un formulaire montré par le site.")
    rows = await relay.fetch("select policy_version from message order by message_id")
    assert [row["policy_version"] for row in rows] == [1, 2]


async def test_a_proof_is_given_back_when_nothing_is_stored(relay: Relay) -> None:
    """A proof of work whose message was refused is good for the next try."""
    now = relay.context.clock()
    proof = proof_of(as_json(new_challenge(relay.context.link_keys[0], now)))
    status, body = await relay.post(altcha=proof, website="x", listing="none-such")
    assert (status, body["code"]) == (404, "listing_unknown")
    assert (await relay.post(altcha=proof, website="x"))[0] == 202
    status, body = await relay.post(altcha=proof, website="x", message="Encore une question.")
    assert (status, body["code"]) == (422, "proof_wrong")


async def test_a_block_shows_in_no_answer(relay: Relay) -> None:
    """A8: who is blocked is answered as anybody else; nothing leaves; the private page says why."""
    await relay.post()
    await relay.fetch("update conversation set blocked_at = now()")
    other = await relay.post(email="zoe@acheteuse.example", message="Et maintenant ?")
    blocked = await relay.post(message="Et maintenant ?")
    assert blocked[0] == other[0] == 202
    assert shape(blocked[1]) == shape(other[1])
    [row] = await relay.fetch(
        "select state, reason, settled_at is not null as settled from outbox where mail_id = $1",
        UUID(blocked[1]["id"].removeprefix("msg_")),
    )
    assert tuple(row) == ("refused", "blocked", True)
    page = relay.url + blocked[1]["status_url"].removeprefix(relay.context.settings.public_url)
    async with relay.http.get(page, headers=PAGE | {"Accept-Language": "fr"}) as answer:
        assert "Cette conversation est terminée" in await answer.text()
    await relay.check_ledger()


async def test_no_page_shows_a_hidden_number(relay: Relay) -> None:
    """A hidden number that its site wrote into title or details is on no page."""
    await relay.put_listing(title=f"Vélo, {SHOWN}", details=f"120 €, tél. {HIDDEN}")
    _, body = await relay.post()
    status = relay.url + body["status_url"].removeprefix(relay.context.settings.public_url)
    for url in (f"{relay.form}?listing=48213", status):
        async with relay.http.get(url, headers=PAGE) as answer:
            page = await answer.text()
        assert "Vélo" in page
        assert "98 01 23" not in page
        assert HIDDEN not in page
