"""A person's answer: the author's own words, told apart from all that came along with them."""

from email.message import Message
from itertools import groupby
from operator import itemgetter

from relay.mail.reading import own_mail
from relay.mail.reading.lines import Line, Voice
from relay.mail.reading.quotes import Passage, passages
from relay.mail.reading.signatures import signed_voices
from relay.mail.reading.texts_of_parts import opened
from relay.mail.reading.values import Heading, Reply

_Voiced = list[tuple[Line, Voice]]


def read_reply(message: Message, heading: Heading) -> Reply:
    """Return what a person answered.

    No word is thrown away: what is not surely the author's stands in ``doubtful``, ``quoted``
    or ``signature``, in the mail's order (R13).

    Args:
        message: Read from bytes with the default policy (compat32) and within the room's caps.
        heading: What its header says.
    """
    found = opened(message)
    voiced = [one for passage in passages(found.lines) for one in _voiced(passage)]
    if not _spoken(voiced, Voice.OWN):
        voiced = _rather_kept(voiced)
    return Reply(
        heading=heading,
        text=_spoken(voiced, Voice.OWN),
        doubtful=_spoken(voiced, Voice.DOUBTFUL),
        quoted=_spoken(voiced, Voice.QUOTED),
        signature=_spoken(voiced, Voice.SIGNATURE),
        attachments=tuple(found.attachments),
        dropped=tuple(found.dropped),
    )


def _voiced(passage: Passage) -> _Voiced:
    if passage.voice is not Voice.OWN:
        return [(line, passage.voice) for line in passage.lines]
    voices = signed_voices(passage.lines, closes=passage.closes)
    return list(zip(passage.lines, voices, strict=True))


def _rather_kept(voiced: _Voiced) -> _Voiced:
    """No word was surely the author's: doubt then speaks for them."""
    if _spoken(voiced, Voice.DOUBTFUL):
        return [(line, _instead(voice, Voice.DOUBTFUL, Voice.OWN)) for line, voice in voiced]
    quoted = [line for line, voice in voiced if voice is Voice.QUOTED]
    if any(line.depth or own_mail.is_ours(line.words) for line in quoted):
        return voiced  # they sent back what we sent, and nothing else
    return [(line, _instead(voice, Voice.QUOTED, Voice.DOUBTFUL)) for line, voice in voiced]


def _instead(voice: Voice, old: Voice, new: Voice) -> Voice:
    return new if voice is old else voice


def _spoken(voiced: _Voiced, wanted: Voice) -> str:
    """The words of one voice; where another spoke between, a blank line stands."""
    runs = [
        _trimmed([line for line, _ in run])
        for voice, run in groupby(voiced, key=itemgetter(1))
        if voice is wanted
    ]
    return "\n\n".join(run for run in runs if run).strip()


def _trimmed(lines: list[Line]) -> str:
    """Without blank lines at both ends."""
    seen = [at for at, line in enumerate(lines) if not line.is_blank]
    inside = lines[seen[0] : seen[-1] + 1] if seen else []
    return "\n".join(line.raw for line in inside).rstrip()
