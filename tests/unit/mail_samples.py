"""One ordinary mail of each kind, and how mail programs read it."""

import html
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from uuid import UUID

from relay.addresses import message_id_for
from relay.mail.compose import ContactMail, Links, NoticeKind, NoticeMail, ReceiptMail

_TOKEN = "k3v9q2xwd5mzt7ah4n6jr8cyk3v9q2xwd5mzt7ah4n6jr8cy"
_NAMES = ("available", "sold", "report", "block", "show_phone", "why", "pause")
LINKS = Links(**{name: f"https://relais.example/a/{name}/{_TOKEN}" for name in _NAMES})
PAGE_URL = f"https://relais.example/m/{_TOKEN}"

CONTACT = ContactMail(
    language="fr",
    site_name="Exemple Annonces",
    listing_title="Vélo de ville 28 pouces",
    listing_ref="48213",
    listing_url="https://site.example/annonces/48213",
    advertiser_name="Marc",
    buyer_name="Camille",
    text="Bonjour, le vélo est-il toujours disponible ? Je peux passer samedi matin.",
    phone="06 39 98 01 23",
    email=None,
    advertiser_phone_hidden=True,
    neutral_subject=False,
    first_in_thread=True,
    from_address="r-k3v9q2xwd5mzt7ah4n6jr8cyk3@relais.example",
    envelope_sender="b-k3v9q2xw@relais.example",
    recipient="marc@fournisseur.example",
    message_id=message_id_for(UUID(int=7), "relais.example"),
    thread_id=None,
    sent_at=datetime(2026, 3, 14, 10, 0, tzinfo=UTC),
    purged_on=date(2027, 3, 14),
    links=LINKS,
)
RECEIPT = ReceiptMail(
    language="fr",
    site_name="Exemple Annonces",
    neutral_subject=False,
    page_url=PAGE_URL,
    from_address="ne-pas-repondre@relais.example",
    envelope_sender="b-k3v9q2xw@relais.example",
    recipient="camille@fournisseur.example",
    message_id=message_id_for(UUID(int=8), "relais.example"),
    sent_at=CONTACT.sent_at,
)
NOTICE = NoticeMail(
    kind=NoticeKind.BOUNCED,
    reason="mailbox_unknown",
    language="fr",
    site_name="Exemple Annonces",
    neutral_subject=False,
    page_url=PAGE_URL,
    from_address="ne-pas-repondre@relais.example",
    recipient="camille@fournisseur.example",
    message_id=message_id_for(UUID(int=9), "relais.example"),
    sent_at=CONTACT.sent_at,
)


def contact(**changes):
    """Return the ordinary contact mail with some values changed."""
    return replace(CONTACT, **changes)


def read(content):
    """Return the mail as the library's modern parser sees it."""
    return message_from_bytes(content, policy=policy.default)


def text_of(content):
    """Return the text part, LF line ends, without the bar before the buyer's words."""
    text = read(content).get_body(("plain",)).get_content().replace("\r\n", "\n")
    return re.sub(r"^▌ ?", "", text, flags=re.MULTILINE)


def html_of(content):
    """Return the source of the HTML part, LF line ends; "" when there is none."""
    part = read(content).get_body(("html",))
    return part.get_content().replace("\r\n", "\n") if part else ""


def shown_of(content):
    """Return the HTML part as a browser shows it, near enough for looking words up."""
    source = re.sub(r"<br>\n?", "\n", html_of(content))
    return html.unescape(re.sub(r"<[^>]*>", "", source))
