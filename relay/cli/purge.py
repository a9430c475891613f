"""``relay purge``: delete what is past its site's time, or count it."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

import click

from relay.cli.acting import NO_SITE, chosen, site_option
from relay.cli.common import configured, json_option, show
from relay.cli.telling import told
from relay.context import Context, open_context
from relay.retention import Purged, count_due, purge
from relay.sites import Site

WAITING = timedelta(days=1)


@click.command("purge")
@click.option("--dry-run", is_flag=True, help="Count what is due, and delete nothing.")
@site_option
@json_option
@told
def purge_now(*, dry_run: bool, slug: str | None, as_json: bool) -> None:
    """Delete what is past its site's time; workers do so every hour by themselves."""
    asyncio.run(_count(slug, as_json=as_json) if dry_run else _purge(slug, as_json=as_json))


async def _count(slug: str | None, *, as_json: bool) -> None:
    async with open_context(configured().as_purger(), pool_size=2) as context:
        found = {site.slug: await count_due(context, site) for site in await chosen(context, slug)}
    lines = [f"{site}  {_counted(counts)}" for site, counts in found.items()]
    show(as_json, {"due": found}, "\n".join(lines) or NO_SITE)


async def _purge(slug: str | None, *, as_json: bool) -> None:
    async with open_context(configured().as_purger(), pool_size=4) as context:
        sites = await chosen(context, slug)
        bar = _Progress(context) if sys.stderr.isatty() and not as_json else None
        if bar:
            await bar.count(sites)
        done = await purge(context, sites, tell=bar.tell if bar else _silent)
    left = {site.slug for site in sites} - {one.site for one in done}
    lines = [_line(one) for one in done]
    lines += [f"{site}  another purge is at work" for site in sorted(left)]
    show(as_json, {"purged": [one.as_json() for one in done]}, "\n".join(lines) or NO_SITE)
    if any(one.stopped for one in done):
        raise click.ClickException(
            "More is due than one run may delete. Look at `relay purge --dry-run`; if it is right,"
            " run this again."
        )


def _silent(_site: str, _class: str, _rows: int) -> None:
    """Tell nobody."""


def _line(one: Purged) -> str:
    if one.ended_at - one.as_of > WAITING:
        return (
            f"{one.site}  the last purge was long ago, or a clock is wrong: purged as of"
            f" {one.as_of:%Y-%m-%d}; run this again in ten minutes if the clock is right"
        )
    oldest = [f"{name} {at:%Y-%m-%d}" for name, at in one.oldest.items() if at]
    left = f"; oldest left: {', '.join(oldest)}" if oldest else ""
    return f"{one.site}  {_counted(one.counts)}{left}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {rows}" for name, rows in counts.items() if rows) or "nothing is due"


class _Progress:
    """One line on the terminal: how far each class is, and about how long it will take."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._due: Counter[tuple[str, str]] = Counter()
        self._gone: Counter[tuple[str, str]] = Counter()
        self._began = time.monotonic()

    async def count(self, sites: Sequence[Site]) -> None:
        """Count first what is due."""
        for site in sites:
            for name, rows in (await count_due(self._context, site)).items():
                self._due[(site.slug, name)] = rows
        self._began = time.monotonic()

    def tell(self, site: str, name: str, rows: int) -> None:
        """Show that a batch is gone."""
        self._gone[(site, name)] += rows
        gone, due = self._gone[(site, name)], self._due[(site, name)]
        rate = self._gone.total() / max(time.monotonic() - self._began, 0.001)
        left_s = max(0, self._due.total() - self._gone.total()) / rate
        click.echo(
            f"\r\033[K{site}  {name} {gone} of {max(gone, due)}, about {left_s:.0f} s left",
            err=True,
            nl=gone >= due,
        )
