"""Commands that send and follow messages."""

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError, URLError

import click

from relay.cli.common import configured, json_option, show
from relay.cli.telling import told
from relay.context import open_context
from relay.database import Record, queries, rows_of
from relay.sealing import public_id

POLL_S = 0.5


@click.command()
@click.option("--url", required=True, help="The relay, as https://relais.example.")
@click.option("--key", envvar="SITE_SECRET_KEY", required=True, help="A site's secret key.")
@click.option("--listing", required=True)
@click.option("--email", required=True)
@click.option("--phone", default="")
@click.option("--name", default="")
@click.option("--count", type=click.IntRange(1, 10_000), default=1, help="Send as many, numbered.")
@click.argument("message")
@json_option
@told
def send(*, count: int, as_json: bool, **sent: str) -> None:
    """Send contacts through the API and print the last answer; with a bar when there are many."""
    if not sent["url"].startswith(("http://", "https://")):
        raise click.UsageError("Write --url as https://relais.example.")
    said: dict[str, str] = {}
    started = time.monotonic()
    numbers = range(1, count + 1)
    with click.progressbar(
        numbers,
        hidden=count == 1 or not sys.stderr.isatty(),
        file=sys.stderr,
        show_pos=True,
        item_show_func=lambda n: f"{(n or 0) / (time.monotonic() - started):.0f}/s",
    ) as bar:
        for number in bar:
            said = _send_one(sent, sent["message"] if count == 1 else f"{sent['message']} {number}")
    show(as_json, said, "\n".join(f"{name}: {value}" for name, value in said.items() if value))


def _send_one(sent: dict[str, str], message: str) -> dict[str, str]:
    """Send one contact; a refusal or a silent server ends the command with its words."""
    body = {name: sent[name] for name in ("listing", "email", "phone", "name")}
    request = urllib.request.Request(  # noqa: S310 (the operator's own address)
        sent["url"].rstrip("/") + "/v1/messages",
        data=json.dumps(body | {"message": message, "sender": {"ip": "127.0.0.1"}}).encode(),
        headers={
            "Authorization": f"Bearer {sent['key']}",
            "Content-Type": "application/json",
            "Accept-Language": "en",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            said: dict[str, str] = json.loads(answer.read())
            return said
    except HTTPError as error:
        raise click.ClickException(_refusal(error)) from None
    except URLError as error:
        raise click.ClickException(f"{sent['url']} does not answer: {error.reason}") from None


def _refusal(error: HTTPError) -> str:
    """Return the sentences of a problem (RFC 9457); of any other answer its status."""
    try:
        problem = {"errors": [], **json.loads(error.read())}
        faults = [f"{one['field']}: {one['message']}" for one in problem["errors"]]
        return "\n".join([problem["title"], *faults])
    except (ValueError, LookupError, TypeError):
        return f"{error.url} answers {error.code} {error.reason}: is that the relay's address?"


@click.command()
@click.option("--for", "seconds", type=float, default=float("inf"), help="Stop after so long.")
@json_option
@told
def tail(seconds: float, *, as_json: bool) -> None:
    """Follow messages as their states change: ids only, never who wrote or what."""
    asyncio.run(_follow(seconds, as_json=as_json))


async def _follow(seconds: float, *, as_json: bool) -> None:
    end = time.monotonic() + seconds
    seen: dict[object, tuple[str, str, int]] = {}
    async with open_context(configured(), pool_size=2) as context:
        while time.monotonic() < end:
            async with context.database.connection() as connection:
                rows = await rows_of(queries().recent_mails(connection))
            now = {row["mail_id"]: (row["state"], row["reason"], row["tries"]) for row in rows}
            for row in rows:
                if seen.get(row["mail_id"]) != now[row["mail_id"]]:
                    click.echo(_line(row, as_json=as_json))
            seen = now
            await asyncio.sleep(POLL_S)


def _line(row: Record, *, as_json: bool) -> str:
    values = {
        "site": row["slug"],
        "message": public_id("msg", row["message_id"]),
        "kind": row["kind"],
        "state": row["state"],
        "reason": row["reason"],
        "tries": row["tries"],
    }
    return json.dumps(values) if as_json else "  ".join(str(value) for value in values.values())


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> None:
    """Measure this machine against bare aiohttp, aiosmtplib and Postfix (from a checkout)."""
    root = Path(__file__).parents[2]
    if not (root / "bench" / "__main__.py").exists():
        raise click.ClickException("the benchmarks are part of the source checkout, not installed")
    command = [sys.executable, "-m", "bench", *arguments]
    raise SystemExit(subprocess.run(command, cwd=root, check=False).returncode)  # noqa: S603
