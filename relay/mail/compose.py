"""The mails that leave the relay, from values to ready bytes, as pure functions.

A mail is put together as bytes: building and serialising an ``EmailMessage`` of the same parts
takes more than ten times as long.
"""

from functools import cache

from relay import texts
from relay.addresses import plain_address
from relay.mail import headers, mime, stationery
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

_PREHEADER_SIGNS = 90


def compose_contact(mail: ContactMail) -> Composed:
    """Build the mail that brings a buyer's message to the advertiser.

    Raises:
        ValueError: An address, a message id or one of the links is not plain; nothing is cut.

    Source: RFC 5322; RFC 2369 and RFC 8058 (pause in one click); RFC 3834 5.1.
    """
    words = stationery.sentences(mail.language, "mail")
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
    addressee = headers.person(mail.advertiser_name, site, "")
    thread = [] if mail.thread_id is None else [mail.thread_id]
    fields = stationery.fields(mail, sender, addressee, subject)
    fields += [
        stationery.BY_PERSON,
        *stationery.thread(thread),
        *stationery.pause(mail.links.pause),
    ]
    values = _contact_values(mail, site, who, title) | {"subject": subject}
    forms = _contact_forms(
        mail.language,
        neutral=mail.neutral_subject,
        phone_hidden=mail.advertiser_phone_hidden,
        has_url="listing_url" in values,
    )
    content = stationery.filled(forms, fields, values)
    return Composed(plain_address(mail.envelope_sender), mail.recipient, content)


def compose_receipt(mail: ReceiptMail) -> Composed:
    """Build the receipt: no word an attacker could have chosen stands in it (A5).

    Raises:
        ValueError: An address, the message id or the link is not plain.
    """
    words = stationery.sentences(mail.language, "mail")
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
    words = stationery.sentences(mail.language, "mail")
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
    words = stationery.sentences(mail.language, "mail")
    site = headers.one_line(mail.site_name) or words.site
    sender = words.sender_neutral if mail.neutral_subject else site
    values = {
        "subject": subject,
        "preheader": lines[0],
        "site": site,
        "page_url": headers.url(mail.page_url),
    }
    fields = [*stationery.fields(mail, sender, "", subject), stationery.BY_MACHINE]
    named = not mail.neutral_subject
    forms = _notice_forms(mail.language, tuple(lines), tuple(footer), named=named)
    return stationery.filled(forms, fields, values)


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
        "block_words": stationery.block_words(language, who),
        "purged": stationery.purged(language, mail.purged_on),
    }


def _contact_line(mail: ContactMail, who: str) -> str:
    line: str = stationery.sentences(mail.language, "mail").email_hidden
    if mail.email is not None:
        line = texts.say(mail.language, "mail.email", email=headers.one_line(mail.email))
    if mail.phone is None:
        return line
    phone = headers.one_line(mail.phone)
    return texts.say(mail.language, "mail.phone", who=who, phone=phone) + " · " + line


@cache
def _contact_forms(
    language: str, *, neutral: bool, phone_hidden: bool, has_url: bool
) -> tuple[Form, Form]:
    words = stationery.sentences(language, "mail")
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
        "say": stationery.sentences(language, "mail"),
        "named": named,
        "lines": lines,
        "footer": footer,
    }
    return form("notice.txt", **shape), form("notice.html", **shape)
