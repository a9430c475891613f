"""The API of sites: listings, keys, repeats, origins, problems, and its own description."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.checks import positive_data_acceptance
from schemathesis.specs.openapi.definitions import OPENAPI_31

from relay import administration
from relay.texts import has
from relay.web.problems import STATUSES
from relay.web.shapes import ContactAnswer, FormChallenge, OwnState
from tests.relays import CONTACT, ORIGIN, Relay
from tests.rig.scale import scale
from tests.rig.serving import serving, without_limits

BODY: dict[str, Any] = {
    "title": "Vélo de ville",
    "details": "120 €, Rennes",
    "url": "https://annonces.example/1",
    "show_phone": False,
    "advertiser": {"pseudonym": "Camille", "email": "camille@annonceur.example"},
}


async def ask(
    relay: Relay, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, dict[str, Any]]:
    """Ask the API with the secret key; return status and body."""
    address = f"{relay.url}{path}"
    async with relay.http.request(
        method, address, json=body, headers=relay.secret | headers
    ) as answer:
        return answer.status, await answer.json(content_type=None) or {}


async def test_listing_from_birth_to_end(relay: Relay) -> None:
    """A listing is created, read, replaced and ended; ending twice changes nothing."""
    path = "/v1/listings/a-1"
    assert (await ask(relay, "GET", path))[0] == 404
    assert (await ask(relay, "PUT", path, BODY))[0] == 201
    status, body = await ask(relay, "PUT", path, BODY | {"title": "Vélo vendu bientôt"})
    assert (status, body["title"], body["state"]) == (200, "Vélo vendu bientôt", "open")
    assert (await ask(relay, "GET", path))[1] == body
    for _ in range(2):
        assert (await ask(relay, "DELETE", path))[0] == 204
    assert (await ask(relay, "GET", path))[1]["state"] == "closed"
    status, body = await relay.post(listing="a-1")
    assert (status, body["code"]) == (409, "listing_closed")


async def test_listing_faults_together(relay: Relay) -> None:
    """All faults of a listing are told at once, by the place of the field."""
    person = {"pseudonym": "", "email": "camille@", "phone": "12", "siret": "1", "vat": "FR1"}
    _, body = await ask(relay, "PUT", "/v1/listings/a-2", {"title": " ", "advertiser": person})
    assert {fault["pointer"] for fault in body["errors"]} == {
        "#/title",
        *(f"#/advertiser/{name}" for name in person),
    }


async def test_keys(relay: Relay) -> None:
    """Only a live secret key opens the API; a public one, an odd one or none does not."""
    for value in ("", f"Bearer {relay.keys.public}", "Bearer x", f"Basic {relay.keys.secret}"):
        status, _ = await ask(relay, "GET", "/v1/listings/48213", Authorization=value)
        assert status == 401, value
    form = f"{relay.url}/f/{relay.keys.secret}"
    async with relay.http.post(form, json=CONTACT) as answer:
        assert answer.status == 401


async def test_rotation_overlaps(relay: Relay) -> None:
    """After a rotation both pairs are good for seven days, then the new one only."""
    new = await administration.rotate_keys(relay.context, relay.site)
    for key in (relay.keys.secret, new.secret):
        status, _ = await ask(relay, "GET", "/v1/listings/48213", Authorization=f"Bearer {key}")
        assert status == 200
    await relay.fetch("update site_key set expires_at = expires_at - interval '7 days'")
    relay.context.sites.forget()
    expected = {relay.keys.secret: 401, new.secret: 200}
    for key, wanted in expected.items():
        status, _ = await ask(relay, "GET", "/v1/listings/48213", Authorization=f"Bearer {key}")
        assert status == wanted


async def test_cors(relay: Relay) -> None:
    """Pages of the site may read the form and post to it; others are refused."""
    ours, theirs = {"Origin": ORIGIN}, {"Origin": "https://ailleurs.example"}
    form = f"{relay.form}?listing=48213"
    for method in ("OPTIONS", "GET", "POST"):
        async with relay.http.request(method, form, headers=ours, json=CONTACT) as answer:
            assert answer.status < 300
            assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
            assert "Origin" in answer.headers["Vary"]
        async with relay.http.request(method, form, headers=theirs, json=CONTACT) as answer:
            assert answer.status == 403
    assert len(await relay.states()) == 1


async def test_repeats(relay: Relay) -> None:
    """A key makes a repeat the same message, marked; for other fields it is a conflict."""
    body = CONTACT | {"sender": {"ip": "192.0.2.9", "port": 5}}
    answers = []
    for _ in range(2):
        async with relay.http.post(
            f"{relay.url}/v1/messages",
            json=body,
            headers=relay.secret | {"Idempotency-Key": "k"},
        ) as answer:
            answers.append((answer.status, await answer.json(), dict(answer.headers)))
    assert answers[0][:2] == answers[1][:2]
    assert "Idempotent-Replayed" not in answers[0][2]
    assert answers[1][2]["Idempotent-Replayed"] == "true"
    other = body | {"message": "Autre chose, sous la même clé."}
    status, refused = await ask(relay, "POST", "/v1/messages", other, **{"Idempotency-Key": "k"})
    assert (status, refused["code"]) == (422, "idempotency_conflict")


async def test_same_text_within_ten_minutes(relay: Relay) -> None:
    """The same text is the same message for ten minutes, and a new one after."""
    start = relay.context.clock()
    first = (await relay.post())[1]["id"]
    relay.context.clock = lambda: start + timedelta(minutes=9)
    assert (await relay.post())[1]["id"] == first
    relay.context.clock = lambda: start + timedelta(minutes=11)
    second = (await relay.post())[1]["id"]
    assert second != first
    assert (await relay.post())[1]["id"] == second


async def test_state_of_a_message(relay: Relay) -> None:
    """The site reads the state of its message, and nothing of another's or of none."""
    _, body = await relay.post()
    status, state = await ask(relay, "GET", f"/v1/messages/{body['id']}")
    assert (status, state["state"], state["reason"]) == (200, "queued", "accepted")
    for wrong in ("msg_" + "0" * 32, "msg_x", "lst_" + body["id"][4:], "%00"):
        assert (await ask(relay, "GET", f"/v1/messages/{wrong}"))[0] == 404


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("code", sorted(set(STATUSES) - {"validation"}))
def test_every_code_has_its_sentence(code: str, language: str) -> None:
    """Every refusal of a door can be said in both languages."""
    assert has(language, f"problems.{code}")


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_problems_in_the_language_asked(relay: Relay, language: str) -> None:
    """A problem is written in the visitor's language and names its request."""
    async with relay.http.post(
        relay.form, json={}, headers={"Accept-Language": language}
    ) as answer:
        body = await answer.json(content_type=None)
        assert answer.content_type == "application/problem+json"
        assert answer.headers["Content-Language"] == language
        assert body["instance"] == answer.headers["Request-Id"]
        assert ("points à corriger" in body["title"]) is (language == "fr")


