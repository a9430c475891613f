"""The drill: a backup, an erasure, a restore. Who was erased stays so; little is sent twice."""

import asyncio
import base64
import json
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from relay import listings
from relay.context import Context, open_context
from relay.custody import load_keys, rotate, saved_lines
from relay.engines import Engines
from relay.engines.wheels import find_programs
from relay.lookup.sealed import content_of
from relay.retention import Scope, Wish, place_hold
from relay.rights.erasure import erase_again
from relay.settings import MasterKey, Settings
from tests.conftest import with_database
from tests.relays import LISTING, Relay, courier, open_relay, until
from tests.rig.cluster import own_cluster, settings_with
from tests.rig.commands import relay as command
from tests.rig.deliveries import list_for, write
from tests.rig.serving import environment
from tests.rig.smtp_sink import SmtpSink
from tests.rights import Person

NEW = MasterKey(key_id="k2", key=SecretStr(base64.b64encode(b"\x02" * 32).decode()))
Restore = Callable[[Path], Awaitable[str]]


async def run(program: str, *arguments: str) -> None:
    """Run a client program of the PostgreSQL wheel."""
    path = find_programs().postgres.with_name(program)
    process = await asyncio.create_subprocess_exec(
        str(path), *arguments, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()


@pytest.fixture
async def context(settings: Settings) -> AsyncIterator[Context]:
    """A relay of an hour ago: whom it knows was there long before any file of keys."""

    def an_hour_ago() -> datetime:
        return datetime.now(UTC) - timedelta(hours=1)

    async with open_context(settings, clock=an_hour_ago) as opened:
        yield opened


@pytest.fixture
async def restore(engines: Engines) -> AsyncIterator[Restore]:
    """Restores a dump into a database of its own, and gives its URL."""
    made: list[str] = []
    connection = await asyncpg.connect(engines.database_url)

    async def act(dump: Path) -> str:
        made.append("r_" + uuid.uuid4().hex[:12])
        await connection.execute(f"create database {made[-1]}")
        url = with_database(engines.database_url, made[-1])
        await run("pg_restore", "--dbname", url, "--exit-on-error", str(dump))
        return url

    yield act
    for name in made:
        await connection.execute(f"drop database {name} with (force)")
    await connection.close()


async def contents(context: Context) -> dict[str, str]:
    """Return the words of each message by its public id; "" for one that nobody can read."""
    async with context.database.connection() as connection:
        rows = await connection.fetch(
            "select message.message_id, message.sender_id, sealed_content, wrapped_key"
            " from message join person on person.person_id = message.sender_id"
        )
    return {
        f"msg_{row['message_id'].hex}": content_of(context.keyring, row).get("text", "")
        for row in rows
    }


async def erase(relay: Relay, message: str) -> None:
    """Erase whoever wrote a message."""
    [row] = await relay.fetch(
        "select sender_id from message where message_id = $1",
        uuid.UUID(message.removeprefix("msg_")),
    )
    assert await erase_again(relay.context, relay.site, [row["sender_id"]]) == 1
    relay.accepted.clear()


async def test_f56_restored_to_last_night(
    relay: Relay, settings: Settings, restore: Restore, tmp_path: Path
) -> None:
    """F56, A38: after a restore the erased person is erased again, only what was queued leaves,
    and what was under way is held and named.
    """
    await list_for(relay, "camille")
    erased, living, under_way = await write(relay, 3)
    await relay.fetch(
        "update outbox set state = 'deferred' where mail_id = $1",
        uuid.UUID(under_way.removeprefix("msg_")),
    )
    dump, keys = tmp_path / "night.dump", tmp_path / "keys"
    await run("pg_dump", "--format=custom", "--file", str(dump), database_of(settings))

    await erase(relay, erased)
    [lost] = await write(relay, 1)
    code, _, errors = await command(environment(settings), "backup", "keys", str(keys))
    assert code == 0, errors

    there = settings_with(settings, await restore(dump))
    async with open_context(there) as context:
        assert (await contents(context))[erased] != ""  # the backup alone remembers
    code, output, errors = await command(
        environment(there), "backup", "restored", str(keys), "--json"
    )
    assert code == 0, errors
    said = json.loads(output)
    assert said["keys"]["forgotten"] == 1
    [gap] = said["sites"]
    held = [f"msg_{uuid.UUID(one).hex}" for one in gap["held"]]
    assert (held, gap["queued"], gap["last_message_at"] is not None) == ([under_way], 1, True)
    async with open_context(there) as context:
        read = await contents(context)
        assert (erased in read, read[living] != "", lost in read) == (False, True, False)
        await only_queued_leaves(context, living, under_way)


async def only_queued_leaves(context: Context, queued: str, held: str) -> None:
    """Deliver, and assert that one mail was sent and the other still waits."""

    async def states() -> dict[str, str]:
        async with context.database.connection() as connection:
            rows = await connection.fetch("select mail_id, state from outbox")
        return {f"msg_{row['mail_id'].hex}": row["state"] for row in rows}

    async with SmtpSink() as sink, courier(context, sink.port):
        await until(lambda: _is(states, queued, "delivered"))
    assert len(sink.mails) == 1
    assert (await states())[held] == "held"


async def _is(states: Callable[[], Awaitable[dict[str, str]]], mail: str, state: str) -> bool:
    return (await states()).get(mail) == state


async def test_a38_a_retired_key_closes_old_backups(
    relay: Relay, settings: Settings, restore: Restore, tmp_path: Path
) -> None:
    """A38: once the master key of its time is retired, a backup opens for nobody without the newer
    file of keys, and with it for everybody but the erased.
    """
    await list_for(relay, "camille")
    erased, living = await write(relay, 2)
    dump, keys = tmp_path / "old.dump", tmp_path / "keys"
    await run("pg_dump", "--format=custom", "--file", str(dump), database_of(settings))
    await relay.context.database.close()
    both = settings.model_copy(update={"master_key": (NEW, *settings.master_key)})
    alone = settings.model_copy(update={"master_key": (NEW,)})
    async with open_context(both) as context:
        await rotate(context, tell=lambda *_: None)
    await erase(relay, erased)
    code, _, errors = await command(environment(alone), "backup", "keys", str(keys))
    assert code == 0, errors

    there = settings_with(alone, await restore(dump))
    async with open_context(there) as context:
        assert set((await contents(context)).values()) == {""}
    code, _, errors = await command(environment(there), "backup", "restored", str(keys))
    assert code == 0, errors
    async with open_context(there) as context:
        read = await contents(context)
        assert (erased in read, read[living] != "") == (False, True)


@pytest.mark.parametrize("is_frozen", [False, True])
async def test_what_a_hold_keeps_comes_back(
    relay: Relay, settings: Settings, restore: Restore, tmp_path: Path, *, is_frozen: bool
) -> None:
    """A40, F56: after a restore a held person is erased again, frozen or not; what the hold keeps
    is readable under another key, and whoever comes after them is erased too.
    """
    await list_for(relay, "camille")
    held, erased = await write(relay, 2)
    [row] = await relay.fetch(
        "select sender_id from message where message_id = $1", uuid.UUID(held.removeprefix("msg_"))
    )
    ends_at = relay.context.clock() + timedelta(days=2)
    wish = Wish(Scope.PERSON, row["sender_id"], "PV 9", ends_at)
    await place_hold(relay.context, relay.site, wish, await Person(relay).look())
    if is_frozen:
        await relay.fetch(
            "update person set frozen_key = wrapped_key, wrapped_key = null"
            " where person_id = $1 returning 1",
            row["sender_id"],
        )
    dump, keys = tmp_path / "night.dump", tmp_path / "keys"
    await run("pg_dump", "--format=custom", "--file", str(dump), database_of(settings))
    for message in (held, erased):
        await erase(relay, message)
    code, _, errors = await command(environment(settings), "backup", "keys", str(keys))
    assert code == 0, errors

    there = settings_with(settings, await restore(dump))
    for forgotten in (2, 0):  # the second time there is nobody left
        code, output, errors = await command(
            environment(there), "backup", "restored", str(keys), "--json"
        )
        assert code == 0, errors
        assert json.loads(output)["keys"]["forgotten"] == forgotten
    async with open_context(there) as context, context.database.connection() as connection:
        read = await contents(context)
        assert (read[held] != "", erased in read) == (True, False)
        rows = await connection.fetch("select person_id from erasure_log")
        assert len(rows) == 2
        [gone] = await connection.fetch(
            "select mail_hash, coalesce(wrapped_key, frozen_key) as key from person"
            " where person_id = $1",
            row["sender_id"],
        )
        assert (len(gone["mail_hash"]), gone["key"]) == (16, None)


async def test_what_requests_said_stays_forgotten(
    relay: Relay, settings: Settings, restore: Restore, tmp_path: Path
) -> None:
    """F56: a request whose content was forgotten since the backup says nothing after a restore."""
    await Person(relay).ask("access")
    dump, keys = tmp_path / "night.dump", tmp_path / "keys"
    await run("pg_dump", "--format=custom", "--file", str(dump), database_of(settings))
    await relay.fetch("update data_request set wrapped_key = null returning 1")
    code, _, errors = await command(environment(settings), "backup", "keys", str(keys))
    assert code == 0, errors
    there = settings_with(settings, await restore(dump))
    code, _, errors = await command(environment(there), "backup", "restored", str(keys))
    assert code == 0, errors
    async with open_context(there) as context, context.database.connection() as connection:
        [request] = await connection.fetch(
            "select wrapped_key, sealed_content, subject_hash from data_request"
        )
        assert tuple(request) == (None, None, None)


async def test_who_comes_as_the_file_is_made_is_not_erased(relay: Relay, tmp_path: Path) -> None:
    """An id is made before it is committed, and by a door whose clock may be behind: whoever
    was not there yet when the file was made, though their id is older, is nobody erased.
    """
    keys = tmp_path / "keys"
    keys.write_bytes(b"".join([line async for line in saved_lines(relay.context)]))
    now = relay.context.clock()
    door = replace(relay.context, clock=lambda: now - timedelta(seconds=10))
    late = replace(LISTING.advertiser, email="late@annonceur.example")
    await listings.put_listing(door, relay.site, replace(LISTING, ref="late", advertiser=late))
    loaded = await load_keys(relay.context, keys)
    assert (loaded.gone, loaded.newer) == ({}, 1)


async def test_a_file_cut_short_is_refused(
    relay: Relay, settings: Settings, tmp_path: Path
) -> None:
    """A38: a file of keys that lost a line or its end erases nobody."""
    await list_for(relay, "camille")
    await write(relay, 3)
    keys = tmp_path / "keys"
    code, _, errors = await command(environment(settings), "backup", "keys", str(keys))
    assert code == 0, errors
    lines = keys.read_bytes().splitlines(keepends=True)
    for broken in (lines[:-1], lines[:2] + lines[3:], [*lines, b"more\n"], []):
        keys.write_bytes(b"".join(broken))
        code, _, _ = await command(environment(settings), "backup", "restored", str(keys))
        assert code == 1
    assert "" not in (await contents(relay.context)).values()


async def test_back_with_the_embedded_engines(settings: Settings, tmp_path: Path) -> None:
    """A38: with no database named, the engines of the state directory are started for it, and
    stopped again.
    """
    state = Path(tempfile.mkdtemp(prefix="relais-restored-"))
    state.chmod(0o755)
    try:
        async with own_cluster(state) as cluster:
            used = settings_with(settings, cluster.engines.database_url)
            async with open_context(used) as context, open_relay(context) as relay:
                await list_for(relay, "camille")
                await write(relay, 1)
            keys = tmp_path / "keys"
            code, _, errors = await command(environment(used), "backup", "keys", str(keys))
            assert code == 0, errors
        alone = environment(settings, state_dir=str(state))
        env = {name: alone[name] for name in ("RELAY_MASTER_KEY", "RELAY_STATE_DIR")}
        code, output, errors = await command(env, "backup", "restored", str(keys), "--json")
        assert code == 0, errors
        assert json.loads(output)["sites"][0]["queued"] == 1
        assert not (state / "running.json").exists()
    finally:
        shutil.rmtree(state, ignore_errors=True)


def database_of(settings: Settings) -> str:
    """Return the URL of the database of a relay under test."""
    assert settings.database_url is not None
    return settings.database_url.get_secret_value()
