"""Reports that reach the site: taken with the fields of DSA 16, told to it, contested there."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from relay import desk, webhooks
from relay.desk import Decision, Ruling, Statement
from tests.moderators import Clock, look_of, write
from tests.relays import Relay

WHY = Statement(decision_facts="Paiement demandé hors du site.", decision_ground="terms")
REPORT = {
    "category": "scam",
    "source": "third_party",
    "why": "On me demande un mandat.",
    "name": "Une voisine",
    "email": "voisine@tiers.example",
    "good_faith": True,
}


async def call(relay: Relay, method: str, path: str, **body: Any) -> tuple[int, Any]:
    """Ask the API with the site's secret key."""
    sent = {"json": body} if body else {}
    async with relay.http.request(method, relay.url + path, headers=relay.secret, **sent) as answer:
        return answer.status, await answer.json() if answer.content_length else None


async def filed(relay: Relay, **changes: Any) -> dict[str, Any]:
    """Report a new message; return the receipt."""
    message_id = await write(relay)
    body = {**REPORT, "message": f"msg_{message_id.hex}", **changes}
    status, receipt = await call(relay, "POST", "/v1/reports", **body)
    assert status == 201, receipt
    found: dict[str, Any] = receipt
    return found


async def decide(relay: Relay, receipt: dict[str, Any], decision: Decision) -> None:
    """Decide the case of a receipt."""
    case_id = UUID(receipt["case"].removeprefix("case_"))
    look = await look_of(relay)
    await desk.decide(relay.context, relay.site, case_id, Ruling(decision, WHY), look)


@pytest.fixture
def clock(relay: Relay) -> Clock:
    """Stop the relay's clock."""
    stopped = Clock(relay.context.clock())
    relay.context.clock = stopped
    return stopped


@pytest.mark.parametrize("field", ["why", "law", "name", "email"])
async def test_half_a_sign_keeps_no_report_out(relay: Relay, field: str) -> None:
    """DSA 16: a cut emoji in what somebody wrote at the site is written out, and not refused."""
    await filed(relay, **{field: "Un mandat \ud83d"})


async def test_half_a_sign_keeps_no_appeal_out(relay: Relay, clock: Clock) -> None:
    """DSA 20: nor is an appeal refused for one."""
    receipt = await filed(relay)
    await decide(relay, receipt, Decision.NO_ACTION)
    clock.now += timedelta(minutes=1)
    path = f"/v1/reports/{receipt['id']}/appeal"
    assert (await call(relay, "POST", path, why="Regardez mieux \ud83d"))[0] == 204


async def test_a_report_from_its_receipt_to_its_appeal(relay: Relay, clock: Clock) -> None:
    """DSA 16, 20: a receipt at once, the decision with its reasons, one appeal; no mail goes to
    the message's reader, who reported nothing.
    """
    receipt = await filed(relay)
    assert receipt["is_first"]
    path = f"/v1/reports/{receipt['id']}"
    assert (await call(relay, "GET", path))[1]["state"] == "received"
    await decide(relay, receipt, Decision.NO_ACTION)
    assert (await call(relay, "GET", path))[1]["decision"] is None  # it can still be undone
    clock.now += timedelta(seconds=20)
    _, told = await call(relay, "GET", path)
    assert (told["decision"], told["reasons"]) == ("no_action", WHY.decision_facts)
    assert told["appeal_until"]
    assert (await call(relay, "POST", f"{path}/appeal", why="C’est bien une arnaque."))[0] == 204
    assert (await call(relay, "POST", f"{path}/appeal", why="Encore."))[0] == 409
    assert (await call(relay, "GET", path))[1]["state"] == "appealed"
    rows = await relay.fetch("select reason from outbox where kind like '%notice'")
    assert rows == []


async def test_what_is_missing_is_said_at_once(relay: Relay) -> None:
    """Who reports, why and in good faith is asked for together; a child's case needs no name."""
    message_id = await write(relay)
    empty = {"why": "", "name": "", "email": "", "good_faith": False}
    body = {**REPORT, **empty, "message": f"msg_{message_id.hex}"}
    status, problem = await call(relay, "POST", "/v1/reports", **body)
    fields = {fault["field"] for fault in problem["errors"]}
    assert (status, fields) == (422, {"why", "name", "email", "good_faith"})
    unnamed = {"category": "child_abuse", "name": "", "email": ""}
    assert (await filed(relay, **unnamed))["case"]


async def test_a24_reports_of_others_are_not_told(relay: Relay) -> None:
    """A24: an unknown report, one of a party or of staff, and a message of nobody are not found."""
    message_id = await write(relay)
    notice = desk.Notice(
        message_id=message_id, category=desk.Category.SCAM, source=desk.Source.STAFF, why="Vu."
    )
    receipt = await desk.file_report(relay.context, relay.site, notice, await look_of(relay))
    for name in (f"rep_{receipt.report_id.hex}", "rep_" + "0" * 32, "x"):
        assert (await call(relay, "GET", f"/v1/reports/{name}"))[0] == 404
        assert (await call(relay, "POST", f"/v1/reports/{name}/appeal", why="x"))[0] == 404
    body = {**REPORT, "message": "msg_" + "0" * 32}
    assert (await call(relay, "POST", "/v1/reports", **body))[0] == 404


async def test_the_site_is_told_of_decisions(relay: Relay, clock: Clock) -> None:
    """Where the site named an address, it is told when reports that came through it are decided."""
    await webhooks.set_hook(relay.context, relay.site, "https://annonces.example/relais")
    receipt = await filed(relay)
    await decide(relay, receipt, Decision.ACTION)
    [event] = await webhooks.list_events(relay.context, relay.site)
    assert (event.kind, event.state) == ("report.decided", "queued")
    [row] = await relay.fetch("select body from site_event")
    assert receipt["id"] in row["body"]
    assert "voisine" not in row["body"]
    [act] = await relay.fetch("select act_id from desk_act")
    await desk.undo(relay.context, relay.site, act["act_id"], await look_of(relay))
    [event] = await webhooks.list_events(relay.context, relay.site)
    assert event.state == "cancelled"
