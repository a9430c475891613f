"""The doors under odd input: limits, refusals that pages can read, proofs, redirects, new keys."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from altcha.v1 import solve_challenge

from relay.errors import Refused
from relay.limiter import KEYS_MOST, Limit, Limiter, Memory
from relay.outgoing import buyer_url
from relay.texts import LANGUAGES, keys
from relay.web.problems import meaning
from relay.web.proof import as_json, new_challenge
from tests.relays import CONTACT, ORIGIN, Relay

PAGE = {"Accept": "text/html"}
HOUR = timedelta(hours=1)
NOW = datetime(2027, 3, 14, 9, 59, 59, tzinfo=UTC)


def proof_of(challenge: dict[str, Any]) -> str:
    """Solve a challenge as a browser does."""
    solution = solve_challenge(challenge["challenge"], challenge["salt"], challenge["algorithm"])
    assert solution is not None
    answer = {name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")}
    return base64.b64encode(json.dumps(answer | {"number": solution.number}).encode()).decode()


async def advertiser_page(relay: Relay) -> str:
    """Send a contact; return the address of the advertiser's links for it."""
    _, body = await relay.post()
    return await relay.answers(body["id"])


async def test_a_refused_request_is_no_repeat(relay: Relay) -> None:
    """Sending twice under one Idempotency-Key does not lead past the limit of a sender."""
    for n in range(20):
        assert (await relay.post(message=f"Question {n} ?"))[0] == 202
    for _ in range(2):
        status, body = await relay.post({"Idempotency-Key": "k"}, message="Une de plus ?")
        assert (status, body["code"]) == (429, "rate_limited")


async def test_a_repeat_costs_no_limit(relay: Relay) -> None:
    """An accepted request that comes again under its key is answered when the limit is reached."""
    for n in range(20):
        await relay.post({"Idempotency-Key": f"k{n}"}, message=f"Question {n} ?")
    assert (await relay.post({"Idempotency-Key": "k3"}, message="Question 3 ?"))[0] == 202


async def test_next_that_is_no_url(relay: Relay) -> None:
    """A page to return to that cannot be read as a URL leads to the private page instead."""
    async with relay.http.post(
        relay.form, data=CONTACT | {"next": "https://["}, headers=PAGE, allow_redirects=False
    ) as answer:
        assert answer.status == 303
        assert "/m/" in answer.headers["Location"]


@pytest.mark.parametrize(
    "sent",
    [
        rb'{"\ud800":1}',
        rb'{"\ud800":"a","\ud800":"b"}',
        rb'{"listing":"\ud800","message":"\ud800","next":"\ud800","altcha":"\ud800"}',
    ],
)
async def test_half_surrogates(relay: Relay, sent: bytes) -> None:
    """Half surrogates in JSON, as keys or values, are refused by a problem that can be read."""
    async with relay.http.post(
        relay.form, data=sent, headers={"Content-Type": "application/json"}
    ) as answer:
        assert answer.status in {400, 422}
        assert (await answer.json(content_type=None))["code"]


async def test_note_with_half_surrogates(relay: Relay) -> None:
    """A report is taken whatever its note holds, and without one."""
    page = await advertiser_page(relay)
    for note in ("\ud800", ""):
        async with relay.http.post(
            f"{page}/report", json={"note": note}, allow_redirects=False
        ) as answer:
            assert answer.status == 303


@pytest.mark.parametrize(
    ("public_url", "host", "origin", "wanted"),
    [
        ("https://Relais.Example:443", "a.example", "https://relais.example", 200),
        ("https://relais.example", "localhost:8080", "http://localhost:8080", 200),
        ("https://relais.example", "a.example", "https://ANNONCES.example:443", 200),
        ("https://relais.example", "a.example", "https://annonces.example:8443", 403),
        ("https://relais.example", "a.example", "https://relais.example@x.example", 403),
        ("https://relais.example", "a.example", "https://[", 403),
    ],
)
async def test_origins(relay: Relay, public_url: str, host: str, origin: str, wanted: int) -> None:
    """Origins are compared as browsers write them; the relay's own page may always post."""
    relay.context.settings = relay.context.settings.model_copy(update={"public_url": public_url})
    headers = {"Host": host, "Origin": origin}
    async with relay.http.get(f"{relay.form}?listing=48213", headers=headers) as answer:
        assert answer.status == wanted


async def test_page_says_when_to_try_again(relay: Relay) -> None:
    """The form shown again after too many messages says when to try again (RFC 9110 10.2.3)."""
    for n in range(20):
        await relay.post(message=f"Question {n} ?")
    async with relay.http.post(relay.form, data=CONTACT, headers=PAGE) as answer:
        assert answer.status == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 3600


@pytest.mark.parametrize(
    ("kind", "body", "wanted"),
    [
        ("application/json", b"{", 400),
        ("application/json", b" " * 70_000, 413),
        ("text/plain", b"a", 415),
        ("application/json", b"{}", 422),
    ],
)
async def test_refusals_are_shared(relay: Relay, kind: str, body: bytes, wanted: int) -> None:
    """A page of the site can read every refusal of the form (CORS)."""
    headers = {"Origin": ORIGIN, "Content-Type": kind}
    async with relay.http.post(relay.form, data=body, headers=headers) as answer:
        assert answer.status == wanted
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


