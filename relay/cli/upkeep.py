"""Commands of the operator: migrations, health, keys."""

import asyncio
import json
import urllib.request

import click

from relay.cli.common import configured, json_option, new_master_key, show
from relay.cli.telling import told
from relay.settings import read_settings


@click.command()
@json_option
@told
def migrate(*, as_json: bool) -> None:
    """Bring the database to this version's schema; safe when several start at once."""
    from relay.database import DatabaseRole, Login
    from relay.database import migrate as apply

    settings = configured()
    owner = settings.owner_url or settings.database_url
    if owner is None:
        return
    users = {DatabaseRole.APP: settings.database_url, DatabaseRole.PURGE: settings.purge_url}
    logins = [Login(role, url.get_secret_value()) for role, url in users.items() if url]
    url = owner.get_secret_value()
    done = asyncio.run(apply(url, logins=tuple(one for one in logins if one.url != url)))
    show(as_json, {"applied": done}, "\n".join(done) or "Nothing to do.")


@click.command()
@click.option("--loop", is_flag=True, help="Also send a mail the whole way round, up to a minute.")
@json_option
@told
def doctor(*, loop: bool, as_json: bool) -> None:
    """Check settings, database, Redis, smarthost and the ledger; says how to mend what is wrong."""
    from relay.doctor import examine

    findings = asyncio.run(examine(configured(), loop=loop))
    lines = [f"{one.mark} {one.what}: {one.said}" for one in findings]
    show(as_json, {"findings": [one.as_json() for one in findings]}, "\n".join(lines))
    if not all(one.is_well for one in findings):
        raise SystemExit(1)


@click.command()
@json_option
@told
def healthcheck(*, as_json: bool) -> None:
    """Ask the HTTP service of this machine whether it is ready (for containers)."""
    address = read_settings().http_listen
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(address.host, address.host)  # noqa: S104
    try:
        with urllib.request.urlopen(f"http://{host}:{address.port}/readyz", timeout=3) as answer:
            said = json.loads(answer.read())
    except OSError as error:
        why = str(getattr(error, "reason", error))
        show(as_json, {"status": "unready", "reason": why}, f"not ready: {why}")
        raise SystemExit(1) from None
    show(as_json, said, str(said["status"]))


@click.command()
@json_option
def key(*, as_json: bool) -> None:
    """Print a new master key for RELAY_MASTER_KEY. Who loses it loses every message."""
    made = new_master_key()
    show(as_json, {"master_key": made}, made)
