"""What a second reader of the way back found: each test says what must hold, and does not yet."""

import base64
import gc
import os
import resource
from pathlib import Path
from uuid import UUID

import pytest

from relay import moderation
from relay.catalogue import Advertiser
from relay.context import open_context
from relay.database import queries, rows_of
from relay.errors import Unavailable
from relay.mail.reading.values import Incoming
from relay.outgoing import buyer_url
from relay.sealing import new_id
from relay.settings import Settings, read_settings
from tests.relays import HIDDEN, Relay, courier, intake, open_relay, until
from tests.rig.ledger import shows
from tests.rig.smtp_sink import SmtpSink
from tests.scenarios.test_arrivals import alias, deliver, dialogue, mail
from tests.scenarios.test_private_pages import HTML, disowned, pages, press, show
from tests.scenarios.test_replies import (
    ADVERTISER,
    BUYER,
    bounce,
    come_in,
    opened,
    sent_on,
    settled,
    text_of,
)

FROM_BUYER = f"<{BUYER}>"
DOMINIQUE = Advertiser("Dominique", "dom@annonceur.example", "+33639980777")


async def replies(relay: Relay) -> list[tuple[str, str]]:
    """Return state and reason of every reply, oldest first."""
    rows = await relay.fetch(
        "select state, reason from outbox where kind = 'reply' order by mail_id"
    )
    return [(row["state"], row["reason"]) for row in rows]


async def statuses(relay: Relay, page: str, *names: str) -> dict[str, int]:
    """Open pages; return the status of each."""
    found = {}
    for name in names:
        async with relay.http.get(f"{page}/{name}", headers=HTML) as answer:
            found[name] = answer.status
    return found


async def end_listing(relay: Relay) -> None:
    """Let the listing have ended longer ago than its aliases live."""
    await relay.fetch(
        "update listing set state = 'closed', ended_at = now() - interval '31 days' returning 1"
    )


# Who opens a page, who speaks as a party.


async def test_who_types_an_address_opens_nothing_of_its_owner(relay: Relay) -> None:
    """A9: a form sent under a buyer's address gives no page with what that buyer was answered."""
    to = await alias(relay)
    await come_in(relay, to, mail(to, "Le code du portail est SESAME."))
    await press(relay, f"{await pages(relay, 'advertiser')}/number", shown="1")
    status, body = await relay.post(message="Bonjour, je suis un autre, sous votre adresse.")
    assert status == 202
    stolen = relay.url + body["status_url"].removeprefix(relay.context.settings.public_url)
    async with relay.http.get(f"{stolen}/answer", headers=HTML) as answer:
        shown = (await answer.text()).replace("\u00a0", " ")
    assert "SESAME" not in shown
    assert "06 39 98 01 23" not in shown


async def test_what_the_buyer_ended_only_the_buyer_begins_again(relay: Relay) -> None:
    """F48: the advertiser cannot undo the end that the buyer chose."""
    await alias(relay)
    assert await press(relay, f"{await pages(relay, 'buyer')}/end") == 303
    theirs = await pages(relay, "advertiser")
    await press(relay, f"{theirs}/unblock")
    assert await press(relay, f"{theirs}/answer", message="Pourquoi ne répondez-vous pas ?") == 409
    assert await replies(relay) == []


# A conversation that has ended takes nothing, by no door.


async def test_a_bounce_address_is_no_way_into_an_ended_conversation(relay: Relay) -> None:
    """F48: after a block, a reply sent to the envelope sender of an old mail goes nowhere."""
    to = await alias(relay)
    async with SmtpSink() as sink:
        await come_in(relay, to, mail(to))
        mails = await sent_on(relay, sink, 3)
        [answer] = [one for one in mails if one.sender and b"X-Relais-Hop" in one.content]
    assert await press(relay, f"{await pages(relay, 'advertiser')}/block") == 303
    raw = mail(answer.sender, "Vous ne me ferez pas taire.", From=FROM_BUYER, Message_ID="<9@x.fr>")
    async with dialogue(relay) as spoken, intake(relay.context):
        await deliver(spoken, answer.sender, raw=raw)
        await settled(relay)
    assert len(await replies(relay)) == 1


