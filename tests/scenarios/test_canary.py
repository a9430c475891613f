"""One person through everything there is, then every byte that is left, read for their trace."""

import base64
import quopri
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from relay.context import open_context
from relay.permissions import Role
from relay.rights.erasure import destroy_keys
from relay.settings import Settings
from tests.desk import open_browser, seat
from tests.relays import Relay, open_relay, until
from tests.rig.cluster import own_cluster, settings_with
from tests.rig.listener import HOST
from tests.rig.serving import free_port, receiving, serving, working
from tests.rig.smtp_sink import SmtpSink
from tests.scenarios.test_arrivals import alias_of, deliver, mail, spoken_to
from tests.scenarios.test_attack_secrets import files_of, redis_heard, tables_of

BUYER = {
    "name": "Zéphyrîne Kanaribœuf",
    "email": "zephyrine.kanariboeuf@boiteauxlettres.example",
    "phone": "06 39 98 07 41",
    "message": "Bonjour, kanaritexte Œ9f3b : l’objet est-il encore là ? Je suis au 06 39 98 07 41.",
}
ADDRESS, BROWSER = "203.0.113.177", "KanariBrowser/9.17 (Zoiseau)"
ADVERTISER = {
    "pseudonym": "Kanarinétte",
    "email": "kanarinette@annonceurs.example",
    "phone": "06 39 98 06 52",
}
REPLY = "Oui, kanariréponse 7c2e, mon numéro est le 06 39 98 06 52.\r\n\r\n-- \r\nKanarinétte Œuf"
NOTE = "kanarinote 4b8d : appelez le 06 39 98 06 52"
WORDS = [
    *("Zéphyrîne Kanaribœuf", "Kanaribœuf", "zephyrine.kanariboeuf@", "boiteauxlettres"),
    *("0639980741", "639980741", "06 39 98 07 41", "+33639980741", ADDRESS, "KanariBrowser"),
    *("kanaritexte Œ9f3b", "Kanarinétte", "kanarinette@", "639980652", "06 39 98 06 52"),
    *("kanariréponse 7c2e", "kanarinote 4b8d"),
]


def spellings(word: str) -> set[bytes]:
    """Return a word as the encodings write it that things on the way may use."""
    found: set[bytes] = {quote(word).encode(), quote(word, safe="").encode()}
    for charset in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):
        plain = word.encode(charset, "ignore")
        found |= {plain, plain.hex().encode(), plain.hex().upper().encode()}
        found.add(quopri.encodestring(plain, quotetabs=True))
        for offset in range(3):  # base64 writes three bytes as four signs: three beginnings
            signs = base64.b64encode(b"\0" * offset + plain)
            inner = signs[4 * bool(offset) : len(signs) - 4]
            found |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    found.add(repr(word).strip("'").encode("unicode_escape"))
    return {one for one in found if len(one) >= 8}


NEEDLES = {word: spellings(word) for word in WORDS}


def traces(data: bytes) -> list[str]:
    """Return the words that stand in *data* in any spelling."""
    return [word for word, forms in NEEDLES.items() if any(form in data for form in forms)]


@pytest.mark.parametrize("spelt", ["utf-8", "utf-16-le"])
def test_the_search_finds(spelt: str) -> None:
    """What looks for traces does find them, plain and within base64."""
    data = "… Zéphyrîne Kanaribœuf, 06 39 98 07 41 …".encode(spelt)
    assert "Kanaribœuf" in traces(data)
    assert "Kanaribœuf" in traces(base64.b64encode(b"xx" + data))
    assert "Kanaribœuf" in traces(quote(data).encode()) or spelt != "utf-8"


