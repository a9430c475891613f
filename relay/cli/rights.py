"""``relay rights``: requests of persons that wait."""

import click

from relay.cli.acting import NO_SITE, chosen, run, site_option
from relay.cli.common import json_option, show
from relay.cli.telling import told
from relay.context import Context
from relay.rights.round import count_live


@click.group()
def rights() -> None:
    """Requests of persons: what waits."""


@rights.command("waiting")
@site_option
@json_option
@told
def waiting(*, slug: str | None, as_json: bool) -> None:
    """Count the requests that wait for an officer; the status is not 0 when one is late."""
    found = run(lambda context: _waiting(context, slug))
    lines = [f"{site}  {n} wait, {late} late" for site, (n, late) in found.items()]
    rows = {site: {"waiting": n, "late": late} for site, (n, late) in found.items()}
    show(as_json, {"requests": rows}, "\n".join(lines) or NO_SITE)
    if any(late for _, late in found.values()):
        raise SystemExit(1)


async def _waiting(context: Context, slug: str | None) -> dict[str, tuple[int, int]]:
    return {site.slug: await count_live(context, site) for site in await chosen(context, slug)}
