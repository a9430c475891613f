"""The links of a mail: GET shows, POST acts, and what is chosen holds for what leaves next."""

import re

from tests.relays import Relay, courier, until
from tests.rig.smtp_sink import SmtpSink

HTML = {"Accept": "text/html"}


async def _mail_links(relay: Relay, sink: SmtpSink) -> str:
    """Send a contact and return the start of its links."""
    await relay.post(message="Bonjour, c’est pour le vélo, merci.")
    mails = await sink.wait_for(2, timeout_s=30)
    mail = next(m for m in mails if "camille@annonceur.example" in m.recipients)
    text = re.sub(r"=\r\n", "", mail.content.decode())
    found = re.search(r"https://relais\.example(/a/[\w.-]+)/sold", text)
    assert found
    return relay.url + found[1]


async def test_a_get_changes_nothing_and_a_post_closes_the_listing(relay: Relay) -> None:
    """Opening «Vendu» changes nothing; pressing its button ends the listing for new contacts."""
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        links = await _mail_links(relay, sink)
        async with relay.http.get(f"{links}/sold", headers=HTML) as page:
            assert page.status == 200
        assert (await relay.post(email="tom@acheteur.example"))[0] == 202
        async with relay.http.post(f"{links}/sold", data={}, headers=HTML) as page:
            assert page.status == 200
        status, body = await relay.post(email="zoe@acheteuse.example")
        assert (status, body["code"]) == (409, "listing_closed")


async def test_available_tells_the_buyer_once_a_day(relay: Relay) -> None:
    """«Oui, disponible», pressed twice, sends the buyer one mail of fixed text."""
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        links = await _mail_links(relay, sink)
        for _ in range(2):
            await relay.http.post(f"{links}/available", data={})
        await sink.wait_for(3, timeout_s=30)

        async def settled() -> bool:
            rows = await relay.fetch("select state from outbox where state <> 'delivered'")
            return not rows

        await until(settled)
        told = [m for m in sink.mails if b"est toujours disponible" in m.content]
        assert len(told) == 1
        assert told[0].recipients == ("lea@acheteuse.example",)


async def test_one_click_unsubscribe_pauses_the_listing(relay: Relay) -> None:
    """A mail program's one-click post (RFC 8058) pauses the ad, and resuming opens it again."""
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        links = await _mail_links(relay, sink)
        one_click = {"List-Unsubscribe": "One-Click"}
        async with relay.http.post(f"{links}/pause", data=one_click, allow_redirects=False) as page:
            assert page.status == 303
        assert (await relay.post(email="zoe@acheteuse.example"))[0] == 409
        await relay.http.post(f"{links}/resume", data={})
        assert (await relay.post(email="zoe@acheteuse.example"))[0] == 202


async def test_a_blocked_buyer_is_told_nothing(relay: Relay) -> None:
    """A8: a blocked buyer is answered like another; their message is refused, another's leaves."""
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        links = await _mail_links(relay, sink)
        await relay.http.post(f"{links}/block", data={})
        status, body = await relay.post(message="Et maintenant, toujours disponible ?")
        assert (status, body["state"]) == (202, "queued")
        assert (await relay.states())[body["id"]] == "refused"
        assert (await relay.post(email="zoe@acheteuse.example"))[0] == 202
        await relay.http.post(f"{links}/unblock", data={})
        assert (await relay.post(message="Et là, toujours disponible ?"))[0] == 202


async def test_a_shown_phone_is_read_when_the_mail_is_sent(relay: Relay) -> None:
    """A number shown after the message was queued is not masked in the mail that leaves then."""
    async with SmtpSink() as sink:
        async with courier(relay.context, sink.port):
            links = await _mail_links(relay, sink)
        await relay.post(
            email="zoe@acheteuse.example", message="Je vous appelle au 06 39 98 01 23 ?"
        )
        await relay.http.post(f"{links}/show-phone", data={})
        async with courier(relay.context, sink.port):
            await sink.wait_for(4, timeout_s=30)
        shown = [m for m in sink.mails if b"06 39 98 01 23" in m.content]
        assert len(shown) == 1


async def test_a_report_is_kept_once(relay: Relay) -> None:
    """Reporting twice keeps one report, whose note is sealed."""
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        links = await _mail_links(relay, sink)
        for _ in range(2):
            await relay.http.post(f"{links}/report", data={"note": "Arnaque évidente"})
        rows = await relay.fetch("select sealed_note from report")
        assert len(rows) == 1
        assert b"Arnaque" not in rows[0]["sealed_note"]


async def test_a_link_of_the_buyer_opens_nothing_of_the_advertiser(relay: Relay) -> None:
    """A token made for one side is unknown to the other side's pages."""
    _, body = await relay.post()
    token = body["status_url"].rsplit("/", 1)[1]
    async with relay.http.get(f"{relay.url}/a/{token}/sold", headers=HTML) as page:
        assert page.status == 404


async def test_a_routine_update_keeps_what_the_advertiser_chose(relay: Relay) -> None:
    """A site's PUT without a state leaves a sold ad sold; with ``open`` it opens it again."""
    body = {
        "title": "Vélo de ville",
        "advertiser": {"pseudonym": "Camille", "email": "camille@annonceur.example"},
    }
    url = f"{relay.url}/v1/listings/48213"
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        links = await _mail_links(relay, sink)
        await relay.http.post(f"{links}/sold", data={})
        await relay.http.post(f"{links}/show-phone", data={})
    async with relay.http.put(url, json=body, headers=relay.secret) as answer:
        kept = await answer.json()
    assert (kept["state"], kept["show_phone"]) == ("closed", True)
    async with relay.http.put(url, json=body | {"state": "open"}, headers=relay.secret) as answer:
        assert (await answer.json())["state"] == "open"
    await relay.http.delete(url, headers=relay.secret)
    async with relay.http.put(url, json=body, headers=relay.secret) as answer:
        assert (await answer.json())["state"] == "open"
