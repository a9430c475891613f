"""Replace what must not be read by one visible placeholder."""

from dataclasses import dataclass, field

from relay.masking import html
from relay.masking.addresses import find_addresses
from relay.masking.codes import is_code
from relay.masking.cut import Chunk, Hit, cut, join, merged, original_span
from relay.masking.evidence import is_prose
from relay.masking.fragments import Fragments, pieces, remember
from relay.masking.handles import find_handles
from relay.masking.known import find_any
from relay.masking.search import find_numbers
from relay.masking.signs import Reading
from relay.masking.spelled import read_text
from relay.texts import say

_ROUNDS = 6  # what is left beside a placeholder is looked at again
_SIGN_OF = {
    "known": "masking.number",
    "number": "masking.number",
    "split": "masking.number",
    "address": "masking.address",
    "handle": "masking.handle",
}


@dataclass(frozen=True, slots=True)
class MaskPolicy:
    """What a site hides in the messages it carries.

    Args:
        hidden: Numbers whose owner hides them, E.164 with the plus sign.
        region: ISO 3166 code used to read national numbers.
        language: Language of the placeholder, ``fr`` or ``en``.
        everything: All phone numbers, not only the hidden ones.
        addresses: E-mail addresses too.
        handles: Messenger handles and chat links too.
    """

    hidden: frozenset[str] = frozenset()
    region: str = "FR"
    language: str = "fr"
    everything: bool = False
    addresses: bool = False
    handles: bool = False


@dataclass(frozen=True, slots=True)
class Masked:
    """A text that may be read, and what was taken out of it.

    Args:
        text: The text with its placeholders.
        hits: Each masked stretch, offsets in the original, in order; never the digits.
        memory: Groups of digits left by this side, for its next message.
    """

    text: str
    hits: tuple[Hit, ...]
    memory: Fragments = field(default_factory=Fragments)


def mask(
    text: str,
    *,
    hidden: frozenset[str] = frozenset(),
    region: str = "FR",
    language: str = "fr",
    everything: bool = False,
) -> Masked:
    """Replace the hidden phone numbers of *text*, or all of them, by a placeholder.

    Args:
        text: Plain text or the source of an HTML page, any Unicode.
        hidden: Numbers to hide, E.164 with the plus sign.
        region: ISO 3166 code used to read national numbers, e.g. "FR".
        language: Language of the placeholder, ``fr`` or ``en``.
        everything: Hide every phone number.

    Returns:
        The masked text and its hits; masking it again changes nothing.
    """
    return mask_by(text, MaskPolicy(hidden, region, language, everything))


def mask_by(text: str, policy: MaskPolicy, memory: Fragments | None = None) -> Masked:
    """Replace in *text* all that *policy* hides.

    Args:
        text: Plain text or the source of an HTML page, any Unicode.
        policy: What the site hides.
        memory: What this side left in its last messages; a number begun there and
            ended here is masked here, and a new memory comes back.
    """
    signs = {rule: say(policy.language, key) for rule, key in _SIGN_OF.items()}
    markup = html.looks_like_html(text)
    hits = merged(text, _split_hits(text, policy, memory) if memory else [], markup=markup)
    chunks = cut(text, hits, signs, markup=markup)
    for _ in range(_ROUNDS):
        masked = join(chunks)
        more = _hits(masked, policy)
        if not more:
            break
        hits = merged(text, [*hits, *(_moved(chunks, hit) for hit in more)], markup=markup)
        chunks = cut(text, hits, signs, markup=markup)
    masked = join(chunks)
    if memory is None:
        return Masked(masked, tuple(hits))
    kept = Fragments() if any(hit.rule == "split" for hit in hits) else memory
    return Masked(masked, tuple(hits), remember(kept, _view(masked, signs)))


def _hits(text: str, policy: MaskPolicy) -> list[Hit]:
    hidden = sorted(policy.hidden)
    found = [Hit(start, end, "known") for start, end, _ in find_any(text, hidden)]
    if policy.everything:
        found += [Hit(start, end, "number") for start, end, _ in find_numbers(text, policy.region)]
    if policy.addresses or policy.handles:
        views = html.readings(text) if html.looks_like_html(text) else [read_text(text)]
        for view in views:
            if policy.addresses:
                found += [Hit(start, end, "address") for start, end in find_addresses(view)]
            if policy.handles:
                found += [Hit(start, end, "handle") for start, end in find_handles(view)]
    return found


def _split_hits(text: str, policy: MaskPolicy, memory: Fragments) -> list[Hit]:
    """Return the ends of numbers that the remembered groups begin, each from its first digit on."""
    prefix = memory.prefix
    if not prefix or is_prose(text):
        return []
    both, size = prefix + text, len(prefix)
    view = html.readings(text)[0] if html.looks_like_html(text) else read_text(text)
    atoms = pieces(view)
    numbers = find_any(both, sorted(policy.hidden))
    if policy.everything and not (atoms and is_code(view.text, atoms[0].start, beside=False)):
        numbers += find_numbers(both, policy.region)
    starts = [view.span(atom.start, atom.end)[0] for atom in atoms]
    return [
        Hit(min((s for s in starts if s < end - size), default=0), end - size, "split")
        for start, end, _ in numbers
        if start < size < end
    ]


def _moved(chunks: list[Chunk], hit: Hit) -> Hit:
    return Hit(*original_span(chunks, hit.start, hit.end), hit.rule)


def _view(masked: str, signs: dict[str, str]) -> Reading:
    for sign in signs.values():
        masked = masked.replace(sign, " ")
    return html.readings(masked)[0] if html.looks_like_html(masked) else read_text(masked)
