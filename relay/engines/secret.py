"""The password of both engines: random, made once, readable by the owner only."""

import os
import secrets
from pathlib import Path

from relay.engines.failure import EnginesFailed

_RANDOM_BYTES = 32


def read_or_make_secret(state_dir: Path) -> str:
    """Read the password kept in *state_dir*, or make it before there is any data.

    Returns:
        43 URL-safe characters.

    Raises:
        EnginesFailed: There is data and its password is lost.
    """
    file, draft = state_dir / "password", state_dir / "password.new"
    if file.is_file() and (kept := file.read_text().strip()):
        return kept
    if (state_dir / "postgres").exists():
        raise EnginesFailed(
            f"{file} is missing or empty and the data cannot be opened without it: put it back "
            "from a backup, or set RELAY_STATE_DIR to another directory."
        )
    made = secrets.token_urlsafe(_RANDOM_BYTES)
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as writing:
        writing.write(made)
        writing.flush()
        os.fsync(descriptor)
    draft.replace(file)
    return made
