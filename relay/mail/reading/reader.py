"""From raw bytes to a value: what is too much is refused, what is left is told apart."""

import email

from relay.mail.reading.automatic import is_automatic
from relay.mail.reading.bounces import read_bounce
from relay.mail.reading.complaints import read_complaint
from relay.mail.reading.heading import read_heading
from relay.mail.reading.limits import check, normalised
from relay.mail.reading.replies import read_reply
from relay.mail.reading.values import AutoReply, Incoming, Unreadable


def read(raw: bytes) -> Incoming:
    """Return what a mail turned out to be; nothing anybody can send makes it raise.

    Args:
        raw: A whole mail, any bytes at all.

    Returns:
        A complaint and a bounce are told apart first, as both look automatic; a Reply is what
        is left.
    """
    content = normalised(raw)
    too_much = check(content)
    if too_much:
        return Unreadable(too_much)
    try:
        return _told_apart(content)
    except Exception:  # noqa: BLE001 (hostile input at the top of the room: a person looks at it)
        return Unreadable("broken")


def _told_apart(content: bytes) -> Incoming:
    message = email.message_from_bytes(content)
    heading = read_heading(message)
    special = read_complaint(message, heading) or read_bounce(message, heading, content)
    if special is not None:
        return special
    reply = read_reply(message, heading)
    if is_automatic(message, heading, reply.text):
        return AutoReply(heading, reply.text)
    return reply
