"""The mails of the outbox, kind by kind, made from an opened thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import structlog

from relay.addresses import bounce_address, hop_mark, message_id_for
from relay.context import Context
from relay.database import Record, queries, rows_of
from relay.mail.compose import (
    Composed,
    ContactMail,
    ReceiptMail,
    compose_contact,
    compose_receipt,
)
from relay.mail.forwarded import compose_reply
from relay.mail.letters import ReplyMail, SafeFile
from relay.outgoing.notices import compose_news
from relay.outgoing.rights_letters import LETTER, compose_letter, read_letters
from relay.outgoing.thread import Thread, open_thread
from relay.outgoing.urls import advertiser_links, buyer_links
from relay.policy import Disclosure
from relay.sealing import file_place, id_time
from relay.secrecy import Secrets
from relay.sites import Site
from relay.validation import readable

BOUNCE_LIFE = timedelta(days=14)
FILE_NAMES = {"image/jpeg": "photo-{}.jpg", "image/png": "image-{}.png"}
OTHER_NAME = "document-{}.pdf"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Held:
    """A mail that must not leave, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Bounced:
    """A mail whose recipient is on the suppression list."""

    reason: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A mail that nobody may get any more: the conversation was ended, or its writer is gone."""

    reason: str


Rendered = Composed | Held | Bounced | Withdrawn


async def read_mails(
    context: Context, site_ids: Sequence[UUID], mail_ids: Sequence[UUID]
) -> dict[UUID, Record]:
    """Read what the mails are made of, as it stands now."""
    rows = await context.database.run(
        lambda connection: rows_of(
            queries().read_mails(connection, site_ids=site_ids, mail_ids=mail_ids)
        )
    )
    found = {row["mail_id"]: row for row in rows}
    others = [pair for pair in zip(site_ids, mail_ids, strict=True) if pair[1] not in found]
    return found | await read_letters(context, others) if others else found


async def read_files(context: Context, row: Record) -> tuple[SafeFile, ...]:
    """Read the files that go with a mail; most have none, and nothing is asked then."""
    if row["kind"] != "reply" or not row["files"] or row["sender_key"] is None:
        return ()
    key = context.keyring.person_key(row["sender_key"], row["sender_id"])
    found = await context.database.run(
        lambda connection: rows_of(
            queries().read_files(connection, site_id=row["site_id"], message_id=row["message_id"])
        )
    )
    return tuple(
        SafeFile(
            FILE_NAMES.get(one["kind"], OTHER_NAME).format(one["number"]),
            one["kind"],
            key.open_bytes(one["sealed_content"], file_place(row["message_id"], one["number"])),
        )
        for one in found
    )


def render(context: Context, site: Site, row: Record, files: tuple[SafeFile, ...] = ()) -> Rendered:
    """Make the mail of *row* (``read_mails``) with its *files* (``read_files``).

    Raises:
        Exception: Whatever a template or a text can provoke; the caller counts it and holds.
    """
    if row["reason"].startswith(LETTER):
        letter = compose_letter(context, site, row)
        return letter or Withdrawn("over")  # its code was used, or the request forgotten
    if row["suppressed"]:
        return Bounced("suppressed")
    if row["blocked_at"] is not None and _is_from_other_side(row):
        return Withdrawn("blocked")
    if _is_in_other_hands(row):
        return Withdrawn("other_hands")
    if None in (row["sender_key"], row["buyer_key"], row["advertiser_key"]):
        # A key that cannot be opened is another matter, and raises.
        return Held("frozen" if row["is_frozen"] else "erased")
    return _MAKERS[row["kind"]](open_thread(context, site, row), files)


def _is_in_other_hands(row: Record) -> bool:
    """Tell whether a mail is of a former advertiser: what they hide, or reported, is theirs."""
    is_former = row["side"] == "advertiser" and row["sender_id"] != row["advertiser_id"]
    return is_former or bool(row["is_of_another"])


def _is_from_other_side(row: Record) -> bool:
    """Tell whether a side speaks in a mail, and not the relay or its staff."""
    return row["kind"] in ("contact", "reply") or row["reason"].startswith("phone_")


def _contact(thread: Thread, _files: tuple[SafeFile, ...]) -> Composed | Held:
    row, content, policy = thread.row, thread.content, thread.site.policy
    secrets = thread.secrets
    mask = secrets.mask
    # A conversation bears the id of its first message, so that later mails can name that mail.
    first = row["conversation_id"] == row["message_id"]
    mail = ContactMail(
        language=thread.language,
        site_name=policy.site.name,
        listing_title=mask(row["title"]),
        listing_ref=row["ref"],
        listing_url=row["url"],
        advertiser_name=mask(thread.advertiser.pseudonym),
        buyer_name=mask(content["name"] or ""),
        text=secrets.clear(content["text"], thread.earlier_texts).text,
        phone=readable(content["phone"])
        if content["phone"] and thread.is_phone_open("buyer")
        else None,
        email=content["email"] if policy.disclosure is Disclosure.FULL else None,
        advertiser_phone_hidden=_has_hidden_phone(thread),
        neutral_subject=policy.site.sensitive,
        first_in_thread=first,
        from_address=thread.alias("buyer"),
        envelope_sender=_envelope_sender(thread),
        recipient=thread.recipient,
        message_id=_message_id(thread, row["message_id"]),
        thread_id=None if first else _message_id(thread, row["conversation_id"]),
        sent_at=row["received_at"],
        purged_on=_purged_on(thread),
        links=advertiser_links(thread.page),
    )
    return _checked(thread, compose_contact(mail), secrets)


def _reply(thread: Thread, files: tuple[SafeFile, ...]) -> Composed | Held:
    row, content, writer = thread.row, thread.content, thread.writer
    reader = thread.recipient_side
    secrets = thread.secrets
    mask = secrets.mask
    mail = ReplyMail(
        language=thread.language,
        site_name=thread.site.policy.site.name,
        listing_title=mask(row["title"]),
        listing_ref=row["ref"],
        writer_name=mask(thread.name(writer)),
        reader_name=thread.name(reader),
        text=secrets.clear(content["text"], thread.earlier_texts).text,
        files=files,
        left_out=tuple(content.get("left_out", ())),
        automatic=bool(content.get("automatic")),
        history=mask((thread.heard or {}).get("text", "")),
        phone_hidden=reader == "advertiser" and _has_hidden_phone(thread),
        neutral_subject=thread.site.policy.site.sensitive,
        from_address=thread.alias(writer),
        envelope_sender=_envelope_sender(thread),
        recipient=thread.recipient,
        message_id=_message_id(thread, row["message_id"]),
        references=_references(thread),
        sent_at=row["received_at"],
        purged_on=_purged_on(thread),
        links=buyer_links(thread.page) if reader == "buyer" else advertiser_links(thread.page),
        hop=hop_mark(row["mail_id"], thread.context.bounce_keys),
    )
    return _checked(thread, compose_reply(mail), secrets)


def _receipt(thread: Thread, _files: tuple[SafeFile, ...]) -> Composed:
    mail = ReceiptMail(
        language=thread.language,
        site_name=thread.site.policy.site.name,
        neutral_subject=thread.site.policy.site.sensitive,
        page_url=thread.page,
        from_address=thread.alias("advertiser"),
        envelope_sender=_envelope_sender(thread),
        recipient=thread.recipient,
        message_id=_message_id(thread, thread.row["mail_id"]),
        sent_at=id_time(thread.row["mail_id"]),
    )
    return compose_receipt(mail)


def _notice(thread: Thread, _files: tuple[SafeFile, ...]) -> Composed | Held:
    return _checked(thread, compose_news(thread), thread.secrets)


_MAKERS: dict[str, Callable[[Thread, tuple[SafeFile, ...]], Composed | Held]] = {
    "contact": _contact,
    "reply": _reply,
    "receipt": _receipt,
    "notice": _notice,
    "reader_notice": _notice,
}


def _checked(thread: Thread, mail: Composed, secrets: Secrets) -> Composed | Held:
    """Look at the finished bytes once more for what is hidden; a finding holds the mail."""
    if not secrets.is_leaked_by(mail.content):
        return mail
    log.error("mail.leak_held", mail_id=str(thread.row["mail_id"]))
    return Held("egress")


def _has_hidden_phone(thread: Thread) -> bool:
    return thread.advertiser.phone is not None and not thread.is_phone_open("advertiser")


def _message_id(thread: Thread, mail_id: UUID) -> str:
    return message_id_for(mail_id, thread.context.settings.mail_domain)


def _references(thread: Thread) -> tuple[str, ...]:
    """Name the mails a reader's program has: the conversation's first, and what is answered.

    What the reader wrote by mail is named by the id their own program gave it.
    """
    first = _message_id(thread, thread.row["conversation_id"])
    answered = (thread.heard or {}).get("original_id")
    return (first, answered) if answered else (first,)


def _purged_on(thread: Thread) -> date:
    kept = timedelta(days=thread.site.policy.retention.message_days)
    return (id_time(thread.row["message_id"]) + kept).date()


def _envelope_sender(thread: Thread) -> str:
    context = thread.context
    return bounce_address(
        thread.row["mail_id"],
        domain=context.settings.mail_domain,
        keys=context.bounce_keys,
        expires_on=(context.clock() + BOUNCE_LIFE).date(),
    )
