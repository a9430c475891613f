"""``relay rights``: what waits, and the log of erasures that a restore goes through again."""

import json
from datetime import timedelta
from pathlib import Path

from relay.doctor import examine
from relay.rights import decisions
from relay.rights.round import attend
from relay.settings import Settings
from tests.integration.test_policy_commands import environment, run
from tests.relays import Relay
from tests.rig.deliveries import pass_time
from tests.rights import Person, quiet


async def erased(relay: Relay) -> None:
    """Have Léa write, ask for erasure, and be erased."""
    await relay.post()
    await quiet(relay)
    person = Person(relay)
    await person.prove(await person.ask("erasure"))
    [request_id] = await person.requests()
    await decisions.accept(relay.context, relay.site, request_id, await person.look())
    pass_time(relay.context, timedelta(minutes=16))
    await attend(relay.context, relay.site)
    pass_time(relay.context, timedelta(0))
    relay.accepted.clear()


async def test_who_was_erased_is_erased_again(
    relay: Relay, settings: Settings, tmp_path: Path
) -> None:
    """F56: a line names each erased person; after a restore the file erases them once more."""
    [before] = await relay.fetch("select wrapped_key from person")
    await erased(relay)
    env = environment(settings)
    code, lines, errors = await run(env, "rights", "erasures")
    assert code == 0, errors
    [line] = lines.splitlines()
    kept = tmp_path / "erasures.jsonl"
    kept.write_text(line, "utf-8")
    person_id = json.loads(line)["person"]
    # The key in the backup is another person's here: what counts is that there is one again.
    await relay.fetch(
        "update person set wrapped_key = $2 where person_id = $1::uuid returning 1",
        person_id,
        relay.context.keyring.new_key(f"person:{person_id}")[1],
    )
    assert (await run(env, "policy", "verify", "--site", "demo"))[0] == 0  # demo promises nothing
    code, output, errors = await run(env, "rights", "replay-erasures", str(kept), "--json")
    assert code == 0, errors
    assert json.loads(output) == {"named": 1, "erased_again": 1}
    [row] = await relay.fetch(
        "select wrapped_key from person where person_id = $1::uuid", person_id
    )
    assert row["wrapped_key"] is None
    assert before["wrapped_key"] is not None


async def test_a_forged_line_erases_nobody(
    relay: Relay, settings: Settings, tmp_path: Path
) -> None:
    """A line this relay did not sign is refused, and none before it is followed either."""
    await relay.post()
    [person] = await relay.fetch("select person_id from person limit 1")
    forged = tmp_path / "forged.jsonl"
    forged.write_text(
        json.dumps(
            {
                "site": "demo",
                "person": str(person["person_id"]),
                "request": str(person["person_id"]),
                "erased_at": "2026-11-22T00:00:00+00:00",
                "signature": "0" * 64,
            }
        ),
        "utf-8",
    )
    code, _, errors = await run(environment(settings), "rights", "replay-erasures", str(forged))
    assert code != 0
    assert "erasure_line_wrong" in errors
    assert await relay.fetch("select 1 from person where wrapped_key is null") == []


async def test_what_is_late_is_told(relay: Relay, settings: Settings) -> None:
    """A request past its last day makes `relay rights waiting` and the doctor fail."""
    person = Person(relay)
    await person.prove(await person.ask("access"))
    env = environment(settings)
    code, output, errors = await run(env, "rights", "waiting")
    assert (code, "1 wait, 0 late" in output) == (0, True), errors
    await relay.fetch("update data_request set due_on = due_on - 60 returning 1")
    assert (await run(env, "rights", "waiting"))[0] == 1
    found = {one.what: one.is_well for one in await examine(settings)}
    assert found["rights requests"] is False
