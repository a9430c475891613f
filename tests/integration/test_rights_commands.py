"""``relay rights``: what waits, and what is late."""

from relay.doctor import examine
from relay.settings import Settings
from tests.integration.test_policy_commands import environment, run
from tests.relays import Relay
from tests.rights import Person


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
