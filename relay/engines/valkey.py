"""The embedded Valkey: its configuration and its start."""

import signal
import socket
import time
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

_START_S = 60.0
_CONFIGURATION = """\
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {secret}
unixsocket ""
dir "{folder}"
appendonly yes
appendfsync everysec
save ""
stop-writes-on-bgsave-error no
maxmemory-policy noeviction
daemonize no
set-proc-title no
always-show-logo no
loglevel notice
logfile ""
"""


def start_valkey(launch: Launch) -> tuple[str, Guarded]:
    """Start Valkey on the append-only file of the state directory.

    A file it cannot read is set aside and Valkey starts empty: it carries ids only, and the
    truth is in PostgreSQL.

    Returns:
        The URL with its password, and the server.

    Raises:
        EnginesFailed: With what Valkey said.
    """
    folder = launch.state_dir / "valkey"
    folder.mkdir(0o700, exist_ok=True)
    launch.account.own(folder)
    for _ in range(PORT_TRIES):
        port = free_port()
        server = _serve(launch, folder, port)
        if becomes_ready(server, partial(_answers, port, launch.secret), _START_S):
            return f"redis://:{launch.secret}@127.0.0.1:{port}/0", server
        if "Address already in use" not in server.said() and not _set_aside(folder, server):
            raise server.failure()
    raise EnginesFailed(f"No port of 127.0.0.1 was free for Valkey in {PORT_TRIES} tries")


def _serve(launch: Launch, folder: Path, port: int) -> Guarded:
    file = folder / "valkey.conf"
    file.unlink(missing_ok=True)
    file.touch(0o600)
    quoted = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    file.write_text(_CONFIGURATION.format(port=port, secret=launch.secret, folder=quoted))
    launch.account.own(file)
    command = [str(launch.programs.valkey_server), str(file)]
    return launch.run(command, signal.SIGTERM, "valkey.log")


def _set_aside(folder: Path, server: Guarded) -> bool:
    """Move an unreadable append-only file away; False when that was not the trouble."""
    kept = folder / "appendonlydir"
    if "append only file" not in server.said().lower() or not kept.is_dir():
        return False
    kept.rename(folder / f"appendonlydir.unreadable-{time.time_ns()}")
    return True


def _answers(port: int, secret: str) -> bool:
    """Ask on the port with our password, so that no stranger on it is taken for ours."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"AUTH {secret}\r\nPING\r\n".encode())
            heard = b""
            while not heard.endswith(b"PONG\r\n") and (part := connection.recv(256)):
                heard += part
    except OSError:
        return False
    return heard == b"+OK\r\n+PONG\r\n"
