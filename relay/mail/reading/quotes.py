"""Which lines are the author's own, and which come from an earlier mail."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from relay.mail.reading import own_mail
from relay.mail.reading.heads import Head, head_at
from relay.mail.reading.lines import Line, Voice

_FEW = 2  # ">" lines that may be a person's own, where nothing says that they are quoted
_MOST_LINES = 10_000  # nobody writes more; the rest is kept unjudged
# «je vous réponds en rouge ci-dessous»: answers that an unmarked quote does not show.
_POINTS_BELOW = re.compile(
    r"\b(?:r[ée]pon\w+|voir|voyez|vois|comment\w*|remarques?|see|answers?|answered|repl\w+"
    r"|antwort\w*|respuestas?|respondo|antwoord\w*|zie)\b.{0,60}?"
    r"\b(?:ci-dessous|plus bas|en dessous|dans le (?:texte|corps)|en (?:rouge|bleu|vert|gras)"
    r"|below|in ?line|in (?:red|blue|green|bold)|in the text|unten|im text|in (?:rot|blau)"
    r"|abajo|en (?:rojo|azul)|hieronder|in het (?:rood|blauw))\b",
    re.IGNORECASE,
)
_WRAPPED_FROM = 60  # signs of a quoted line whose last words may have slipped to the next
_ORPHAN = 30


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines of one voice, in the mail's order.

    Args:
        closes: It is the author's last: where a signature is found.
    """

    voice: Voice
    lines: tuple[Line, ...]
    closes: bool


def passages(lines: Sequence[Line]) -> list[Passage]:
    """Split a body into the author's words and what is quoted.

    A quote whose lines are marked ends where the marks end: what follows is an answer. One
    without marks goes on to the end, as Outlook and its kin write; only what stands below our
    own last sentence in it may be an answer again, and is doubtful.

    Args:
        lines: Of the whole body.
    """
    voices = _Body(lines[:_MOST_LINES]).voices()
    voices += [Voice.DOUBTFUL] * (len(lines) - len(voices))
    seen = [at for at, line in enumerate(lines) if not line.is_blank]
    runs = [list(run) for _, run in groupby(seen, key=voices.__getitem__)]
    last = max((run[0] for run in runs if voices[run[0]] is Voice.OWN), default=-1)
    return [
        Passage(voices[run[0]], tuple(lines[run[0] : run[-1] + 1]), closes=run[0] == last)
        for run in runs
    ]


class _Body:
    """A body with the heads of quotes in it, each found once: reading stays linear."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._heads = [_head(lines, at) for at in range(len(lines))]
        marked = [at for at, line in enumerate(lines) if line.depth and not line.is_blank]
        ours = [at for at in range(len(lines)) if own_mail.closes_at(lines, at)]
        self._marked = marked
        self._last_marked = max(marked, default=-1)
        self._last_of_ours = max(ours, default=-1)  # where a mail of ours ends
        self._last_unmarked = max((at for at in ours if not lines[at].depth), default=-1)

    def voices(self) -> list[Voice]:
        """Whose each line is."""
        voices = self._by_marks()
        at = 0
        while at < len(voices):
            head = None if self._lines[at].depth else self._heads[at]
            end = at + 1
            if head is not None and self._is_above_marks(head):
                end = head.end
                voices[at:end] = [Voice.QUOTED] * (end - at)
            elif head is not None and head.certain:
                end = len(voices)
                voices[at:] = self._unmarked(at)
            elif _is_orphan(self._lines, at):
                voices[at] = Voice.DOUBTFUL
            at = end
        return voices

    def _by_marks(self) -> list[Voice]:
        """Whose the lines with ``>`` are: the sign is also a bullet, or «more than».

        From the first head on, or where the HTML or words of ours say so, they are quoted.
        Before, two may be the author's; more may be anybody's.
        """
        every = range(len(self._lines))
        since = next((at for at in every if self._tells(at)), len(self._lines))
        few = sum(at < since for at in self._marked) <= _FEW
        unsure = Voice.OWN if few else Voice.DOUBTFUL
        marked = Voice.QUOTED
        return [
            Voice.OWN if not line.depth else marked if line.sure or at >= since else unsure
            for at, line in enumerate(self._lines)
        ]

    def _tells(self, at: int) -> bool:
        """Tell whether line *at* shows that marked lines from here on are quoted."""
        line, head = self._lines[at], self._heads[at]
        if line.depth and (line.sure or own_mail.is_ours(line.words)):
            return True
        if head is None:
            return False
        return line.depth > 0 or head.certain or self._is_above_marks(head)

    def _is_above_marks(self, head: Head) -> bool:
        """Tell whether marked lines follow, at once or after an answer: «Bonjour, > …? Oui.»."""
        rest = (line for line in self._lines[head.end : head.end + 6] if not line.is_blank)
        following = next(rest, None)
        if following is not None and following.depth:
            return True
        begins = self._lines[head.end - 1].begins
        return head.certain and not begins and self._last_unmarked < head.end <= self._last_marked

    def _unmarked(self, start: int) -> list[Voice]:
        """The voices from *start* to the end, where an earlier mail begins without marks."""
        size = len(self._lines)
        if any(_POINTS_BELOW.search(line.plain) for line in self._lines[:start]):
            head = self._heads[start]
            below = size if head is None else head.end
            return [Voice.QUOTED] * (below - start) + [Voice.DOUBTFUL] * (size - below)
        below = self._last_of_ours + 1 if self._last_of_ours >= start else size
        if any(self._heads[below:]):
            below = size
        return [Voice.QUOTED] * (below - start) + [Voice.DOUBTFUL] * (size - below)


def _head(lines: Sequence[Line], at: int) -> Head | None:
    if own_mail.opens_at(lines, at):
        return Head(at + 1, certain=True)
    head = head_at(lines, at)
    if head is None and (end := own_mail.names_us_at(lines, at)) is not None:
        return Head(end, certain=True)
    return head


def _is_orphan(lines: Sequence[Line], at: int) -> bool:
    """The last words of a quoted line that some program wrapped without a mark."""
    if lines[at].depth or not 0 < at < len(lines) - 1:
        return False
    before, line, after = lines[at - 1 : at + 2]
    between = before.depth > 0 and after.depth > 0 and len(before.words) >= _WRAPPED_FROM
    return between and 0 < len(line.words) <= _ORPHAN and line.words[0].islower()
