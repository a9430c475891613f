"""``relay policy`` and ``relay purge`` as an operator runs them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from relay import administration
from relay.promises import Verdict
from relay.settings import Settings
from tests.relays import Relay
from tests.rig.commands import relay as run
from tests.rig.past import add_contacts
from tests.rig.serving import environment

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


async def test_purge_counts_then_deletes(relay: Relay, settings: Settings) -> None:
    """The dry run counts what is due, the purge deletes it and shows the oldest row left."""
    [listing] = await relay.fetch("select listing_id from listing")
    old, young = NOW - 400 * DAY, NOW - 10 * DAY
    await add_contacts(relay, [old, old, young], listing_id=listing["listing_id"])
    env = environment(settings)
    code, output, errors = await run(env, "purge", "--dry-run", "--json")
    assert code == 0, errors
    assert json.loads(output)["due"]["demo"]["messages"] == 2
    code, output, errors = await run(env, "purge", "--site", "demo", "--json")
    assert code == 0, errors
    [purged] = json.loads(output)["purged"]
    assert purged["counts"]["message"] == 2
    assert datetime.fromisoformat(purged["oldest"]["messages"]) == young
    code, output, _ = await run(env, "purge")
    assert (code, "oldest left: messages" in output) == (0, True)


async def test_purge_after_a_long_sleep(relay: Relay, settings: Settings) -> None:
    """F49: after a month without a purge the first run deletes nothing, and says what to do."""
    [listing] = await relay.fetch("select listing_id from listing")
    await add_contacts(relay, [NOW - 366 * DAY], listing_id=listing["listing_id"])
    await relay.fetch(
        "insert into purge_clock (site_id, believed_at) select site_id, now() - interval '30 days'"
        " from site"
    )
    env = environment(settings)
    code, output, errors = await run(env, "purge")
    assert (code, "in ten minutes" in output) == (0, True), errors
    assert await relay.fetch("select 1 from message")
    await relay.fetch("update purge_clock set leapt_at = leapt_at - interval '11 minutes'")
    code, output, errors = await run(env, "purge")
    assert (code, "message 1" in output) == (0, True), errors


async def test_verify_keeps_and_breaks(relay: Relay, settings: Settings) -> None:
    """`relay policy verify` is well after a purge, and fails when a row is past its time."""
    env = environment(settings) | {"RELAY_PUBLIC_URL": relay.url}
    source = (Path("policies") / "1000-annonces.toml").read_text("utf-8")
    await administration.publish_policy(
        relay.context, relay.site, source.replace("version = 1", "version = 2")
    )
    assert (await run(env, "purge"))[0] == 0
    code, output, errors = await run(env, "policy", "verify", "--site", "demo", "--json")
    assert code == 0, errors + output
    verdicts = {one["row"]: one["verdict"] for one in json.loads(output)["promises"]["demo"]}
    assert verdicts[15] == verdicts[18] == verdicts[42] == verdicts[3] == Verdict.KEPT
    [listing] = await relay.fetch("select listing_id from listing")
    await add_contacts(relay, [NOW - 400 * DAY], listing_id=listing["listing_id"])
    code, output, _ = await run(env, "policy", "verify", "--lang", "en")
    assert code == 1
    broken = [line for line in output.splitlines() if line.startswith("FAIL")]
    assert any(" 15. " in line and "messages" in line for line in broken)


async def test_check_names_every_fault(tmp_path: Path) -> None:
    """`relay policy check` names each fault with its line, without any database."""
    wrong = tmp_path / "policy.toml"
    wrong.write_text('version = 0\npublished = 2026-11-01\n[site]\nname = ""\n', "utf-8")
    code, output, _ = await run({}, "policy", "check", str(wrong))
    assert code == 1
    assert "line 1: version" in output
    assert "line 4: site.name" in output
    code, output, _ = await run({}, "policy", "check", "policies/demo.toml")
    assert (code, output) == (0, "No fault.\n")


async def test_register_for_controller_and_processor(relay: Relay, settings: Settings) -> None:
    """The register of a site has its classes; the operator's has one entry per site."""
    env = environment(settings)
    code, output, errors = await run(env, "policy", "register", "--site", "demo", "--json")
    assert code == 0, errors
    assert len(json.loads(output)["register"]) == 6
    code, output, errors = await run(env, "policy", "register", "--lang", "en")
    assert code == 0, errors
    assert "on behalf of Exemple Annonces" in output
