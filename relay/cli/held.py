"""``relay held``: look at what waits for a person, and decide what becomes of it."""

from dataclasses import asdict
from uuid import UUID

import click

from relay import moderation
from relay.cli.acting import run_at
from relay.cli.common import json_option, show
from relay.cli.telling import told
from relay.errors import Refused
from relay.moderation import HeldMail, HeldMessage
from relay.sealing import public_id, read_public_id


@click.group()
def held() -> None:
    """Messages and incoming mails that wait for a person, by site."""


@held.command("list")
@click.argument("site")
@json_option
@told
def list_held(site: str, *, as_json: bool) -> None:
    """List what a site holds: ids, listings, reasons and signals, never words of persons."""
    found = run_at(site, moderation.list_held)
    mails = run_at(site, moderation.list_held_mails)
    shown = {
        "held": [asdict(one) | {"message_id": public_id("msg", one.message_id)} for one in found],
        "mails": [asdict(one) | {"inbound_id": public_id("inb", one.inbound_id)} for one in mails],
    }
    lines = [*map(_line, found), *map(_mail_line, mails)]
    show(as_json, shown, "\n".join(lines) or "Nothing is held.")


@held.command()
@click.argument("site")
@click.argument("message")
@told
def release(site: str, message: str) -> None:
    """Let a held message leave now."""
    run_at(site, lambda context, found: moderation.release(context, found, _id("msg", message)))
    click.echo("It leaves within seconds.")


@held.command()
@click.argument("site")
@click.argument("message")
@told
def refuse(site: str, message: str) -> None:
    """End a held message for good; its sender is told."""
    run_at(site, lambda context, found: moderation.refuse(context, found, _id("msg", message)))
    click.echo("It is refused, and its sender is told.")


@held.command("read-again")
@click.argument("site")
@click.argument("mail")
@told
def read_again(site: str, mail: str) -> None:
    """Read an incoming mail once more, e.g. with a newer version."""
    run_at(site, lambda context, found: moderation.read_again(context, found, _id("inb", mail)))
    click.echo("It is read again within seconds.")


@held.command()
@click.argument("site")
@click.argument("mail")
@told
def end(site: str, mail: str) -> None:
    """End an incoming mail for good; its words are gone."""
    run_at(site, lambda context, found: moderation.end_mail(context, found, _id("inb", mail)))
    click.echo("It is ended, and its words are gone.")


def _id(prefix: str, text: str) -> UUID:
    found = read_public_id(prefix, text)
    if found is None:
        raise Refused("not_held")
    return found


def _line(one: HeldMessage) -> str:
    signals = ",".join(one.signals) or "-"
    until = f"{one.held_until:%Y-%m-%d}"
    return (
        f"{public_id('msg', one.message_id)}  {one.reason}  {one.score}  {signals}  until {until}"
    )


def _mail_line(one: HeldMail) -> str:
    came = f"{one.received_at:%Y-%m-%d %H:%M}"
    return f"{public_id('inb', one.inbound_id)}  {one.reason}  from the {one.side}  came {came}"
