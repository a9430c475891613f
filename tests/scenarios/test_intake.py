"""Mails that came in: trouble of ours is none of theirs, and a person sees what is held."""

import asyncio
import json
import os
import signal
from uuid import UUID

import pytest

from relay import moderation, reader
from relay.doctor import examine
from relay.errors import Refused, Unavailable
from relay.mail.reading.values import Incoming
from relay.reader import Reader
from relay.sealing import public_id
from tests.relays import Relay, intake, until
from tests.rig.commands import relay as command
from tests.rig.serving import environment
from tests.scenarios.test_arrivals import alias, deliver, dialogue, mail
from tests.scenarios.test_replies import settled
from workers.intake import Intake


class _LastReader(Reader):
    """A reader during whose first mail the worker is asked to stop."""

    def __init__(self, running: Intake) -> None:
        super().__init__()
        self._running = running

    async def read(self, raw: bytes, *, null_sender: bool = False) -> Incoming:
        self._running.stop()
        return await super().read(raw, null_sender=null_sender)


async def waiting(relay: Relay, count: int = 1) -> None:
    """Bring mails to the door that nobody reads yet."""
    to = await alias(relay)
    async with dialogue(relay) as spoken:
        for n in range(count):
            await deliver(spoken, to, raw=mail(to, f"Mot {n}", Message_ID=f"<{n}@x.example>"))


async def held(relay: Relay) -> UUID:
    """Have a mail held whose readers died three times; return its id."""
    await waiting(relay)
    await relay.fetch("update inbound set tries = 3 returning 1")
    async with intake(relay.context):
        await settled(relay)
    [found] = await moderation.list_held_mails(relay.context, relay.site)
    assert (found.reason, found.side) == ("crashed", "advertiser")
    return found.inbound_id


async def test_who_stops_gives_back_what_was_not_begun(relay: Relay) -> None:
    """F46: a worker that stops ends the mail at hand; the others are due at once, as before."""
    await waiting(relay, 3)
    async with intake(relay.context) as running:
        running._reader = _LastReader(running)

        async def is_read() -> bool:
            return bool(await relay.fetch("select 1 from inbound where state = 'read'"))

        await until(is_read)
    rows = await relay.fetch(
        "select state, tries - troubles as counted, due_at <= now() as is_due from inbound"
    )
    assert sorted(map(tuple, rows)) == [("queued", 0, True)] * 2 + [("read", 1, False)]


async def test_trouble_is_waited_for_longer_each_time(relay: Relay) -> None:
    """F46: a mail that cannot be opened today is looked at again, ever more rarely."""
    await waiting(relay)
    waits = []
    for _ in range(2):
        await relay.fetch("update inbound set due_at = now() returning 1")
        async with intake(relay.context) as running:
            running._reader = _AwayReader()

            async def is_back() -> bool:
                return bool(
                    await relay.fetch(
                        "select 1 from inbound where due_at > now() and state = 'queued'"
                    )
                )

            await until(is_back)
        [row] = await relay.fetch(
            "select extract(epoch from due_at - now())::float8 as wait_s from inbound"
        )
        waits.append(row["wait_s"])
    assert waits[0] <= 60 < waits[1] <= 120


class _AwayReader(Reader):
    """No reading process can be started."""

    async def read(self, _raw: bytes, *, null_sender: bool = False) -> Incoming:
        raise Unavailable


async def test_a_reader_that_is_told_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """F46: the service stops while a mail is read: the mail was not at fault, and is no crash."""
    monkeypatch.setattr(reader, "PROGRAM", "tests.integration.reader_faults")
    opened = Reader()
    reading = asyncio.create_task(opened.read(b"RIG: sleep\n\n"))

    async def is_reading() -> bool:
        return opened._mails == 1

    await until(is_reading, 20)
    assert opened._process
    os.kill(opened._process.pid, signal.SIGTERM)
    with pytest.raises(Unavailable):
        await reading
    await opened.close()


async def test_a_mail_of_the_erased_ends(relay: Relay) -> None:
    """Contract 6: once a key is destroyed, of either party, a mail ends as erased, bytes gone."""
    await waiting(relay)
    buyers = "select buyer_id from conversation"
    await relay.fetch(
        f"update person set wrapped_key = null where person_id in ({buyers}) returning 1"
    )
    async with intake(relay.context):
        await settled(relay)
    [row] = await relay.fetch("select state, reason, sealed_raw from inbound")
    assert tuple(row) == ("ended", "erased", None)


async def test_a_held_mail_is_read_again(relay: Relay) -> None:
    """Contract 2: a mail that was held is read once more when a person says so, and passed on."""
    inbound_id = await held(relay)
    await moderation.read_again(relay.context, relay.site, inbound_id)
    async with intake(relay.context):
        await settled(relay)
    [row] = await relay.fetch("select state, reason from inbound")
    assert tuple(row) == ("read", "reply")
    with pytest.raises(Refused, match="not_held"):
        await moderation.read_again(relay.context, relay.site, inbound_id)


async def test_a_held_mail_is_ended(relay: Relay) -> None:
    """Contract 2: a person ends a held mail, its bytes are gone, and it ends once."""
    inbound_id = await held(relay)
    await moderation.end_mail(relay.context, relay.site, inbound_id)
    [row] = await relay.fetch("select state, reason, sealed_raw from inbound")
    assert tuple(row) == ("ended", "by_moderator", None)
    with pytest.raises(Refused, match="not_held"):
        await moderation.end_mail(relay.context, relay.site, inbound_id)


async def test_held_mails_are_seen(relay: Relay) -> None:
    """Contract 2: `relay held` names a held mail, and ends it; the doctor counts it."""
    inbound_id = public_id("inb", await held(relay))
    settings = relay.context.settings
    [found] = [one for one in await examine(settings) if one.what == "mails that came in"]
    assert found.mark == "note"
    assert "; 1 held: see `relay held list`" in found.said
    assert 'relay_inbound_mails{site="demo",state="held"} 1.0' in await figures(relay)
    env, site = environment(settings), relay.site.slug
    code, output, errors = await command(env, "held", "list", site, "--json")
    assert code == 0, errors
    assert [one["inbound_id"] for one in json.loads(output)["mails"]] == [inbound_id]
    code, output, _ = await command(env, "held", "list", site)
    assert output.startswith(f"{inbound_id}  crashed  from the advertiser")
    assert (await command(env, "held", "end", site, inbound_id))[0] == 0
    code, output, _ = await command(env, "held", "list", site)
    assert output == "Nothing is held.\n"


async def test_mails_nobody_reads_are_seen(relay: Relay) -> None:
    """R15: mails that wait to be read longer than five minutes fail the doctor, and are counted."""
    to = await alias(relay)
    async with dialogue(relay) as spoken:
        await deliver(spoken, to, raw=mail(to))
    await relay.fetch("update inbound set due_at = now() - interval '6 minutes' returning 1")
    [found] = [
        one for one in await examine(relay.context.settings) if one.what == "mails that came in"
    ]
    assert found.mark == "FAIL"
    assert found.said.endswith("is a `relay worker` running?")
    shown = await figures(relay)
    assert 'relay_inbound_mails{site="demo",state="waiting"} 1.0' in shown
    [due_s] = [one.split()[1] for one in shown.splitlines() if one.startswith("relay_inbound_due")]
    assert float(due_s) > 300


async def figures(relay: Relay) -> str:
    """Return what Prometheus reads."""
    async with relay.http.get(f"{relay.url}/metrics") as answer:
        return await answer.text()
