"""The way back: what one side answers by mail reaches the other side, and nothing else does."""

import signal
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.relays import CONTACT, HIDDEN, LISTING, Relay, courier, intake, until
from tests.rig.armed import kill_at
from tests.rig.ledger import check_wire, shows
from tests.rig.serving import without_limits, working
from tests.rig.smtp_mails import SunkMail
from tests.rig.smtp_sink import SmtpSink
from tests.scenarios.test_arrivals import alias, alias_of, deliver, dialogue, mail

ADVERTISER, BUYER = LISTING.advertiser.email, CONTACT["email"]


async def settled(relay: Relay) -> None:
    """Wait until nothing that came in waits to be read."""

    async def is_read() -> bool:
        rows = await relay.fetch("select 1 from inbound where state in ('queued', 'reading')")
        return not rows

    await until(is_read, 20)


async def come_in(relay: Relay, to: str, raw: bytes) -> None:
    """Bring a mail to the door and have it read."""
    async with dialogue(relay) as spoken, intake(relay.context):
        assert (await deliver(spoken, to, raw=raw))[-1].startswith("250")
        await settled(relay)


async def sent_on(relay: Relay, sink: SmtpSink, count: int) -> list[SunkMail]:
    """Deliver what waits; return the mails once there are *count*."""

    async def are_there() -> bool:
        return len(sink.mails) >= count

    async with courier(relay.context, sink.port):
        await until(are_there, 15)
    return sink.mails