async def test_refusals_are_not_shared_with_others(relay: Relay) -> None:
    """A page of another site cannot read a refusal."""
    headers = {"Origin": "https://ailleurs.example"}
    async with relay.http.post(relay.form, data=b"a", headers=headers) as answer:
        assert answer.status == 415
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_type_of_a_problem_leads_to_its_page(relay: Relay) -> None:
    """The address in ``type`` shows the code and its sentence with the values left blank."""
    _, body = await relay.post(phone="06 39")
    path = body["type"].removeprefix("https://relais.example")
    async with relay.http.get(f"{relay.url}{path}") as answer:
        assert answer.status == 200
        assert "Il manque … chiffres" in await answer.text()
    for unknown in ("title", "x", "%00"):
        async with relay.http.get(f"{relay.url}/doc/problemes/{unknown}") as answer:
            assert answer.status == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_is_explained(language: str) -> None:
    """Every code has its sentence, whatever values it names."""
    codes = {key.removeprefix("problems.") for key in keys(language) if key[:9] == "problems."}
    for code in codes - {"title"}:
        assert "{" not in meaning(language, code)


@pytest.mark.parametrize("door", ["send", "cancel", "report"])
async def test_redirects_are_named_and_not_kept(relay: Relay, door: str) -> None:
    """An answer by redirect carries the request's id and is not kept by caches."""
    urls = {"send": relay.form, "report": f"{await advertiser_page(relay)}/report"}
    link = next(iter(await relay.states())).removeprefix("msg_")
    page = buyer_url(relay.context, relay.site, UUID(link))
    urls["cancel"] = f"{page.replace(relay.context.settings.public_url, relay.url)}/cancel"
    async with relay.http.post(
        urls[door], data=CONTACT, headers=PAGE, allow_redirects=False
    ) as answer:
        assert answer.status == 303
        assert answer.headers["Request-Id"].startswith("req_")
        assert answer.headers["Cache-Control"] == "no-store"


async def test_keys_roll(relay: Relay) -> None:
    """F53: a form and a proof made under the key before the newest are still good."""
    async with relay.http.get(f"{relay.form}/challenge") as answer:
        body = await answer.json()
    relay.context.link_keys = (b"n" * 32, *relay.context.link_keys)
    proof = {"altcha": proof_of(body["challenge"]), "sig": body["sig"], "website": "x"}
    assert (await relay.post(**proof))[0] == 202
    assert list((await relay.states()).values()) == ["queued"]


async def test_a_signature_of_the_key_before(relay: Relay) -> None:
    """F53: a form shown before the key changed is a signed form still, with a minute to fill it."""
    async with relay.http.get(f"{relay.form}/challenge") as answer:
        sig = (await answer.json())["sig"]
    shown_at = relay.context.clock()
    relay.context.clock = lambda: shown_at + timedelta(minutes=1)
    relay.context.link_keys = (b"n" * 32, *relay.context.link_keys)
    nearly_suspicious = {"email": "lea@yopmail.com", "message": "Voyez https://a.example/ ?"}
    assert (await relay.post({}, **nearly_suspicious))[1]["code"] == "proof_required"
    assert (await relay.post({}, **nearly_suspicious, sig=sig))[0] == 202


async def test_a_proof_is_good_once_past_the_hour(relay: Relay) -> None:
    """A solved challenge is used up for its whole life, also when the clock hour turns."""
    start = relay.context.clock()
    turn = start.replace(minute=0, second=0, microsecond=0) + HOUR
    proof = proof_of(as_json(new_challenge(relay.context.link_keys[0], turn)))
    relay.context.clock = lambda: turn - timedelta(seconds=1)
    assert (await relay.post(altcha=proof, website="x"))[0] == 202
    relay.context.clock = lambda: turn + timedelta(seconds=1)
    status, body = await relay.post(altcha=proof, website="x", message="Encore une question.")
    assert (status, body["code"]) == (422, "proof_wrong")


def test_memory_forgets_at_the_end() -> None:
    """A name is kept until its own end, then its room is free."""
    memory = Memory()
    memory.add("a", until=NOW + HOUR, now=NOW)
    assert memory.has("a", NOW + HOUR - timedelta(seconds=1))
    assert not memory.has("a", NOW + HOUR)
    memory.add("b", until=NOW + 2 * HOUR, now=NOW + HOUR)
    assert not memory.has("a", NOW)


def test_a_flood_of_keys_frees_no_limit() -> None:
    """A limit that is used up stays so however many new keys come, and memory stays bounded."""
    limiter = Limiter()
    used_up = [Limit("mailbox", "a", 3)]
    for _ in range(3):
        limiter.hit(used_up, NOW)
    for n in range(KEYS_MOST + 10):
        limiter.hit([Limit("ip", str(n), 60)], NOW)
    with pytest.raises(Refused, match="rate_limited"):
        limiter.hit(used_up, NOW)


async def test_a_likely_slip_in_the_address_is_asked_about_and_never_refused(relay: Relay) -> None:
    """An address at gmial.com is accepted; its sender is asked whether gmail.com was meant."""
    status, body = await relay.post(email="lea.durand@gmial.com")
    assert (status, body["email_suggestion"]) == (202, "gmail.com")
    fields = {**CONTACT, "email": "tom.durand@gmial.com"}
    html = {"Accept": "text/html"}
    async with relay.http.post(
        relay.form, data=fields, headers=html, allow_redirects=False
    ) as sent:
        path = sent.headers["Location"]
    async with relay.http.get(relay.url + path, headers=html) as page:
        assert "Vouliez-vous dire gmail.com" in await page.text()
    wrong = fields | {"phone": "06 39 98 04 5"}
    async with relay.http.post(relay.form, data=wrong, headers=html) as again:
        assert again.status == 422
        assert "Vouliez-vous dire gmail.com" in await again.text()
