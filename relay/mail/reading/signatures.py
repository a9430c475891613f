"""The signature below the author's words: contact lines, a device's mark, a disclaimer."""

import re
from collections.abc import Sequence
from itertools import groupby

from relay.mail.reading.contacts import Kind, kind_of
from relay.mail.reading.lines import SIGNATURE_MARK, Line, Voice

_MOST = 14  # lines of a block
_TELLING = frozenset({Kind.CONTACT, Kind.NAME, Kind.PLACE, Kind.SHORT, Kind.DEVICE})
_GAPS = frozenset({Kind.BLANK, Kind.RULE})
_OWN_NAME = re.compile(r"(?!(?:t[ée]l|mob|port|fax)\b)[^\W\d_]{2,}[\w'.-]* [^\W\d_]{2,}")
_LEGAL_FROM = 90  # signs of a disclaimer that is recognised by its vocabulary alone

_LEGAL_START = re.compile(
    r"(?:ce (?:message|mail|courriel|courrier|e-mail)|le présent (?:message|courriel)"
    r"|cette (?:communication|transmission)"
    r"|this (?:e-?mail|message|communication)|the information (?:contained )?in this"
    r"|diese (?:e-?mail|nachricht)"
    r"|este (?:mensaje|correo)|dit (?:e-?mail)?bericht|deze e-?mail|quest[oa] (?:messaggio"
    r"|e-?mail)|esta mensagem"
    r"|les informations contenues|si vous n'êtes pas le destinataire"
    r"|if you are not the intended)\b",
    re.IGNORECASE,
)
_LEGAL_WORDS = re.compile(
    r"confidenti|destinataire|intended|recipient|vertraulich|empfänger|destinatario|bestemd"
    r"|vertrouwelijk"
    r"|riservat|usage exclusif|confidencial",
    re.IGNORECASE,
)
_LEGAL_TITLE = re.compile(
    r"(?:avis de confidentialité|confidentialit[ée]|confidentiality notice|disclaimer"
    r"|avertissement)\b ?:?"
    r"|(?:pensez à l'environnement|pensez à la planète|n'imprimez (?:ce|cet|que)|avant d'imprimer"
    r"|merci de (?:n'imprimer|ne pas imprimer)|préservons l'environnement|adoptez l'éco-attitude"
    r"|please consider the environment|think before you print|bitte denken sie an die umwelt)"
    r"|(?:garanti sans virus|sans virus|virus-free|virenfrei|libre de virus|virusvrij"
    r"|privo di virus)\b"
    r"|(?:l'absence de virus|cet? (?:e-?mail|courriel|courrier|message).{0,40}(?:virus|avast"
    r"|avg))",
    re.IGNORECASE,
)


def signed_voices(lines: Sequence[Line], *, closes: bool) -> list[Voice]:
    """Return for each line of the author's whether it is OWN, SIGNATURE or DOUBTFUL.

    Args:
        lines: One passage of the author's.
        closes: It may end in a block without any mark; other passages hold only marked ones.
    """
    kinds = [kind_of(line.plain) for line in lines]
    voices = [Voice.OWN] * len(lines)
    _judge_html(lines, kinds, voices)
    _judge_mark(lines, kinds, voices)
    _judge_devices(kinds, voices)
    if closes:
        _judge_disclaimers(lines, voices)
        _judge_block(lines, kinds, voices)
        _judge_rules(kinds, voices)
    return voices


def _judge_html(lines: Sequence[Line], kinds: Sequence[Kind], voices: list[Voice]) -> None:
    """A signature the HTML names: people write below and into it too."""
    for signed, run in groupby(range(len(lines)), key=lambda at: lines[at].signed):
        inside = list(run)
        if signed:
            voice = _voice_of_block(lines, kinds, inside)
            for at in inside:
                voices[at] = voice


def _judge_mark(lines: Sequence[Line], kinds: Sequence[Kind], voices: list[Voice]) -> None:
    """What stands below "-- " (RFC 3676 4.3), or below a "--" that lost its space on the way.

    People also write "--" between two thoughts: there, only what tells where to reach somebody
    is surely a signature.
    """
    marks = [at for at, line in enumerate(lines) if line.words.strip() == "--"]
    for at in marks[:1] + marks[-1:]:
        below = range(at, len(lines))
        voice = _voice_of_block(lines, kinds, below)
        if lines[at].words != SIGNATURE_MARK:
            if voice is Voice.DOUBTFUL:
                continue
            if not {kinds[one] for one in below} & {Kind.CONTACT, Kind.DEVICE}:
                voice = Voice.DOUBTFUL
        voices[at:] = [voice] * len(below)
        return


