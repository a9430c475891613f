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
        await sink.wait_for(2, timeout_s=30)
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


@pytest.fixture
async def rgpd(context: Context) -> AsyncIterator[Relay]:
    """The site whose text promises servers in France."""
    async with open_relay(context, "rgpd") as opened:
        yield opened
        await opened.check_ledger()


@pytest.fixture
async def service(context: Context) -> AsyncIterator[Relay]:
    """The large site with a customer service."""
    async with open_relay(context, "service-client") as opened:
        yield opened
        await opened.check_ledger()


async def test_rgpd_hides_both(rgpd: Relay) -> None:
    """rgpd: neither phone nor address of the buyer leaves, and no number written in the text."""
    text = "Bonjour, appelez-moi au 06 39 98 77 66 ou au 02 61 91 22 33."
    assert (await rgpd.post(message=text))[0] == 202
    _, shown, content = await mail_to_advertiser(rgpd)
    digits = "".join(filter(str.isdigit, shown))
    assert CONTACT["email"].encode() not in content
    for number in (BUYER_PHONE[-9:], "639987766", "261912233"):
        assert number not in digits


async def test_service_requires_the_name(service: Relay) -> None:
    """service-client: without a name nothing is taken, and the field is named."""
    status, body = await service.post(name="")
    assert (status, body["errors"][0]["code"]) == (422, "name_missing")


@pytest.mark.parametrize(
    ("name", "duration"),
    [("1000-annonces", "one year"), ("rgpd", "180 days"), ("zone-visio", "one year")],
)
async def test_the_notice_stands_beside_the_form(
    context: Context, name: str, duration: str
) -> None:
    """The form says how long messages are kept, from the policy file of its site."""
    async with open_relay(context, name) as relay:
        page = f"{relay.form}?listing=48213&lang=en"
        async with relay.http.get(page, headers={"Accept": "text/html"}) as answer:
            text = await answer.text()
    assert duration in text.partition("relay-notice")[2].partition("</p>")[0]
