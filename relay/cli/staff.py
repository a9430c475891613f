"""``relay staff``: who works at the console, with which roles; one-time links, never passwords."""

import click

from relay import administration
from relay import staff as acts
from relay.cli.acting import run
from relay.cli.common import configured, json_option, show
from relay.cli.telling import told
from relay.context import Context
from relay.permissions import Role

ROLES = click.Choice([role.value for role in Role])


@click.group()
def staff() -> None:
    """People who work at the console, and their roles."""


@staff.command("add")
@click.argument("name")
@click.option("--site", help="A site at which they get a role.")
@click.option("--role", type=ROLES, multiple=True, help="A role there; may be given again.")
@json_option
@told
def add(name: str, *, site: str | None, role: tuple[str, ...], as_json: bool) -> None:
    """Make an account and print the link that opens it, once."""

    async def act(context: Context) -> str:
        found = await administration.find_site(context, site) if site else None
        token = await acts.add_staff(context, name)
        if found:
            for one in role:
                await acts.set_role(context, name, found, Role(one), held=True)
        return token

    if bool(site) != bool(role):
        raise click.UsageError("Give --site and --role together.")
    _show_link(run(act), as_json=as_json)


@staff.command("link")
@click.argument("name")
@json_option
@told
def link(name: str, *, as_json: bool) -> None:
    """Print a new one-time link: for a lost password or device. Every session ends."""
    _show_link(run(lambda context: acts.new_link(context, name)), as_json=as_json)


@staff.command("grant")
@click.argument("name")
@click.argument("site")
@click.argument("role", type=ROLES)
@told
def grant(name: str, site: str, role: str) -> None:
    """Give a role at a site; it counts from the next click."""
    _set_role(name, site, role, held=True)
    click.echo(f"{name} is {role} at {site} from the next click.")


@staff.command("revoke")
@click.argument("name")
@click.argument("site")
@click.argument("role", type=ROLES)
@told
def revoke(name: str, site: str, role: str) -> None:
    """Take a role back; it ends with the next click."""
    _set_role(name, site, role, held=False)
    click.echo(f"{name} is not {role} at {site} any more.")


@staff.command("end-sessions")
@click.argument("name")
@told
def end_sessions(name: str) -> None:
    """Log a person out everywhere."""
    run(lambda context: acts.end_sessions(context, name))
    click.echo(f"{name} is logged out everywhere.")


@staff.command("close")
@click.argument("name")
@told
def close(name: str) -> None:
    """Close an account for good; the journal keeps naming it."""
    run(lambda context: acts.close_staff(context, name))
    click.echo(f"The account of {name} is closed for good.")


@staff.command("list")
@json_option
@told
def list_all(*, as_json: bool) -> None:
    """List everybody with their roles."""
    rows = [dict(row) for row in run(acts.list_staff)]
    lines = (f"{row['name']}  {_state(row)}  {' '.join(row['roles']) or '-'}" for row in rows)
    show(as_json, {"staff": rows}, "\n".join(lines) or "Nobody yet: relay staff add NAME")


def _state(row: dict[str, object]) -> str:
    if row["closed_at"]:
        return "closed"
    return "ready" if row["is_ready"] else "invited"


def _set_role(name: str, site: str, role: str, *, held: bool) -> None:
    async def act(context: Context) -> None:
        found = await administration.find_site(context, site)
        await acts.set_role(context, name, found, Role(role), held=held)

    run(act)


def _show_link(token: str, *, as_json: bool) -> None:
    settings = configured()
    url = f"{settings.console_origin}/welcome/{token}"
    named = "" if settings.console_url else " Set RELAY_CONSOLE_URL where the console has a name."
    show(as_json, {"url": url}, f"{url}\nIt works once, within a day.{named}")
