"""The main job: a form post becomes a mail, over real HTTP, PostgreSQL and SMTP."""

from tests.relays import HIDDEN, Relay, courier, until
from tests.rig.smtp_sink import SmtpSink


async def test_a_form_post_becomes_a_mail(relay: Relay) -> None:
    """A contact is delivered once, and the advertiser's hidden number is in none of its bytes."""
    status, body = await relay.post(message="Bonjour, je vous appelle au 06 39 98 01 23 ?")
    assert status == 202
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await sink.wait_for(2, timeout_s=10)

        async def delivered() -> bool:
            return (await relay.states())[body["id"]] == "delivered"

        await until(delivered)
    to_advertiser = [mail for mail in sink.mails if "camille@annonceur.example" in mail.recipients]
    assert len(to_advertiser) == 1
    digits = "".join(sign for sign in to_advertiser[0].content.decode() if sign.isdigit())
    assert HIDDEN[-9:] not in digits