@pytest.fixture
def state() -> Iterator[Path]:
    """A directory that the engines' own user may enter, whatever happens to those of pytest."""
    made = Path(tempfile.mkdtemp(prefix="relais-canary-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.mark.timeout(300)
async def test_a37_through_everything(settings: Settings, state: Path, tmp_path: Path) -> None:
    """A37, A36: form, mail, reply, report, moderation, erasure: no word of two persons stays in
    tables, heap, log of changes, Valkey, logs or metrics, in any spelling.
    """
    async with own_cluster(state) as cluster:
        redis_url = cluster.engines.redis_url
        values = dict(settings_with(settings, cluster.url)) | {"redis_url": redis_url}
        async with (
            open_context(Settings.model_validate(values)) as context,
            open_relay(context) as relay,
            redis_heard(redis_url) as heard,
        ):
            left = await _journey(relay, tmp_path)
            left["redis"] = "\n".join(heard).encode()
            left["tables"] = await tables_of(cluster.engines.database_url)
            await cluster.execute("checkpoint")
            left["files"] = files_of(state)
            await _erase(relay)
            left["tables after"] = await tables_of(cluster.engines.database_url)
            await cluster.execute("vacuum full person", "checkpoint")
            left["files after"] = files_of(state)
    assert all(left.values())
    assert {place: traces(data) for place, data in left.items() if traces(data)} == {}


async def _journey(relay: Relay, folder: Path) -> dict[str, bytes]:
    """Let both persons and a moderator do what they do; return logs and metrics."""
    console = free_port()
    async with (
        SmtpSink() as sink,
        serving(
            relay,
            folder / "serve.log",
            trusted_proxies="127.0.0.0/8",
            console_listen=f"{HOST}:{console}",
        ) as door,
        working(relay, folder / "worker.log", sink.port) as worker,
        receiving(relay, folder / "inbound.log") as (inbound, lmtp),
    ):
        listing = {"title": "Vélo", "advertiser": ADVERTISER}
        url = f"{door.url}/v1/listings/kan-1"
        async with door.http.put(url, json=listing, headers=relay.secret) as answer:
            assert answer.status == 201
        headers = {"X-Forwarded-For": ADDRESS, "User-Agent": BROWSER}
        status, body = await door.post(headers, listing="kan-1", **BUYER)
        assert status == 202
        await sink.wait_for(2, timeout_s=30)
        await _answer(relay, lmtp)
        await sink.wait_for(3, timeout_s=30)
        page = urlsplit(await _advertiser_page(relay, body["id"])).path
        form = {"note": NOTE, "reason": "scam", "number": "1"}
        async with door.http.post(f"{door.url}{page}/report", data=form) as answer:
            assert answer.status < 400, await answer.text()
        await _moderate(relay, f"http://{HOST}:{console}", body["id"])
        lived = [
            len(await relay.fetch(f"select 1 from {table}"))
            for table in ("message", "report", "block")
        ]
        assert lived == [2, 1, 1]
        async with door.http.get(f"{door.url}/metrics") as answer:
            metrics = await answer.read()
        for child in (door.child, worker, inbound):
            await child.terminate(15)
        logs = "".join(child.output for child in (door.child, worker, inbound))
    return {"logs": logs.encode(), "metrics": metrics}


async def _answer(relay: Relay, lmtp: int) -> None:
    to = await alias_of(relay, "buyer")
    sender = ADVERTISER["email"]
    async with spoken_to(lmtp) as spoken:
        raw = mail(to, REPLY, From=f"Kanarinette <{sender}>")
        assert (await deliver(spoken, to, raw=raw, sender=sender))[-1].startswith("250")

    async def is_read() -> bool:
        return bool(await relay.fetch("select 1 from inbound where state = 'read'"))

    await until(is_read, 30)


async def _advertiser_page(relay: Relay, message: str) -> str:
    from relay.outgoing import answer_url

    [row] = await relay.fetch("select advertiser_id from listing where ref = 'kan-1'")
    message_id = uuid.UUID(message.removeprefix("msg_"))
    return answer_url(relay.context, relay.site, message_id, row["advertiser_id"])


async def _moderate(relay: Relay, url: str, message: str) -> None:
    """Search by what was pasted, open everything, write down too much, block."""
    async with open_browser(url) as browser:
        browser.keep(await seat(relay.context, relay.site, Role.APPROVER, Role.MODERATOR))
        await browser.get("/s/demo/search")
        for pasted in (BUYER["phone"], BUYER["email"], ADDRESS, BUYER["message"]):
            assert (await browser.post("/s/demo/search", q=pasted)).status in (200, 303)
        path = f"/s/demo/messages/{message}"
        assert (await browser.get(path)).status == 200
        asked = dict.fromkeys(("text", "name", "email", "phone", "origin"), "1")
        reason = f"rappelé au {BUYER['phone']}, écrit à {BUYER['email']}"
        opened = await browser.post(f"{path}/open", reason=reason, **asked)
        assert "kanaritexte" in opened.text
        key = f"/s/demo/keys/phone.{relay.site.hash('phone', '+33639980741').hex()}"
        await browser.post(f"{key}/block", reason=reason, days="7", weight="hold", sure="1")
        await browser.get("/s/demo/journal")
        await browser.get("/s/demo/blocks")


async def _erase(relay: Relay) -> None:
    # The report's evidence is frozen once a worker has opened its case: that hold is over here.
    await relay.fetch("update legal_hold set blocks_until = now()")
    rows = await relay.fetch("select person_id from person")
    async with relay.context.database.connection() as connection:
        ids = [row["person_id"] for row in rows]
        await destroy_keys(connection, relay.site, ids, None, relay.context.clock())
