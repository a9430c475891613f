"""Requests of persons by a site's own program: registered, listed, followed, and never decided."""

from typing import Any

import pytest

from relay.context import Context
from relay.rights import decisions
from relay.rights.register import PAGE
from relay.rights.requests import read_request
from relay.rights.standing import State
from relay.web.data_requests import DataRequestAnswer, DataRequestPage
from tests.relays import Relay, open_relay
from tests.rights import LEA, Person, code_in, quiet

PATH = "/v1/data-requests"


async def call(
    relay: Relay, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, dict[str, Any]]:
    """Ask with the site's secret key; returns status and body."""
    async with relay.http.request(
        method, relay.url + path, json=body, headers=relay.secret | headers
    ) as answer:
        return answer.status, {**await answer.json(), "_headers": dict(answer.headers)}


async def registered(relay: Relay, **fields: Any) -> dict[str, Any]:
    """Register a request; returns the answer."""
    status, answer = await call(relay, "POST", PATH, {"kind": "access", "email": LEA, **fields})
    assert status == 201, answer
    return answer


async def test_from_the_site_to_the_answer(relay: Relay) -> None:
    """A code goes to the person, who proves it; an officer decides; the program sees the states."""
    await relay.post()
    await quiet(relay)
    answer = await registered(relay, details="Reçue par lettre.")
    answer.pop("_headers")
    DataRequestAnswer.model_validate(answer, strict=True)
    assert (answer["state"], answer["door"]) == ("identity_pending", "site")
    lea = Person(relay)
    [mail] = await lea.collect()
    assert code_in(mail)
    path = f"{PATH}/{answer['id']}"
    [request_id] = await lea.requests()
    await relay.fetch("update data_request set state = 'received', proved_at = now() returning 1")
    await decisions.accept(relay.context, relay.site, request_id, await lea.look())
    _, told = await call(relay, "GET", path)
    assert told["state"] == "ready"
    assert told["answered_at"]
    assert not any(LEA in str(value) for value in told.values())
    assert await lea.state(request_id) is State.READY


async def test_the_same_is_told_of_anybody(relay: Relay) -> None:
    """A39: of an address nothing is held of, the answer has the same fields and state."""
    await relay.post()
    known = await registered(relay)
    unknown = await registered(relay, email="personne@ailleurs.example")
    for one in (known, unknown):
        for name in ("id", "reference", "received_at", "_headers"):
            one.pop(name)
    assert known == unknown


async def test_a_repeated_key_is_the_same_request(relay: Relay) -> None:
    """A key given again returns the first request and sends no second code; with other words it
    is refused.
    """
    body = {"kind": "erasure", "email": LEA}
    headers = {"Idempotency-Key": "lettre 12"}
    first = await call(relay, "POST", PATH, body, **headers)
    again = await call(relay, "POST", PATH, body, **headers)
    other = await call(relay, "POST", PATH, {**body, "kind": "access"}, **headers)
    assert (first[0], again[0], other[0]) == (201, 200, 422)
    assert first[1]["id"] == again[1]["id"]
    assert again[1]["_headers"]["Idempotent-Replayed"] == "true"
    assert other[1]["code"] == "idempotency_conflict"
    assert len(await relay.fetch("select 1 from outbox where reason = 'letter:code'")) == 1


async def test_a_key_outlives_what_an_officer_writes(relay: Relay) -> None:
    """A request that was extended, with the officer's words, is still the one of its key."""
    body, headers = {"kind": "access", "email": LEA}, {"Idempotency-Key": "lettre 13"}
    first = await call(relay, "POST", PATH, body, **headers)
    await relay.fetch("update data_request set state = 'received', proved_at = now() returning 1")
    lea = Person(relay)
    [request_id] = await lea.requests()
    look = await lea.look("Trois sites.")
    await decisions.extend(relay.context, relay.site, request_id, look, "Trois sites.")
    again = await call(relay, "POST", PATH, body, **headers)
    assert (again[0], again[1]["id"]) == (200, first[1]["id"])


async def test_half_a_sign_closes_no_page(relay: Relay) -> None:
    """A cut emoji in the words of a request is written out: its officer opens it as any."""
    await registered(relay, details="Mes données \ud83d")
    [request_id] = await Person(relay).requests()
    async with relay.context.database.connection() as connection:
        request = await read_request(relay.context, connection, relay.site, request_id)
    assert request.content is not None
    assert request.content.details.encode() == b"Mes donn\xc3\xa9es \\ud83d"


async def test_what_is_wrong_is_said_by_field(relay: Relay) -> None:
    """Refusals are problems (RFC 9457) that name each field, and the code of what is wrong."""
    status, problem = await call(
        relay, "POST", PATH, {"kind": "access", "email": "lea", "phone": "06 39"}
    )
    assert status == 422
    assert {one["pointer"] for one in problem["errors"]} == {"#/email", "#/phone"}
    assert problem["_headers"]["Content-Type"].startswith("application/problem+json")
    for body in ({"kind": "all", "email": LEA}, {"email": LEA}, {"kind": "access", "age": 3}):
        assert (await call(relay, "POST", PATH, body))[0] == 422
    assert await relay.fetch("select 1 from data_request") == []


async def test_what_a_site_does_not_offer(context: Context) -> None:
    """An objection to what the law asks the site to keep is refused at once."""
    async with open_relay(context, "1000-annonces") as relay:
        body = {"kind": "objection", "email": LEA, "purposes": ["traces"]}
        status, problem = await call(relay, "POST", PATH, body)
        assert (status, problem["code"]) == (422, "right_not_offered")


async def test_the_list_goes_on(relay: Relay) -> None:
    """Requests come newest first, fifty at a time, by state and by right."""
    for number in range(PAGE + 2):
        await registered(relay, email=f"lea{number}@acheteuse.example", kind="erasure")
    _, first = await call(relay, "GET", PATH)
    first.pop("_headers")
    DataRequestPage.model_validate(first, strict=True)
    assert len(first["items"]) == PAGE
    _, rest = await call(relay, "GET", f"{PATH}?before={first['next']}")
    assert (len(rest["items"]), rest["next"]) == (2, None)
    ids = [one["id"] for one in (*first["items"], *rest["items"])]
    assert ids == sorted(set(ids), reverse=True)
    for query, count in (("view=ended", 0), ("kind=access", 0), ("kind=erasure", PAGE)):
        _, found = await call(relay, "GET", f"{PATH}?{query}")
        assert len(found["items"]) == count, query
    assert (await call(relay, "GET", f"{PATH}?view=secret"))[0] == 404


@pytest.mark.parametrize("name", ["req_" + "0" * 32, "x"])
async def test_a24_one_site_sees_nothing_of_another(context: Context, name: str) -> None:
    """A24: a request of another site is not found, nor in any list; without the key nothing is."""
    async with open_relay(context) as demo, open_relay(context, "zone-visio") as other:
        mine = await registered(demo)
        assert (await call(other, "GET", f"{PATH}/{mine['id']}"))[0] == 404
        assert (await call(other, "GET", f"{PATH}/{name}"))[0] == 404
        assert (await call(other, "GET", PATH))[1]["items"] == []
        async with demo.http.get(f"{demo.url}{PATH}") as answer:
            assert answer.status == 401
