"""The embedded PostgreSQL: its cluster, its settings, its start."""

import os
import shutil
import signal
import subprocess
from functools import partial
from pathlib import Path

from relay.engines.failure import EnginesFailed
from relay.engines.launch import (
    PORT_TRIES,
    Guarded,
    Launch,
    becomes_ready,
    free_port,
)

_INITDB_S = 120.0
# Replaying the log after a crash may take long; giving up would only make it start over.
_START_S = 300.0
_LOG = "postgres.log"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "logging_collector": "off",
    # Errors go to the client, who made them; their text may quote a person's data.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    "log_checkpoints": "off",
}


def start_postgres(launch: Launch, version: str) -> tuple[str, Guarded]:
    """Start PostgreSQL on the cluster of the state directory, made first when there is none.

    Args:
        launch: Where and as whom.
        version: Version of the server, e.g. ``18.6``.

    Returns:
        The URL with its password, and the server.

    Raises:
        EnginesFailed: With what PostgreSQL said.
    """
    data = launch.state_dir / "postgres"
    if data.exists():
        _check_cluster(data, version)
        launch.account.own(data)
        return _serve(launch, data)
    _make_cluster(launch, data)
    url, server = _serve(launch, data)
    # To start sooner, the new files were not forced to disk. This does it meanwhile; SIGCONT,
    # so that a stop lets it end.
    command = [str(launch.programs.initdb), "-D", str(data), "--sync-only"]
    launch.run(command, signal.SIGCONT, "initdb.log")
    return url, server


def _check_cluster(data: Path, version: str) -> None:
    file = data / "PG_VERSION"
    made_by = file.read_text().strip() if file.is_file() else "nothing"
    if made_by != version.split(".", 1)[0]:
        raise EnginesFailed(
            f"{data} was made by PostgreSQL {made_by} and this is {version}: restore a dump into "
            "a new state directory, or install the version of relais that made it."
        )


def _make_cluster(launch: Launch, data: Path) -> None:
    """Make the cluster aside and rename it: one cut short by a kill is never taken for whole."""
    draft, password = data.with_name("postgres.new"), data.with_name("postgres.password")
    shutil.rmtree(draft, ignore_errors=True)
    password.unlink(missing_ok=True)
    draft.mkdir(0o700)
    password.touch(0o600)
    password.write_text(launch.secret)
    launch.account.own(draft)
    launch.account.own(password)
    try:
        making = launch.run(
            [
                *(str(launch.programs.initdb), "-D", str(draft), "-U", "relay"),
                *("--pwfile", str(password), "-A", "scram-sha-256", "--encoding=UTF8"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *("--no-sync", "--no-instructions"),
            ],
            signal.SIGINT,
            "initdb.log",
        )
        if making.exit_code(_INITDB_S) != 0:
            raise making.failure()
    except subprocess.TimeoutExpired:
        raise EnginesFailed(f"initdb did not end within {_INITDB_S:.0f} s") from None
    finally:
        password.unlink()
    draft.rename(data)
    folder = os.open(launch.state_dir, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename and the password file must outlive a power cut
    finally:
        os.close(folder)


def _serve(launch: Launch, data: Path) -> tuple[str, Guarded]:
    for _ in range(PORT_TRIES):
        # No server is alive here (servers.lock): the file is of a dead one, whatever it says.
        (data / "postmaster.pid").unlink(missing_ok=True)
        port = free_port()
        settings = {"port": str(port), **_SETTINGS}
        options = [word for pair in settings.items() for word in ("-c", "=".join(pair))]
        command = [str(launch.programs.postgres), "-D", str(data), *options]
        server = launch.run(command, signal.SIGINT, _LOG)
        if becomes_ready(server, partial(_is_ready, data, server.pid), _START_S):
            return f"postgresql://relay:{launch.secret}@127.0.0.1:{port}/postgres", server
        if "could not bind" not in server.said():
            raise server.failure()
    raise EnginesFailed(f"No port of 127.0.0.1 was free for PostgreSQL in {PORT_TRIES} tries")


def _is_ready(data: Path, pid: int) -> bool:
    """Read the server's own word (line 8 of its pid file), as pg_ctl does."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return lines[:1] == [str(pid)] and lines[7:8] == ["ready   "]
