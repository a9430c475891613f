"""Put placeholders where something was found, leaving the markup of HTML in place."""

from bisect import bisect_left, bisect_right
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
    copied: bool = False


def merged(text: str, hits: Sequence[Hit], *, markup: bool) -> list[Hit]:
    """Return *hits* in order, those that overlap made one under the rule of the first.

    A hit inside a tag stays apart from one that goes across that tag: the text between
    the tags and the value of an attribute are masked each in its own way.
    """
    nodes = tags(text) if markup else []
    inner = [hit for hit in hits if _tag_of(nodes, hit) is not None]
    outer = [hit for hit in hits if _tag_of(nodes, hit) is None]
    return sorted((*_joined(inner), *_joined(outer)), key=lambda h: (h.start, -h.end))


def _joined(hits: list[Hit]) -> list[Hit]:
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start, -h.end)):
        if kept and hit.start < kept[-1].end:
            last = kept[-1]
            kept[-1] = Hit(last.start, max(last.end, hit.end), last.rule)
        elif hit.end > hit.start:
            kept.append(hit)
    return kept


def _tag_of(nodes: Sequence[Tag], hit: Hit) -> Tag | None:
    k = bisect_right(nodes, hit.start, key=lambda tag: tag.start) - 1
    return nodes[k] if k >= 0 and nodes[k].start < hit.start < nodes[k].end else None


def cut(text: str, hits: Sequence[Hit], signs: dict[str, str], *, markup: bool) -> list[Chunk]:
    """Return *text* in chunks, each hit replaced by the placeholder of its rule.

    Args:
        text: The original.
        hits: As ``merged`` returns them.
        signs: Placeholder by rule.
        markup: The text is HTML: tags inside a hit stay, links that give it away become empty.
    """
    nodes = tags(text) if markup else []
    inner = [hit for hit in hits if _tag_of(nodes, hit) is not None]
    outer = [hit for hit in hits if _tag_of(nodes, hit) is None]
    changes: list[Chunk] = []
    for hit in inner:
        tag = _tag_of(nodes, hit)
        linked = link_around(text, tag, hit.start) if tag else None
        change = Chunk(*linked, "#") if linked else Chunk(hit.start, hit.end, signs[hit.rule])
        if not changes or change.start >= changes[-1].end:
            changes.append(change)
    for hit in outer:
        changes += _between_tags(hit, signs[hit.rule], nodes)
    return _filled(text, sorted(changes, key=lambda change: change.start))


def _between_tags(hit: Hit, sign: str, nodes: Sequence[Tag]) -> Iterator[Chunk]:
    """Yield what goes of a hit: all but the tags in it, the placeholder first."""
    at, shown = hit.start, sign
    for k in range(bisect_left(nodes, hit.start, key=lambda tag: tag.start), len(nodes)):
        if nodes[k].end > hit.end:
            break
        if nodes[k].start > at or shown:
            yield Chunk(at, nodes[k].start, shown)
        at, shown = nodes[k].end, ""
    if at < hit.end or shown:
        yield Chunk(at, hit.end, shown)


def _filled(text: str, changes: Sequence[Chunk]) -> list[Chunk]:
    """Return *changes* with what stays of the text between them."""
    chunks: list[Chunk] = []
    at = 0
    for change in changes:
        if change.start > at:
            chunks.append(Chunk(at, change.start, text[at : change.start], copied=True))
        chunks.append(change)
        at = change.end
    chunks.append(Chunk(at, len(text), text[at:], copied=True))
    return chunks


def join(chunks: Sequence[Chunk]) -> str:
    """Return the masked text."""
    return "".join(chunk.shown for chunk in chunks)


def original_span(chunks: Sequence[Chunk], start: int, end: int) -> tuple[int, int]:
    """Return the offsets in the original of ``masked[start:end]``; placeholders count whole."""
    at = 0
    begin, finish = None, 0
    for chunk in chunks:
        size = len(chunk.shown)
        copied = chunk.copied
        if begin is None and start < at + size:
            begin = chunk.start + (start - at if copied else 0)
        if at < end <= at + size:
            finish = chunk.start + (end - at) if copied else chunk.end
        at += size
    return (0 if begin is None else begin), finish
