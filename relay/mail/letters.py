"""What the leaving mails say, as values."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum


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
    """What became of a message, or what the other side did."""

    DELAYED = "delayed"
    EXPIRED = "expired"
    BOUNCED = "bounced"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"
    AVAILABLE = "available"  # the advertiser says that the thing is still there
    SOLD = "sold"  # the advertiser says that it is not
    UNREADABLE = "unreadable"  # a reply came by mail and nothing could be made of it
    ENDED = "ended"  # a reply was not passed on: nothing passes any more, whoever ended it
    PHONE_ASKED = "phone_asked"  # the other side offers to exchange numbers
    WARNED = "warned"  # staff found the other side's message to be a fraud
    REPORT_RECEIVED = "report_received"
    REPORT_DECIDED_ACTION = "report_decided_action"
    REPORT_DECIDED_NO_ACTION = "report_decided_no_action"
    REPORT_ABUSIVE = "report_abusive"  # several reports without ground
    REPORTS_SUSPENDED = "reports_suspended"  # after warnings, reports are set aside for a time
    RESTRICTED_WARNED = "restricted_warned"  # a manifestly illegal message, with a warning
    MESSAGES_SUSPENDED = "messages_suspended"  # after warnings, messages are refused for a time
    RESTRICTED = "restricted"  # staff acted on a message of the reader's
    APPEAL_RECEIVED = "appeal_received"
    APPEAL_JUDGED_UPHELD = "appeal_judged_upheld"
    APPEAL_JUDGED_OVERTURNED = "appeal_judged_overturned"
    PHONE_SHOWN = "phone_shown"  # a number can now be seen on the private page


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeMail:
    """News of a message or of the other side: fixed text, and the reason by its code.

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


class LeftOut(StrEnum):
    """Why a file stays behind; each has words in ``locale/*/reply.toml``."""

    VCARD = "vcard"
    KEY = "key"
    SIGNATURE = "signature"
    CALENDAR = "calendar"
    MAIL = "mail"
    ARCHIVE = "archive"
    DOCUMENT = "document"
    PDF = "pdf"
    ENCRYPTED = "encrypted"
    HEIC = "heic"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    OTHER = "other"


class Unfit(Exception):
    """A file that is not passed on."""

    def __init__(self, kind: LeftOut) -> None:
        self.kind = kind
        super().__init__(kind.value)


@dataclass(frozen=True, slots=True)
class SafeFile:
    """A file made anew by ``attachments.clean``: nothing of the sender's but what it shows.

    Args:
        name: Ours, such as ``photo-1.jpg``.
        kind: ``image/jpeg``, ``image/png`` or ``application/pdf``.
    """

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class BuyerLinks:
    """Signed addresses of what a buyer can do; a GET of one only shows a page."""

    answer: str
    report: str
    end: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyMail:
    """What the mail says by which one side's reply is passed on to the other.

    Args:
        writer_name: Pseudonym of the side that wrote; "" when it has none.
        reader_name: Pseudonym of the side that reads.
        text: The writer's own words, masked already.
        files: What came with them, made anew.
        left_out: Kinds of what came and is not passed on (:class:`LeftOut`).
        automatic: A program wrote it for the writer, such as an absence notice.
        history: The words answered, masked already; "" when there are none.
        phone_hidden: The reader's own number is hidden.
        neutral_subject: Names neither listing nor people before the mail is opened.
        references: Message-IDs of ours in the reader's thread, oldest first.
        purged_on: The day the relay forgets the message.
        links: The reader's actions; their type says which side reads.
        hop: Value of the signed hop header (``X-Relais-Hop``).
    """

    language: str
    site_name: str
    listing_title: str
    listing_ref: str
    writer_name: str
    reader_name: str
    text: str
    files: tuple[SafeFile, ...] = ()
    left_out: tuple[str, ...] = ()
    automatic: bool = False
    history: str = ""
    phone_hidden: bool
    neutral_subject: bool
    from_address: str
    envelope_sender: str
    recipient: str
    message_id: str
    references: tuple[str, ...]
    sent_at: datetime
    purged_on: date
    links: Links | BuyerLinks
    hop: str

    @property
    def is_to_buyer(self) -> bool:
        """Tell whether the buyer reads it."""
        return isinstance(self.links, BuyerLinks)


class WriterNoticeKind(Enum):
    """What somebody who answered by mail has to know."""

    NUMBER_MASKED = "number_masked"
    ADDRESS_MASKED = "address_masked"
    HANDLE_MASKED = "handle_masked"
    FILES_LEFT_OUT = "files_left_out"
    OTHERS_LEFT_OUT = "others_left_out"  # the mail named more recipients
    IS_IT_YOU = "is_it_you"  # an address nobody knows wrote: the reply waits for a yes


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterNotice:
    """News of a reply to whoever wrote it: fixed text, not a word of the reply.

    Args:
        reader_name: Pseudonym of the side the reply is for.
        left_out: As in :class:`ReplyMail`.
        page_url: Where to act: show the number, say yes; None when there is nothing to do.
        references: Message-IDs known in the writer's own thread, the mail answered last.
    """

    kind: WriterNoticeKind
    language: str
    site_name: str
    reader_name: str
    left_out: tuple[str, ...] = ()
    neutral_subject: bool
    page_url: str | None
    from_address: str
    recipient: str
    message_id: str
    references: tuple[str, ...]
    sent_at: datetime
    hop: str