async def test_what_was_kept_before_a_block_is_not_passed_on_after_it(relay: Relay) -> None:
    """F48: a reply that waits to be read while the other side blocks its writer goes nowhere."""
    to = await alias(relay, "advertiser")
    async with dialogue(relay) as spoken:
        await deliver(spoken, to, raw=mail(to, "Encore moi.", From=FROM_BUYER))
    assert await press(relay, f"{await pages(relay, 'advertiser')}/block") == 303
    async with intake(relay.context):
        await settled(relay)
    assert "queued" not in dict(await replies(relay))


async def test_no_number_is_announced_to_who_ended_it(relay: Relay) -> None:
    """F48: after a block, pressing «show my number» sends the other side no mail."""
    await alias(relay)
    theirs = await pages(relay, "buyer")
    assert await press(relay, f"{await pages(relay, 'advertiser')}/block") == 303
    await press(relay, f"{theirs}/number", shown="1")
    assert await relay.fetch("select 1 from outbox where kind = 'reader_notice'") == []


async def test_a_yes_after_the_end_sends_nothing(relay: Relay) -> None:
    """F48: «C’est bien moi» on a held reply does not deliver it into an ended conversation."""
    to = await alias(relay)
    await come_in(relay, to, mail(to, "De chez moi.", From="<camille.perso@ailleurs.example>"))
    assert await press(relay, f"{await pages(relay, 'buyer')}/end") == 303
    [row] = await relay.fetch("select message_id from outbox where state = 'held'")
    page = await pages(relay, "advertiser")
    await press(relay, f"{page}/confirm", id="msg_" + row["message_id"].hex, mine="1")
    assert [state for state, _ in await replies(relay)] != ["queued"]


@pytest.mark.parametrize("side", ["buyer", "advertiser"])
async def test_pages_end_with_the_aliases(relay: Relay, side: str) -> None:
    """F48: thirty days after its listing ended nobody writes by page what mail refuses."""
    await alias(relay)
    page = await pages(relay, side)
    await end_listing(relay)
    assert await press(relay, f"{page}/answer", message="Toujours là ?") in (404, 409, 410)


@pytest.mark.parametrize("side", ["buyer", "advertiser"])
async def test_pages_of_the_erased_are_refused_not_broken(relay: Relay, side: str) -> None:
    """F48: a page whose other party was erased is refused in words, not as a fault of ours."""
    await alias(relay)
    page = await pages(relay, side)
    await relay.fetch("update person set wrapped_key = null returning 1")
    found = await statuses(relay, page, "answer", "number", "confirm")
    assert set(found.values()) <= {404, 410}


# A listing that changes hands.


async def test_a_consent_ends_with_who_gave_it(relay: Relay) -> None:
    """A consent to show a number is of the person: the next advertiser's number stays hidden."""
    await alias(relay)
    theirs = await pages(relay, "buyer")
    assert await press(relay, f"{await pages(relay, 'advertiser')}/number", shown="1") == 303
    await relay.put_listing(advertiser=DOMINIQUE)
    assert "06 39 98 07 77" not in await show(relay, f"{theirs}/number")


async def test_the_former_advertisers_words_are_not_quoted_to_the_next(relay: Relay) -> None:
    """R1: the history in a mail is what its own reader wrote, never a former advertiser's words."""
    to = await alias(relay)
    async with SmtpSink() as sink:
        await come_in(relay, to, mail(to, "Passez chez moi. Camille, 06 39 98 01 23."))
        await sent_on(relay, sink, 4)
        await relay.put_listing(advertiser=DOMINIQUE)
        theirs = await pages(relay, "buyer")
        assert await press(relay, f"{theirs}/answer", message="Parfait, à samedi.") == 303
        mails = await sent_on(relay, sink, 5)
    quoted = [one for one in mails if one.recipients == (DOMINIQUE.email,)]
    assert not any(shows(one, HIDDEN) for one in quoted)
    assert not any("Passez chez moi" in text_of(opened(one)) for one in quoted)


async def test_a_former_advertisers_reply_is_not_shown_to_the_next(relay: Relay) -> None:
    """A9: the alias is the old owner's too: what they write is not laid before the new owner."""
    to = await alias(relay)
    await relay.put_listing(advertiser=DOMINIQUE)
    await come_in(relay, to, mail(to, "Mon secret de la semaine."))
    page = await pages(relay, "advertiser")
    assert "Mon secret" not in await show(relay, f"{page}/confirm")


