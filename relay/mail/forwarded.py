"""The mails by which a reply is passed on, and those that tell its writer what became of it.

Each is a new mail from our own values; no byte of the mail that came in is in it.
"""

from functools import cache

from relay import texts
from relay.addresses import plain_address
from relay.mail import headers, mime, stationery
from relay.mail.forms import Form, form
from relay.mail.letters import Composed, Links, ReplyMail, WriterNotice, WriterNoticeKind

_PREHEADER_SIGNS = 90
_HISTORY_SIGNS = 500
_HOP = "X-Relais-Hop"
_SIGN_OF = {
    WriterNoticeKind.NUMBER_MASKED: "masking.number",
    WriterNoticeKind.ADDRESS_MASKED: "masking.address",
    WriterNoticeKind.HANDLE_MASKED: "masking.handle",
}


def compose_reply(mail: ReplyMail) -> Composed:
    """Build the mail that brings one side's reply to the other.

    Raises:
        ValueError: An address, an id, a link, the hop mark or a file name is not plain.

    Source: RFC 5322; RFC 2183; RFC 3834 5.1; RFC 8058.
    """
    words = stationery.sentences(mail.language, "mail")
    site = headers.one_line(mail.site_name) or words.site
    who = _writer(mail, site)
    title = headers.one_line(mail.listing_title) or words.listing
    subject, sender = words.subject_neutral, words.sender_neutral
    if not mail.neutral_subject:
        # The advertiser's thread began with the contact mail, the buyer's with the listing.
        subject = texts.say(mail.language, "mail.subject", title=title, who=who)
        subject = title if mail.is_to_buyer else subject
        sender = texts.say(mail.language, "mail.sender", who=who, site=site)
    subject = "Re: " + subject
    fields = stationery.fields(mail, sender, headers.person(mail.reader_name, site, ""), subject)
    fields += [
        stationery.IN_ANSWER if mail.automatic else stationery.BY_PERSON,
        *stationery.thread(mail.references),
        *(stationery.pause(mail.links.pause) if isinstance(mail.links, Links) else []),
        headers.token_field(_HOP, mail.hop),
    ]
    values = _reply_values(mail, site, who, title) | {"subject": subject}
    files = [mime.attachment(file.name, file.kind, file.content) for file in mail.files]
    content = stationery.filled(_forms_for(mail), fields, values, files)
    return Composed(plain_address(mail.envelope_sender), mail.recipient, content)


def compose_writer_notice(mail: WriterNotice) -> Composed:
    """Build the notice to whoever wrote a reply, sent with the null sender.

    Raises:
        ValueError: The address, an id, the link or the hop mark is not plain.

    Source: RFC 5321 4.5.5; RFC 3834 section 3.1.5.
    """
    words = stationery.sentences(mail.language, "mail")
    site = headers.one_line(mail.site_name) or words.site
    values = _notice_values(mail, site)
    sender = words.sender_neutral if mail.neutral_subject else site
    fields = stationery.fields(mail, sender, "", values["subject"])
    fields += [
        stationery.IN_ANSWER,
        *stationery.thread(mail.references),
        headers.token_field(_HOP, mail.hop),
    ]
    lines = tuple(name for name in ("lead", "left_out", "how") if name in values)
    forms = _notice_forms(
        mail.language,
        mail.kind,
        lines,
        named=not mail.neutral_subject,
        has_page="page_url" in values,
    )
    return Composed("", mail.recipient, stationery.filled(forms, fields, values))


def _writer(mail: ReplyMail, site: str) -> str:
    unnamed = "reply.advertiser" if mail.is_to_buyer else "mail.buyer"
    return headers.person(mail.writer_name, site, texts.say(mail.language, unnamed))


