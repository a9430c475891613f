"""Paragraphs that were cut into lines for the way, put together again (RFC 3676)."""


def unflowed(text: str, *, deletes_space: bool) -> str:
    """Return *text* with its soft line ends taken out, quote marks kept.

    Args:
        text: A ``format=flowed`` body, lines ended by LF.
        deletes_space: The part said ``delsp=yes``: the space before a soft end is no part of it.

    Source: RFC 3676 4.1 to 4.5.
    """
    made: list[str] = []
    open_depth = -1  # of the paragraph that waits for more; -1 when none does
    for raw in text.split("\n"):
        words = raw.lstrip(">")
        depth = len(raw) - len(words)
        words = words.removeprefix(" ")
        soft = words.endswith(" ") and words != "-- "
        kept = words[:-1] if soft and deletes_space else words
        if depth == open_depth and words != "-- ":
            made[-1] += kept
        else:
            made.append(f"{'>' * depth} {kept}" if depth else kept)
        open_depth = depth if soft else -1
    return "\n".join(made)
