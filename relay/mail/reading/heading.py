"""What the header of a mail says of it, as one bounded value."""

import re
from collections.abc import Iterable
from email.message import Message

from relay.mail.reading.mailboxes import read_addresses
from relay.mail.reading.values import Heading
from relay.mail.reading.words import readable, unfolded

_HOP_FIELD = "x-relais-hop"
_IDS_MAX, _ADDRESSES_MAX, _VERDICTS_MAX, _HOPS_MAX = 50, 100, 20, 20
_SUBJECT_MAX, _VERDICT_MAX, _HOP_MAX = 500, 4000, 500
_ID = re.compile(r"<([^<>\s]{1,250})>")
# Some servers of old write no brackets; two words are no id.
_BARE_ID = re.compile(r"[^<>\s]{1,250}@[^<>\s]{1,250}")


def read_heading(message: Message) -> Heading:
    """Return what the header fields of *message* say, decoded and bounded.

    Args:
        message: A mail as ``email.message_from_bytes`` reads it with its default policy.
    """
    fields = [(name.lower(), str(value)) for name, value in message.raw_items()]
    sender = _sender(_all(fields, "from"))
    return Heading(
        message_id=_first_id(_all(fields, "message-id")),
        references=_references(fields),
        sender=sender,
        others=_others(fields, sender),
        subject=readable(next(iter(_all(fields, "subject")), ""))[:_SUBJECT_MAX],
        hops=len(_all(fields, "received")),
        verdicts=_bounded(fields, "authentication-results", _VERDICTS_MAX, _VERDICT_MAX),
        hop_marks=_bounded(fields, _HOP_FIELD, _HOPS_MAX, _HOP_MAX),
    )


def message_ids(field: str) -> list[str]:
    """Return the ids of a Message-ID, References or In-Reply-To field, with their brackets.

    Source: RFC 5322 3.6.4; an id without brackets is taken when it stands alone.
    """
    found = [f"<{name}>" for name in _ID.findall(field)]
    bare = field.strip()
    if not found and _BARE_ID.fullmatch(bare):
        return [f"<{bare}>"]
    return found


def _all(fields: Iterable[tuple[str, str]], name: str) -> list[str]:
    return [value for key, value in fields if key == name]


def _bounded(
    fields: Iterable[tuple[str, str]], name: str, count: int, length: int
) -> tuple[str, ...]:
    return tuple(unfolded(value)[:length] for value in _all(fields, name)[:count])


def _first_id(values: list[str]) -> str | None:
    return next((found for value in values for found in message_ids(unfolded(value))), None)


def _references(fields: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    values = _all(fields, "references")[:1] + _all(fields, "in-reply-to")[:1]
    ids = [found for value in values for found in message_ids(unfolded(value))]
    oldest_first = dict.fromkeys(reversed(ids))  # of a repeated id the last place counts
    return tuple(reversed(list(oldest_first)[:_IDS_MAX]))


def _sender(values: list[str]) -> str | None:
    """Return the one address of the one From field (RFC 5322 3.6.2); doubt is None."""
    if len(values) != 1:
        return None
    found = read_addresses(unfolded(values[0]))
    return found[0] if len(found) == 1 else None


def _others(fields: Iterable[tuple[str, str]], sender: str | None) -> tuple[str, ...]:
    values = _all(fields, "to") + _all(fields, "cc")
    found = [address for value in values for address in read_addresses(unfolded(value))]
    unique = dict.fromkeys(address for address in found if address != sender)
    return tuple(unique)[:_ADDRESSES_MAX]
