"""``relay policy``: check a file, print the register, prove what a site promises."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import click

from relay.cli.acting import NO_SITE, chosen, run, site_option
from relay.cli.common import json_option, show
from relay.cli.telling import told
from relay.context import Context
from relay.policy import Policy, find_faults
from relay.promises import Judged, Seen, Verdict, judge
from relay.register import Entry, columns, controller_register, processor_register
from relay.retention import witness

PAGE_TIMEOUT_S = 3.0
MARKS = {
    Verdict.KEPT: "ok  ",
    Verdict.BROKEN: "FAIL",
    Verdict.UNPROVEN: "?   ",
    Verdict.REFUSED: "-   ",
}
COLON = {"fr": "\u00a0: ", "en": ": "}
language_option = click.option(
    "--lang", "language", type=click.Choice(["fr", "en"]), default="fr", show_default=True
)


@click.group()
def policy() -> None:
    """Policies: check a file, print the register, prove the promises."""


@policy.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@json_option
@told
def check(file: str, *, as_json: bool) -> None:
    """Name every fault of a policy file with its line, and how to mend it."""
    faults = find_faults(Path(file).read_text("utf-8"))
    said = [fault.said("en") for fault in faults]
    rows = [{"line": fault.line, "place": fault.place, "code": fault.code} for fault in faults]
    show(as_json, {"faults": rows}, "\n".join(said) or "No fault.")
    if faults:
        raise SystemExit(1)


@policy.command("register")
@site_option
@language_option
@json_option
@told
def register(*, slug: str | None, language: str, as_json: bool) -> None:
    """Print the register of processing: of one site, or of the operator for all (GDPR 30)."""
    policies = run(lambda context: _policies(context, slug))
    entries = (
        controller_register(policies[0], language)
        if slug
        else processor_register(policies, language)
    )
    show(
        as_json,
        {"register": [asdict(entry) for entry in entries]},
        "\n\n".join(_written(entry, language) for entry in entries) or NO_SITE,
    )


@policy.command("verify")
@site_option
@language_option
@json_option
@told
def verify(*, slug: str | None, language: str, as_json: bool) -> None:
    """Print for each promise its live proof; the status is not 0 when one is broken."""
    found = run(lambda context: _verify(context, slug, language))
    rows = {site: [asdict(one) for one in judged] for site, judged in found.items()}
    lines = [line for site, judged in found.items() for line in _lines(site, judged, language)]
    show(as_json, {"promises": rows}, "\n".join(lines) or NO_SITE)
    if any(one.verdict is Verdict.BROKEN for judged in found.values() for one in judged):
        raise SystemExit(1)


def _lines(site: str, judged: Sequence[Judged], language: str) -> list[str]:
    said = [
        f"{MARKS[one.verdict]} {site}  {one.row}. {one.said}{COLON[language]}{one.proof}"
        for one in judged
    ]
    return said or [f"{MARKS[Verdict.REFUSED]} {site}  its policy names no promises"]


async def _policies(context: Context, slug: str | None) -> list[Policy]:
    return [site.policy for site in await chosen(context, slug)]


async def _verify(context: Context, slug: str | None, language: str) -> dict[str, list[Judged]]:
    base = context.settings.public_url
    return {
        site.slug: judge(
            await witness(context, site, await see(f"{base}/privacy/{site.slug}")), language
        )
        for site in await chosen(context, slug)
    }


async def see(url: str) -> Seen:
    """Read a page as a visitor's program does: its cookies, and the other hosts it calls."""
    from aiohttp import ClientError, ClientSession, ClientTimeout

    try:
        async with (
            ClientSession(timeout=ClientTimeout(PAGE_TIMEOUT_S)) as http,
            http.get(url) as answer,
        ):
            text = await answer.text()
            is_read = answer.status == 200  # noqa: PLR2004 (HTTP)
            return Seen(url, is_read, len(answer.cookies), tuple(_hosts(text, url)))
    except (ClientError, OSError):
        return Seen(url, is_read=False)


def _hosts(page: str, url: str) -> Sequence[str]:
    """Return the other hosts a page loads from by itself; links are a reader's choice."""
    loads = re.findall(r"""<(?:script|img|iframe|link)\b[^>]*?(?:src|href)=["']([^"']+)""", page)
    hosts = {urlsplit(target).hostname for target in loads} - {None, urlsplit(url).hostname}
    return sorted(host for host in hosts if host)


def _written(entry: Entry, language: str) -> str:
    headings = columns(language)
    return "\n".join(
        f"{headings[name]}{COLON[language]}{value}" for name, value in asdict(entry).items()
    )
