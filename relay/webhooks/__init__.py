"""Webhooks: a site's own program is told what the desk did, signed, and only on the internet."""

from relay.webhooks.events import (
    Event,
    EventKind,
    Hook,
    add_events,
    forget_events,
    list_events,
    open_hook,
    read_hook,
    remove_hook,
    replay,
    rotate_secret,
    set_hook,
)
from relay.webhooks.signing import is_genuine, signed_headers
from relay.webhooks.target import Target, is_public, read_target

__all__ = [
    "Event",
    "EventKind",
    "Hook",
    "Target",
    "add_events",
    "forget_events",
    "is_genuine",
    "is_public",
    "list_events",
    "open_hook",
    "read_hook",
    "read_target",
    "remove_hook",
    "replay",
    "rotate_secret",
    "set_hook",
    "signed_headers",
]
