"""The main job: a contact becomes a mail, over real PostgreSQL and real SMTP."""

import asyncio
from hashlib import sha256
from pathlib import Path

from relay import administration, listings
from relay.contact_rows import ContactRequest
from relay.contacts import Fields, Origin, read_contact
from relay.context import Context
from relay.conversations import ContactDesk, read_status
from relay.settings import Smarthost
from tests.rig.smtp_sink import SmtpSink
from workers.deliver import Courier
from workers.journal import Timing
from workers.transport import Transport

POLICY = Path("policies/demo.toml").read_text(encoding="utf-8")


async def test_a_contact_becomes_a_mail(context: Context) -> None:
    """A contact is stored, delivered once, and shows neither the advertiser's hidden number."""
    await administration.open_site(context, "demo", POLICY, origins=[], test=True)
    site = await administration.find_site(context, "demo")
    await listings.put_listing(
        context,
        site,
        listings.Listing(
            "48213", "Vélo de ville", "120 €, Rennes", None, "fr", False,
            listings.Advertiser("Camille", "camille@annonceur.example", "+33639980123"),
        ),
    )
    contact = read_contact(
        Fields("48213", "lea@acheteur.example", "06 39 98 04 56", "Bonjour, appelez-vous au 06 39 98 01 23 ?", "Léa"),
        site.policy, language="fr", sandbox=True, form=None,
    )
    desk = ContactDesk(context)
    accepted = await desk.accept(
        ContactRequest(site, contact, Origin("203.0.113.4", 4711, "", "Mozilla/5.0", "fr"), None,
                       sha256(b"x").digest(), context.clock(), None, receipt=True)
    )
    async with SmtpSink() as sink:
        transport = Transport([Smarthost.parse(f"smtp://127.0.0.1:{sink.port}")], hostname="relais.example")
        courier = Courier(context, transport, route="sink", timing=Timing())
        running = asyncio.create_task(courier.run())
        await sink.wait_for(2, timeout_s=10)
        await asyncio.sleep(0.3)
        courier.stop()
        await running
        for mail in sink.mails:
            print(mail.content.decode())
    status = await read_status(context, site, accepted.message_id)
    assert status.state == "delivered"
