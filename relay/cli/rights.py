"""``relay rights``: what waits, and the log of erasures for a backup that is restored."""

import asyncio
import hmac
import json
from collections.abc import Iterator
from datetime import datetime
from typing import TextIO
from uuid import UUID

import click

from relay.administration import find_site
from relay.cli.common import configured, json_option, show
from relay.cli.purge import chosen, site_option
from relay.cli.telling import told
from relay.context import Context, open_context
from relay.errors import Refused
from relay.rights.erasure import Erased, list_erasures, replay
from relay.rights.round import gauge_requests
from relay.sealing import Keyring

PURPOSE = "erasure log"


@click.group()
def rights() -> None:
    """Requests of persons: what waits, and who was erased."""


@rights.command("waiting")
@site_option
@json_option
@told
def waiting(*, slug: str | None, as_json: bool) -> None:
    """Count the requests that wait for an officer; the status is not 0 when one is late."""
    found = asyncio.run(_waiting(slug))
    lines = [f"{site}  {n} wait, {late} late" for site, (n, late) in found.items()]
    rows = {site: {"waiting": n, "late": late} for site, (n, late) in found.items()}
    show(as_json, {"requests": rows}, "\n".join(lines))
    if any(late for _, late in found.values()):
        raise SystemExit(1)


@rights.command("erasures")
@site_option
@told
def erasures(*, slug: str | None) -> None:
    """Print who was erased, a signed line each: keep it apart from the backups."""
    for line in asyncio.run(_erasures(slug)):
        click.echo(line)


@rights.command("replay-erasures")
@click.argument("file", type=click.File("r"))
@json_option
@told
def replay_erasures(file: TextIO, *, as_json: bool) -> None:
    """Erase again, after a restore, everybody named in FILE (``relay rights erasures``)."""
    back, named = asyncio.run(_replay(file))
    said = f"{named} were erased before; {back} were back, and are erased again."
    show(as_json, {"named": named, "erased_again": back}, said)


async def _waiting(slug: str | None) -> dict[str, tuple[int, int]]:
    async with open_context(configured(), pool_size=2) as context:
        return {
            site.slug: await gauge_requests(context, site) for site in await chosen(context, slug)
        }


async def _erasures(slug: str | None) -> list[str]:
    async with open_context(configured(), pool_size=2) as context:
        return [
            write_line(context.keyring, site.slug, one)
            for site in await chosen(context, slug)
            for one in await list_erasures(context, site)
        ]


async def _replay(file: TextIO) -> tuple[int, int]:
    """Erase again; the lines are all checked before the first is followed."""
    async with open_context(configured(), pool_size=2) as context:
        lines = list(_lines(context, file))
        back = 0
        for slug, erased in lines:
            back += await replay(context, await find_site(context, slug), erased)
        return back, len(lines)


def _lines(context: Context, file: TextIO) -> Iterator[tuple[str, Erased]]:
    for line in file:
        if line.strip():
            yield read_line(context.keyring, line)


def write_line(keyring: Keyring, slug: str, erased: Erased) -> str:
    """Write one erasure as a line that nobody else can write."""
    body = {
        "site": slug,
        "person": str(erased.person_id),
        "request": str(erased.request_id),
        "erased_at": erased.erased_at.isoformat(),
    }
    return json.dumps({**body, "signature": _signatures(keyring, body)[0]})


def read_line(keyring: Keyring, line: str) -> tuple[str, Erased]:
    """Read what ``write_line`` wrote.

    Raises:
        Refused: ``erasure_line_wrong``: it was not written by this relay.
    """
    try:
        body = json.loads(line)
        signature = body.pop("signature")
        erased = Erased(
            UUID(body["person"]), UUID(body["request"]), datetime.fromisoformat(body["erased_at"])
        )
    except (ValueError, KeyError, AttributeError, TypeError):
        raise Refused("erasure_line_wrong") from None
    if not any(hmac.compare_digest(signature, one) for one in _signatures(keyring, body)):
        raise Refused("erasure_line_wrong")
    return body["site"], erased


def _signatures(keyring: Keyring, body: dict[str, str]) -> list[str]:
    text = json.dumps(body, sort_keys=True).encode()
    return [hmac.digest(key, text, "sha256").hex() for key in keyring.signing_keys(PURPOSE)]
