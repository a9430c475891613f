"""From a claimed row to ready bytes: everything is read as it stands now, masked, and checked.

Fails closed: what cannot be opened, masked or proved clean is held, never sent.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from relay.addresses import bounce_address, message_id_for
from relay.catalogue import Advertiser, advertiser_place, unseal_advertiser
from relay.context import Context
from relay.database import Record, queries, rows_of
from relay.links import Link, Side, sign_link
from relay.mail.compose import (
    Composed,
    ContactMail,
    Links,
    NoticeKind,
    NoticeMail,
    ReceiptMail,
    compose_contact,
    compose_notice,
    compose_receipt,
)
from relay.mail.egress import leaks
from relay.masking import mask
from relay.policy import Disclosure
from relay.sealing import id_time
from relay.sites import Site
from relay.texts import say
from relay.validation import readable

BOUNCE_LIFE = timedelta(days=14)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Held:
    """A mail that must not leave, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Bounced:
    """A mail whose recipient is on the suppression list."""

    reason: str


Rendered = Composed | Held | Bounced


async def read_mails(
    context: Context, site_ids: Sequence[UUID], mail_ids: Sequence[UUID]
) -> dict[UUID, Record]:
    """Read what the mails are made of, as it stands now."""
    rows = await context.database.run(
        lambda connection: rows_of(
            queries().read_mails(connection, site_ids=site_ids, mail_ids=mail_ids)
        )
    )
    return {row["mail_id"]: row for row in rows}


def render(context: Context, site: Site, row: Record) -> Rendered:
    """Make the mail of *row* (``read_mails``).

    Raises:
        Exception: Whatever a template or a text can provoke; the caller counts it and holds.
    """
    if row["suppressed"]:
        return Bounced("suppressed")
    if row["buyer_key"] is None or row["advertiser_key"] is None:
        return Held("erased")  # a key that cannot be opened is another matter, and raises
    parties = _open_parties(context, site, row)
    return _MAKERS[row["kind"]](context, site, row, parties)


@dataclass(frozen=True, slots=True)
class _Parties:
    """Both sides of a conversation, opened."""

    advertiser: Advertiser
    buyer_mail: str
    content: dict[str, str | None]


def _open_parties(context: Context, site: Site, row: Record) -> _Parties:
    buyer = context.keyring.unwrap(row["buyer_key"], f"person:{row['sender_id']}")
    advertiser = context.keyring.unwrap(row["advertiser_key"], f"person:{row['advertiser_id']}")
    place = advertiser_place(site.site_id, row["ref"])
    return _Parties(
        advertiser=unseal_advertiser(advertiser, row["sealed_advertiser"], place),
        buyer_mail=buyer.open(row["buyer_mail"], f"person.sealed_mail:{row['sender_id']}"),
        content=json.loads(
            buyer.open(row["sealed_content"], f"message.sealed_content:{row['message_id']}")
        ),
    )


@dataclass(frozen=True, slots=True)
class _Secrets:
    """What a mail must not show, and how it is masked where a person wrote it all the same."""

    numbers: frozenset[str]
    addresses: frozenset[str]
    site: Site
    language: str

    def mask(self, text: str) -> str:
        """Replace hidden numbers and addresses by their signs."""
        policy = self.site.policy
        masked = mask(
            text,
            hidden=self.numbers,
            region=policy.site.region,
            language=self.language,
            everything=policy.masking.all_numbers,
        ).text
        for address in self.addresses:
            sign = say(self.language, "outgoing.address_masked")
            masked = re.sub(re.escape(address), sign, masked, flags=re.IGNORECASE)
        return masked

    def check(self, row: Record, mail: Composed) -> Composed | Held:
        """Look at the finished bytes once more; a finding holds the mail."""
        found = leaks(mail.content, hidden_numbers=self.numbers, hidden_addresses=self.addresses)
        if not found:
            return mail
        log.error("mail.leak_held", mail_id=str(row["mail_id"]), leaks=len(found))
        return Held("egress")


