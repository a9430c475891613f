"""Named points on a message's way, where the fault tests stop a process.

``reached`` does nothing in production; a test's own launcher replaces ``_hook``.
"""

from collections.abc import Callable


def _nothing(_name: str) -> None:
    """Go on."""


_hook: Callable[[str], None] = _nothing


def arm(hook: Callable[[str], None]) -> None:
    """Call *hook* with each point's name from now on (tests only)."""
    global _hook  # noqa: PLW0603 (one process, one hook, set before the first point)
    _hook = hook


def reached(name: str) -> None:
    """Pass the point *name*, e.g. ``accept.committed``."""
    _hook(name)
