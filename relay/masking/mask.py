"""Replace what must not be read by one visible placeholder."""

from dataclasses import dataclass

from relay.masking.known import find_number
from relay.masking.search import find_numbers
from relay.texts import say


@dataclass(frozen=True, slots=True)
class Hit:
    """One masked stretch: its offsets in the original text and the rule, never its content."""

    start: int
    end: int
    rule: str


@dataclass(frozen=True, slots=True)
class Masked:
    """A text that may be read, and what was taken out of it."""

    text: str
    hits: tuple[Hit, ...]


def mask(
    text: str,
    *,
    hidden: frozenset[str] = frozenset(),
    region: str = "FR",
    language: str = "fr",
    everything: bool = False,
) -> Masked:
    """Replace the hidden phone numbers of *text* by a placeholder."""
    found = [Hit(a, b, "known") for number in sorted(hidden) for a, b, _ in find_number(text, number)]
    if everything:
        found += [Hit(a, b, "number") for a, b, _ in find_numbers(text, region)]
    hits: list[Hit] = []
    for hit in sorted(found, key=lambda h: (h.start, -h.end)):
        if hits and hit.start < hits[-1].end:
            last = hits[-1]
            hits[-1] = Hit(last.start, max(last.end, hit.end), last.rule)
        else:
            hits.append(hit)
    sign, parts, at = say(language, "masking.number"), [], 0
    for hit in hits:
        parts += [text[at : hit.start], sign]
        at = hit.end
    return Masked("".join(parts) + text[at:], tuple(hits))
