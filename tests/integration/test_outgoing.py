"""What is rendered from a claimed row: as things stand now, masked, checked, or not at all."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import pytest

from relay import administration
from relay.mail.compose import Composed
from relay.outgoing import Bounced, Held, Rendered, mails, read_mails, render
from tests.relays import CONTACT, HIDDEN, LISTING, POLICIES, Relay
from tests.rig.deliveries import list_for, write

WRITTEN = ["06 39 98 01 23", "06.39.98.01.23", "+33 6 39 98 01 23", "0639980123", "0033639980123"]
BUYER = "+33639980456"


async def _render(relay: Relay, message_id: str, kind: str = "contact") -> Rendered:
    [found] = await relay.fetch(
        "select mail_id from outbox where message_id = $1::text::uuid and kind = $2",
        message_id.removeprefix("msg_"),
        kind,
    )
    mail_id: UUID = found["mail_id"]
    rows = await read_mails(relay.context, [relay.site.site_id], [mail_id])
    site = await relay.context.sites.by_id(relay.site.site_id)
    return render(relay.context, site, rows[mail_id])


async def _mail(relay: Relay, message_id: str, kind: str = "contact") -> EmailMessage:
    rendered = await _render(relay, message_id, kind)
    assert isinstance(rendered, Composed)
    return message_from_bytes(rendered.content, policy=policy.default)  # type: ignore[return-value]


def _texts(mail: EmailMessage) -> str:
    parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    return "\n".join([*map(str, mail.values()), *parts])


def _shows(mail: EmailMessage, e164: str) -> bool:
    return bool(re.search(r"\D{0,3}".join(e164[-9:]), _texts(mail)))


async def _disclose(relay: Relay, disclosure: str) -> None:
    """Publish a next version of the site's policy with this disclosure."""
    source = (POLICIES / "demo.toml").read_text("utf-8")
    source = source.replace('disclosure = "phone"', f'disclosure = "{disclosure}"')
    source = source.replace("version = 1", "version = 2")
    await administration.publish_policy(relay.context, relay.site, source)
    relay.context.sites.forget()


async def test_the_mail_speaks_of_the_listing_and_the_buyer(relay: Relay) -> None:
    """The advertiser reads the title, the name and the text; From is an alias of our domain."""
    [message_id] = await write(relay)
    mail = await _mail(relay, message_id)
    assert LISTING.title in mail["Subject"]
    assert "Léa" in mail["From"]
    assert mail["From"].addresses[0].domain == "relais.example"
    assert mail["To"].addresses[0].addr_spec == "camille@annonceur.example"
    assert CONTACT["message"].split(".")[0] in _texts(mail)


@pytest.mark.parametrize("number", WRITTEN)
@pytest.mark.parametrize("field", ["message", "name"])
async def test_the_hidden_number_is_masked_in_what_the_buyer_writes(
    relay: Relay, field: str, number: str
) -> None:
    """Contract d: the advertiser's hidden number is in no text, name, subject or sender."""
    text = {"message": f"Bonjour, est-ce bien le {number} ? Merci.", "name": f"Léa {number}"}
    [message_id] = await write(relay, **{field: text[field]})
    rendered = await _render(relay, message_id)
    if isinstance(rendered, Held):  # closed is as good as masked
        assert rendered.reason == "egress"
        return
    assert not _shows(await _mail(relay, message_id), HIDDEN)


@pytest.mark.parametrize("number", WRITTEN)
@pytest.mark.parametrize("field", ["title", "ref", "url"])
async def test_the_hidden_number_is_nowhere_in_what_the_site_wrote(
    relay: Relay, field: str, number: str
) -> None:
    """Contract d: a title is masked; a reference or address that shows the number is held."""
    [message_id] = await write(relay)
    values = {
        "title": f"Vélo, appelez le {number}",
        "ref": f"{number}",
        "url": f"https://annonces.example/{number.replace(' ', '-')}",
    }
    if field == "ref":
        await relay.put_listing(ref=number)
        _, body = await relay.post(listing=number)
        rendered = await _render(relay, body["id"])
        assert isinstance(rendered, Held)
        return
    await list_for(relay, "camille", **{field: values[field]})
    rendered = await _render(relay, message_id)
    assert isinstance(rendered, Held) or not _shows(await _mail(relay, message_id), HIDDEN)


