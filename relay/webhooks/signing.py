"""Signatures on what a site's program is told: id, time and body under a shared secret (pure).

Who receives it checks the signature of one of their secrets, that the time is within five
minutes, and that the id is new (A41).

Source: Standard Webhooks 1.0.0 (``webhook-id``, ``webhook-timestamp``, ``webhook-signature``).
"""

import base64
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

PREFIX = "whsec_"
WINDOW = timedelta(minutes=5)
_SECRET_BYTES = 32


def new_secret() -> str:
    """Return a new secret, as both sides keep it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed_headers(event_id: str, at: datetime, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """Return the headers that go with *body*: a signature for each secret, newest first."""
    stamp = str(int(at.timestamp()))
    return {
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(_sign(event_id, stamp, body, key) for key in keys),
    }


def is_genuine(headers: Mapping[str, str], body: bytes, key: str, now: datetime) -> bool:
    """Tell whether a request is what the relay sent, lately; its id is yours to remember."""
    event_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):  # noqa: PLR2004
        return False
    if abs(now.timestamp() - int(stamp)) > WINDOW.total_seconds():
        return False
    own = _sign(event_id, stamp, body, key).encode()
    given = headers.get("webhook-signature", "").encode("utf-8", "replace").split()
    return any(hmac.compare_digest(own, one) for one in given)


def _sign(event_id: str, stamp: str, body: bytes, key: str) -> str:
    secret = base64.b64decode(key.removeprefix(PREFIX))
    signature = hmac.digest(secret, f"{event_id}.{stamp}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(signature).decode()