def _contact(context: Context, site: Site, row: Record, parties: _Parties) -> Composed | Held:
    advertiser, content, policy = parties.advertiser, parties.content, site.policy
    secrets = _secrets(site, row, parties)
    domain = context.settings.mail_domain
    # A conversation bears the id of its first message, so that later mails can name that mail.
    first = row["conversation_id"] == row["message_id"]
    mail = ContactMail(
        language=row["listing_language"],
        site_name=policy.site.name,
        listing_title=secrets.mask(row["title"]),
        listing_ref=row["ref"],
        listing_url=row["url"],
        advertiser_name=secrets.mask(advertiser.pseudonym),
        buyer_name=secrets.mask(content["name"] or ""),
        text=secrets.mask(content["text"] or ""),
        phone=_shown_phone(content["phone"], policy.disclosure),
        email=content["email"] if policy.disclosure is Disclosure.FULL else None,
        advertiser_phone_hidden=advertiser.phone is not None and not row["show_phone"],
        neutral_subject=policy.site.sensitive,
        first_in_thread=first,
        from_address=_reply_address(context, site, row, "buyer"),
        envelope_sender=_envelope_sender(context, row),
        recipient=advertiser.email,
        message_id=message_id_for(row["message_id"], domain),
        thread_id=None if first else message_id_for(row["conversation_id"], domain),
        sent_at=row["received_at"],
        purged_on=(row["received_at"] + timedelta(days=policy.retention.message_days)).date(),
        links=_links(context, site, row),
    )
    return secrets.check(row, compose_contact(mail))


def _receipt(context: Context, site: Site, row: Record, parties: _Parties) -> Composed | Held:
    mail = ReceiptMail(
        language=row["buyer_language"],
        site_name=site.policy.site.name,
        neutral_subject=site.policy.site.sensitive,
        page_url=status_url(context, site, row["message_id"]),
        from_address=_reply_address(context, site, row, "advertiser"),
        envelope_sender=_envelope_sender(context, row),
        recipient=parties.buyer_mail,
        message_id=message_id_for(row["mail_id"], context.settings.mail_domain),
        sent_at=id_time(row["mail_id"]),
    )
    return compose_receipt(mail)


def _notice(context: Context, site: Site, row: Record, parties: _Parties) -> Composed | Held:
    kind, _, reason = row["reason"].partition(":")
    mail = NoticeMail(
        kind=NoticeKind(kind),
        reason=reason or None,
        language=row["buyer_language"],
        site_name=site.policy.site.name,
        neutral_subject=site.policy.site.sensitive,
        page_url=status_url(context, site, row["message_id"]),
        from_address=_reply_address(context, site, row, "advertiser"),
        recipient=parties.buyer_mail,
        message_id=message_id_for(row["mail_id"], context.settings.mail_domain),
        sent_at=id_time(row["mail_id"]),
    )
    return compose_notice(mail)


_MAKERS = {"contact": _contact, "receipt": _receipt, "notice": _notice}


def status_url(context: Context, site: Site, message_id: UUID) -> str:
    """Return the address of the private page of a message's sender."""
    token = sign_link(Link(Side.BUYER, site.site_id, message_id), context.link_keys)
    return f"{context.settings.public_url}/m/{token}"


def _secrets(site: Site, row: Record, parties: _Parties) -> _Secrets:
    numbers: set[str] = set()
    if parties.advertiser.phone and not row["show_phone"]:
        numbers.add(parties.advertiser.phone)
    if parties.content["phone"] and site.policy.disclosure is Disclosure.ALIAS:
        numbers.add(parties.content["phone"])
    addresses = set() if site.policy.disclosure is Disclosure.FULL else {parties.buyer_mail}
    return _Secrets(frozenset(numbers), frozenset(addresses), site, row["listing_language"])


def _shown_phone(e164: str | None, disclosure: Disclosure) -> str | None:
    if e164 is None or disclosure is Disclosure.ALIAS:
        return None
    return readable(e164)


def _reply_address(context: Context, site: Site, row: Record, side: str) -> str:
    return f"{site.reply_local_part(row['conversation_id'], side)}@{context.settings.mail_domain}"


def _envelope_sender(context: Context, row: Record) -> str:
    return bounce_address(
        row["mail_id"],
        domain=context.settings.mail_domain,
        keys=context.bounce_keys,
        expires_on=(context.clock() + BOUNCE_LIFE).date(),
    )


def _links(context: Context, site: Site, row: Record) -> Links:
    token = sign_link(Link(Side.ADVERTISER, site.site_id, row["message_id"]), context.link_keys)
    page = f"{context.settings.public_url}/a/{token}"
    return Links(
        available=f"{page}/available",
        sold=f"{page}/sold",
        report=f"{page}/report",
        block=f"{page}/block",
        show_phone=f"{page}/show-phone",
        why=f"{page}/why",
        pause=f"{page}/pause",
    )
