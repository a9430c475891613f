"""Put placeholders where something was found, leaving the markup of HTML in place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from relay.masking.html import Tag, link_around, tags


@dataclass(frozen=True, slots=True)
class Hit:
    """One masked stretch: its offsets in the original text and the rule, never its content."""

    start: int
    end: int
    rule: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of the original and what stands for it in the masked text."""

    start: int
    end: int
    shown: str


def cut(text: str, hits: Sequence[Hit], signs: dict[str, str], *, markup: bool) -> list[Chunk]:
    """Return *text* in chunks, each hit replaced by the placeholder of its rule.

    Args:
        text: The original.
        hits: Sorted; they do not overlap.
        signs: Placeholder by rule.
        markup: The text is HTML: tags inside a hit stay, linked attributes become empty.
    """
    nodes = tags(text) if markup else []
    chunks: list[Chunk] = []
    at = 0
    for hit in hits:
        if hit.start < at:  # a second hit in a link that went as a whole
            continue
        for chunk in _hit_chunks(text, hit, signs[hit.rule], nodes):
            if chunk.start > at:
                chunks.append(Chunk(at, chunk.start, text[at : chunk.start]))
            chunks.append(chunk)
            at = chunk.end
    chunks.append(Chunk(at, len(text), text[at:]))
    return chunks


def _hit_chunks(text: str, hit: Hit, sign: str, nodes: Sequence[Tag]) -> Iterator[Chunk]:
    inside = next((tag for tag in nodes if tag.start < hit.start < tag.end), None)
    if inside is not None:
        linked = link_around(text, inside, hit.start)
        yield Chunk(*linked, "#") if linked else Chunk(hit.start, hit.end, sign)
        return
    at = hit.start
    shown = sign
    for tag in nodes:
        if at <= tag.start and tag.end <= hit.end:
            yield Chunk(at, tag.start, shown)
            yield Chunk(tag.start, tag.end, text[tag.start : tag.end])
            at, shown = tag.end, ""
    yield Chunk(at, hit.end, shown)


def join(chunks: Sequence[Chunk]) -> str:
    """Return the masked text."""
    return "".join(chunk.shown for chunk in chunks)


def original_span(chunks: Sequence[Chunk], start: int, end: int) -> tuple[int, int]:
    """Return the offsets in the original of ``masked[start:end]``; placeholders count whole."""
    at = 0
    begin, finish = None, 0
    for chunk in chunks:
        size = len(chunk.shown)
        copied = size == chunk.end - chunk.start
        if begin is None and start < at + size:
            begin = chunk.start + (start - at if copied else 0)
        if at < end <= at + size:
            finish = chunk.start + (end - at) if copied else chunk.end
        at += size
    return (0 if begin is None else begin), finish
