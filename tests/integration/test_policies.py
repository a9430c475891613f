"""What each site's policy promises is what its form asks and its mail shows."""

from collections.abc import AsyncIterator
from email import message_from_bytes, policy

import pytest

from relay.context import Context
from tests.relays import CONTACT, LISTING, Relay, courier, open_relay
from tests.rig.ledger import check_wire, shows
from tests.rig.smtp_sink import SmtpSink

BUYER_PHONE = "+33639980456"


@pytest.fixture
async def annonces(context: Context) -> AsyncIterator[Relay]:
    """The site 1000-annonces."""
    async with open_relay(context, "1000-annonces") as opened:
        yield opened
        await opened.check_ledger()


@pytest.fixture
async def visio(context: Context) -> AsyncIterator[Relay]:
    """The site zone-visio."""
    async with open_relay(context, "zone-visio") as opened:
        yield opened
        await opened.check_ledger()


async def mail_to_advertiser(relay: Relay) -> tuple[str, str, bytes]:
    """Deliver what waits; return subject, text and bytes of the advertiser's mail."""
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await sink.wait_for(2, timeout_s=10)
    await check_wire(relay, sink)
    [mail] = [m for m in sink.mails if m.recipients == (LISTING.advertiser.email,)]
    parsed = message_from_bytes(mail.content, policy=policy.default)
    text = parsed.get_body(("plain",))
    assert text is not None
    assert shows(mail, BUYER_PHONE) is (
        BUYER_PHONE[-9:] in "".join(filter(str.isdigit, text.get_content()))
    )
    return parsed["Subject"], text.get_content(), mail.content


async def test_annonces_requires_the_phone(annonces: Relay) -> None:
    """1000-annonces: without a phone number nothing is taken, and the field is named."""
    status, body = await annonces.post(phone="")
    assert (status, body["errors"][0]["code"]) == (422, "phone_missing")


async def test_annonces_passes_everything_on(annonces: Relay) -> None:
    """1000-annonces: phone and address of the buyer are passed on, as its policy promises."""
    assert (await annonces.post())[0] == 202
    subject, text, _ = await mail_to_advertiser(annonces)
    assert CONTACT["email"] in text
    assert BUYER_PHONE[-9:] in "".join(filter(str.isdigit, text))
    assert LISTING.title in subject


async def test_annonces_says_so_beside_the_form(annonces: Relay) -> None:
    """1000-annonces: the form says that the address is passed on."""
    page = f"{annonces.form}?listing=48213&lang=en"
    async with annonces.http.get(page, headers={"Accept": "text/html"}) as answer:
        assert "your message, your email address and your phone number" in await answer.text()


async def test_visio_takes_no_phone(visio: Relay) -> None:
    """zone-visio: the phone is optional; the address stays hidden and the subject says nothing."""
    assert (await visio.post(phone=""))[0] == 202
    subject, text, content = await mail_to_advertiser(visio)
    assert CONTACT["email"] not in text
    assert CONTACT["email"].encode() not in content
    assert LISTING.title not in subject
    assert "48213" not in subject


async def test_visio_hides_the_address_written_in_the_text(visio: Relay) -> None:
    """zone-visio: an address the buyer writes in the text is masked where the policy hides it."""
    await visio.post(message=f"Écrivez-moi à {CONTACT['email'].upper()} plutôt.")
    _, text, _ = await mail_to_advertiser(visio)
    assert CONTACT["email"] not in text.casefold()
