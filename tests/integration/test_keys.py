"""Master keys that follow one another: everything stays readable, nothing erased comes back."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from relay import staff
from relay.context import open_context
from relay.custody import may_retire, read_standing, rotate
from relay.custody.rotation import LINKS_LIVE
from relay.custody.shelves import SHELVES, read_stocks
from relay.database import DatabaseRole
from relay.errors import Refused
from relay.outgoing.urls import ACTIONS_LIFE, APPEAL_LIFE
from relay.rights.standing import FREEZE_LIFE
from relay.sealing import Keyring
from relay.settings import MasterKey, Settings
from tests.relays import Relay
from tests.rig.armed import kill_at
from tests.rig.commands import relay as command
from tests.rig.deliveries import list_for, write
from tests.rig.processes import Child
from tests.rig.serving import environment
from tests.rig.users import settings_as

NOW = datetime.now(UTC)
NEW = MasterKey(key_id="k2", key=SecretStr(base64.b64encode(b"\x02" * 32).decode()))


def silent(_table: str, _rows: int) -> None:
    """Tell nobody."""


def with_keys(settings: Settings, *keys: MasterKey) -> Settings:
    """Return settings with other master keys, the newest first."""
    return settings.model_copy(update={"master_key": keys})


async def owners(relay: Relay) -> list[tuple[str, bytes]]:
    """Return every wrapped key with what it is wrapped for."""
    rows = await relay.fetch(
        "select 'person:' || person_id as owner, wrapped_key from person"
        " union all select 'site:' || site_id, wrapped_key from site"
        " union all select 'staff:' || staff_id, wrapped_key from staff"
    )
    return [(row["owner"], row["wrapped_key"]) for row in rows]


@pytest.fixture
async def peopled(relay: Relay) -> Relay:
    """A relay with some persons and a member of staff, none of whose sessions lingers."""
    await list_for(relay, "camille")
    await write(relay, 7)
    await staff.add_staff(relay.context, "lea")
    await relay.context.database.close()
    return relay


async def test_everything_is_wrapped_anew(peopled: Relay, settings: Settings) -> None:
    """A36: after a rotation the new key alone opens every key, and what was sealed is the same."""
    before = {
        owner: peopled.context.keyring.unwrap(value, owner).secret
        for owner, value in await owners(peopled)
    }
    await peopled.context.database.close()
    async with open_context(with_keys(settings, NEW, *settings.master_key)) as context:
        standing = await rotate(context, tell=silent)
    assert (standing.count("k1"), standing.rotated_at is not None) == (0, True)
    alone = Keyring([(NEW.key_id, NEW.secret)])
    after = {o: alone.unwrap(value, o).secret for o, value in await owners(peopled)}
    assert after == before


async def test_killed_after_any_batch(peopled: Relay, settings: Settings, tmp_path: Path) -> None:
    """A rotation killed between two batches leaves every key readable; the next run ends it."""
    env = environment(with_keys(settings, NEW, *settings.master_key))
    both = Keyring([(NEW.key_id, NEW.secret), *((k.key_id, k.secret) for k in settings.master_key)])
    for passage in (1, 2):
        killing = env | kill_at("keys.batch", passage)
        arguments = ("tests.rig.armed_purge", "keys", "rotate", "--json")
        async with Child(*arguments, env=killing, log=tmp_path / f"{passage}.log") as killed:
            assert await killed.wait(30) == -9
        for owner, value in await owners(peopled):
            both.unwrap(value, owner)
        await peopled.context.database.close()
    code, output, errors = await command(env, "keys", "rotate", "--json")
    assert code == 0, errors
    assert set(json.loads(output)["wraps"]) == {"k2"}


async def test_an_erased_person_stays_erased(peopled: Relay) -> None:
    """A38: a key destroyed after a rotation has read it is not written back."""
    [stock] = [one for one in await read_stocks(peopled.context) if one.shelf.table == "person"]
    [page] = [page async for page in stock.pages(peopled.context)]
    await peopled.fetch("update person set wrapped_key = null where person_id = $1", page[0].row_id)
    async with peopled.context.database.connection() as connection:
        done = await stock.replace(connection, page, [b"k2\0new"] * len(page))
    assert done == len(page) - 1
    [row] = await peopled.fetch(
        "select wrapped_key from person where person_id = $1", page[0].row_id
    )
    assert row["wrapped_key"] is None


async def test_a_missing_key_refuses(peopled: Relay, settings: Settings) -> None:
    """Nothing is rotated while a row is wrapped by a key that is not there."""
    async with open_context(with_keys(settings, NEW)) as context:
        with pytest.raises(Refused, match="keys_missing") as refused:
            await rotate(context, tell=silent)
    assert refused.value.values == {"keys": "k1"}


async def test_a_process_without_the_new_key_refuses(relay: Relay, settings: Settings) -> None:
    """Nothing is rotated while a running process could not read what the new key wraps."""
    relay.context.sites.forget()
    await relay.context.sites.all()  # a session of the old process
    used = settings_as(with_keys(settings, NEW, *settings.master_key), DatabaseRole.APP)
    async with open_context(used) as context:
        with pytest.raises(Refused, match="keys_unknown_elsewhere"):
            await rotate(context, tell=silent)


async def test_the_old_key_retires_last(peopled: Relay, settings: Settings) -> None:
    """A key goes when it wraps nothing and no living link is signed with it, or at once."""
    async with open_context(with_keys(settings, NEW, *settings.master_key)) as context:
        with pytest.raises(Refused, match="key_still_wraps"):
            may_retire(await read_standing(context), "k1", NOW, at_once=True)
        standing = await rotate(context, tell=silent)
    with pytest.raises(Refused, match="key_is_newest"):
        may_retire(standing, "k2", NOW, at_once=True)
    with pytest.raises(Refused, match="key_signs_links"):
        may_retire(standing, "k1", NOW + timedelta(days=364), at_once=False)
    may_retire(standing, "k1", NOW, at_once=True)
    may_retire(standing, "k1", NOW + timedelta(days=367), at_once=False)


def test_no_link_outlives_its_key() -> None:
    """A link that a mail promises for long is read until its end, whatever key is retired."""
    assert max(ACTIONS_LIFE, APPEAL_LIFE, FREEZE_LIFE) < LINKS_LIVE


async def test_every_wrapped_key_is_rotated(relay: Relay) -> None:
    """Every column that holds a wrapped key is one the rotation knows."""
    rows = await relay.fetch(
        "select relname from pg_attribute join pg_class on pg_class.oid = attrelid"
        " where attname like '%wrapped_key%' and relkind in ('r', 'p') and not relispartition"
    )
    assert {row["relname"] for row in rows} == {shelf.table for shelf in SHELVES}


async def test_the_kept_key_follows(tmp_path: Path) -> None:
    """`relay keys new` puts a key in front of the one that a state directory keeps."""
    kept = tmp_path / "master.key"
    old = "k1:" + base64.b64encode(b"1" * 32).decode()
    kept.write_text(old)
    code, output, errors = await command(
        {"RELAY_STATE_DIR": str(tmp_path)}, "keys", "new", "--json"
    )
    assert code == 0, errors
    first, second = kept.read_text().split()
    assert (first.partition(":")[0], second) == (json.loads(output)["key_id"], old)
    assert kept.stat().st_mode & 0o777 == 0o600
