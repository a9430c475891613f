"""What commands share: settings with their faults told, engines, output for people or programs."""

import base64
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click

from relay import log
from relay.engines import Engines, EnginesFailed, start_engines
from relay.errors import Invalid, Refused, Unavailable
from relay.policy import PolicyInvalid
from relay.settings import Settings, SettingsInvalid, read_settings

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


def told(command: Callable[..., None]) -> Callable[..., None]:
    """End a command with a sentence, never with a trace, for what a person can mend."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except (SettingsInvalid, EnginesFailed, PolicyInvalid) as error:
            raise click.ClickException(str(error)) from None
        except Refused as error:
            raise click.ClickException(error.code) from None
        except Invalid as error:
            raise click.ClickException(str(error)) from None
        except Unavailable:
            raise click.ClickException(
                "PostgreSQL does not answer; see RELAY_DATABASE_URL and `relay doctor`."
            ) from None

    return run


def configured() -> Settings:
    """Read settings for a process that needs a database.

    Raises:
        SettingsInvalid: Everything that is missing, together.
    """
    settings = read_settings()
    missing = []
    if settings.database_url is None:
        missing.append("RELAY_DATABASE_URL: missing; `relay all` brings its own PostgreSQL")
    if not settings.master_key:
        missing.append("RELAY_MASTER_KEY: missing; make one with `relay key` and keep it safe")
    if missing:
        raise SettingsInvalid("\n".join(missing))
    log.configure(settings.log_format)
    return settings


@contextmanager
def with_engines(settings: Settings) -> Iterator[tuple[Settings, Engines | None]]:
    """Start the embedded engines where no URL names others; add the state directory's key."""
    engines: Engines | None = None
    if settings.database_url is None or settings.redis_url is None:
        engines = start_engines(settings.state_dir)
    try:
        yield completed(settings, engines), engines
    finally:
        if engines:
            engines.stop()


def completed(settings: Settings, engines: Engines | None) -> Settings:
    """Return *settings* with the URLs of *engines* and a master key, made when there is none."""
    added: dict[str, object] = {}
    if engines and settings.database_url is None:
        added["database_url"] = engines.database_url
    if engines and settings.redis_url is None:
        added["redis_url"] = engines.redis_url
    if not settings.master_key:
        added["master_key"] = _kept_key(settings.state_dir / "master.key")
    return Settings.model_validate(dict(settings) | added)


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the variables a child process reads the same engines and key from."""
    keys = " ".join(f"{key.key_id}:{key.key.get_secret_value()}" for key in settings.master_key)
    found = {"RELAY_MASTER_KEY": keys}
    if settings.database_url:
        found["RELAY_DATABASE_URL"] = settings.database_url.get_secret_value()
    if settings.redis_url:
        found["RELAY_REDIS_URL"] = settings.redis_url.get_secret_value()
    return found


def new_master_key() -> str:
    """Return a new master key as RELAY_MASTER_KEY takes it."""
    return f"k{secrets.token_hex(3)}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def show(as_json: bool, values: dict[str, Any], text: str) -> None:  # noqa: FBT001 (a flag of the person's)
    """Print *values* for a program or *text* for a person."""
    click.echo(json.dumps(values, ensure_ascii=False, default=str) if as_json else text)


def _kept_key(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(new_master_key())
    return path.read_text("ascii")
