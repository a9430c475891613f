"""``relay site``: open a site, publish its policy, rotate its keys."""

import base64
from dataclasses import asdict
from pathlib import Path

import click

from relay import administration, webhooks
from relay.administration import KeyPair
from relay.cli.acting import NO_SITE, run, run_at
from relay.cli.common import json_option, show
from relay.cli.telling import told
from relay.context import Context
from relay.errors import Refused
from relay.sealing import public_id, read_public_id
from relay.sites import Site

origins_option = click.option(
    "--origin", "origins", multiple=True, help="A page's origin, as https://site.example."
)
policy_argument = click.argument("policy", type=click.Path(exists=True, dir_okay=False))


@click.group()
def site() -> None:
    """Sites, their policies and their keys."""


@site.command("open")
@click.argument("slug")
@policy_argument
@origins_option
@click.option("--test", is_flag=True, help="A sandbox: numbers of fiction and example domains.")
@json_option
@told
def open_one(
    slug: str, policy: str, origins: tuple[str, ...], *, test: bool, as_json: bool
) -> None:
    """Open a site under a policy file and print its keys, once."""
    source = Path(policy).read_text("utf-8")
    pair = run(
        lambda context: administration.open_site(
            context, slug, source, origins=list(origins), test=test
        )
    )
    _show_pair(pair, as_json=as_json)


@site.command("list")
@json_option
@told
def list_all(*, as_json: bool) -> None:
    """List the sites."""

    async def act(context: Context) -> tuple[list[Site], list[str]]:
        return await context.sites.all(), await context.sites.unread()

    sites, unread = run(act)
    rows = [{"slug": one.slug, "mode": one.mode, "policy": one.policy.version} for one in sites]
    lines = [f"{r['slug']}  {r['mode']}  {r['policy']}" for r in rows]
    lines += [f"{slug}  cannot be opened: see `relay keys list`" for slug in unread]
    show(as_json, {"sites": rows, "unread": unread}, "\n".join(lines) or NO_SITE)


@site.command("rotate-keys")
@click.argument("slug")
@json_option
@told
def rotate(slug: str, *, as_json: bool) -> None:
    """Give a site a new pair of keys; the old ones stay good for seven days."""
    _show_pair(run_at(slug, administration.rotate_keys), as_json=as_json)


@site.command("publish")
@click.argument("slug")
@policy_argument
@json_option
@told
def publish(slug: str, policy: str, *, as_json: bool) -> None:
    """Publish a new version of a site's policy."""
    source = Path(policy).read_text("utf-8")
    version = run_at(
        slug, lambda context, found: administration.publish_policy(context, found, source)
    )
    show(as_json, {"version": version}, f"Version {version} is in force.")


@site.command("origins")
@click.argument("slug")
@click.argument("origins", nargs=-1)
@json_option
@told
def set_origins(slug: str, origins: tuple[str, ...], *, as_json: bool) -> None:
    """Replace the pages that may post to a site's form."""
    run_at(slug, lambda context, found: administration.set_origins(context, found, list(origins)))
    said = "\n".join(origins) or "No page of another origin may post now."
    show(as_json, {"origins": list(origins)}, said)


@site.command("token-key")
@click.argument("slug")
@json_option
@told
def token_key(slug: str, *, as_json: bool) -> None:
    """Print the key that seals listing tokens, for sites that cannot call the API."""

    async def act(_context: Context, found: Site) -> str:
        return base64.urlsafe_b64encode(found.token_key).decode()

    key = run_at(slug, act)
    show(as_json, {"token_key": key}, key)


@site.group("webhook")
def webhook() -> None:
    """Where a site's own program is told what moderators did."""


@webhook.command("set")
@click.argument("slug")
@click.argument("url")
@json_option
@told
def set_hook(slug: str, url: str, *, as_json: bool) -> None:
    """Tell a site at an https address from now on; print the secret, once."""
    secret = run_at(slug, lambda context, found: webhooks.set_hook(context, found, url))
    _show_secret(secret, as_json=as_json)


@webhook.command("rotate")
@click.argument("slug")
@json_option
@told
def rotate_secret(slug: str, *, as_json: bool) -> None:
    """Give a site a new secret; the old one signs beside it for seven days."""
    _show_secret(run_at(slug, webhooks.rotate_secret), as_json=as_json)


@webhook.command("remove")
@click.argument("slug")
@json_option
@told
def remove_hook(slug: str, *, as_json: bool) -> None:
    """Tell a site nothing any more."""
    run_at(slug, webhooks.remove_hook)
    show(as_json, {"removed": slug}, "The site is told nothing any more.")


@webhook.command("events")
@click.argument("slug")
@json_option
@told
def list_events(slug: str, *, as_json: bool) -> None:
    """List the newest events and what became of them."""
    rows = [
        {**asdict(one), "event_id": public_id("evt", one.event_id)}
        for one in run_at(slug, webhooks.list_events)
    ]
    lines = [
        f"{r['event_id']}  {r['kind']}  {r['state']}  {r['reason']}  {r['tries']}" for r in rows
    ]
    show(as_json, {"events": rows}, "\n".join(lines) or "Nothing was told yet.")


@webhook.command("replay")
@click.argument("slug")
@click.argument("event")
@json_option
@told
def replay(slug: str, event: str, *, as_json: bool) -> None:
    """Tell an event once more, under its own id."""
    event_id = read_public_id("evt", event)
    if event_id is None:
        raise Refused("not_found")
    run_at(slug, lambda context, found: webhooks.replay(context, found, event_id))
    show(as_json, {"replayed": event}, "It is told again within seconds.")


def _show_secret(secret: str, *, as_json: bool) -> None:
    said = f"{secret}   checks what the site is told; it is not shown again"
    show(as_json, {"secret": secret}, said)


def _show_pair(pair: KeyPair, *, as_json: bool) -> None:
    show(
        as_json,
        {"public": pair.public, "secret": pair.secret},
        f"public  {pair.public}   stands in the form\n"
        f"secret  {pair.secret}   for the site's own programs; it is not shown again",
    )
