"""What commands share: settings, engines, output for people or programs."""

import base64
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import click

from relay import log
from relay.engines import Engines, start_engines
from relay.settings import Settings, SettingsInvalid, read_settings

KEY = "master.key"
APP, PURGE = "relais_app", "relais_purge"  # users of the embedded PostgreSQL (sql/roles.sql)
RUNNING = "running.json"  # URLs of the engines `relay all` runs, while it runs

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


def configured() -> Settings:
    """Read settings for a process that needs a database: one that is named, or `relay all`'s.

    Raises:
        SettingsInvalid: Everything that is missing, together.
    """
    settings = _beside_all(read_settings())
    missing = []
    if settings.database_url is None:
        missing.append(
            "RELAY_DATABASE_URL: missing, and no `relay all` runs with this RELAY_STATE_DIR;"
            " it brings its own PostgreSQL"
        )
    is_kept = settings.database_url is None and (settings.state_dir / KEY).exists()
    if not settings.master_key and not is_kept:  # a new key beside a kept one would open nothing
        missing.append("RELAY_MASTER_KEY: missing; make one with `relay key` and keep it safe")
    if missing:
        raise SettingsInvalid("\n".join(missing))
    log.configure(settings.log_format)
    return settings


@contextmanager
def with_engines(settings: Settings) -> Iterator[tuple[Settings, Engines | None]]:
    """Start the embedded engines where no URL names others; add the state directory's key."""
    if settings.database_url and settings.redis_url:
        yield completed(settings, None), None
        return
    engines = start_engines(settings.state_dir)
    running = settings.state_dir / RUNNING
    try:
        ready = completed(settings, engines)
        replace_private(running, json.dumps(_urls(ready)))
        yield ready, engines
    finally:
        running.unlink(missing_ok=True)
        engines.stop()


def _beside_all(settings: Settings) -> Settings:
    """Add the engines and the key of the `relay all` that runs on the same state directory."""
    running, key = settings.state_dir / RUNNING, settings.state_dir / KEY
    if settings.database_url or not running.exists():
        return settings
    try:
        added: dict[str, object] = json.loads(running.read_text("utf-8"))
        if not settings.master_key and key.exists():
            added["master_key"] = kept_key(key)
    except OSError as error:
        raise SettingsInvalid(
            f"{error.filename}: cannot be read ({error.strerror}); be the user of `relay all`"
        ) from None
    return Settings.model_validate(dict(settings) | added)


def _urls(settings: Settings) -> dict[str, str]:
    urls = {
        "database_url": settings.database_url,
        "purge_url": settings.purge_url,
        "owner_url": settings.owner_url,
        "redis_url": settings.redis_url,
    }
    return {name: url.get_secret_value() for name, url in urls.items() if url}


def completed(settings: Settings, engines: Engines | None) -> Settings:
    """Return *settings* with the URLs of *engines* and a master key, made when there is none."""
    added: dict[str, object] = {}
    if engines and settings.database_url is None:
        added["owner_url"] = engines.database_url
        added["database_url"] = engines.url_as(APP)
        added["purge_url"] = engines.url_as(PURGE)
    if engines and settings.redis_url is None:
        added["redis_url"] = engines.redis_url
    if not settings.master_key:
        added["master_key"] = kept_key(settings.state_dir / KEY)
    return Settings.model_validate(dict(settings) | added)


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the variables a child process reads the same engines and key from."""
    keys = " ".join(f"{key.key_id}:{key.key.get_secret_value()}" for key in settings.master_key)
    found = {"RELAY_MASTER_KEY": keys}
    return found | {f"RELAY_{name.upper()}": url for name, url in _urls(settings).items()}


def new_master_key() -> str:
    """Return a new master key as RELAY_MASTER_KEY takes it."""
    return f"k{secrets.token_hex(3)}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def show(as_json: bool, values: dict[str, Any], text: str) -> None:  # noqa: FBT001 (a flag of the person's)
    """Print *values* for a program or *text* for a person."""
    click.echo(json.dumps(values, ensure_ascii=False, default=str) if as_json else text)


def kept_key(path: Path) -> str:
    """Return the key kept in *path*, made when there is none; it is never written over."""
    if not path.exists():
        with _private(path, new_master_key()) as written, suppress(FileExistsError):
            # A second process may have been faster; its key is the one.
            os.link(written, path)
    kept = path.read_text("ascii").strip()
    if not kept:
        raise SettingsInvalid(
            f"{path}: is empty. Bring it back from a backup; delete it only if this relay has"
            " never accepted a message."
        )
    return kept


def replace_private(path: Path, text: str) -> None:
    """Put *text* in the place of a file that only its owner reads, whole or not at all."""
    with _private(path, text) as written:
        written.replace(path)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write into, which takes the place of *path* once it is whole and on disk."""
    with _private(path, "") as written, written.open("wb") as draft:
        yield draft
        draft.flush()
        os.fsync(draft.fileno())
        written.replace(path)


@contextmanager
def _private(path: Path, text: str) -> Iterator[Path]:
    """Write *text* to a file beside *path*, to be put in its place; both steps reach the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # mode 0600
    written = Path(name)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        yield written
    finally:
        written.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
