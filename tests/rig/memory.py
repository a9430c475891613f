"""Temporary files of the tests in memory, where there is room.

Engines that tests start force every commit to disk. A disk that stalls for seconds, as shared ones
do, would then be seen as a fault of whatever test is running.
"""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM_BYTES = 6 * 2**30  # far more than the 0.2 GiB that the suite was once seen to hold
NAMED = "TMPDIR"


def take_memory() -> Path | None:
    """Put what is temporary in memory from now on; return where, for ``leave_memory``.

    None, and nothing done, when somebody named a place or memory has too little room.
    """
    if NAMED in os.environ or not MEMORY.is_dir():
        return None
    if shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        return None
    made = Path(tempfile.mkdtemp(prefix="relais-", dir=MEMORY))
    made.chmod(0o1777)  # engines run as a user of their own
    os.environ[NAMED] = tempfile.tempdir = str(made)
    return made


def leave_memory(made: Path) -> None:
    """Delete all that ``take_memory`` gave room to."""
    del os.environ[NAMED]
    tempfile.tempdir = None
    shutil.rmtree(made, ignore_errors=True)
