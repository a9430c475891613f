"""The main job: a form post becomes a mail, over real HTTP, PostgreSQL and SMTP."""

from tests.relays import HIDDEN, Relay, courier, until
from tests.rig.smtp_sink import SmtpSink


async def test_a_form_post_becomes_a_mail(relay: Relay) -> None:
    """A contact is delivered once, and the advertiser's hidden number is in none of its bytes."""
    status, body = await relay.post(message="Bonjour, je vous appelle au 06 39 98 01 23 ?")
    assert status == 202
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await sink.wait_for(2, timeout_s=30)

        async def delivered() -> bool:
            return (await relay.states())[body["id"]] == "delivered"

        await until(delivered)
    to_advertiser = [mail for mail in sink.mails if "camille@annonceur.example" in mail.recipients]
    assert len(to_advertiser) == 1
    digits = "".join(sign for sign in to_advertiser[0].content.decode() if sign.isdigit())
    assert HIDDEN[-9:] not in digits


async def test_a_repeated_key_is_answered_after_the_listing_ended(relay: Relay) -> None:
    """F2: a retry with its key gets the saved answer even when the listing has ended since."""
    key = {"Idempotency-Key": "k-1"}
    _, first = await relay.post(headers=key)
    async with relay.http.delete(f"{relay.url}/v1/listings/48213", headers=relay.secret) as answer:
        assert answer.status == 204
    status, again = await relay.post(headers=key)
    assert (status, again["id"]) == (202, first["id"])
    assert (await relay.post(email="zoe@acheteuse.example"))[0] == 409