async def test_rate_limit(relay: Relay) -> None:
    """Beyond the limit a sender is told when to write again, and nothing is stored."""
    statuses = []
    for n in range(22):
        async with relay.http.post(
            relay.form, json=CONTACT | {"message": f"Question {n} ?"}
        ) as answer:
            statuses.append(answer.status)
            if answer.status == 429:
                assert 0 < int(answer.headers["Retry-After"]) <= 3600
    assert statuses == [202] * 20 + [429] * 2


async def test_the_description_is_valid(relay: Relay) -> None:
    """The OpenAPI document is valid OpenAPI 3.1, and every operation in it exists."""
    async with relay.http.get(f"{relay.url}/openapi.json") as answer:
        document = await answer.json()
    schema = {key: value for key, value in OPENAPI_31.items() if key != "$id"}
    Draft202012Validator(schema).validate(document)
    described = {"/v1/listings/{ref}", "/v1/messages", "/v1/messages/{id}"}
    described |= {"/f/{key}", "/f/{key}/challenge", "/m/{token}", "/livez", "/readyz"}
    assert described <= set(document["paths"])


async def test_public_answers_have_the_shape_they_are_described_with(relay: Relay) -> None:
    """What a form, its challenge and the private page answer is what the description says."""
    async with relay.http.get(f"{relay.form}/challenge") as answer:
        FormChallenge.model_validate(await answer.json(), strict=True)
    _, accepted = await relay.post()
    ContactAnswer.model_validate(accepted, strict=True)
    page = relay.url + accepted["status_url"].removeprefix(relay.context.settings.public_url)
    async with relay.http.get(page, headers={"Accept": "application/json"}) as answer:
        OwnState.model_validate(await answer.json(), strict=True)


async def test_the_api_answers_as_described(relay: Relay, tmp_path: Path) -> None:
    """Whatever is generated from the description is answered as it says, and never by a 5xx."""
    await without_limits(relay)
    async with serving(relay, tmp_path / "serve.log") as door:
        async with door.http.get(f"{door.url}/openapi.json") as answer:
            document = await answer.json()
        await asyncio.to_thread(_attack, document, door.url, relay.secret, scale(25, 500))
        assert "request.failed" not in door.child.output
        assert door.child.returncode is None


def _attack(document: dict[str, Any], url: str, secret: dict[str, str], examples: int) -> None:
    from hypothesis import HealthCheck, Phase, given, settings

    schema = schemathesis.openapi.from_dict(document)
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def answered(case: schemathesis.Case) -> None:
            response = case.call(base_url=url, headers=secret)
            assert response.status_code < 500, case.as_curl_command()
            case.validate_response(response, excluded_checks=[positive_data_acceptance])

        answered()
