"""Mails of fixed text: what became of a message, told to one of its two sides."""

from relay.addresses import hop_mark, message_id_for
from relay.mail.compose import Composed, NoticeKind, NoticeMail, compose_notice
from relay.mail.forwarded import compose_writer_notice
from relay.mail.letters import WriterNotice, WriterNoticeKind
from relay.outgoing.thread import Thread
from relay.outgoing.urls import decision_url
from relay.sealing import id_time
from relay.secrecy import other_side

# The page of the recipient's own where a notice is acted on.
_WRITER_PAGES = {
    WriterNoticeKind.NUMBER_MASKED: "number",
    WriterNoticeKind.ADDRESS_MASKED: "answer",
    WriterNoticeKind.HANDLE_MASKED: "answer",
    WriterNoticeKind.FILES_LEFT_OUT: "answer",
    WriterNoticeKind.OTHERS_LEFT_OUT: "answer",
    WriterNoticeKind.IS_IT_YOU: "confirm",
}
# Read, and contested, on a page that lives as long as an appeal is taken.
_OF_DECISIONS = (
    NoticeKind.REPORT_DECIDED_ACTION,
    NoticeKind.REPORT_DECIDED_NO_ACTION,
    NoticeKind.REPORT_ABUSIVE,
    NoticeKind.REPORTS_SUSPENDED,
    NoticeKind.RESTRICTED,
    NoticeKind.RESTRICTED_WARNED,
    NoticeKind.MESSAGES_SUSPENDED,
    NoticeKind.APPEAL_RECEIVED,
    NoticeKind.APPEAL_JUDGED_UPHELD,
    NoticeKind.APPEAL_JUDGED_OVERTURNED,
)
_PAGES = {NoticeKind.PHONE_ASKED: "number", NoticeKind.PHONE_SHOWN: "number"}


def compose_news(thread: Thread) -> Composed:
    """Build the notice a row asks for: ``<kind>`` or ``<kind>:<detail>`` stands in its reason.

    Raises:
        ValueError: A kind nobody knows.
    """
    kind, _, detail = thread.row["reason"].partition(":")
    if kind in _DECIDED:  # each decision has sentences of its own
        kind, detail = f"{kind}_{detail}", ""
    if kind in _WRITER_KINDS:
        return compose_writer_notice(_to_writer(thread, WriterNoticeKind(kind), detail))
    return compose_notice(_news(thread, NoticeKind(kind), detail))


_DECIDED = ("report_decided", "appeal_judged")
_WRITER_KINDS = {kind.value for kind in WriterNoticeKind}


def _news(thread: Thread, kind: NoticeKind, detail: str) -> NoticeMail:
    other = other_side(thread.recipient_side)
    return NoticeMail(
        kind=kind,
        reason=detail or None,
        language=thread.language,
        site_name=thread.site.policy.site.name,
        neutral_subject=thread.site.policy.site.sensitive,
        page_url=_decision_page(thread)
        if kind in _OF_DECISIONS
        else _page(thread, _PAGES.get(kind, "answer")),
        from_address=thread.alias(other),
        recipient=thread.recipient,
        message_id=message_id_for(thread.row["mail_id"], thread.context.settings.mail_domain),
        sent_at=id_time(thread.row["mail_id"]),
    )


def _to_writer(thread: Thread, kind: WriterNoticeKind, detail: str) -> WriterNotice:
    other = other_side(thread.recipient_side)
    settings = thread.context.settings
    original_id = thread.content.get("original_id")
    return WriterNotice(
        kind=kind,
        language=thread.language,
        site_name=thread.site.policy.site.name,
        reader_name=thread.name(other),
        left_out=tuple(filter(None, detail.split(","))),
        neutral_subject=thread.site.policy.site.sensitive,
        page_url=_page(thread, _WRITER_PAGES[kind]),
        from_address=thread.alias(other),
        recipient=thread.recipient,
        message_id=message_id_for(thread.row["mail_id"], settings.mail_domain),
        references=(original_id,) if original_id else (),
        sent_at=id_time(thread.row["mail_id"]),
        hop=hop_mark(thread.row["mail_id"], thread.context.bounce_keys),
    )


def _decision_page(thread: Thread) -> str:
    row = thread.row
    person_id = row["buyer_id" if thread.recipient_side == "buyer" else "advertiser_id"]
    return decision_url(
        thread.context, thread.site, row["message_id"], person_id, id_time(row["mail_id"])
    )


def _page(thread: Thread, name: str) -> str:
    """Return a page of the recipient's own; a buyer's first page already shows the answers."""
    if thread.recipient_side == "buyer" and name == "answer":
        return thread.page
    return f"{thread.page}/{name}"