def _reply_values(mail: ReplyMail, site: str, who: str, title: str) -> dict[str, str]:
    language = mail.language
    text = mime.plain_text(mail.text)
    intro = "reply.intro_automatic" if mail.automatic else "mail.intro_next"
    ref = headers.one_line(mail.listing_ref)
    links = type(mail.links).__slots__
    return {name: headers.url(getattr(mail.links, name)) for name in links} | {
        "preheader": "" if mail.neutral_subject else headers.one_line(text[:_PREHEADER_SIGNS]),
        "listing_line": texts.say(language, "mail.listing_line", site=site, ref=ref),
        "intro": texts.say(language, intro, who=who, title=title),
        "text": text,
        "left_out": _left_out(language, mail.left_out),
        "history": _shortened(mime.plain_text(mail.history).strip()),
        "block_words": stationery.block_words(language, who),
        "purged": stationery.purged(language, mail.purged_on),
    }


def _shortened(text: str) -> str:
    if len(text) <= _HISTORY_SIGNS:
        return text
    return text[:_HISTORY_SIGNS].rpartition(" ")[0].rstrip() + " …"


def _left_out(language: str, kinds: tuple[str, ...]) -> str:
    keys = dict.fromkeys(f"reply.left_{kind}" for kind in kinds)
    known = dict.fromkeys(key if texts.has(language, key) else "reply.left_other" for key in keys)
    listed = ", ".join(texts.say(language, key) for key in known)
    return texts.say(language, "reply.left_out", kinds=listed)


def _notice_values(mail: WriterNotice, site: str) -> dict[str, str]:
    words = stationery.sentences(mail.language, "reply")
    kind = mail.kind.value
    # A sensitive site's mail names nobody before it is opened: its first line is shown by then.
    who = words.other if mail.neutral_subject else headers.person(mail.reader_name, site, "")
    who = who or words.other
    sign = texts.say(mail.language, _SIGN_OF[mail.kind]) if mail.kind in _SIGN_OF else ""
    lead = texts.say(mail.language, f"reply.{kind}_lead", who=who, sign=sign)
    values = {
        "site": site,
        "subject": getattr(words, f"{kind}_subject"),
        "preheader": lead,
        "lead": lead,
    }
    if mail.left_out:
        values |= {"left_out": _left_out(mail.language, mail.left_out), "how": words.files_how}
    if mail.page_url is not None:
        act = texts.say(mail.language, f"reply.{kind}_do", who=who)
        values |= {"page_url": headers.url(mail.page_url), "page_words": act}
    return values


def _forms_for(mail: ReplyMail) -> tuple[Form, Form]:
    return _reply_forms(
        mail.language,
        to_buyer=mail.is_to_buyer,
        neutral=mail.neutral_subject,
        automatic=mail.automatic,
        phone_hidden=mail.phone_hidden,
        left_out=bool(mail.left_out),
        history=bool(mail.history.strip()),
    )


@cache
def _reply_forms(
    language: str, *, to_buyer: bool, neutral: bool, phone_hidden: bool, **stands: bool
) -> tuple[Form, Form]:
    say = stationery.sentences(language, "mail")
    reply = stationery.sentences(language, "reply")
    buttons = [("available", say.available), ("sold", say.sold)]
    actions = [("report", say.report), ("block", ""), ("show_phone", say.show_phone)]
    if to_buyer:
        buttons = [("answer", reply.answer)]
        actions = [("report", say.report), ("end", reply.end)]
    elif not phone_hidden:
        actions.pop()
    shape = {
        "language": language,
        "say": say,
        "reply": reply,
        "neutral": say.neutral if neutral else "",
        "phone_hidden": phone_hidden,
        "buttons": buttons,
        "actions": [*actions, ("why", say.why)],
    }
    return form("reply.txt", **shape, **stands), form("reply.html", **shape, **stands)


@cache
def _notice_forms(
    language: str, kind: WriterNoticeKind, lines: tuple[str, ...], *, named: bool, has_page: bool
) -> tuple[Form, Form]:
    say = stationery.sentences(language, "mail")
    footer = [say.only_you, say.no_answer] if has_page else [say.no_answer]
    if kind is WriterNoticeKind.IS_IT_YOU:
        footer.insert(0, stationery.sentences(language, "reply").is_it_you_not)
    shape = {
        "language": language,
        "say": say,
        "lines": lines,
        "footer": footer,
        "named": named,
        "has_page": has_page,
    }
    return form("written.txt", **shape), form("written.html", **shape)
