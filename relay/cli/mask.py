"""``relay mask``: show what would be hidden in a text, and by which rule."""

import json
import re
from typing import TextIO

import click
from phonenumbers import SUPPORTED_REGIONS

from relay.masking import Masked, MaskPolicy, mask_by

_COLOURS = {"known": "red", "number": "yellow", "split": "yellow", "address": "cyan"}
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def _region(_context: click.Context, _option: click.Parameter, code: str) -> str:
    """Refuse what is no country: its numbers would be guessed at."""
    if code.upper() not in SUPPORTED_REGIONS:
        raise click.BadParameter("Write the two letters of a country, as FR, or GB for the UK.")
    return code.upper()


def _hidden(
    _context: click.Context, _option: click.Parameter, numbers: tuple[str, ...]
) -> frozenset[str]:
    """Refuse a number in another form: it would be found nowhere, and seem to be absent."""
    if not all(_E164.fullmatch(number) for number in numbers):
        raise click.BadParameter("Write a number with its country and no spaces: +33639980001.")
    return frozenset(numbers)


@click.command()
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
@click.option(
    "--region", default="FR", show_default=True, callback=_region, help="Plan of national numbers."
)
@click.option(
    "--hidden",
    multiple=True,
    metavar="E164",
    callback=_hidden,
    help="Only this number; may be repeated.",
)
@click.option("--addresses/--no-addresses", default=True, help="E-mail addresses too.")
@click.option("--handles/--no-handles", default=True, help="Messenger handles and links too.")
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of colours.")
def mask(
    file: TextIO,
    hidden: frozenset[str],
    as_json: bool,  # noqa: FBT001 - click passes a flag
    **policy: str | bool,
) -> None:
    """Show what is hidden in FILE, or in standard input.

    Without --hidden every phone number is masked; with it, only the numbers named.
    """
    text = file.read()
    chosen = MaskPolicy(
        hidden=hidden,
        region=str(policy["region"]),
        language=str(policy["language"]),
        everything=not hidden,
        addresses=bool(policy["addresses"]),
        handles=bool(policy["handles"]),
    )
    found = mask_by(text, chosen)
    click.echo(_as_json(found) if as_json else _coloured(text, found), nl=as_json)


def _as_json(found: Masked) -> str:
    hits = [{"start": h.start, "end": h.end, "rule": h.rule} for h in found.hits]
    return json.dumps({"text": found.text, "count": len(hits), "hits": hits}, ensure_ascii=False)


def _coloured(text: str, found: Masked) -> str:
    """Return the original with the stretches in colour, then one line for each."""
    parts: list[str] = []
    at = 0
    for hit in found.hits:
        if hit.start < at:
            continue
        colour = _COLOURS.get(hit.rule, "magenta")
        parts += [
            text[at : hit.start],
            click.style(text[hit.start : hit.end], fg=colour, bold=True),
        ]
        at = hit.end
    parts.append(text[at:])
    shown = "".join(parts)
    lines = [shown if shown.endswith("\n") else shown + "\n"]
    lines += [f"{hit.start:>6}-{hit.end:<6} {hit.rule}\n" for hit in found.hits]
    lines.append(f"{len(found.hits)} masked\n")
    return "".join(lines)
