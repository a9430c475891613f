"""How the reading process and its parent tell one mail from the next: four bytes of length."""

LENGTH_BYTES = 4
GREETING = b"ready"  # written once, when the parser is loaded and the limits stand
FRAME_MAX_BYTES = 64 * 1024 * 1024


def framed(data: bytes) -> bytes:
    """Return *data* after its length, big-endian."""
    return len(data).to_bytes(LENGTH_BYTES, "big") + data


def length_of(head: bytes) -> int:
    """Return the length a frame begins with.

    Raises:
        ValueError: It is more than any frame may hold.
    """
    length = int.from_bytes(head, "big")
    if length > FRAME_MAX_BYTES:
        raise ValueError("a frame beyond the limit")
    return length
