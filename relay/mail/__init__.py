"""The mail room: leaving mails built to bytes, their check, what comes in, what servers answer."""

from relay.mail.reading.values import Incoming


def read(raw: bytes) -> Incoming:
    """Return what a mail that came in turned out to be; nothing anybody can send makes it raise.

    Args:
        raw: A whole mail, any bytes at all. A first field ``Return-Path: <>``, as the last
            server writes it, says that it came with the null sender (RFC 5321 4.4 and 4.5.5).
    """
    # Here and not above: whoever only writes mails does not pay for the readers.
    from relay.mail.reading import reader  # noqa: PLC0415

    return reader.read(raw)
