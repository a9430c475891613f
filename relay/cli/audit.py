"""``relay audit``: check that nobody changed the log of what staff looked at."""

import sys

import click

from relay import looks
from relay.cli.acting import NO_SITE, chosen, run
from relay.cli.common import json_option, show
from relay.cli.telling import told
from relay.context import Context
from relay.looks import Verdict

FAULTY = 1


@click.group()
def audit() -> None:
    """The log of what staff looked at."""


@audit.command()
@click.argument("sites", nargs=-1)
@json_option
@told
def verify(sites: tuple[str, ...], *, as_json: bool) -> None:
    """Check the chain of every site, or of SITES; ends with 1 when a row was changed or is gone.

    Note the last digest elsewhere: a chain made anew from its beginning ends in another one.
    """
    verdicts, is_guarded = run(lambda context: _verify(context, sites))
    is_whole = is_guarded and not any(verdict.faults for verdict in verdicts.values())
    told_as = {
        slug: {
            "looks": verdict.looks,
            "last_digest": verdict.last_digest,
            "faults": list(verdict.faults),
        }
        for slug, verdict in verdicts.items()
    }
    lines = [_line(slug, verdict) for slug, verdict in verdicts.items()]
    if not is_guarded:
        lines.append("The triggers that refuse changes are switched off.")
    show(
        as_json,
        {"whole": is_whole, "guarded": is_guarded, "sites": told_as},
        "\n".join(lines) or NO_SITE,
    )
    if not is_whole:
        sys.exit(FAULTY)


async def _verify(context: Context, slugs: tuple[str, ...]) -> tuple[dict[str, Verdict], bool]:
    sites = await chosen(context, *slugs)
    found = {site.slug: await looks.verify(context, site) for site in sites}
    return found, await looks.is_guarded(context)


def _line(slug: str, verdict: Verdict) -> str:
    if verdict.faults:
        return f"{slug}  {verdict.looks} looks  BROKEN: {' '.join(verdict.faults)}"
    return f"{slug}  {verdict.looks} looks, whole; last {verdict.last_digest or '-'}"