def opened(sunk: SunkMail) -> EmailMessage:
    """Parse a mail as a mail program does."""
    parsed = message_from_bytes(sunk.content, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def text_of(parsed: EmailMessage) -> str:
    """Return the text part."""
    part: Any = parsed.get_body(("plain",))
    return part.get_content()


async def test_the_round(relay: Relay) -> None:
    """R1, R2: the advertiser's words arrive, without signature, address, quote or number."""
    to = await alias(relay)
    text = (
        "Bonjour,\r\noui, il est disponible. Appelez-moi au 06 39 98 01 23.\r\n\r\n"
        "-- \r\nCamille Martin\r\ncamille@annonceur.example\r\n06 39 98 01 23\r\n\r\n"
        f"Le dim. 22 nov. 2026 à 10:00, Léa via Exemple <{to}> a écrit :\r\n> Bonjour, le vélo"
    )
    async with SmtpSink() as sink:
        await sent_on(relay, sink, 2)
        await come_in(relay, to, mail(to, text))
        mails = await sent_on(relay, sink, 4)
        [reply] = [one for one in mails if one.recipients == (BUYER,) and b"Re: " in one.content]
        await check_wire(relay, sink)
    parsed = opened(reply)
    assert "oui, il est disponible." in text_of(parsed)
    assert "[numéro masqué]" in text_of(parsed)
    assert not shows(reply, HIDDEN)
    for secret in (ADVERTISER, "Martin"):
        assert secret not in reply.content.decode()
    assert str(parsed["From"].addresses[0].display_name).startswith("Camille via")
    await relay.check_ledger()


async def test_the_writer_is_told_of_a_masked_number(relay: Relay) -> None:
    """Whose number was masked is told so, with a link to show it to this one buyer."""
    to = await alias(relay)
    async with SmtpSink() as sink:
        await come_in(relay, to, mail(to, "Appelez-moi au 06 39 98 01 23."))
        mails = await sent_on(relay, sink, 4)
        [notice] = [
            one for one in mails if one.recipients == (ADVERTISER,) and b"/number" in one.content
        ]
    assert notice.sender == ""
    assert not shows(notice, HIDDEN)


async def test_and_back_again(relay: Relay) -> None:
    """R17: the buyer answers the answer, and the advertiser has it in the same thread."""
    to_buyer, to_advertiser = await alias(relay), await alias_of(relay, "advertiser")
    async with SmtpSink() as sink:
        await come_in(relay, to_buyer, mail(to_buyer))
        await sent_on(relay, sink, 3)
        raw = mail(
            to_advertiser,
            "Parfait, samedi à 10 h ?",
            From=f"Léa <{BUYER}>".encode("ascii", "ignore").decode(),
            Message_ID="<2@acheteuse.example>",
        )
        await come_in(relay, to_advertiser, raw)
        mails = await sent_on(relay, sink, 4)
    parsed = opened(mails[-1])
    assert mails[-1].recipients == (ADVERTISER,)
    assert "samedi à 10 h" in text_of(parsed)
    assert "<1@annonceur.example>" in parsed["References"]  # what the advertiser's program knows
    assert BUYER not in mails[-1].content.decode()


async def test_a09_a_stranger_with_the_alias(relay: Relay) -> None:
    """A9, R10, R11: a reply from another address waits; the known address is asked, once."""
    to = await alias(relay)
    raw = mail(to, "C'est moi, depuis mon autre adresse.", From="<autre@ailleurs.example>")
    async with SmtpSink() as sink:
        await come_in(relay, to, raw)
        mails = await sent_on(relay, sink, 3)
        [row] = await relay.fetch("select state, reason from outbox where kind = 'reply'")
        assert (row["state"], row["reason"]) == ("held", "stranger")
        [notice] = [one for one in mails if b"/confirm" in one.content]
        assert notice.recipients == (ADVERTISER,)
        assert "autre adresse." not in text_of(opened(notice))
        await check_wire(relay, sink)


async def test_a09_who_forges_the_hidden_address_learns_nothing(relay: Relay) -> None:
    """A9: a mail under the other side's own address waits as any stranger's, and what the buyer
    writes after it leaves as ever: a guess of the hidden address is not answered.
    """
    to_buyer, to_advertiser = await alias(relay), await alias_of(relay, "advertiser")
    async with SmtpSink() as sink:
        await come_in(relay, to_buyer, mail(to_buyer))
        await sent_on(relay, sink, 3)
        for sender, words, number in ((ADVERTISER, "Essai.", 8), (BUYER, "À samedi.", 9)):
            head = {"From": f"<{sender}>", "Message_ID": f"<{number}@x.example>"}
            await come_in(relay, to_advertiser, mail(to_advertiser, words, **head))
        left = await sent_on(relay, sink, 5)
    assert any("À samedi." in text_of(opened(one)) for one in left)
    rows = await relay.fetch(
        "select state, reason from outbox where kind = 'reply' order by mail_id"
    )
    assert [tuple(row) for row in rows][1:] == [("held", "stranger"), ("delivered", "delivered")]


async def test_a_bounce_ends_its_mail(relay: Relay) -> None:
    """F40: a bounce to the address its mail left with ends it; the buyer is told; twice is once."""
    status, body = await relay.post()
    assert status == 202
    async with SmtpSink() as sink:
        [contact] = [
            one for one in await sent_on(relay, sink, 2) if one.recipients == (ADVERTISER,)
        ]
        raw = bounce(contact.sender, contact.message_id, ADVERTISER)
        for _ in range(2):
            async with dialogue(relay) as spoken, intake(relay.context):
                taken = await deliver(spoken, contact.sender, raw=raw, sender="")
                assert taken[-1].startswith("250")
                await settled(relay)
        mails = await sent_on(relay, sink, 3)
    assert (await relay.states())[body["id"]] == "bounced"
    assert [one.recipients for one in mails[2:]] == [(BUYER,)]
    rows = await relay.fetch("select reason from suppression")
    assert [row["reason"] for row in rows] == ["mailbox_unknown"]


async def test_f41_a_delay_changes_nothing(relay: Relay) -> None:
    """F41: a delay notice leaves the state as it is and stands among the attempts."""
    _, body = await relay.post()
    async with SmtpSink() as sink:
        [contact] = [
            one for one in await sent_on(relay, sink, 2) if one.recipients == (ADVERTISER,)
        ]
        raw = bounce(contact.sender, contact.message_id, ADVERTISER, "delayed", "4.4.1")
        await come_in(relay, contact.sender, raw)
    assert (await relay.states())[body["id"]] == "delivered"
    rows = await relay.fetch("select outcome from attempt where phase = 'report'")
    assert [row["outcome"] for row in rows] == ["delayed"]


async def test_a11_an_absence_notice_once_a_day(relay: Relay) -> None:
    """A11: an absence notice is passed on once a day, marked automatic, and never answered."""
    to = await alias(relay)
    async with SmtpSink() as sink:
        await sent_on(relay, sink, 2)
        for n in range(3):
            raw = mail(
                to,
                f"Je suis absente jusqu'au {n + 1} mai.",
                Subject="Absence",
                Auto_Submitted="auto-replied",
                Message_ID=f"<auto{n}@annonceur.example>",
            )
            await come_in(relay, to, raw)
        mails = await sent_on(relay, sink, 3)
    assert len(mails) == 3
    parsed = opened(mails[-1])
    assert parsed["Auto-Submitted"] == "auto-replied"
    assert "absente jusqu'au 1 mai" in text_of(parsed).replace("’", "'")
    rows = await relay.fetch("select reason, count(*) from inbound group by reason")
    assert dict(rows) == {"automatic": 3}


async def test_a10_our_own_mail_comes_back(relay: Relay) -> None:
    """A10, R8: a mail that this relay sent and that comes back ends there."""
    to = await alias(relay)
    async with SmtpSink() as sink:
        await come_in(relay, to, mail(to))
        [reply] = [one for one in await sent_on(relay, sink, 3) if b"X-Relais-Hop" in one.content]
        await come_in(relay, to, reply.content + b"\r\n.\r\n")
    rows = await relay.fetch("select reason from inbound order by received_at")
    assert [row["reason"] for row in rows] == ["reply", "loop"]


async def test_a10_the_breaker(relay: Relay) -> None:
    """A10: two programs that answer each other stop at twenty messages an hour; more is held."""
    to = await alias(relay)
    async with dialogue(relay) as spoken, intake(relay.context):
        for n in range(25):
            raw = mail(to, f"Tour {n}", Message_ID=f"<{n}@annonceur.example>")
            await deliver(spoken, to, raw=raw)
        await settled(relay)
    rows = await relay.fetch(
        "select state, reason, count(*) from outbox where kind = 'reply' group by 1, 2"
    )
    counted = {(row["state"], row["reason"]): row["count"] for row in rows}
    assert counted == {("queued", "accepted"): 19, ("held", "loop"): 6}
    await relay.check_ledger()


async def test_nothing_to_read_is_told(relay: Relay) -> None:
    """R6: a reply of which nothing can be made is told to its writer, never dropped in silence."""
    to = await alias(relay)
    async with SmtpSink() as sink:
        await come_in(relay, to, mail(to, ""))
        mails = await sent_on(relay, sink, 3)
    assert mails[-1].recipients == (ADVERTISER,)
    assert "n’a pas pu être lue" in text_of(opened(mails[-1]))


@pytest.mark.parametrize("before", [True, False])
async def test_r16_a_number_split_over_two_replies(relay: Relay, *, before: bool) -> None:
    """A number begun in one reply and ended in the next is masked in the second."""
    to = await alias(relay)
    parts = ["Mon numero commence par 06 39 98", "et finit par 01 23, a bientot"]
    async with SmtpSink() as sink:
        for n, part in enumerate(parts if before else parts[:1]):
            await come_in(relay, to, mail(to, part, Message_ID=f"<s{n}@annonceur.example>"))
        mails = await sent_on(relay, sink, 4 if before else 3)
    said = [text_of(opened(one)) for one in mails if b"X-Relais-Hop" in one.content]
    assert any("[numéro masqué]" in text for text in said) is before


def bounce(
    to: str, original_id: str, failed: str, action: str = "failed", status: str = "5.1.1"
) -> bytes:
    """Return a delivery status notification (RFC 3464), ended by its dot."""
    lines = [
        "From: Mail Delivery System <MAILER-DAEMON@mx.example>",
        f"To: <{to}>",
        "Subject: Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied",
        "Message-ID: <dsn1@mx.example>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"',
        "",
        "--B",
        "Content-Type: text/plain",
        "",
        "This is the mail system at host mx.example.",
        "",
        "--B",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example",
        "",
        f"Final-Recipient: rfc822; {failed}",
        f"Action: {action}",
        f"Status: {status}",
        f"Diagnostic-Code: smtp; 550 {status} User unknown",
        "",
        "--B",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {original_id}",
        "",
        "--B--",
        ".",
        "",
    ]
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize(
    ("verdict", "held_for"),
    [
        ("dmarc=pass header.from=annonceur.example", None),
        ("dmarc=fail header.from=annonceur.example", "stranger"),
        ("none", "stranger"),
    ],
)
async def test_a09_what_a_trusted_server_found(
    relay: Relay, verdict: str, held_for: str | None
) -> None:
    """A9, R11: where a server is trusted to check senders, an unproved one has to be confirmed."""
    to = await alias(relay)
    trusted = {"trusted_authserv": ("mx.relais.example",)}
    relay.context.settings = relay.context.settings.model_copy(update=trusted)
    raw = mail(to, Authentication_Results=f"mx.relais.example; {verdict}")
    await come_in(relay, to, raw)
    [row] = await relay.fetch("select state, reason from outbox where kind = 'reply'")
    assert row["state"] == ("held" if held_for else "queued")
    assert row["reason"] == (held_for or "accepted")


async def test_a06_nothing_is_sent_to_who_sent(relay: Relay) -> None:
    """A6: whatever comes in, no mail ever goes to its envelope sender or From address."""
    to = await alias(relay)
    evil = "victime@ailleurs.example"
    bodies = ["", "Bonjour", "x" * 900]
    async with SmtpSink() as sink:
        for n, body in enumerate(bodies):
            raw = mail(to, body, From=f"<{evil}>", Message_ID=f"<{n}@x.example>", Reply_To=evil)
            async with dialogue(relay) as spoken, intake(relay.context):
                await deliver(spoken, to, raw=raw, sender=evil)
                await deliver(spoken, "r-x@relais.example", raw=raw, sender=evil)
                await settled(relay)
        mails = await sent_on(relay, sink, 3)
        assert evil not in {one for sunk in mails for one in sunk.recipients}
        await check_wire(relay, sink)


@pytest.mark.parametrize("point", ["intake.claimed", "intake.read"])
async def test_f42_a_reader_dies(relay: Relay, tmp_path: Path, point: str) -> None:
    """F42: a worker killed over a mail leaves it to the next one; one message comes of it."""
    to = await alias(relay)
    async with dialogue(relay) as spoken:
        await deliver(spoken, to, raw=mail(to))
    async with SmtpSink() as sink:
        async with working(
            relay, tmp_path / "worker.log", sink.port, armed=kill_at(point)
        ) as child:
            assert await child.wait(15) == -signal.SIGKILL
        await relay.fetch("update inbound set due_at = now() returning 1")
        async with intake(relay.context):
            await settled(relay)
    rows = await relay.fetch("select state from outbox where kind = 'reply'")
    assert len(rows) == 1


async def test_a_mail_that_kills_its_readers_is_held(relay: Relay) -> None:
    """F46: a mail whose readers died three times is held with its bytes, and its writer told."""
    to = await alias(relay)
    async with dialogue(relay) as spoken:
        await deliver(spoken, to, raw=mail(to))
    await relay.fetch("update inbound set tries = 3 returning 1")
    async with intake(relay.context):
        await settled(relay)
    [row] = await relay.fetch("select state, reason, sealed_raw from inbound")
    assert (row["state"], row["reason"]) == ("held", "crashed")
    assert row["sealed_raw"]


def picture() -> bytes:
    """Return a photo as a phone takes it, with the place it was taken at."""
    image = Image.new("RGB", (64, 48), "red")
    exif = Image.Exif()
    exif[0x010F] = "Telephone"
    exif.get_ifd(0x8825)[2] = (48.0, 6.0, 41.0)  # GPS latitude
    out = BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def with_files(to: str) -> bytes:
    """Return a reply with a photo, a visiting card and a copy to somebody else."""
    written = EmailMessage()
    written["From"] = "Camille <camille@annonceur.example>"
    written["To"] = f"<{to}>, tiers@ailleurs.example"
    written["Subject"] = "Re: Vélo"
    written["Message-ID"] = "<files@annonceur.example>"
    written.set_content("Voici une photo.")
    written.add_attachment(
        picture(), maintype="image", subtype="jpeg", filename="IMG_camille.martin.jpg"
    )
    card = "BEGIN:VCARD\r\nFN:Camille Martin\r\nTEL:+33639980123\r\nEND:VCARD\r\n"
    written.add_attachment(card, subtype="vcard", filename="camille.vcf")
    return written.as_bytes(policy=policy.SMTP) + b"\r\n.\r\n"


async def test_files(relay: Relay) -> None:
    """R2, R3, R21: a photo arrives without its place, a card stays behind, and both are told."""
    to = await alias(relay)
    async with SmtpSink() as sink:
        await come_in(relay, to, with_files(to))
        mails = await sent_on(relay, sink, 5)
        [reply] = [one for one in mails if one.sender and b"X-Relais-Hop" in one.content]
        await check_wire(relay, sink)
    [photo] = list(opened(reply).iter_attachments())
    assert photo.get_filename() == "photo-1.jpg"
    assert not Image.open(BytesIO(photo.get_content())).getexif()
    assert "carte de visite" in text_of(opened(reply))
    assert "tiers@" not in reply.content.decode()
    told = [text_of(opened(one)) for one in mails if one.recipients == (ADVERTISER,)]
    assert any("carte de visite" in text for text in told)
    assert any("autres destinataires" in text for text in told)


async def test_r15_replies_go_before_first_contacts(relay: Relay) -> None:
    """R15: behind a queue of first contacts a reply still leaves among the first."""
    await without_limits(relay)
    to = await alias(relay)
    for n in range(60):
        assert (await relay.post(email=f"a{n}@acheteuse.example", message=f"Bonjour {n} ?"))[
            0
        ] == 202
    async with dialogue(relay) as spoken, intake(relay.context):
        await deliver(spoken, to, raw=mail(to))
        await settled(relay)
    async with SmtpSink() as sink:
        mails = await sent_on(relay, sink, 60)
    first = next(n for n, one in enumerate(mails) if b"X-Relais-Hop" in one.content)
    assert first < 30


async def test_r19_a_buyer_behind_another_relay(relay: Relay) -> None:
    """R19: a buyer whose address is an alias of another service is written to and may answer."""
    hidden = "velo.x7k2@alias-ailleurs.example"
    await relay.post(email=hidden)
    to = await alias_of(relay, "advertiser")
    raw = mail(
        to,
        "Merci, samedi me va.",
        From=f'"Lea - lea(a)acheteuse.example" <{hidden}>',
        Sender="<bounce+1@alias-ailleurs.example>",
        Reply_To="<reply+xyz@alias-ailleurs.example>",
        Message_ID="<chain@alias-ailleurs.example>",
    )
    async with SmtpSink() as sink:
        await come_in(relay, to, raw)
        mails = await sent_on(relay, sink, 3)
    [reply] = [one for one in mails if b"X-Relais-Hop" in one.content]
    assert reply.recipients == (ADVERTISER,)
    assert "alias-ailleurs" not in reply.content.decode()


async def test_r20_the_alias_is_there_before_the_mail(relay: Relay) -> None:
    """R20: whoever answers within the same second finds the alias known."""
    async with dialogue(relay) as spoken:
        to = await alias(relay)  # accepted, and nothing delivered yet
        await spoken.say("MAIL FROM:<camille@annonceur.example>")
        assert (await spoken.say(f"RCPT TO:<{to}>")).startswith("250")
    assert await relay.fetch("select 1 from attempt") == []


async def test_words_made_to_be_hard_hold_up_nobody(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A26, F46: a reply whose words take too long to look through is kept, and its writer told."""
    monkeypatch.setattr("relay.replies.READ_CPU_S", 0.1)
    monkeypatch.setattr("relay.replies.words_added", _never_done)
    to = await alias(relay)
    async with SmtpSink() as sink:
        await come_in(relay, to, mail(to))
        [kept] = await relay.fetch("select state, reason, sealed_raw from inbound")
        assert (kept["state"], kept["reason"]) == ("held", "timeout")
        assert kept["sealed_raw"]
        mails = await sent_on(relay, sink, 3)
    assert [one.recipients for one in mails].count((ADVERTISER,)) == 2
    assert not await relay.fetch("select 1 from outbox where kind = 'reply'")


def _never_done(*_: object) -> str:
    while True:
        pass


async def test_a_late_bounce_is_nothing_against_a_new_address(relay: Relay) -> None:
    """F40: an advertiser who replaced a dead address is written to, whatever comes back of it."""
    _, body = await relay.post()
    async with SmtpSink() as sink:
        [contact] = [
            one for one in await sent_on(relay, sink, 2) if one.recipients == (ADVERTISER,)
        ]
        moved = replace(LISTING.advertiser, email="camille@nouveau.example")
        await relay.put_listing(advertiser=moved)
        raw = bounce(contact.sender, contact.message_id, ADVERTISER)
        await come_in(relay, contact.sender, raw)
        assert (await relay.states())[body["id"]] == "bounced"
        assert await relay.fetch("select 1 from suppression") == []
        await relay.post(message="Bonjour, et la selle ?", email="noe@acheteur.example")
        mails = await sent_on(relay, sink, 5)
    assert any(one.recipients == ("camille@nouveau.example",) for one in mails)


@pytest.mark.parametrize(("today", "kept"), [(ADVERTISER, 1), ("camille@nouveau.example", 0)])
async def test_a_complaint_speaks_for_its_own_address(relay: Relay, today: str, kept: int) -> None:
    """R7: a complaint from an address of before does not silence the one of today."""
    await relay.post()
    async with SmtpSink() as sink:
        [contact] = [
            one for one in await sent_on(relay, sink, 2) if one.recipients == (ADVERTISER,)
        ]
        await relay.put_listing(advertiser=replace(LISTING.advertiser, email=today))
        await come_in(relay, contact.sender, _complaint(contact))
    assert len(await relay.fetch("select 1 from suppression where reason = 'complaint'")) == kept


def _complaint(contact: SunkMail) -> bytes:
    head = (
        "From: <staff@annonceur.example>\r\nSubject: complaint about message\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nThis is a report.\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\n"
        f"Feedback-Type: abuse\r\nVersion: 1\r\nOriginal-Rcpt-To: {ADVERTISER}\r\n\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\n"
    )
    return head.encode() + contact.content + b"\r\n--b--\r\n.\r\n"
