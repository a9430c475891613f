"""What a mail that came in turned out to be, as values."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Heading:
    """What the header of a mail says of it, decoded, unfolded and bounded.

    Args:
        message_id: With its angle brackets; None when there is none.
        references: Ids of earlier mails, oldest first: References, then In-Reply-To.
        sender: The one address of From:, lower case; None when there is none or more than one.
        others: Further addresses of To: and Cc:, lower case.
        subject: As a person would read it.
        hops: How many Received: fields stand above.
        verdicts: Authentication-Results fields, newest first (RFC 8601); whose they are is not
            judged here.
        hop_marks: Values of our own hop header, for whoever can tell whether they are genuine.
    """

    message_id: str | None
    references: tuple[str, ...]
    sender: str | None
    others: tuple[str, ...]
    subject: str
    hops: int
    verdicts: tuple[str, ...]
    hop_marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a mail, as it was sent.

    Args:
        name: The sender's own name for it; not fit to be shown as it is.
        kind: The declared media type, lower case, without parameters.
    """

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """A person's answer.

    Args:
        text: The author's own words, NFC, with LF line ends.
        doubtful: What may be the author's or not (in the mail's order): kept, never passed on
            unasked.
        quoted: What was quoted from earlier mails.
        signature: The signature block, never passed on.
        dropped: Kinds of parts that are never passed on: ``vcard``, ``key``, ``signature``,
            ``calendar``, ``mail``, ``encrypted``.
    """

    heading: Heading
    text: str
    doubtful: str = ""
    quoted: str = ""
    signature: str = ""
    attachments: tuple[Attachment, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AutoReply:
    """What a program answered for a person: absence, acknowledgement (RFC 3834)."""

    heading: Heading
    text: str


class BounceClass(Enum):
    """What a bounce says of the mail it speaks of."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"  # also relayed and expanded: a receipt, not a failure


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient of a bounce.

    Args:
        address: Lower case.
        status: Enhanced status code such as ``5.1.1`` (RFC 3463), when it is told.
        diagnostic: The remote server's own words, at most 500 characters.
    """

    address: str
    status: str | None = None
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A delivery status notification, in any provider's form (RFC 3464 and others).

    Args:
        original_id: Message-ID of the mail it speaks of, when it quotes it.
    """

    heading: Heading
    verdict: BounceClass
    failures: tuple[Failure, ...]
    original_id: str | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """An abuse report of a provider (ARF, RFC 5965).

    Args:
        kind: ``abuse``, ``fraud``, ``virus``, ``not-spam``, ``other``.
        recipients: Who complained, as far as it is told, lower case.
    """

    heading: Heading
    kind: str
    recipients: tuple[str, ...]
    original_id: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A mail nothing can be made of; a person has to look at it.

    Args:
        reason: ``too_deep``, ``too_many_parts``, ``header_too_large``, ``too_many_addresses``,
            ``too_many_parameters``, ``too_many_lines``, ``broken``; from the reading process
            ``timeout`` and ``crashed``.
    """

    reason: str


Incoming = Reply | AutoReply | Bounce | Complaint | Unreadable
