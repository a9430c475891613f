"""``relay holds``: legal holds of a site without its console; each step names its person."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime, time
from uuid import UUID

import click

from relay import retention
from relay.cli.acting import run_at
from relay.cli.common import json_option, show
from relay.cli.telling import told
from relay.context import Context
from relay.errors import Refused
from relay.looks import Look
from relay.permissions import Level, Permission, Role, level
from relay.retention import Hold, Scope
from relay.sealing import public_id, read_public_id
from relay.sites import Site
from relay.staff import list_members
from relay.staff.accounts import find_staff

Change = Callable[[Context, Site, UUID, Look], Awaitable[Hold]]
by_option = click.option("--by", required=True, help="Login name of who does it; it is logged.")
reason_option = click.option("--reason", required=True, help="Why; it is logged.")


@click.group()
def holds() -> None:
    """What is kept from purge and erasure: by two persons, with a ground and an end."""


@holds.command("list")
@click.argument("site")
@json_option
@told
def list_all(site: str, *, as_json: bool) -> None:
    """List the holds of a site, those that are over too."""
    found, now = run_at(site, _list)
    rows = [{"id": _name(hold), "blocks": hold.blocks(now), **asdict(hold)} for hold in found]
    show(as_json, {"holds": rows}, "\n".join(_line(hold, now) for hold in found) or "None.")


@holds.command("open")
@click.argument("site")
@click.argument("message")
@click.option("--scope", type=click.Choice(list(Scope)), default=Scope.CONVERSATION)
@click.option("--ground", required=True, help="Why, with the reference of the case; no name.")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Its last day.")
@by_option
@json_option
@told
def open_hold(  # noqa: PLR0913 (one argument per fact of a hold)
    site: str,
    message: str,
    *,
    scope: str,
    ground: str,
    until: datetime,
    by: str,
    as_json: bool,
) -> None:
    """Keep MESSAGE (msg_…), its exchange, its writer or its listing; 72 hours until confirmed."""
    message_id = read_public_id("msg", message)
    if message_id is None:
        raise click.UsageError("Name a message by its id, msg_ and 32 digits.")
    end = datetime.combine(until, time.max, UTC)

    async def act(context: Context, found: Site) -> str:
        look = await _look(context, found, by, ground, Level.START)
        wish = await retention.wish_about(context, found, message_id, Scope(scope), ground, end)
        return public_id("hold", await retention.place_hold(context, found, wish, look))

    made = run_at(site, act)
    show(as_json, {"id": made}, made)


@holds.command("confirm")
@click.argument("site")
@click.argument("hold")
@by_option
@reason_option
@told
def confirm(site: str, hold: str, *, by: str, reason: str) -> None:
    """Agree to a hold that somebody else opened: it lasts to its end."""
    _change(site, hold, retention.approve_hold, by, reason, Level.SECOND)
    click.echo("It is confirmed, and lasts to its end.")


@holds.command("ask-lift")
@click.argument("site")
@click.argument("hold")
@by_option
@reason_option
@told
def ask_lift(site: str, hold: str, *, by: str, reason: str) -> None:
    """Ask that a hold be lifted before its end."""
    _change(site, hold, retention.ask_lift, by, reason, Level.START)
    click.echo("Its lift is asked for: another person lifts it.")


@holds.command("lift")
@click.argument("site")
@click.argument("hold")
@by_option
@reason_option
@told
def lift(site: str, hold: str, *, by: str, reason: str) -> None:
    """Lift a hold, as somebody else asked."""
    _change(site, hold, retention.lift_hold, by, reason, Level.SECOND)
    click.echo("It is lifted: the purge goes on.")


async def _list(context: Context, site: Site) -> tuple[list[Hold], datetime]:
    return await retention.list_holds(context, site), context.clock()


async def _look(context: Context, site: Site, name: str, reason: str, least: Level) -> Look:
    """Return what the log is to say.

    Raises:
        Refused: ``reason_missing``, ``staff_unknown``, ``not_allowed``.
    """
    if not reason.strip():
        raise Refused("reason_missing")
    row = await find_staff(context, name)
    held = {member.name: member.roles for member in await list_members(context, site)}
    if level(map(Role, held.get(name, ())), Permission.LEGAL_HOLD) < least:
        raise Refused("not_allowed")
    return Look(site.site_id, row["staff_id"], "act", "", reason, context.clock())


def _change(site: str, hold: str, act: Change, by: str, reason: str, least: Level) -> None:
    hold_id = read_public_id("hold", hold)
    if hold_id is None:
        raise click.UsageError("Name a hold by its id, hold_ and 32 digits.")

    async def change(context: Context, found: Site) -> None:
        await act(context, found, hold_id, await _look(context, found, by, reason, least))

    run_at(site, change)


def _name(hold: Hold) -> str:
    return public_id("hold", hold.hold_id)


def _line(hold: Hold, now: datetime) -> str:
    state = "blocks until" if hold.blocks(now) else "over since"
    persons = " ".join(filter(None, (hold.placed_by, hold.approved_by)))
    return (
        f"{_name(hold)}  {hold.scope} {hold.subject_id.hex}  {state}"
        f" {hold.blocks_until:%Y-%m-%d %H:%M} UTC  {persons}  {hold.ground}"
    )
