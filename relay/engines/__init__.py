"""PostgreSQL and Valkey out of wheels, for a machine where nothing is configured.

``start_engines`` keeps all data in one state directory and needs no rights, no system package
and nothing from PATH. Each server runs under a small guard (``guard.py``), so none outlives
the process that started it, even one killed with -9; the next start uses the same data.
"""

import hmac
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from relay.engines.account import can_enter, possible_accounts
from relay.engines.failure import EnginesFailed
from relay.engines.launch import Guarded, Launch, stop_all
from relay.engines.locks import owned, servers_lock
from relay.engines.postgres import start_postgres
from relay.engines.secret import read_or_make_secret
from relay.engines.valkey import start_valkey
from relay.engines.wheels import copy_programs, find_programs, version

__all__ = ["Engines", "EnginesFailed", "engines", "start_engines", "url_as"]

_TRIAL_S = 30.0


@dataclass(frozen=True, slots=True)
class Engines:
    """The running engines; both URLs hold a password, so neither is in ``repr``.

    Args:
        database_url: ``postgresql://…`` on 127.0.0.1, a role that may do everything.
        redis_url: ``redis://…`` on 127.0.0.1.
        postgres_version: For example ``18.6``.
        valkey_version: For example ``9.1.2``.
        pids: The PostgreSQL postmaster, then Valkey.
    """

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    postgres_version: str
    valkey_version: str
    pids: tuple[int, ...]
    _closing: ExitStack = field(default_factory=ExitStack, repr=False, compare=False)

    def url_as(self, role: str) -> str:
        """Return the database's URL for a lesser user, with the password it is to have."""
        return url_as(self.database_url, role)

    def stop(self) -> None:
        """Stop both servers and wait until nothing is left of them; a second call does nothing."""
        self._closing.close()


def url_as(owner_url: str, role: str) -> str:
    """Return the owner's URL for another user, whose password is derived from the owner's."""
    parts = urlsplit(owner_url)
    password = hmac.digest((parts.password or "").encode(), role.encode(), "sha256").hex()
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{role}:{password}@{place}").geturl()


def start_engines(state_dir: Path) -> Engines:
    """Start PostgreSQL and Valkey on the data in *state_dir*, made when it is not there.

    Blocks for about a second the first time, a fraction of it later; may be called from any
    thread, and that thread may end.

    Raises:
        EnginesFailed: What happened and what to do about it; nothing is left running.
    """
    try:
        with ExitStack() as closing:
            return _start(state_dir, closing)
    except OSError as error:
        raise EnginesFailed(
            f"The engines cannot use {state_dir} ({error}): make it a directory this user may "
            "write, or set RELAY_STATE_DIR to another one."
        ) from error


@contextmanager
def engines(state_dir: Path) -> Iterator[Engines]:
    """Run the engines for the length of a ``with`` block; as ``start_engines`` otherwise."""
    running = start_engines(state_dir)
    try:
        yield running
    finally:
        running.stop()


def _start(state_dir: Path, closing: ExitStack) -> Engines:
    programs = find_programs()
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    state_dir = state_dir.resolve()
    closing.enter_context(owned(state_dir))
    lock_fd = closing.enter_context(servers_lock(state_dir))
    if os.geteuid() == 0:
        # The unprivileged user passes through to its own two folders; it cannot list.
        state_dir.chmod(state_dir.stat().st_mode | 0o111)
    secret = read_or_make_secret(state_dir)
    guards: list[Guarded] = []
    closing.callback(stop_all, guards)
    for account in possible_accounts(state_dir):
        if not all(can_enter(folder, account.uid, account.gid) for folder in programs.folders):
            programs = copy_programs(programs, state_dir / "programs")
        launch = Launch(state_dir, programs, account, lock_fd, secret, guards)
        trial = launch.run([str(programs.postgres), "--version"], signal.SIGTERM, "trial.log")
        if trial.exit_code(_TRIAL_S) == 0:
            return _start_both(launch, trial.said().split()[-1], closing)
    raise trial.failure()


def _start_both(launch: Launch, postgres_version: str, closing: ExitStack) -> Engines:
    with ThreadPoolExecutor(max_workers=1) as pool:
        starting = pool.submit(start_postgres, launch, postgres_version)
        redis_url, valkey = start_valkey(launch)
        valkey_version = version(launch.programs.valkey_server)
        database_url, postgres = starting.result()
    return Engines(
        database_url=database_url,
        redis_url=redis_url,
        postgres_version=postgres_version,
        valkey_version=valkey_version,
        pids=(postgres.pid, valkey.pid),
        _closing=closing.pop_all(),
    )
