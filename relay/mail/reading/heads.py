"""What mail programs write above the mail they quote: «Le … a écrit :», «De : / Envoyé : …»."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from relay.mail.reading.lines import Line, plain_form

_WINDOW = 6  # lines an attribution may be wrapped over
_SHORTEST = 4  # signs of the shortest first line of a head
_LONGEST_KEY = 40
_BLOCK = 16  # lines a header block may take
_LONGEST_ATTRIBUTION = 500
_FEWEST_KEYS = 3
_WRAPPED_FROM = 40  # signs of a line whose value may go on below

_VERB = (
    r"(?:(?<!\bm')(?<!\bt')(?<!\bl')(?<!\bvous )(?<!\bnous )(?<!\blui )(?<!\bleur )[aà] [ée]crit"
    r"|écrivait|ha scritto|wrote|writes|schrieb|schreef|escribi[óo]|escreveu|skrev|sent)"
)
_WROTE = re.compile(rf"{_VERB}\b(?:[^:]|:(?=\S)){{0,300}}:$|{_VERB} ?-{{2,}}$", re.IGNORECASE)
_LEAD = re.compile(
    r"(?:le|on|am|el|op|il|em|a|at|den|en date du|-+ ?on)\b(?: [^\W\d]{2,10}[.,]*){0,3},? \(?\d",
    re.IGNORECASE,
)
_TIME = re.compile(r"\b\d{1,2} ?[:h.] ?\d{2}\b", re.IGNORECASE)
_YEAR = re.compile(r"\b20\d\d\b|\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b")
_ADDRESS = re.compile(r"[^\s<>@:;,]@[^\s<>@]+\.")
# A sentence that ends between the date and the verb: somebody tells a story.
_STORY = re.compile(r"[^\W\d_]{5,}[.!?] [A-ZÀ-Þ]")

_FIELDS = {
    "from": "de|from|von|da|van|remitente|expéditeur",
    "sent": r"(?:date d')?envo(?:yée?|i)(?: le)?|date|le|sent|gesendet(?: am)?|datum|enviad[oa]"
    r"(?: el| em)?|verzonden|fecha|inviato|data",
    "to": "à|a|to|an|para|aan|destinataires?",
    "subject": "objet|sujet|subject|betreff|asunto|onderwerp|oggetto|assunto",
    "other": "cc|cci|bcc|copie(?: à)?|copia|kopie|reply-to|répondre à|antwort an|pièces? jointes?"
    "|importance|organisation|attachments?",
}
_FIELD = re.compile(
    "(?:"
    + "|".join(rf"(?P<{kind}>{words})" for kind, words in _FIELDS.items())
    + r")\*? ?:(?P<value>.*)",
    re.IGNORECASE,
)
_INLINE_FIELD = re.compile(
    r"(?:^|[ >])" + _FIELD.pattern.removesuffix("(?P<value>.*)"), re.IGNORECASE
)

_TITLES = (
    r"message d'origine|message (?:d'origine )?(?:original|initial|transf[ée]r[ée]"
    r"|r[ée]exp[ée]di[ée])"
    r"|(?:e-?)?mail (?:original|d'origine|transf[ée]r[ée])|courriel (?:original|d'origine)"
    r"|(?:original|forwarded|reply) (?:e-?mail )?message"
    r"|urspr[üu]ngliche (?:nachricht|mail)|original-?nachricht|weitergeleitete nachricht"
    r"|mensaje (?:original|reenviado)|oorspronkelijk bericht|doorgestuurd bericht"
    r"|messaggio (?:originale|inoltrato)|mensagem (?:original|encaminhada)"
)
_TITLE = re.compile(rf"[-_=]{{2,}} ?(?:{_TITLES})\b(?: ?[-_=]{{2,}}| de | from |$)", re.IGNORECASE)
_BEGIN = re.compile(
    r"message du \d{1,2}[/.]\d{1,2}[/.]\d{2,4}(?: \S{1,8})?"
    r"|message du (?:\w{5,8} )?\d{1,2}(?:er)? [^\W\d]{3,9}\.? \d{4}(?: à)?(?: \d\S{1,7})?$"
    r"|(?:d[ée]but du (?:message|mail|courriel) \S+|begin forwarded message"
    r"|inicio del mensaje \S+"
    r"|anfang der weitergeleiteten (?:nachricht|e-?mail)|begin doorgestuurd bericht"
    r"|inizio messaggio inoltrato) ?:$",
    re.IGNORECASE,
)
# What stands below such a title without a colon: «De "Léa" <…> / À … / Date … / Objet …».
_BARE_FIELD = re.compile(
    r"(?:de|à|a|cc|date|envoyé|objet|from|to|sent|subject|von|an|datum|betreff) \S", re.IGNORECASE
)
_RULE = re.compile(r"[-_=*]{4,}")


@dataclass(frozen=True, slots=True)
class Head:
    """Where an earlier mail begins.

    Args:
        end: Index of the first line after the head.
        certain: Nobody writes so by hand; otherwise it counts only above ``>`` lines.
    """

    end: int
    certain: bool


def head_at(lines: Sequence[Line], start: int) -> Head | None:
    """Return the head that begins at *start*, None when the author's words go on there.

    Looks a bounded number of lines ahead, so that reading a mail stays linear.
    """
    line = lines[start]
    if line.begins:
        return Head(start + 1, certain=True)
    first = line.plain
    if len(first) < _SHORTEST:
        return None
    if _RULE.fullmatch(first):
        return _below_rule(lines, start)
    if _TITLE.match(first) or _BEGIN.match(first):
        return _with_fields(lines, start + 1)
    return _attribution(lines, start, first) or _fields(lines, start)


def _below_rule(lines: Sequence[Line], start: int) -> Head | None:
    """A rule alone is the author's; above a head it is the mail program's."""
    for index in range(start + 1, min(start + 4, len(lines))):
        if not lines[index].is_blank:
            under = not _RULE.fullmatch(lines[index].plain)
            return head_at(lines, index) if under else None
    return None


def _with_fields(lines: Sequence[Line], start: int) -> Head:
    for index in range(start, min(start + 3, len(lines))):
        if not lines[index].is_blank:
            fields = _fields(lines, index)
            return fields or Head(_below_bare_fields(lines, index) or start, certain=True)
    return Head(start, certain=True)


def _below_bare_fields(lines: Sequence[Line], start: int) -> int | None:
    end = start
    while end < min(start + _BLOCK, len(lines)) and _BARE_FIELD.match(lines[end].plain):
        end += 1
    return end if end - start >= _FEWEST_KEYS else None


def _attribution(lines: Sequence[Line], start: int, first: str) -> Head | None:
    leads = _LEAD.match(first) is not None
    if not leads and not _ADDRESS.search(first):
        return None
    joined, end = _until_verb(lines, start)
    if end is None or any(_names_sender(lines, at) for at in range(start + 1, end)):
        return None  # where it begins on a later line, the one above is the author's
    return _judged(joined, end, leads=leads)


def _until_verb(lines: Sequence[Line], start: int) -> tuple[str, int | None]:
    """Return the words from *start* to «a écrit :», and the line after; None without it."""
    joined = ""
    for index in range(start, min(start + _WINDOW, len(lines))):
        line = lines[index]
        # "> a écrit :" is a wrapped "<address> a écrit :" as often as a quoted line.
        words = line.plain if line.depth == lines[start].depth else plain_form(line.raw)
        if not words or len(joined) > _LONGEST_ATTRIBUTION:
            break
        joined = f"{joined} {words}".lstrip()
        if joined.endswith((":", "--")) and _WROTE.search(joined):
            return joined, index + 1
    return joined, None


def _names_sender(lines: Sequence[Line], start: int) -> bool:
    """Tell whether an attribution begins at *start* that says itself who wrote, and when."""
    if not _LEAD.match(lines[start].plain):
        return False
    joined, end = _until_verb(lines, start)
    told = _ADDRESS.search(joined) is not None and _YEAR.search(joined) is not None
    return end is not None and told


def _judged(joined: str, end: int, *, leads: bool) -> Head | None:
    addressed = _ADDRESS.search(joined) is not None
    timed = _TIME.search(joined) is not None and _YEAR.search(joined) is not None
    if addressed and (leads or re.search(rf"> {_VERB}", joined, re.IGNORECASE)):
        return Head(end, certain=True)
    if leads and not _STORY.search(joined):
        return Head(end, certain=timed)
    return None


def _fields(lines: Sequence[Line], start: int) -> Head | None:
    if ":" not in lines[start].plain[:_LONGEST_KEY]:
        return None
    found: dict[str, str] = {}
    end, kind, gap = start, "", False
    for index in range(start, min(start + _BLOCK, len(lines))):
        words = lines[index].plain
        field = _FIELD.match(words)
        if field is not None:
            kind = _kind(field)
            if kind == "from" and found and kind in found:
                break
            found.setdefault(kind, "")
            found[kind] += field["value"]
            end, gap = index + 1, False
        elif not words:
            gap = True
        elif gap or not found:
            break
        elif len(lines[index - 1].plain) >= _WRAPPED_FROM:  # a value that goes on
            found[kind] += " " + words
            end = index + 1
        else:
            break
    if _is_block(found):
        return Head(end, certain=True)
    return _fields_in_one(lines, start)


def _fields_in_one(lines: Sequence[Line], start: int) -> Head | None:
    """The block that some programs run together: «De : … Envoyé : … À : … Objet : …»."""
    joined = ""
    for index in range(start, min(start + 4, len(lines))):
        joined = f"{joined} {lines[index].plain}".strip()
        marks = list(_INLINE_FIELD.finditer(joined))
        kinds = [_kind(mark) for mark in marks]
        if not marks or marks[0].start() > 0 or kinds.count("from") > 1:
            return None
        ends = [mark.start() for mark in marks[1:]] + [len(joined)]
        said = [joined[mark.end() : stop] for mark, stop in zip(marks, ends, strict=True)]
        found = dict(zip(kinds, said, strict=True))
        if _is_block(found) and "subject" in found:
            return Head(index + 1, certain=True)
    return None


def _kind(field: re.Match[str]) -> str:
    return next(kind for kind in _FIELDS if field[kind] is not None)


def _is_block(found: dict[str, str]) -> bool:
    """People list «De : Rennes / À : Nantes» too: only addresses or a full date are a program's."""
    named = found.keys() - {"other"}
    if "from" not in named or len(named) < _FEWEST_KEYS:
        return False
    if "@" in found["from"] + found.get("to", ""):
        return True
    sent = found.get("sent", "")
    dated = _TIME.search(sent) is not None and _YEAR.search(sent) is not None
    return dated and "subject" in named
