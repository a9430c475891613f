"""The mails that leave the relay, from values to ready bytes, as pure functions.

A mail is put together as bytes: building and serialising an ``EmailMessage`` of the same parts
takes more than ten times as long.
"""

from contextlib import suppress
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from types import SimpleNamespace

from relay import texts
from relay.addresses import plain_address
from relay.mail import headers, mime
from relay.mail.forms import Form, form
from relay.mail.letters import (
    Composed,
    ContactMail,
    Links,
    NoticeKind,
    NoticeMail,
    ReceiptMail,
)

__all__ = [
    "Composed",
    "ContactMail",
    "Links",
    "NoticeKind",
    "NoticeMail",
    "ReceiptMail",
    "compose_contact",
    "compose_notice",
    "compose_receipt",
]

LARGEST_BYTES = 24_000
_PREHEADER_SIGNS = 90

# RFC 3834 section 5.1. A person wrote the contact mail: any other word than "no" makes help
# desks set it aside as machine mail, and forbids the absence notice the buyer is glad to have.
# Receipts and notices come from a process and answer no mail: "auto-generated".
_BY_PERSON = b"Auto-Submitted: no\r\n"
_BY_MACHINE = b"Auto-Submitted: auto-generated\r\n"


def compose_contact(mail: ContactMail) -> Composed:
    """Build the mail that brings a buyer's message to the advertiser.

    Raises:
        ValueError: An address, a message id or one of the links is not plain; nothing is cut.

    Source: RFC 5322; RFC 2369 and RFC 8058 (pause in one click); RFC 3834 5.1.
    """
    words = _words(mail.language)
    site = headers.one_line(mail.site_name) or words.site
    who = headers.person(mail.buyer_name, site, words.buyer)
    title = headers.one_line(mail.listing_title) or words.listing
    subject = words.subject_neutral
    sender = words.sender_neutral
    if not mail.neutral_subject:
        subject = texts.say(mail.language, "mail.subject", title=title, who=who)
        sender = texts.say(mail.language, "mail.sender", who=who, site=site)
    if not mail.first_in_thread:
        subject = "Re: " + subject
    fields = _fields(mail, sender, headers.person(mail.advertiser_name, site, ""), subject)
    fields += [_BY_PERSON, *_thread(mail.thread_id), *_pause(mail.links.pause)]
    values = _contact_values(mail, site, who, title) | {"subject": subject}
    forms = _contact_forms(
        mail.language,
        neutral=mail.neutral_subject,
        phone_hidden=mail.advertiser_phone_hidden,
        has_url="listing_url" in values,
    )
    content = _filled(forms, fields, values)
    return Composed(plain_address(mail.envelope_sender), mail.recipient, content)


def compose_receipt(mail: ReceiptMail) -> Composed:
    """Build the receipt: no word an attacker could have chosen stands in it (A5).

    Raises:
        ValueError: An address, the message id or the link is not plain.
    """
    words = _words(mail.language)
    lines = [words.receipt_lead, words.receipt_page]
    footer = [words.not_you, words.only_you, words.no_answer]
    content = _machine_mail(mail, words.receipt_subject, lines, footer)
    return Composed(plain_address(mail.envelope_sender), mail.recipient, content)


def compose_notice(mail: NoticeMail) -> Composed:
    """Build a notice to the buyer, sent with the null sender so that nothing answers it.

    Raises:
        ValueError: An address, the message id or the link is not plain.

    Source: RFC 5321 4.5.5; RFC 3834 section 2.
    """
    words = _words(mail.language)
    lines = [getattr(words, f"{mail.kind.value}_lead")]
    if mail.reason is not None:
        key = f"replies.{mail.reason}"
        known = key if texts.has(mail.language, key) else "replies.other"
        reason = texts.say(mail.language, known)
        lines.append(texts.say(mail.language, "mail.reason", reason=reason))
    subject = getattr(words, f"{mail.kind.value}_subject")
    content = _machine_mail(mail, subject, lines, [words.only_you, words.no_answer])
    return Composed("", mail.recipient, content)


def _machine_mail(
    mail: ReceiptMail | NoticeMail, subject: str, lines: list[str], footer: list[str]
) -> bytes:
    words = _words(mail.language)
    site = headers.one_line(mail.site_name) or words.site
    sender = words.sender_neutral if mail.neutral_subject else site
    values = {
        "subject": subject,
        "preheader": lines[0],
        "site": site,
        "page_url": headers.url(mail.page_url),
    }
    fields = [*_fields(mail, sender, "", subject), _BY_MACHINE]
    named = not mail.neutral_subject
    forms = _notice_forms(mail.language, tuple(lines), tuple(footer), named=named)
    return _filled(forms, fields, values)


