"""The letters of the rights desk: fixed sentences, a code or a button, the controller by name."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from relay.mail import headers, mime, stationery
from relay.mail.forms import Form, form
from relay.mail.letters import Composed


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskLetter:
    """What a letter to the person of a request says.

    Args:
        lines: Paragraphs, in their language already.
        code: Shown by itself, large; "" for none.
        page_url, page_words: The one button; "" for none.
        controller: Who answers for the data, and how to write to them.
    """

    language: str
    site_name: str
    neutral_subject: bool
    subject: str
    lines: tuple[str, ...]
    code: str
    page_url: str
    page_words: str
    controller: str
    from_address: str
    recipient: str
    message_id: str
    sent_at: datetime


def compose_desk_letter(mail: DeskLetter) -> Composed:
    """Build a letter, sent with the null sender so that no program answers it.

    Raises:
        ValueError: An address, the message id or the link is not plain.

    Source: RFC 5321 4.5.5; RFC 3834 section 2.
    """
    words = stationery.sentences(mail.language, "mail")
    site = headers.one_line(mail.site_name) or words.site
    sender = words.sender_neutral if mail.neutral_subject else site
    names = tuple(f"line_{number}" for number in range(len(mail.lines)))
    lines = (mime.plain_text(line) for line in mail.lines)
    values = dict(zip(names, lines, strict=True)) | {
        "subject": mail.subject,
        "preheader": "" if mail.code else mime.plain_text(mail.lines[0]),
        "site": site,
        "code": mail.code,
        "controller": headers.one_line(mail.controller),
        "page_words": mail.page_words,
    }
    if mail.page_url:
        values["page_url"] = headers.url(mail.page_url)
    forms = _forms(
        mail.language,
        names,
        named=not mail.neutral_subject,
        has_code=bool(mail.code),
        has_page=bool(mail.page_url),
    )
    fields = [*stationery.fields(mail, sender, "", mail.subject), stationery.BY_MACHINE]
    return Composed("", mail.recipient, stationery.filled(forms, fields, values))


@cache
def _forms(language: str, names: tuple[str, ...], **stands: bool) -> tuple[Form, Form]:
    shape = {"language": language, "say": stationery.sentences(language, "mail"), "names": names}
    return form("desk.txt", **shape, **stands), form("desk.html", **shape, **stands)
