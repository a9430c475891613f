"""Addresses of the private pages that stand in mails, signed and with an end."""

from datetime import date, datetime, timedelta
from uuid import UUID

from relay.context import Context
from relay.links import Link, Side, sign_link
from relay.mail.letters import BuyerLinks, Links
from relay.sealing import id_time
from relay.sites import Site

ACTIONS_LIFE = timedelta(days=90)  # of the links with which an advertiser answers
APPEAL_LIFE = timedelta(days=186)  # longer than a decision may be contested (relay/desk/moves.py)


def status_url(context: Context, site: Site, message_id: UUID) -> str:
    """Return the page that shows whoever filled a form what became of the message, and no more.

    It lives as long as the message.
    """
    return _buyers(context, site, message_id, Side.SENDER)


def buyer_url(context: Context, site: Site, message_id: UUID) -> str:
    """Return where a buyer's private pages begin, for a mail to the buyer and nothing else."""
    return _buyers(context, site, message_id, Side.BUYER)


def _buyers(context: Context, site: Site, message_id: UUID, side: Side) -> str:
    kept_until = id_time(message_id) + timedelta(days=site.policy.retention.message_days)
    link = Link(side, site.site_id, message_id, kept_until.date())
    return f"{context.settings.public_url}/m/{sign_link(link, context.link_keys)}"


def answer_url(context: Context, site: Site, message_id: UUID, advertiser_id: UUID) -> str:
    """Return where the pages begin with which an advertiser answers a buyer's message."""
    ends_on = (id_time(message_id) + ACTIONS_LIFE).date()
    link = Link(Side.ADVERTISER, site.site_id, message_id, ends_on, advertiser_id)
    return f"{context.settings.public_url}/a/{sign_link(link, context.link_keys)}"


def proof_url(context: Context, site: Site, request_id: UUID, until: date) -> str:
    """Return the page where the code of a request of rights is written."""
    link = Link(Side.ASKER, site.site_id, request_id, until)
    return f"{context.settings.public_url}/rights/code/{sign_link(link, context.link_keys)}"


def request_url(context: Context, site: Site, request_id: UUID, until: date) -> str:
    """Return the private page of a request of rights, for who proved to be its person."""
    link = Link(Side.SUBJECT, site.site_id, request_id, until)
    return f"{context.settings.public_url}/r/{sign_link(link, context.link_keys)}"


def decision_url(
    context: Context, site: Site, message_id: UUID, person_id: UUID, told_at: datetime
) -> str:
    """Return the page where somebody reads a decision about a message, and contests it."""
    ends_on = (told_at + APPEAL_LIFE).date()
    link = Link(Side.DECISION, site.site_id, message_id, ends_on, person_id)
    return f"{context.settings.public_url}/d/{sign_link(link, context.link_keys)}"


def advertiser_links(page: str) -> Links:
    """Return the actions below an advertiser's *page* (``answer_url``)."""
    return Links(
        available=f"{page}/available",
        sold=f"{page}/sold",
        report=f"{page}/report",
        block=f"{page}/block",
        show_phone=f"{page}/show-phone",
        why=f"{page}/why",
        pause=f"{page}/pause",
    )


def buyer_links(page: str) -> BuyerLinks:
    """Return the actions below a buyer's *page* (``buyer_url``)."""
    return BuyerLinks(
        answer=f"{page}/answer",
        report=f"{page}/report",
        end=f"{page}/end",
        why=f"{page}/why",
    )