async def test_mails_of_a_person_who_is_gone_hold_up_nobody(relay: Relay) -> None:
    """Contract 2, 7: mails of a purged former advertiser end; those behind them are read."""
    to = await alias(relay)
    async with dialogue(relay) as spoken:
        for n in range(4):
            await deliver(spoken, to, raw=mail(to, f"Reste {n}", Message_ID=f"<{n}@x.example>"))
    await relay.put_listing(advertiser=DOMINIQUE)
    await purge_persons(relay)
    behind = await alias(relay, email="tom@acheteur.example")
    async with dialogue(relay) as spoken, intake(relay.context):
        raw = mail(behind, "Bonjour Tom.", From=f"<{DOMINIQUE.email}>")
        assert (await deliver(spoken, behind, raw=raw))[-1].startswith("250")
        await until(lambda: replies(relay), 5)


async def purge_persons(relay: Relay) -> None:
    """Delete the persons whom nothing names any more, as the purge does."""
    async with relay.context.database.connection() as connection, connection.transaction():
        rows = await relay.fetch("select person_id from person")
        due = await rows_of(
            queries().due_persons(
                connection,
                site_id=relay.site.site_id,
                ids=[row["person_id"] for row in rows],
                as_of=relay.context.clock(),
            )
        )
        await queries().delete_persons(
            connection, site_id=relay.site.site_id, ids=[row["id"] for row in due]
        )


# What one stranger's mail may do.


@pytest.mark.parametrize("head", ["<a@x.example>, <b@x.example>", "undisclosed"])
async def test_a_mail_without_one_sender_breaks_no_page(relay: Relay, head: str) -> None:
    """A9: a mail with no From address, or with two, leaves the party's pages as they were."""
    to = await alias(relay)
    await come_in(relay, to, mail(to, "Bonjour.", From=head))
    page = await pages(relay, "advertiser")
    found = await statuses(relay, page, "answer", "number", "confirm")
    assert set(found.values()) == {200}


async def test_a_strangers_mails_do_not_silence_the_party(relay: Relay) -> None:
    """A9, A10: held mails of a stranger do not count towards the breaker of the two parties."""
    to = await alias(relay)
    async with dialogue(relay) as spoken, intake(relay.context):
        for n in range(20):
            raw = mail(to, f"Spam {n}", From="<x@ailleurs.example>", Message_ID=f"<{n}@x.example>")
            await deliver(spoken, to, raw=raw)
        await deliver(spoken, to, raw=mail(to, "Le vrai mot de Camille."))
        await settled(relay)
    assert (await replies(relay))[-1] == ("queued", "accepted")


async def test_a_stranger_is_a_stranger_in_a_loop_too(relay: Relay) -> None:
    """A9: the 21st mail of an hour, when a stranger's, is held as such, for the party to own."""
    to = await alias(relay)
    async with dialogue(relay) as spoken, intake(relay.context):
        for n in range(21):
            raw = mail(to, f"Spam {n}", From="<x@ailleurs.example>", Message_ID=f"<{n}@x.example>")
            await deliver(spoken, to, raw=raw)
        await settled(relay)
    assert {reason for _, reason in await replies(relay)} == {"stranger"}


async def test_a_strangers_robot_does_not_use_up_the_day(relay: Relay) -> None:
    """A11: the party's own absence notice is passed on though a stranger's program wrote first."""
    to = await alias(relay)
    for n, sender in enumerate(("<robot@ailleurs.example>", f"<{ADVERTISER}>")):
        raw = mail(
            to,
            "Je suis absente.",
            From=sender,
            Auto_Submitted="auto-replied",
            Message_ID=f"<{n}@x.example>",
        )
        await come_in(relay, to, raw)
    assert await replies(relay) == [("queued", "accepted")]


async def test_a_disowned_reply_is_no_answer(relay: Relay) -> None:
    """A9: the buyer's page does not say «a répondu» of a stranger's mail that was refused."""
    await disowned(relay, "faux@ailleurs.example")
    assert "a répondu" not in await show(relay, await pages(relay, "buyer"))


async def test_a_disowned_reply_is_nothing_its_party_said(relay: Relay) -> None:
    """The address of a stranger whose reply was disowned is not its party’s: they may write it."""
    page = await disowned(relay, "boutique@ailleurs.example")
    text = "Voyez avec boutique@ailleurs.example, je vous prie."
    assert await press(relay, f"{page}/answer", message=text) == 303
    async with SmtpSink() as sink:
        sent = await sent_on(relay, sink, 4)
    [answer] = [text_of(opened(one)) for one in sent if "je vous prie" in text_of(opened(one))]
    assert text in answer


