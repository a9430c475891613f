"""How a command fails before a person: with a sentence. It loads nothing that is slow to load."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click


def told(command: Callable[..., None]) -> Callable[..., None]:
    """End a command with a sentence, never with a trace, for what a person can mend."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except Exception as error:
            sentence = _sentence(error)
            if sentence is None:
                raise
            raise click.ClickException(sentence) from None

    return run


def _sentence(error: Exception) -> str | None:
    """Put into words what a person can mend; None for anything else."""
    from relay.database import MigrationFailed
    from relay.engines import EnginesFailed
    from relay.errors import Invalid, Refused, Unavailable
    from relay.policy import PolicyInvalid
    from relay.settings import SettingsInvalid

    if isinstance(error, Refused):
        return error.code
    if isinstance(error, Unavailable):
        return (
            "PostgreSQL does not answer, or knows no such user, password or database;"
            " see RELAY_DATABASE_URL and `relay doctor`."
        )
    spoken = (SettingsInvalid, EnginesFailed, PolicyInvalid, MigrationFailed, Invalid)
    return str(error) if isinstance(error, spoken) else None
