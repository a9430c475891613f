"""A synchronous standby takes over: what was answered 202 is there."""

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from relay.context import open_context
from relay.database import migrate
from relay.engines import Engines, start_engines
from relay.settings import Settings
from tests.relays import Relay, open_relay, until
from tests.rig.cluster import settings_with
from tests.rig.listener import HOST
from tests.rig.serving import serving, without_limits
from tests.rig.users import logins_of
from tests.scenarios.test_migrating import posting


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory that the engines' own user may enter."""
    made = Path(tempfile.mkdtemp(prefix="relais-failover-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@asynccontextmanager
async def standby_of(primary: Engines, folder: Path) -> AsyncIterator[int]:
    """Run a synchronous standby; gives its port."""
    program = Path(f"/proc/{primary.pids[0]}/exe").readlink()
    data, port = folder / "standby", _free_port()
    copying = [str(program.with_name("pg_basebackup")), "-d", primary.database_url, "-D", str(data)]
    await _run(*copying, "--write-recovery-conf", "--checkpoint=fast", "--wal-method=stream")
    owner = (folder / "primary" / "postgres").stat()
    for path in (data, *data.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)
    options = {"port": port, "listen_addresses": HOST, "unix_socket_directories": ""}
    words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    is_root = os.geteuid() == 0
    with (folder / "standby.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(str(program), "-D", str(data), *words),
            stderr=log,
            user=owner.st_uid if is_root else None,
            group=owner.st_gid if is_root else None,
            extra_groups=[] if is_root else None,
            env={"LC_ALL": "C", "PATH": "/nonexistent"},
        )
    try:
        yield port
    finally:
        process.kill()
        await process.wait()


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


async def _wait_for_it(primary: Engines) -> None:
    """Have every commit wait for the standby."""
    connection = await asyncpg.connect(primary.database_url)
    await connection.execute("alter system set synchronous_standby_names = '*'")
    await connection.execute("select pg_reload_conf()")

    async def is_synchronous() -> bool:
        return "sync" in [
            row["sync_state"]
            for row in await connection.fetch("select sync_state from pg_stat_replication")
        ]

    await until(is_synchronous, 30)
    await connection.close()


@pytest.mark.timeout(300)
async def test_f12_the_standby_takes_over(settings: Settings, folder: Path) -> None:
    """F12: the primary is killed under traffic and the standby promoted: every contact that was
    answered 202 is there, and new ones are accepted by the same process.
    """
    primary = await asyncio.to_thread(start_engines, folder / "primary")
    try:
        owner = primary.database_url
        await migrate(owner, logins=logins_of(owner))
        async with standby_of(primary, folder) as port:
            await _wait_for_it(primary)
            there = owner.rpartition("/")[0] + f",{HOST}:{port}/postgres"
            await _fail_over(settings_with(settings, there), primary, port, folder)
    finally:
        await asyncio.to_thread(primary.stop)


async def _fail_over(settings: Settings, primary: Engines, port: int, folder: Path) -> None:
    async with open_context(settings) as context, open_relay(context) as relay:
        await without_limits(relay)
        async with serving(relay, folder / "serve.log") as door, posting(door) as answers:

            async def are_accepted(count: int) -> bool:
                return len(relay.accepted) >= count and bool(answers)

            await until(lambda: are_accepted(5), 60)
            os.kill(primary.pids[0], 9)
            before = len(relay.accepted)
            await _promote(primary, port)
            await until(lambda: are_accepted(before + 5), 60)
        await _check(relay, primary, port)


async def _promote(primary: Engines, port: int) -> None:
    connection = await asyncpg.connect(_url(primary, port))
    assert await connection.fetchval("select pg_promote()")
    await connection.close()


async def _check(relay: Relay, primary: Engines, port: int) -> None:
    connection = await asyncpg.connect(_url(primary, port))
    rows = await connection.fetch("select message_id from message")
    await connection.close()
    there = {f"msg_{row['message_id'].hex}" for row in rows}
    assert set(relay.accepted) - there == set()


def _url(primary: Engines, port: int) -> str:
    return primary.database_url.rpartition("@")[0] + f"@{HOST}:{port}/postgres"
