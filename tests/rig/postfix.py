"""Postfix in a folder of its own: it takes mail, queues it, and hands it to a next hop."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rig.serving import free_port

SIZE_BYTES = 6000  # about what one of our mails is
MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
myhostname = bench.example
mydestination =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
inet_interfaces = loopback-only
inet_protocols = ipv4
{next_hop}
smtp_dns_support_level = disabled
alias_maps =
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
service_throttle_time = 1s
"""
# The queue manager looks each second at what came in: it puts back there, and tells nobody, what it
# took up again before the delivery agent had let go.
SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
lmtp unix - - n - - lmtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """A running Postfix."""

    port: int
    master: int

    def load(self, sessions: int, count: int) -> None:
        """Hand *count* mails over in as many sessions at a time, with its own load program."""
        command = ["smtp-source", "-s", str(sessions), "-m", str(count), "-l", str(SIZE_BYTES)]
        addresses = ["-f", "a@b.example", "-t", "c@d.example", f"127.0.0.1:{self.port}"]
        subprocess.run([*command, *addresses], check=True, env=_environment())


def relay_to(port: int) -> str:
    """Return the configuration that relays all mail to a port of this machine."""
    return f"relayhost = [127.0.0.1]:{port}"


def missing() -> str | None:
    """Say why Postfix cannot be measured here; None when it can."""
    path = _environment()["PATH"]
    for program in ("postfix", "smtp-source"):
        if shutil.which(program, path=path) is None:
            return f"{program} is not installed"
    return None if os.geteuid() == 0 else "Postfix starts as root only"


@contextmanager
def postfix(next_hop: str) -> Iterator[Postfix]:
    """Run Postfix for the length of a block; nothing of the system's own instance is touched.

    Args:
        next_hop: Lines of its configuration that say where mail goes.
    """
    folder = Path(tempfile.mkdtemp(prefix="relais-postfix-"))
    folder.chmod(0o755)
    port = free_port()
    for name in ("conf", "queue", "data"):
        (folder / name).mkdir()
    owner = pwd.getpwnam("postfix")
    os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
    (folder / "conf" / "main.cf").write_text(MAIN.format(folder=folder, next_hop=next_hop))
    (folder / "conf" / "master.cf").write_text(SERVICES.format(port=port))
    try:
        _control(folder, "start")
        yield Postfix(port, int((folder / "queue" / "pid" / "master.pid").read_text()))
    except BaseException:
        print((folder / "log").read_text())  # pytest shows it beside the test that failed
        raise
    finally:
        _control(folder, "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _control(folder: Path, act: str) -> None:
    subprocess.run(
        ["postfix", "-c", str(folder / "conf"), act],
        check=True,
        env=_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"}
