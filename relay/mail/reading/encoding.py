"""What was read, as JSON and back: how it crosses from the reading process to its parent."""

import base64
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from relay.mail.reading.values import (
    Attachment,
    AutoReply,
    Bounce,
    BounceClass,
    Complaint,
    Failure,
    Heading,
    Incoming,
    Reply,
    Unreadable,
)

_KINDS: Mapping[str, type[Incoming]] = {
    kind.__name__: kind for kind in (Reply, AutoReply, Bounce, Complaint, Unreadable)
}
# Fields that hold more than text; a tuple of texts is a list in JSON.
_INNER: Mapping[str, type] = {"attachments": Attachment, "failures": Failure}
_Made = Incoming | Heading | Attachment | Failure


def to_json(incoming: Incoming) -> bytes:
    """Return *incoming* as JSON, ASCII only; attachments are in base64."""
    return json.dumps({"value": type(incoming).__name__, **_plain(incoming)}).encode("ascii")


def from_json(data: bytes) -> Incoming:
    """Return what :func:`to_json` was given.

    Raises:
        ValueError: It is something else; whoever wrote it is not to be trusted.
    """
    try:
        told = json.loads(data)
        return _KINDS[told.pop("value")](**_filled(told))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise ValueError("not what a reader writes") from fault


def _plain(value: _Made) -> dict[str, Any]:
    return {field.name: _flat(getattr(value, field.name)) for field in fields(value)}


def _flat(value: object) -> object:
    match value:
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case tuple():
            return [_flat(one) for one in value]
        case BounceClass():
            return value.value
        case Heading() | Attachment() | Failure():
            return _plain(value)
    return value


def _filled(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _read(name, value) for name, value in told.items()}


def _read(name: str, value: Any) -> Any:
    if name == "heading":
        return Heading(**_filled(value))
    if name == "verdict":
        return BounceClass(value)
    if name == "content":
        return base64.b64decode(value, validate=True)
    if name in _INNER:
        return tuple(_INNER[name](**_filled(one)) for one in value)
    return tuple(value) if isinstance(value, list) else value