# What leaks.


async def test_a_page_masks_a_split_number_as_the_mail_does(relay: Relay) -> None:
    """R16: the end of a number begun in the reply before is masked on the page as in the mail."""
    to = await alias(relay)
    for n, part in enumerate(("Mon numero commence par 06 39 98", "et finit par 01 23, a bientot")):
        await come_in(relay, to, mail(to, part, Message_ID=f"<s{n}@annonceur.example>"))
    assert "01 23" not in await show(relay, f"{await pages(relay, 'buyer')}/answer")


async def test_the_other_address_of_a_party_is_hidden_as_the_first(relay: Relay) -> None:
    """R1: the address a reply came from is kept from its reader, the known one or another."""
    to = await alias(relay)
    other = "camille.perso@ailleurs.example"
    await come_in(relay, to, mail(to, "Un.", From=f"<{other}>"))
    page = await pages(relay, "advertiser")
    [row] = await relay.fetch("select message_id from outbox where state = 'held'")
    await press(relay, f"{page}/confirm", id="msg_" + row["message_id"].hex, mine="1")
    text = f"Le plus simple est de m'écrire à {other}, je lis tout."
    async with SmtpSink() as sink:
        await come_in(relay, to, mail(to, text, From=f"<{other}>", Message_ID="<2@x.example>"))
        mails = await sent_on(relay, sink, 4)
    to_buyer = [one for one in mails if one.recipients == (BUYER,)]
    assert not any(other.encode() in one.content for one in to_buyer)


@pytest.mark.parametrize("scheme", ["", "http:// "])
async def test_a_private_link_without_its_scheme_is_no_less_private(
    relay: Relay, scheme: str
) -> None:
    """A7: the token that opens a party's pages is taken out however its link is written."""
    await alias(relay)
    page = await pages(relay, "advertiser")
    token = page.rpartition("/")[2]
    async with SmtpSink() as sink:
        text = f"Voyez {scheme}relais.example/a/{token}/number"
        assert await press(relay, f"{page}/answer", message=text) == 303
        mails = await sent_on(relay, sink, 3)
    to_buyer = [one for one in mails if one.recipients == (BUYER,)]
    assert not any(token in text_of(opened(one)) for one in to_buyer)


# What is lost, or left where nobody sees it.


async def test_a_notice_that_was_deferred_is_still_that_notice(relay: Relay) -> None:
    """R6: a reader's notice that a server put off once leaves at the next try."""
    await relay.put_listing(
        advertiser=Advertiser("Camille", "greylist-2@annonceur.example", HIDDEN)
    )
    await alias(relay)
    await press(relay, f"{await pages(relay, 'buyer')}/number", shown="1")
    async with SmtpSink() as sink, courier(relay.context, sink.port):

        async def are_deferred() -> bool:
            rows = await relay.fetch("select 1 from outbox where state = 'deferred'")
            return len(rows) == 2

        await until(are_deferred)
        for _ in range(3):
            await relay.travel(7200)
            await settle_outbox(relay)
    rows = await relay.fetch("select kind, state, reason from outbox where kind <> 'receipt'")
    assert {row["kind"]: row["state"] for row in rows} == {
        "contact": "delivered",
        "reader_notice": "delivered",
    }


async def settle_outbox(relay: Relay) -> None:
    """Wait until nothing in the outbox is due or under way."""

    async def is_quiet() -> bool:
        rows = await relay.fetch(
            "select 1 from outbox where state in ('queued', 'sending')"
            " or (state = 'deferred' and due_at < now())"
        )
        return not rows

    await until(is_quiet)


async def test_a_missing_master_key_loses_no_mail(relay: Relay, settings: Settings) -> None:
    """Contract 6: a worker without the master key of a mail leaves it; erased is not that."""
    to = await alias(relay)
    async with dialogue(relay) as spoken:
        await deliver(spoken, to, raw=mail(to))
    wrong = read_settings(
        {},
        database_url=str(settings.database_url and settings.database_url.get_secret_value()),
        master_key="k2:" + base64.b64encode(os.urandom(32)).decode(),
        mail_domain=settings.mail_domain,
        public_url=settings.public_url,
    )
    async with open_context(wrong) as context, intake(context):

        async def was_tried() -> bool:
            return bool(await relay.fetch("select 1 from inbound where tries > 0"))

        await until(was_tried)
    [row] = await relay.fetch("select state, reason, sealed_raw from inbound")
    assert row["sealed_raw"], f"the words are gone: {row['state']}, {row['reason']}"


