"""The door of staff: an application of its own, on a port of its own."""

from relay.web.console.app import make_console

__all__ = ["make_console"]
