"""Journeys through the HTML forms, as a browser without scripts and one with the proof."""

import base64
import html
import json
import re
from urllib.parse import urlsplit

from altcha.v1 import solve_challenge

from tests.relays import CONTACT, ORIGIN, Relay

PAGE = {"Accept": "text/html,application/xhtml+xml"}
TYPED = {
    "name": "Léa <&>",
    "email": "lea@acheteuse",
    "phone": "06 39",
    "message": "Bonjour « & » <b>",
}


async def send(relay: Relay, **fields: str) -> tuple[int, str, str]:
    """Post the form as a browser does; return status, page and target."""
    async with relay.http.post(
        relay.form, data=CONTACT | fields, headers=PAGE, allow_redirects=False
    ) as answer:
        return answer.status, await answer.text(), answer.headers.get("Location", "")


async def shown(relay: Relay) -> dict[str, str]:
    """Open the form; return the values of its hidden fields."""
    async with relay.http.get(f"{relay.form}?listing=48213", headers=PAGE) as answer:
        assert answer.status == 200
        return hidden(await answer.text())


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


async def test_sent(relay: Relay) -> None:
    """A good form is answered by 303 to the private page, which says what becomes of it."""
    status, _, target = await send(relay, **await shown(relay))
    assert status == 303
    assert urlsplit(target).path.startswith("/m/")
    path = urlsplit(target).path
    async with relay.http.get(f"{relay.url}{path}?sent", headers=PAGE) as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Merci" in await answer.text()


async def test_kept_values(relay: Relay) -> None:
    """A form with faults is shown again with 422, every value kept and every fault named."""
    status, page, _ = await send(relay, **TYPED)
    assert status == 422
    for value in TYPED.values():
        assert html.escape(value, quote=False) in page.replace("&#34;", '"').replace("&#39;", "'")
    assert page.count('class="relay-fault"') == 3
    assert "<b>" not in page


async def test_next(relay: Relay) -> None:
    """After sending, only pages of the site's own origins are returned to."""
    ours = f"{ORIGIN}/merci?x=1"
    assert (await send(relay, next=ours))[2] == ours
    for n, wrong in enumerate(
        (
            "https://ailleurs.example/",
            "//ailleurs.example/",
            f"{ORIGIN}.ailleurs.example/",
            f"{ORIGIN}@ailleurs.example/",
            f"{ORIGIN}:8443/",
            "javascript:alert(1)",
            f"{ORIGIN}/\r\nSet-Cookie: a=b",
            "https:annonces.example",
            f"{ORIGIN}\\@ailleurs.example",
        )
    ):
        _, _, target = await send(relay, next=wrong, message=f"Bonjour, suite {n} ?")
        assert urlsplit(target).path.startswith("/m/"), wrong
        assert "ailleurs" not in target, wrong


async def test_trap_proof_and_release(relay: Relay) -> None:
    """A filled trap asks for a proof; solved, the message is queued, and the proof is used up."""
    status, page, _ = await send(relay, website="http://a.example")
    assert status == 422
    challenge = json.loads(html.unescape(re.search(r'data-challenge="([^"]+)"', page)[1]))  # type: ignore[index]
    solution = solve_challenge(challenge["challenge"], challenge["salt"], challenge["algorithm"])
    assert solution is not None
    answer = {name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")}
    proof = base64.b64encode(json.dumps(answer | {"number": solution.number}).encode()).decode()
    sent = hidden(page) | {"message": CONTACT["message"], "altcha": proof}
    assert sent["website"] == "http://a.example"
    assert (await send(relay, **sent))[0] == 303
    assert list((await relay.states()).values()) == ["queued"]
    again = sent | {"message": "Un autre texte, avec la même preuve."}
    assert (await send(relay, **again))[0] in {422, 429}
    assert len(await relay.states()) == 1


async def test_hold(relay: Relay) -> None:
    """Whoever cannot prove may let a person read first: held, never dropped."""
    fields = CONTACT | {"website": "x", "hold": "1"}
    status, _, target = await send(relay, **fields)
    assert status == 303
    assert list((await relay.states()).values()) == ["held"]
    path = urlsplit(target).path
    async with relay.http.get(f"{relay.url}{path}", headers=PAGE) as answer:
        assert answer.status == 200


async def test_forged_proofs(relay: Relay) -> None:
    """A proof that is invented, altered or of another key proves nothing."""
    for n, proof in enumerate(
        ("x", "e30=", base64.b64encode(b'{"challenge":1}').decode(), "A" * 3000)
    ):
        status, _, _ = await send(relay, website="x", altcha=proof, message=f"Bonjour {n} ?")
        assert status == 422
    assert not await relay.states()


async def test_multipart(relay: Relay) -> None:
    """A form sent as multipart is the same form; a file in it is refused."""
    body = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in CONTACT.items()
    )
    kind = {"Content-Type": "multipart/form-data; boundary=b", "Accept": "application/json"}
    async with relay.http.post(relay.form, data=f"{body}--b--\r\n", headers=kind) as answer:
        assert answer.status == 202
    file = '--b\r\nContent-Disposition: form-data; name="cv"; filename="a.exe"\r\n\r\nMZ\r\n'
    async with relay.http.post(relay.form, data=f"{body}{file}--b--\r\n", headers=kind) as answer:
        assert answer.status == 422
    for broken in (body, f"{body}--b", "--b--\r\n--b\r\n", "--c--", ""):
        async with relay.http.post(relay.form, data=broken, headers=kind) as answer:
            assert answer.status in {400, 422}


async def test_cancel(relay: Relay) -> None:
    """The private page cancels a message that has not left, once; then it is too late."""
    _, _, target = await send(relay)
    path = urlsplit(target).path
    for wanted in (303, 409):
        async with relay.http.post(
            f"{relay.url}{path}/cancel", headers=PAGE, allow_redirects=False
        ) as answer:
            assert answer.status == wanted
    assert list((await relay.states()).values()) == ["cancelled"]


async def test_sent_again_after_cancelling(relay: Relay) -> None:
    """A text that was cancelled can be sent again at once: it is no repeat."""
    _, _, target = await send(relay)
    path = urlsplit(target).path
    async with relay.http.post(f"{relay.url}{path}/cancel", allow_redirects=False) as answer:
        assert answer.status == 303
    await send(relay)
    assert sorted((await relay.states()).values()) == ["cancelled", "queued"]


async def test_no_answer_about_a_person_is_kept_by_caches(relay: Relay) -> None:
    """A37: what a program is told of a message is kept by no cache, as no page of it is."""
    async with relay.http.post(relay.form, json=CONTACT) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        path = urlsplit((await answer.json())["status_url"]).path
    async with relay.http.get(relay.url + path, headers={"Accept": "application/json"}) as answer:
        assert answer.content_type == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"
