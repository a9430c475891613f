"""What the scripted SMTP server keeps of a mail, and how many it takes per window."""

from collections import deque
from dataclasses import dataclass
from email import message_from_bytes, policy
from enum import Enum


class Pile(Enum):
    """Where a complete mail ends: with the recipient, or nowhere."""

    KEPT = "kept"
    DROPPED = "dropped"


@dataclass(slots=True)
class SunkMail:
    """A mail whose final dot arrived.

    Args:
        message_id: Header ``Message-ID`` with its angle brackets, "" when there is none.
        sender: Envelope sender, "" for the null sender.
        recipients: Envelope recipients accepted, as sent.
        content: The mail with the transparency dots removed, ending in CRLF.
        raw: The bytes on the wire between 354's CRLF and the final ".", dots still doubled.
        at: Monotonic time at which the final dot was read, seconds.
        connection: Number of the connection.
        encrypted: Whether the mail came inside TLS.
        answered: True once the whole answer to the dot was handed to the kernel.
        reply_code: The code answered, None when the dot was (or is still) unanswered.
    """

    message_id: str
    sender: str
    recipients: tuple[str, ...]
    content: bytes
    raw: bytes
    at: float
    connection: int
    encrypted: bool
    answered: bool = False
    reply_code: int | None = None


def message_id_of(content: bytes) -> str:
    """Return the Message-ID of a mail, "" when it has none."""
    # compat32 gives the header as it stands, whatever it contains.
    head = content.partition(b"\r\n\r\n")[0]
    return str(message_from_bytes(head, policy=policy.compat32).get("Message-ID", "")).strip()


def unstuffed(raw: bytes) -> bytes:
    """Remove one leading dot of each line (RFC 5321 section 4.5.2)."""
    return (b"\r\n" + raw).replace(b"\r\n.", b"\r\n")[2:]


class RateLimit:
    """At most so many MAIL commands per sliding window, then a temporary refusal.

    Args:
        per_window: How many are admitted.
        window_s: Length of the window in seconds; make it short in a test.
        code: What is answered beyond: 421 (closes the connection) or 451.
    """

    def __init__(self, per_window: int, window_s: float = 60.0, code: int = 421) -> None:
        self._per_window = per_window
        self._window_s = window_s
        self.code = code
        self._admitted: deque[float] = deque()
        self.refused_at: list[float] = []
        """Monotonic times of the refusals."""

    def admits(self, now: float) -> bool:
        """Count one MAIL command at monotonic time *now* and say whether it may pass."""
        while self._admitted and self._admitted[0] <= now - self._window_s:
            self._admitted.popleft()
        if len(self._admitted) >= self._per_window:
            self.refused_at.append(now)
            return False
        self._admitted.append(now)
        return True