async def test_the_choice_about_the_number_is_read_when_the_mail_is_sent(relay: Relay) -> None:
    """A number shown when the mail was queued and hidden since is masked, and the other way."""
    await list_for(relay, "camille", show_phone=True)
    [message_id] = await write(relay, message="Bonjour, est-ce bien le 06 39 98 01 23 ? Merci.")
    await list_for(relay, "camille", show_phone=False)
    assert not _shows(await _mail(relay, message_id), HIDDEN)
    await list_for(relay, "camille", show_phone=True)
    assert _shows(await _mail(relay, message_id), HIDDEN)


@pytest.mark.parametrize(
    ("disclosure", "phone", "address"),
    [("full", True, True), ("phone", True, False), ("alias", False, False)],
)
async def test_what_the_policy_discloses(
    relay: Relay, disclosure: str, phone: object, address: object
) -> None:
    """Of the buyer the advertiser gets what the site promised, in the lines and in the text."""
    text = "Bonjour, joignez-moi au 06 39 98 04 56 ou à lea@acheteuse.example, merci."
    [message_id] = await write(relay, email="lea@acheteuse.example", message=text)
    await _disclose(relay, disclosure)
    rendered = await _render(relay, message_id)
    if isinstance(rendered, Held):
        assert (disclosure, rendered.reason) == ("alias", "egress")
        return
    mail = await _mail(relay, message_id)
    assert _shows(mail, BUYER) == phone
    assert ("lea@acheteuse.example" in _texts(mail)) == address


@pytest.mark.parametrize("side", ["sender_id", "advertiser_id"])
async def test_an_erased_person_holds_the_mail(relay: Relay, side: str) -> None:
    """GDPR 17: with the key of either side destroyed nothing can be sent."""
    [message_id] = await write(relay)
    await relay.fetch(
        "update person set wrapped_key = null where person_id in ("
        f" select {side} from message join conversation using (site_id, conversation_id)"
        "  join listing using (site_id, listing_id)) returning 1"
    )
    assert await _render(relay, message_id) == Held("erased")


async def test_a_suppressed_address_bounces(relay: Relay) -> None:
    """F31: nothing is rendered for an address that is written off, until that ends."""
    [message_id] = await write(relay)
    await relay.fetch(
        "insert into suppression (site_id, mail_hash, reason, expires_at)"
        " select site_id, mail_hash, 'mailbox_unknown', now() + interval '1 day' from person"
        " returning 1"
    )
    assert await _render(relay, message_id) == Bounced("suppressed")
    await relay.fetch("update suppression set expires_at = now() returning 1")
    assert isinstance(await _render(relay, message_id), Composed)


async def test_a_leak_holds_the_mail(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contract 5: what masking overlooked is found in the finished bytes, and held."""
    [message_id] = await write(relay)
    real = mails.compose_contact

    def leaking(mail: object) -> Composed:
        composed = real(mail)  # type: ignore[arg-type]
        spoilt = composed.content.replace(b"Subject: ", b"X-Phone: 0639980123\r\nSubject: ")
        return Composed(composed.sender, composed.recipient, spoilt)

    monkeypatch.setattr(mails, "compose_contact", leaking)
    assert await _render(relay, message_id) == Held("egress")


async def test_a_second_message_joins_the_thread(relay: Relay) -> None:
    """The second mail of a conversation names the first; ids differ even when made at once."""
    ids = []
    for text in ("Bonjour, est-il disponible ?", "Bonjour, et pourriez-vous livrer ?"):
        ids += await write(relay, email="lea@acheteuse.example", message=text)
    first, second = [await _mail(relay, message_id) for message_id in ids]
    assert first["In-Reply-To"] is None
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert second["Message-ID"] != first["Message-ID"]
    assert second["From"].addresses[0] == first["From"].addresses[0]


async def test_a_receipt_has_no_word_of_the_sender(relay: Relay) -> None:
    """A5: the receipt says nothing an attacker could have chosen, and has no number in it."""
    [message_id] = await write(relay, receipt=True, name="Gagnez un million")
    mail = await _mail(relay, message_id, "receipt")
    assert "million" not in _texts(mail)
    assert LISTING.title not in _texts(mail)
    assert mail["Auto-Submitted"] == "auto-generated"
