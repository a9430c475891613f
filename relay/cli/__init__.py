"""The command line: each command in a file of its own, loaded when it is called."""

import importlib

import click

COMMANDS = {
    "all": ("run", "run_all"),
    "serve": ("run", "serve"),
    "inbound": ("run", "inbound"),
    "worker": ("run", "worker"),
    "migrate": ("upkeep", "migrate"),
    "doctor": ("upkeep", "doctor"),
    "healthcheck": ("upkeep", "healthcheck"),
    "key": ("upkeep", "key"),
    "keys": ("keys", "keys"),
    "backup": ("backups", "backup"),
    "site": ("sites", "site"),
    "policy": ("policies", "policy"),
    "purge": ("purge", "purge_now"),
    "held": ("held", "held"),
    "rights": ("rights", "rights"),
    "holds": ("holds", "holds"),
    "staff": ("staff", "staff"),
    "audit": ("audit", "audit"),
    "send": ("traffic", "send"),
    "tail": ("traffic", "tail"),
    "bench": ("traffic", "bench"),
    "demo": ("demo", "demo"),
    "show-demo": ("showing", "show_demo"),
    "mask": ("mask", "mask"),
}


class _Commands(click.Group):
    """Finds a command without loading the others."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, command = COMMANDS[name]
        found: click.Command = getattr(importlib.import_module(f"relay.cli.{module}"), command)
        return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="relais", prog_name="relay")
def main() -> None:
    """Relais: a private messaging relay between buyers and advertisers."""
