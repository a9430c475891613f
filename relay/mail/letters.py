"""What the leaving mails say, as values."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum


@dataclass(frozen=True, slots=True)
class Composed:
    """A finished mail: envelope sender ("" is the null sender), recipient, wire bytes."""

    sender: str
    recipient: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Links:
    """Signed addresses of the actions; a GET of one only shows a page."""

    available: str
    sold: str
    report: str
    block: str
    show_phone: str
    why: str
    pause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMail:
    """What the mail to the advertiser says.

    Args:
        text: The buyer's words, masked already.
        phone: The buyer's number as it is to be shown; None when it is not passed on.
        email: The buyer's address as it is to be shown; None when it stays hidden.
        neutral_subject: Names neither listing nor people before the mail is opened.
        thread_id: Message-ID of the first mail of the conversation; None in that one.
        purged_on: The day the relay forgets the message.
    """

    language: str
    site_name: str
    listing_title: str
    listing_ref: str
    listing_url: str | None
    advertiser_name: str
    buyer_name: str
    text: str
    phone: str | None
    email: str | None
    advertiser_phone_hidden: bool
    neutral_subject: bool
    first_in_thread: bool
    from_address: str
    envelope_sender: str
    recipient: str
    message_id: str
    thread_id: str | None
    sent_at: datetime
    purged_on: date
    links: Links


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptMail:
    """The receipt to a buyer whose address nobody has confirmed: fixed text only (A5)."""

    language: str
    site_name: str
    neutral_subject: bool
    page_url: str
    from_address: str
    envelope_sender: str
    recipient: str
    message_id: str
    sent_at: datetime


class NoticeKind(Enum):
    """What became of the buyer's message."""

    DELAYED = "delayed"
    EXPIRED = "expired"
    BOUNCED = "bounced"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"
    AVAILABLE = "available"  # the advertiser says that the thing is still there


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeMail:
    """News of the buyer's message: fixed text, and the reason by its code.

    Args:
        reason: A code of ``outcomes.Reason``; None when there is nothing to explain.
    """

    kind: NoticeKind
    reason: str | None
    language: str
    site_name: str
    neutral_subject: bool
    page_url: str
    from_address: str
    recipient: str
    message_id: str
    sent_at: datetime