def _fields(
    mail: ContactMail | ReceiptMail | NoticeMail, sender: str, addressee: str, subject: str
) -> list[bytes]:
    return [
        headers.mailbox_field("From", sender, mail.from_address),
        headers.mailbox_field("To", addressee, mail.recipient),
        headers.text_field("Subject", subject),
        headers.date_field(mail.sent_at),
        headers.id_field("Message-ID", mail.message_id),
    ]


def _thread(thread_id: str | None) -> list[bytes]:
    if thread_id is None:
        return []
    return [headers.id_field(name, thread_id) for name in ("In-Reply-To", "References")]


def _pause(link: str) -> list[bytes]:
    """RFC 8058 section 3.1 asks for https; a relay tried out on one machine has none."""
    if not headers.url(link).startswith("https:"):
        return []
    post = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    return [f"List-Unsubscribe: <{link}>\r\n".encode("ascii"), post]


def _contact_values(mail: ContactMail, site: str, who: str, title: str) -> dict[str, str]:
    language = mail.language
    text = mime.plain_text(mail.text)
    intro = "mail.intro_first" if mail.first_in_thread else "mail.intro_next"
    ref = headers.one_line(mail.listing_ref)
    values = {name: headers.url(getattr(mail.links, name)) for name in Links.__slots__}
    # The site gave it: one that is no plain http(s) address is left out, the mail still goes.
    if mail.listing_url is not None and headers.is_url(mail.listing_url):
        values["listing_url"] = mail.listing_url
    return values | {
        "preheader": "" if mail.neutral_subject else headers.one_line(text[:_PREHEADER_SIGNS]),
        "listing_line": texts.say(language, "mail.listing_line", site=site, ref=ref),
        "intro": texts.say(language, intro, who=who, title=title),
        "text": text,
        "contact_line": _contact_line(mail, who),
        "block_words": texts.say(language, "mail.block", who=who),
        "purged": _purged(language, mail.purged_on),
    }


def _contact_line(mail: ContactMail, who: str) -> str:
    line: str = _words(mail.language).email_hidden
    if mail.email is not None:
        line = texts.say(mail.language, "mail.email", email=headers.one_line(mail.email))
    if mail.phone is None:
        return line
    phone = headers.one_line(mail.phone)
    return texts.say(mail.language, "mail.phone", who=who, phone=phone) + " · " + line


def _filled(forms: tuple[Form, Form], fields: list[bytes], values: dict[str, str]) -> bytes:
    text_form, html_form = forms
    # The bar shows on every line where the buyer's words end, so nobody forges our footer.
    barred = values | {"text": values["text"].replace("\n", "\n▌ ")} if "text" in values else values
    text_part = text_form.part(barred)
    content = mime.assemble(fields, text_part, html_form.part(values))
    # The text part is complete: a mail too heavy for both parts loses nothing without HTML.
    return content if len(content) <= LARGEST_BYTES else mime.assemble(fields, text_part)


@cache
def _contact_forms(
    language: str, *, neutral: bool, phone_hidden: bool, has_url: bool
) -> tuple[Form, Form]:
    words = _words(language)
    shape = {
        "language": language,
        "say": words,
        "neutral": words.neutral if neutral else "",
        "phone_hidden": phone_hidden,
        "has_url": has_url,
    }
    return form("contact.txt", **shape), form("contact.html", **shape)


@cache
def _notice_forms(
    language: str, lines: tuple[str, ...], footer: tuple[str, ...], *, named: bool
) -> tuple[Form, Form]:
    shape = {
        "language": language,
        "say": _words(language),
        "named": named,
        "lines": lines,
        "footer": footer,
    }
    return form("notice.txt", **shape), form("notice.html", **shape)


@cache
def _words(language: str) -> SimpleNamespace:
    """The sentences of the room that need no filling, by name."""
    fixed: dict[str, str] = {}
    for key in texts.keys(language):
        room, _, name = key.partition(".")
        if room == "mail":
            with suppress(KeyError):  # it names a value
                fixed[name] = texts.say(language, key)
    return SimpleNamespace(**fixed)


@lru_cache(maxsize=1_000)
def _purged(language: str, on: date) -> str:
    noon = datetime.combine(on, time(12), UTC)
    return texts.say(language, "mail.purged", day=texts.day(language, noon))
