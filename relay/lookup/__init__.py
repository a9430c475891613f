"""Look-up of abuse: from what was pasted to messages, to their sender as a picture.

Acts that only read. Each writes its look first (relay/looks.py), names the site in every query,
and returns masked values; ``open_message`` alone opens what was sealed, for a reason given.
"""

from relay.lookup.card import Card, read_card
from relay.lookup.delivery import Delivery, Step, read_delivery
from relay.lookup.keys import Key, find_key, pivot, read_token
from relay.lookup.listings import (
    Contact,
    Counted,
    ListingShown,
    find_listings,
    hash_listings,
    open_advertiser,
    read_listing,
)
from relay.lookup.sealed import Field, Opened, open_message
from relay.lookup.search import Found, Page, search
from relay.lookup.sender import Day, Linked, Sender, read_sender
from relay.lookup.texts import forget_texts, mark_texts
from relay.pasted import Kind, Pasted, read_pasted

__all__ = [
    "Card",
    "Contact",
    "Counted",
    "Day",
    "Delivery",
    "Field",
    "Found",
    "Key",
    "Kind",
    "Linked",
    "ListingShown",
    "Opened",
    "Page",
    "Pasted",
    "Sender",
    "Step",
    "find_key",
    "find_listings",
    "forget_texts",
    "hash_listings",
    "mark_texts",
    "open_advertiser",
    "open_message",
    "pivot",
    "read_card",
    "read_delivery",
    "read_listing",
    "read_pasted",
    "read_sender",
    "read_token",
    "search",
]
