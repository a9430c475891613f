"""``relay backup``: the keys a backup is read with, and what to do once one was restored."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from relay import log
from relay.cli.acting import run
from relay.cli.common import configured, json_option, replacing, show, with_engines
from relay.cli.telling import told
from relay.context import Context
from relay.custody import Gap, Loaded, load_keys, saved_lines, settle_restored
from relay.rights.erasure import erase_again
from relay.sealing import public_id
from relay.settings import Settings, read_settings

UNREAD = "Nobody was erased again: these sites have persons to erase and cannot be opened:"


@click.group()
def backup() -> None:
    """What belongs to a backup besides the database: keys, and the way back."""


@backup.command("keys")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
@told
def save_keys(*, file: Path, as_json: bool) -> None:
    """Write the keys of persons to FILE, in the place of the last: without it no backup is read."""

    async def act(context: Context) -> int:
        written = 0
        with replacing(file) as draft:
            async for line in saved_lines(context):
                written += draft.write(line)
        return written

    size_bytes = run(act)
    show(as_json, {"file": str(file), "bytes": size_bytes}, f"{file}: {size_bytes} bytes")


@backup.command("restored")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
@told
def restored(*, file: Path, as_json: bool) -> None:
    """After a restore and before anything else runs: load FILE, and say what is missing.

    Whoever is not in FILE was erased since the backup, and is erased again, but for what a hold
    keeps. Mails that were under way when the backup was made are held. Starts the engines of the
    state directory if need be.
    """
    with _standing_alone() as settings:
        back = run(lambda context: _come_back(context, file), settings.as_purger())
    keys = {
        "saved_at": back.loaded.saved_at,
        "restored": back.loaded.restored,
        "forgotten": back.forgotten,
        "newer": back.loaded.newer,
    }
    values = {"keys": keys, "sites": [asdict(gap) for gap in back.gaps]}
    show(as_json, values, "\n".join([_keys(back), *map(_gap, back.gaps)]))


@dataclass(frozen=True, slots=True)
class _Back:
    """A database that came back: its keys, how many were erased again, what is missing."""

    loaded: Loaded
    forgotten: int
    gaps: list[Gap]


async def _come_back(context: Context, file: Path) -> _Back:
    loaded = await load_keys(context, file)
    sites = await context.sites.all()
    unread = loaded.gone.keys() - {site.site_id for site in sites}
    if unread:
        raise click.ClickException(f"{UNREAD} {' '.join(map(str, unread))}")
    forgotten = 0
    for site in sites:
        forgotten += await erase_again(context, site, loaded.gone.get(site.site_id, []))
    return _Back(loaded, forgotten, [await settle_restored(context, site) for site in sites])


def _keys(back: _Back) -> str:
    loaded = back.loaded
    return (
        f"keys of {loaded.saved_at:%Y-%m-%d %H:%M} UTC: {loaded.restored} restored,"
        f" {back.forgotten} persons erased again, {loaded.newer} younger than the file"
    )


def _gap(gap: Gap) -> str:
    last = f"{gap.last_message_at:%Y-%m-%d %H:%M:%S} UTC" if gap.last_message_at else "never"
    held = "".join(f"\n  held {public_id('msg', mail_id)}" for mail_id in gap.held)
    return (
        f"{gap.site}  last message {last}; {gap.queued} mails leave, {len(gap.held)} were under"
        f" way and are held (`relay held list {gap.site}`), {gap.ended} notices are not sent"
        f" again{held}"
    )


@contextmanager
def _standing_alone() -> Iterator[Settings]:
    """Give the settings of a database that nothing works on yet."""
    settings = read_settings()
    if settings.database_url:
        yield configured()
        return
    log.configure(settings.log_format)
    with with_engines(settings) as (ready, _):
        yield ready