class _AbsentReader:
    """No reading process can be started: no memory, no process table."""

    async def read(self, _raw: bytes) -> Incoming:
        raise Unavailable

    async def close(self) -> None:
        """Nothing to end."""


async def test_trouble_of_ours_is_no_fault_of_the_mail(relay: Relay) -> None:
    """F46: a mail that could not be looked at three times is read at the fourth, not held."""
    to = await alias(relay)
    async with dialogue(relay) as spoken:
        await deliver(spoken, to, raw=mail(to))
    for n in range(3):
        async with intake(relay.context) as running:
            running._reader = _AbsentReader()  # type: ignore[assignment]

            async def was_tried(n: int = n) -> bool:
                return bool(await relay.fetch("select 1 from inbound where tries > $1", n))

            await until(was_tried)
        await relay.fetch("update inbound set due_at = now() returning 1")
    async with intake(relay.context):
        await settled(relay)
    [row] = await relay.fetch("select state, reason from inbound")
    assert (row["state"], row["reason"]) == ("read", "reply")


async def test_one_sites_flood_of_mails_delays_only_itself(relay: Relay) -> None:
    """Contract 7: mails that came in are claimed of every site, whoever filled the queue."""
    to = await alias(relay)
    async with dialogue(relay) as spoken:
        for n in range(8):
            await deliver(spoken, to, raw=mail(to, f"{n}", Message_ID=f"<{n}@x.example>"))
    async with open_relay(relay.context, "rgpd") as second:
        await relay.fetch(
            "insert into inbound (site_id, inbound_id, conversation_id, side, owner_id, copy_hash,"
            " sealed_raw, state, reason)"
            " select $1, $2, $2, 'buyer', person_id, '', '', 'queued', ''"
            " from person where site_id = $1 limit 1 returning 1",
            second.site.site_id,
            new_id(relay.context.clock()),
        )
        async with relay.context.database.connection() as connection:
            rows = await rows_of(queries().claim_inbound(connection, most=4, lease_s=60.0))
        await relay.fetch("delete from inbound where site_id = $1 returning 1", second.site.site_id)
    assert second.site.site_id in {row["site_id"] for row in rows}


async def test_a_broken_bounce_tells_nobody_of_a_reply(relay: Relay) -> None:
    """A6: what cannot be read at a bounce address is no reply: nobody is told that theirs was."""
    await alias(relay)
    async with SmtpSink() as sink:
        mails = await sent_on(relay, sink, 2)
        [contact] = [one for one in mails if one.recipients == (ADVERTISER,)]
        await come_in(relay, contact.sender, mail(contact.sender, ""))
    assert await relay.fetch("select 1 from outbox where reason like 'unreadable%'") == []


async def test_what_a_server_says_of_a_stranger_is_no_bounce(relay: Relay) -> None:
    """F40: a report that came to an alias proves nothing: no address is suppressed for it."""
    to = await alias(relay)
    async with SmtpSink() as sink:
        mails = await sent_on(relay, sink, 2)
        [contact] = [one for one in mails if one.recipients == (ADVERTISER,)]
        raw = bounce(to, contact.message_id, ADVERTISER)
        await come_in(relay, to, raw)
    assert await relay.fetch("select 1 from suppression") == []


async def test_what_waits_to_leave_stays_after_a_block(relay: Relay) -> None:
    """F48: a reply that is queued or deferred when its reader blocks its writer does not leave."""
    to = await alias(relay, "advertiser")
    await come_in(relay, to, mail(to, "Encore moi.", From=FROM_BUYER))
    assert await press(relay, f"{await pages(relay, 'advertiser')}/block") == 303
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await settle_outbox(relay)
    assert not any("Encore moi" in text_of(opened(one)) for one in sink.mails)