def _voice_of_block(lines: Sequence[Line], kinds: Sequence[Kind], at: Sequence[int]) -> Voice:
    """A block is a signature when no line of it could be said to somebody."""
    seen = [one for one in at if kinds[one] not in _GAPS]
    said = [one for one in seen if kinds[one] in (Kind.PROSE, Kind.CLOSING)]
    legal = _is_legal(" ".join(lines[one].plain for one in said))
    fits = len(seen) - len(said) <= _MOST and (not said or legal)
    return Voice.SIGNATURE if fits else Voice.DOUBTFUL


def _judge_devices(kinds: Sequence[Kind], voices: list[Voice]) -> None:
    for at, kind in enumerate(kinds):
        if kind is Kind.DEVICE:
            voices[at] = Voice.SIGNATURE


def _judge_disclaimers(lines: Sequence[Line], voices: list[Voice]) -> None:
    """Paragraphs at the end that a server or a company adds to every mail."""
    for paragraph in reversed(_paragraphs(lines, voices)):
        if not _is_legal(" ".join(lines[at].plain for at in paragraph)):
            return
        for at in paragraph:
            voices[at] = Voice.SIGNATURE


def _is_legal(said: str) -> bool:
    if _LEGAL_TITLE.match(said):
        return True
    opens = _LEGAL_START.search(said[:_LEGAL_FROM]) is not None
    return opens and len(said) >= _LEGAL_FROM and _LEGAL_WORDS.search(said) is not None


def _paragraphs(lines: Sequence[Line], voices: Sequence[Voice]) -> list[list[int]]:
    """The author's lines so far, by paragraph."""
    own = [at for at, voice in enumerate(voices) if voice is Voice.OWN]
    runs = groupby(own, key=lambda at: lines[at].is_blank)
    return [list(run) for blank, run in runs if not blank]


def _judge_block(lines: Sequence[Line], kinds: Sequence[Kind], voices: list[Voice]) -> None:
    """Name, role, number, address at the very end, with no mark above."""
    own = [at for at, voice in enumerate(voices) if voice is Voice.OWN and kinds[at] not in _GAPS]
    run = _trailing(own, kinds)
    above = own[len(own) - len(run) - 1] if len(run) < len(own) else None
    start = _start(lines, kinds, run, above)
    if start is None:
        return
    block = run[run.index(start) :]
    evidence = {kinds[at] for at in block}
    voice = Voice.SIGNATURE if Kind.CONTACT in evidence else Voice.DOUBTFUL
    if evidence & {Kind.CONTACT, Kind.PLACE}:
        voices[start : block[-1] + 1] = [
            voice if old is Voice.OWN else old for old in voices[start : block[-1] + 1]
        ]


def _trailing(own: Sequence[int], kinds: Sequence[Kind]) -> list[int]:
    count = 0
    while count < min(len(own), _MOST) and kinds[own[-1 - count]] in _TELLING:
        count += 1
    return list(own[len(own) - count :])


def _start(
    lines: Sequence[Line], kinds: Sequence[Kind], run: Sequence[int], above: int | None
) -> int | None:
    """Where the block begins: below a closing, else at a name that stands apart."""
    if not run or above is None or lines[above].plain.endswith(":"):
        return None  # nothing above: the number is the answer; a colon: it is announced
    told = next((n for n, at in enumerate(run) if kinds[at] in (Kind.CONTACT, Kind.PLACE)), None)
    if told is None:
        return None
    first = run[: told + 1]
    names = [at for at in first if kinds[at] is Kind.NAME and _stands_apart(lines, kinds, at)]
    lone = len(names) > 1 and " " not in lines[names[0]].plain
    if kinds[above] is Kind.CLOSING and (names or kinds[run[0]] is not Kind.PLACE):
        return names[1] if lone else run[0]
    if names:
        return names[1] if lone else names[0]
    return run[told] if _is_signed_contact(lines[run[told]]) else None


def _stands_apart(lines: Sequence[Line], kinds: Sequence[Kind], at: int) -> bool:
    before = kinds[at - 1] if at else Kind.BLANK
    return before in _GAPS or before is Kind.DEVICE or lines[at - 1].plain[-1] in ".!?,"


def _is_signed_contact(line: Line) -> bool:
    """«Marc Dupont - 06 …»: the name stands on the line itself."""
    return _OWN_NAME.match(line.plain) is not None


def _judge_rules(kinds: Sequence[Kind], voices: list[Voice]) -> None:
    """A rule right above a signature belongs to it."""
    below = False
    for at in range(len(kinds) - 1, -1, -1):
        if voices[at] is Voice.OWN and kinds[at] not in _GAPS:
            return
        if voices[at] is not Voice.OWN:
            below = True
        elif below and kinds[at] is Kind.RULE:
            voices[at] = Voice.SIGNATURE
