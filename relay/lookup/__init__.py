"""Look-up of abuse: from what was pasted to messages, to their sender as a picture.

Acts that only read. Each writes its look first (relay/looks.py), names the site in every query,
and returns masked values; ``open_message`` alone opens what was sealed, for a reason given.
"""

from relay.lookup.delivery import Delivery, Step, read_delivery
from relay.lookup.keys import Key, find_key, pivot, read_token
from relay.lookup.sealed import Field, Opened, open_message
from relay.lookup.search import Found, Page, search
from relay.lookup.sender import Day, Linked, Sender, read_sender
from relay.lookup.texts import forget_texts, mark_texts
from relay.pasted import Kind, Pasted, read_pasted

__all__ = [
    "Day",
    "Delivery",
    "Field",
    "Found",
    "Key",
    "Kind",
    "Linked",
    "Opened",
    "Page",
    "Pasted",
    "Sender",
    "Step",
    "find_key",
    "forget_texts",
    "mark_texts",
    "open_message",
    "pivot",
    "read_delivery",
    "read_pasted",
    "read_sender",
    "read_token",
    "search",
]