async def test_a_strangers_words_are_not_quoted_as_ones_own(relay: Relay) -> None:
    """R17, R18: «Vous aviez écrit» and the thread name what was passed on, never what is held."""
    to = await alias(relay)
    await come_in(relay, to, mail(to, "Payez ici.", From="<x@ailleurs.example>"))
    theirs = await pages(relay, "buyer")
    async with SmtpSink() as sink:
        assert await press(relay, f"{theirs}/answer", message="Bonjour ?") == 303
        mails = await sent_on(relay, sink, 4)
    [reply] = [one for one in mails if one.sender and b"X-Relais-Hop" in one.content]
    assert "Payez ici" not in text_of(opened(reply))
    assert "<1@annonceur.example>" not in str(opened(reply)["References"])


async def test_the_reason_of_an_unread_reply_is_a_true_one(relay: Relay) -> None:
    """R6: the notice of an empty reply does not blame the provider of whoever it was for."""
    to = await alias(relay)
    async with SmtpSink() as sink:
        await come_in(relay, to, mail(to, ""))
        mails = await sent_on(relay, sink, 3)
    assert "fournisseur de messagerie a refusé" not in text_of(opened(mails[-1]))


async def test_a_reply_has_a_length(relay: Relay) -> None:
    """R5: megabytes of plain words are not one message, read again for every later mail."""
    to = await alias(relay)
    await come_in(relay, to, mail(to, "\r\n".join(["camille annonceur rr " * 3] * 40_000)))
    rows = await relay.fetch("select octet_length(sealed_content) as bytes from message")
    assert max(row["bytes"] for row in rows) < 256 * 1024


async def test_a_partys_limit_is_one_whatever_link_it_uses(relay: Relay) -> None:
    """A10: twenty messages an hour from the pages are twenty, over all links of a conversation."""
    await alias(relay)
    first = await pages(relay, "buyer")
    _, body = await relay.post(message="Une autre question : quelle taille de cadre ?")
    url = buyer_url(relay.context, relay.site, UUID(body["id"].removeprefix("msg_")))
    second = relay.url + url.removeprefix(relay.context.settings.public_url)
    for n in range(20):
        assert await press(relay, f"{first}/answer", message=f"Message {n}") == 303
    assert await press(relay, f"{second}/answer", message="Le vingt et unième") == 429


async def test_a10_a_mail_that_went_through_too_many_servers(relay: Relay) -> None:
    """A10: a mail with more than thirty Received fields goes round: it is not passed on."""
    to = await alias(relay)
    trace = b"Received: from a by b; Sun, 22 Nov 2026 10:00:00 +0100\r\n" * 31
    await come_in(relay, to, trace + mail(to))
    assert ("queued", "accepted") not in await replies(relay)


async def test_a_reply_that_is_held_is_not_said_to_have_left(relay: Relay) -> None:
    """R6: the writer of a reply that the breaker holds is not told «votre réponse est partie»."""
    to = await alias(relay)
    theirs = await pages(relay, "buyer")
    for n in range(20):
        assert await press(relay, f"{theirs}/answer", message=f"Message {n}") == 303
    await come_in(relay, to, mail(to, "Appelez-moi au 06 39 98 01 23."))
    assert (await replies(relay))[-1] == ("held", "loop")
    assert await relay.fetch("select 1 from outbox where reason like 'number_masked%'") == []


async def test_nobody_is_told_that_a_strangers_reply_expired(relay: Relay) -> None:
    """A9: a stranger's reply ends unowned; the party is not told that a message of theirs did."""
    to = await alias(relay)
    await come_in(relay, to, mail(to, "Payez ici.", From="<x@ailleurs.example>"))
    await relay.travel(31 * 24 * 3600)
    await moderation.expire_held(relay.context)
    assert await relay.fetch("select 1 from outbox where reason like 'expired%'") == []


async def test_a12_a_mail_costs_the_door_about_its_size(relay: Relay) -> None:
    """A12: four megabytes of empty lines, not yet ended, do not fill the memory of the door."""
    to = await alias(relay)
    async with dialogue(relay) as spoken:
        await spoken.say("MAIL FROM:<a@b.example>")
        await spoken.say(f"RCPT TO:<{to}>")
        await spoken.say("DATA")
        gc.collect()
        before = resident_bytes()
        lines = b"\r\n" * 2_000_000
        with pytest.raises(TimeoutError):  # no answer before the dot; the door reads meanwhile
            await spoken.say(lines)
        assert resident_bytes() - before < 60 * 1024 * 1024


def resident_bytes() -> int:
    """Return the memory this process holds."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize()
