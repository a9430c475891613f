"""``relay keys``: what the master keys wrap, a new one, the end of an old one."""

import sys
from collections import Counter

import click

from relay.cli.acting import run
from relay.cli.common import (
    KEY,
    configured,
    json_option,
    kept_key,
    new_master_key,
    replace_private,
    show,
)
from relay.cli.telling import told
from relay.context import Context
from relay.custody import Standing, may_retire, read_standing, rotate
from relay.settings import read_settings


@click.group()
def keys() -> None:
    """Master keys: list, make, rotate, retire."""


@keys.command("list")
@json_option
@told
def list_keys(*, as_json: bool) -> None:
    """Say what each master key wraps."""
    _show(run(read_standing), as_json=as_json)


@keys.command("new")
@json_option
@told
def new(*, as_json: bool) -> None:
    """Make a master key: put in front of the state directory's, or printed for your settings."""
    settings, made = read_settings(), new_master_key()
    kept = settings.state_dir / KEY
    if settings.master_key or not kept.exists():
        before = "Put it BEHIND the old one in RELAY_MASTER_KEY of every process and restart them;"
        after = "then in FRONT, and restart them again; then `relay keys rotate`."
        show(as_json, {"master_key": made}, f"{made}\n{before}\n{after}")
        return
    replace_private(kept, f"{made} {kept_key(kept)}")
    said = (
        f"{made.partition(':')[0]} stands in {kept}. Restart `relay all`, then `relay keys rotate`."
    )
    show(as_json, {"key_id": made.partition(":")[0]}, said)


@keys.command("rotate")
@json_option
@told
def rotate_keys(*, as_json: bool) -> None:
    """Wrap everything by the newest key; may be stopped and run again at any time."""
    total: Counter[str] = Counter()

    def tell(table: str, rows: int) -> None:
        total[table] += rows
        if sys.stderr.isatty() and not as_json:
            click.echo(f"\r\033[K{table}: {total[table]} wrapped anew", err=True, nl=False)

    standing = run(lambda context: rotate(context, tell=tell))
    _show(standing, as_json=as_json)
    if standing.rotated_at is None:
        raise click.ClickException("Some keys could not be wrapped anew; the log names them.")


@keys.command("retire")
@click.argument("key_id")
@click.option("--at-once", is_flag=True, help="Even while links in mails are signed with it.")
@json_option
@told
def retire(key_id: str, *, at_once: bool, as_json: bool) -> None:
    """Let go of an old key, once nothing hangs on it: no backup wrapped by it opens any more."""
    settings = configured()
    if key_id not in {key.key_id for key in settings.master_key}:
        raise click.ClickException(f"There is no key {key_id} here: see `relay keys list`.")

    async def act(context: Context) -> None:
        now = context.clock()
        may_retire(await read_standing(context), key_id, now, at_once=at_once)

    run(act)
    kept = settings.state_dir / KEY
    if read_settings().master_key or not kept.exists():
        show(as_json, {"retired": key_id}, f"Take {key_id} out of RELAY_MASTER_KEY, everywhere.")
        return
    left = [key for key in kept_key(kept).split() if not key.startswith(f"{key_id}:")]
    replace_private(kept, " ".join(left))
    show(as_json, {"retired": key_id}, f"{key_id} is gone from {kept}. Restart `relay all`.")


def _show(standing: Standing, *, as_json: bool) -> None:
    names = [*standing.key_ids, *standing.unreadable]
    lines = []
    for place, key_id in enumerate(names):
        wraps = ", ".join(f"{table} {n}" for table, n in standing.wraps.get(key_id, {}).items())
        state = "newest" if place == 0 else "older"
        state = "MISSING" if key_id in standing.unreadable else state
        lines.append(f"{key_id}  {state}  wraps {wraps or 'nothing'}")
    if standing.rotated_at:
        lines.append(f"rotated {standing.rotated_at:%Y-%m-%d %H:%M} UTC")
    values = {
        "keys": names,
        "wraps": {key_id: dict(tables) for key_id, tables in standing.wraps.items()},
        "unreadable": list(standing.unreadable),
        "rotated_at": standing.rotated_at and standing.rotated_at.isoformat(),
    }
    show(as_json, values, "\n".join(lines))
