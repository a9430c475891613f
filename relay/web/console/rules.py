"""Rules: what each saw lately, how often it was wrong, and whether it counts."""

from aiohttp import web

from relay import desk
from relay.desk import Mode
from relay.errors import Refused
from relay.permissions import Level, Permission
from relay.web.console.doors import Visit, door
from relay.web.console.orders import go_on

MODES = {one.value: one for one in Mode}


@door("GET", "rules", Permission.RULES, Level.START)
async def show_rules(visit: Visit) -> web.StreamResponse:
    """Show every rule with what it did in thirty days."""
    rules = await desk.list_rules(visit.context, visit.site, visit.seen("list", "rules"))
    return visit.page(
        "rules",
        rules=rules,
        modes={one.name: choices(visit, one.mode) for one in rules},
        done=visit.request.query.get("done"),
    )


@door("GET", "rules/{rule}", Permission.RULES, Level.START)
async def show_rule(visit: Visit) -> web.StreamResponse:
    """Show the messages in which a rule saw something lately, with masked values."""
    rule = visit.request.match_info["rule"]
    look = visit.seen("list", f"rule {rule[:40]}")
    found = await desk.list_examples(visit.context, visit.site, rule, look)
    return visit.page("rule", rule=rule, found=found)


@door("POST", "rules/{rule}/mode", Permission.RULES, Level.START)
async def switch(visit: Visit) -> web.StreamResponse:
    """Let a rule count, watch or rest; for fifteen seconds it can be taken back."""
    rule, mode = visit.request.match_info["rule"], MODES.get(visit.fields.get("mode", ""))
    if mode is None:
        raise Refused("not_found")
    look = visit.seen("act", f"rule {rule[:40]} {mode}", visit.reason)
    listed = await desk.list_rules(visit.context, visit.site, visit.seen("list", "rules"))
    now = next((one.mode for one in listed if one.name == rule), Mode.OFF)
    if mode not in choices(visit, now):
        raise Refused("not_allowed")
    effect = await desk.switch_rule(visit.context, visit.site, rule, mode, look)
    return visit.see("rules", query=go_on(effect))


def choices(visit: Visit, now: Mode) -> tuple[Mode, ...]:
    """Return what a rule can be switched to; who may only propose lets one watch that rested."""
    if visit.level is Level.YES:
        return tuple(mode for mode in Mode if mode is not now)
    return (Mode.SHADOW,) if now is Mode.OFF else ()
