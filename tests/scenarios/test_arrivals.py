"""Mails at the door: judged at RCPT, committed before 250, nothing kept twice."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from relay import arrivals, inbound
from relay.addresses import bounce_address, probe_address
from relay.context import open_context
from relay.doctor import examine
from relay.inbound import (
    AWAY,
    CONNECTIONS_PER_CLIENT,
    TOO_LARGE,
    UNKNOWN,
    open_doors,
)
from relay.sealing import new_id
from relay.settings import Listen, Settings, Smarthost
from tests.relays import Relay, until
from tests.rig.armed import kill_at
from tests.rig.deliveries import database_proxy
from tests.rig.serving import receiving


class Dialogue:
    """A raw LMTP or SMTP client: what is sent is what is written here."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def send(self, raw: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(raw)

    async def say(self, line: bytes | str) -> str:
        """Send a line, or bytes as they are; return the reply, all its lines."""
        self.send(line if isinstance(line, bytes) else line.encode() + b"\r\n")
        return await self.heard()

    async def heard(self) -> str:
        """Return the next reply."""
        lines = []
        while True:
            line = (await asyncio.wait_for(self._reader.readline(), 5)).decode()
            if not line:
                raise ConnectionResetError
            lines.append(line.rstrip())
            if line[3:4] != "-":
                return "\n".join(lines)


@asynccontextmanager
async def dialogue(relay: Relay, *, smtp: bool = False) -> AsyncIterator[Dialogue]:
    """Speak LMTP, or SMTP, with the relay's mail door."""
    anywhere = Listen(host="127.0.0.1", port=0)
    settings = relay.context.settings.model_copy(
        update={"lmtp_listen": anywhere, "smtp_listen": anywhere}
    )
    hello = "EHLO tester" if smtp else "LHLO tester"
    async with open_doors(relay.context, settings) as ports, spoken_to(ports[smtp], hello) as one:
        yield one


def listening(relay: Relay) -> Settings:
    """Return settings of a mail door on a free port."""
    update = {"lmtp_listen": Listen(host="127.0.0.1", port=0)}
    return relay.context.settings.model_copy(update=update)


@asynccontextmanager
async def spoken_to(port: int, hello: str = "LHLO tester") -> AsyncIterator[Dialogue]:
    """Speak with a mail door on a port of this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    spoken = Dialogue(reader, writer)
    try:
        await spoken.heard()
        await spoken.say(hello)
        yield spoken
    finally:
        writer.close()


async def alias(relay: Relay, side: str = "buyer", **fields: str) -> str:
    """Send a contact; return the address at which its other side answers."""
    status, _ = await relay.post(**fields)
    assert status == 202
    return await alias_of(relay, side)


async def alias_of(relay: Relay, side: str) -> str:
    """Return the address at which the other side of *side* answers in the newest conversation."""
    [row] = await relay.fetch(
        "select conversation_id from conversation order by created_at desc limit 1"
    )
    local_part = relay.site.reply_local_part(row["conversation_id"], side)
    return f"{local_part}@{relay.context.settings.mail_domain}"


def mail(to: str, text: str = "Oui, toujours disponible.", **fields: str) -> bytes:
    """Return a plain mail as it goes over the wire, ended by its dot."""
    head = {
        "From": "Camille <camille@annonceur.example>",
        "To": f"<{to}>",
        "Subject": "Re: Vélo de ville".encode("ascii", "ignore").decode(),
        "Message-ID": "<1@annonceur.example>",
        "Date": "Sun, 22 Nov 2026 10:00:00 +0100",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    lines = [f"{name}: {value}" for name, value in head.items()]
    return "\r\n".join([*lines, "", text, ".", ""]).encode()


async def deliver(
    spoken: Dialogue, *recipients: str, raw: bytes, sender: str = "a@b.example"
) -> list[str]:
    """Send one mail; return the replies to RCPT, then those to its end."""
    await spoken.say(f"MAIL FROM:<{sender}>")
    replies = [await spoken.say(f"RCPT TO:<{one}>") for one in recipients]
    taken = [one for one in replies if one.startswith("250")]
    if not taken:
        return replies
    assert (await spoken.say("DATA")).startswith("354")
    replies.append(await spoken.say(raw))
    return replies + [await spoken.heard() for _ in taken[1:]]


async def test_a_reply_is_committed_before_it_is_taken(relay: Relay) -> None:
    """F42: 250 is said of a mail that stands in the database, sealed, and of no other."""
    to = await alias(relay)
    async with dialogue(relay) as spoken:
        replies = await deliver(spoken, to, raw=mail(to, "Un mot secret"))
    assert [one[:9] for one in replies] == ["250 2.1.5", "250 2.0.0"]
    [row] = await relay.fetch("select state, side, sealed_raw, mail_id from inbound")
    assert (row["state"], row["side"], row["mail_id"]) == ("queued", "advertiser", None)
    assert b"secret" not in row["sealed_raw"]


async def test_f42_the_server_repeats_itself(relay: Relay) -> None:
    """F42: the same mail once more, as after a lost 250, is kept once; another text is another."""
    to = await alias(relay)
    async with dialogue(relay) as spoken:
        for _ in range(2):
            await deliver(spoken, to, raw=mail(to))
        again = b"Received: from b by c; Sun, 22 Nov 2026 10:00:01 +0100\r\n" + mail(to)
        assert (await deliver(spoken, to, raw=again))[-1].startswith("250")
        await deliver(spoken, to, raw=mail(to, "Autre chose."))
    assert len(await relay.fetch("select 1 from inbound")) == 2


async def test_f42_a_mail_without_a_name_is_kept_once(relay: Relay) -> None:
    """F42: a repeated mail without Message-ID is known by what its writer dated, not by traces."""
    to = await alias(relay)
    plain = mail(to).replace(b"Message-ID: <1@annonceur.example>\r\n", b"")
    async with dialogue(relay) as spoken:
        for second in range(2):
            trace = b"Received: from b by c; Sun, 22 Nov 2026 10:00:0%d +0100\r\n" % second
            assert (await deliver(spoken, to, raw=trace + plain))[-1].startswith("250")
        await deliver(spoken, to, raw=plain.replace(b"10:00:00", b"10:05:00"))
    assert len(await relay.fetch("select 1 from inbound")) == 2


async def test_f44_each_recipient_has_its_answer(relay: Relay) -> None:
    """F44, R9: of two recipients, one unknown, each is answered for itself, in the session."""
    to = await alias(relay)
    async with dialogue(relay) as spoken:
        replies = await deliver(spoken, "r-inconnu@relais.example", to, raw=mail(to))
    assert replies == [UNKNOWN, "250 2.1.5 OK", "250 2.0.0 Kept"]


async def test_r4_two_aliases_are_two_mails(relay: Relay) -> None:
    """R4: a mail to two aliases is kept for both, and LMTP hears a line for each."""
    first = await alias(relay)
    second = await alias(relay, email="lou@acheteuse.example")
    async with dialogue(relay) as spoken:
        replies = await deliver(spoken, first, second, raw=mail(first))
    assert replies[2:] == ["250 2.0.0 Kept", "250 2.0.0 Kept"]
    assert len(await relay.fetch("select 1 from inbound")) == 2


async def test_smtp_takes_mail_too(relay: Relay) -> None:
    """Without a mail server in front, SMTP takes the same mail with one answer."""
    to = await alias(relay)
    async with dialogue(relay, smtp=True) as spoken:
        replies = await deliver(spoken, to, raw=mail(to))
    assert replies == ["250 2.1.5 OK", "250 2.0.0 Kept"]


async def test_a_bounce_address_takes_the_null_sender(relay: Relay) -> None:
    """A bounce comes from the null sender to the address that its mail left with."""
    await alias(relay)
    [row] = await relay.fetch("select mail_id from outbox where kind = 'contact'")
    context = relay.context
    to = bounce_address(
        row["mail_id"],
        domain=context.settings.mail_domain,
        keys=context.bounce_keys,
        expires_on=context.clock().date(),
    )
    async with dialogue(relay) as spoken:
        replies = await deliver(spoken, to, raw=mail(to), sender="")
    assert replies[-1] == "250 2.0.0 Kept"
    [kept] = await relay.fetch("select mail_id, side from inbound")
    assert (kept["mail_id"], kept["side"]) == (row["mail_id"], "advertiser")


@pytest.mark.parametrize("end", ["blocked", "closed", "erased"])
async def test_f48_what_has_ended_never_was(relay: Relay, end: str) -> None:
    """F48: an ended, closed or erased conversation is answered like one that never was."""
    to = await alias(relay)
    await relay.fetch(
        {
            "blocked": "update conversation set blocked_at = now() returning 1",
            "closed": "update listing set state = 'closed',"
            " ended_at = now() - interval '31 days' returning 1",
            "erased": "update person set wrapped_key = null returning 1",
        }[end]
    )
    async with dialogue(relay) as spoken:
        assert await deliver(spoken, to, raw=mail(to)) == [UNKNOWN]


async def test_a_closed_listing_is_answered_for_a_month(relay: Relay) -> None:
    """After a sale the two may still write to each other for thirty days."""
    to = await alias(relay)
    await relay.put_listing(state="closed")
    async with dialogue(relay) as spoken:
        assert (await deliver(spoken, to, raw=mail(to)))[-1].startswith("250")


@pytest.mark.parametrize(
    "guess",
    ["r-" + "a" * 52, "b-" + "a" * 48, "postmaster", "R-Kelvin\u212a", "x" * 64, '"a b"'],
)
async def test_a07_unknown_addresses_sound_alike(relay: Relay, guess: str) -> None:
    """A7: whatever is guessed, the answer is one and the same."""
    async with dialogue(relay) as spoken:
        await spoken.say("MAIL FROM:<a@b.example>")
        answer = await spoken.say(
            f"RCPT TO:<{guess}@relais.example>".encode("ascii", "replace") + b"\r\n"
        )
    assert answer == UNKNOWN


async def test_an_alias_in_capitals_is_the_same(relay: Relay) -> None:
    """A7: a server that changes the case of a local part still finds the conversation."""
    to = await alias(relay)
    async with dialogue(relay) as spoken:
        assert (await deliver(spoken, to.upper(), raw=mail(to)))[-1].startswith("250")


async def test_too_large_is_refused_in_the_session(relay: Relay) -> None:
    """R5: what is too large is refused with a reason, for every recipient, and nothing is kept."""
    to = await alias(relay)
    raw = mail(to, "\r\n".join(["x" * 900] * 12_500))
    async with dialogue(relay) as spoken:
        replies = await deliver(spoken, to, to, raw=raw)
    assert replies[2:] == [TOO_LARGE, TOO_LARGE]
    assert await relay.fetch("select 1 from inbound") == []


async def test_a12_a_bomb_is_refused_before_it_is_parsed(relay: Relay) -> None:
    """A12: a mail beyond the limits of structure is refused in the session."""
    to = await alias(relay)
    raw = mail(to, To=", ".join([f"<{to}>"] + [f"a{n}@b.example" for n in range(200)]))
    async with dialogue(relay) as spoken:
        assert (await deliver(spoken, to, raw=raw))[-1].startswith("554 5.6.0")


@pytest.mark.parametrize("limit", ["BACKLOG_MOST", "SITE_BACKLOG_MOST", "ALIAS_BACKLOG_MOST"])
async def test_f43_too_much_waits(
    relay: Relay, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """F43: when too much waits to be read, more is asked to wait at its sender's."""
    to = await alias(relay)
    monkeypatch.setattr(arrivals, limit, 1)
    async with dialogue(relay) as spoken:
        assert (await deliver(spoken, to, raw=mail(to)))[-1].startswith("250")
        assert (await deliver(spoken, to, raw=mail(to, "Encore"))) == [inbound.FULL]


async def test_one_alias_that_is_full_keeps_no_other_out(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract 7: mails that wait at one alias delay no mail to another."""
    first, second = await alias(relay), await alias(relay, email="lou@acheteuse.example")
    monkeypatch.setattr(arrivals, "ALIAS_BACKLOG_MOST", 1)
    async with dialogue(relay) as spoken:
        await deliver(spoken, first, raw=mail(first))
        assert (await deliver(spoken, second, raw=mail(second)))[-1].startswith("250")


async def test_a12_long_mails_share_the_memory(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A12: a long mail beyond what all may bring waits at its sender's; short ones get in."""
    to = await alias(relay)
    monkeypatch.setattr(inbound, "IN_FLIGHT_BYTES", 100_000)
    long = mail(to, "\r\n".join(["x" * 900] * 80))
    async with open_doors(relay.context, listening(relay)) as [port], AsyncExitStack() as stack:
        one, other = [await stack.enter_async_context(spoken_to(port)) for _ in range(2)]
        await one.say("MAIL FROM:<a@b.example>")
        await one.say(f"RCPT TO:<{to}>")
        await one.say("DATA")
        with pytest.raises(TimeoutError):
            await one.say(long.removesuffix(b".\r\n"))
        assert (await deliver(other, to, raw=long))[-1] == inbound.FULL
        assert (await deliver(other, to, raw=mail(to)))[-1].startswith("250")
        assert (await one.say(b".\r\n")).startswith("250")
        assert (await deliver(other, to, raw=long))[-1].startswith("250")


async def test_a_slow_line_brings_its_mail(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    """R5: a mail that keeps coming is taken, though it takes longer than a client may be silent."""
    to = await alias(relay)
    monkeypatch.setattr(inbound, "TIMEOUT_S", 1.5)
    async with dialogue(relay) as spoken:
        await spoken.say("MAIL FROM:<a@b.example>")
        await spoken.say(f"RCPT TO:<{to}>")
        await spoken.say("DATA")
        for line in mail(to).splitlines(keepends=True)[:-1]:
            spoken.send(line)
            await asyncio.sleep(0.25)
        assert (await spoken.say(b".\r\n")).startswith("250")


async def test_a12_a_mail_has_its_time(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    """A12: a mail that never ends is given up, whatever still drips in."""
    to = await alias(relay)
    monkeypatch.setattr(inbound, "DATA_TIMEOUT_S", 0.5)
    async with dialogue(relay) as spoken:
        await spoken.say("MAIL FROM:<a@b.example>")
        await spoken.say(f"RCPT TO:<{to}>")
        await spoken.say("DATA")
        assert (await spoken.say(b"From: a\r\n")).startswith("421 4.4.2")
        with pytest.raises(ConnectionResetError):
            await spoken.heard()


async def test_what_follows_a_mail_is_heard(relay: Relay) -> None:
    """Commands that come in one piece with the end of a mail are the next commands."""
    to = await alias(relay)
    async with dialogue(relay) as spoken:
        assert (await deliver(spoken, to, raw=mail(to) + b"NOOP\r\nVRFY\r\n"))[-1][:3] == "250"
        assert [(await spoken.heard())[:3] for _ in range(2)] == ["250", "501"]


async def test_a_mail_without_a_byte(relay: Relay) -> None:
    """F44: a mail that is nothing but its end is a mail, and gets its answer."""
    to = await alias(relay)
    async with dialogue(relay) as spoken:
        assert (await deliver(spoken, to, raw=b".\r\n"))[-1].startswith("250")


async def test_a_line_of_megabytes_is_refused(relay: Relay) -> None:
    """A12: a line beyond what any mail program writes is refused, for every recipient."""
    to = await alias(relay)
    async with dialogue(relay) as spoken:
        replies = await deliver(spoken, to, to, raw=mail(to, "x" * 200_000))
    assert replies[2:] == [inbound.TOO_LONG] * 2


async def test_f44_a_fault_of_ours_has_an_answer_for_each(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F44: a fault at the end of a mail is answered for each recipient, or the session is lost."""

    def broken(_raw: bytes) -> bool:
        raise ArithmeticError

    to = await alias(relay)
    monkeypatch.setattr(inbound, "_is_unfit", broken)
    async with dialogue(relay) as spoken:
        assert (await deliver(spoken, to, to, raw=mail(to)))[2:] == [AWAY, AWAY]
        assert (await spoken.say("NOOP")).startswith("250")


async def kept_words(relay: Relay) -> bytes:
    """Open the only mail that was kept."""
    [row] = await relay.fetch(
        "select inbound_id, owner_id, sealed_raw, wrapped_key from inbound"
        " join person on person_id = owner_id"
    )
    key = relay.context.keyring.unwrap(row["wrapped_key"], f"person:{row['owner_id']}")
    return key.open_bytes(row["sealed_raw"], f"inbound.sealed_raw:{row['inbound_id']}")


@pytest.mark.parametrize("door", ["lmtp", "smtp"])
async def test_a09_who_may_say_that_a_sender_is_proved(relay: Relay, door: str) -> None:
    """A9: only a server in front says so; at a door open to all, whoever sent the mail did."""
    to = await alias(relay)
    raw = mail(to, Authentication_Results="mx.relais.example; dmarc=pass")
    async with dialogue(relay, smtp=door == "smtp") as spoken:
        await deliver(spoken, to, raw=raw)
    assert (b"Authentication-Results" in await kept_words(relay)) == (door == "lmtp")


async def test_a_sender_adds_no_field(relay: Relay) -> None:
    """A9: an envelope sender with line ends in it stays one field of the mail that is kept."""
    expected = await arrivals.Keeper(relay.context).expect(await alias(relay))
    assert expected
    sender = "a@b.example>\r\nFrom: <camille@annonceur.example>\r\nX: <"
    await arrivals.Keeper(relay.context).keep(expected, sender, b"To: x\r\n\r\n")
    words = await kept_words(relay)
    assert [line.partition(b":")[0] for line in words.split(b"\r\n")[:2]] == [b"Return-Path", b"To"]


@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r", b"\r\n.\n", b"\r.\r\n", b"\r\n\0.\r\n"]
)
async def test_a03_only_one_end_ends_a_mail(relay: Relay, end: bytes) -> None:
    """A3: nothing but CRLF.CRLF ends a mail, so that nothing is smuggled behind it."""
    to = await alias(relay)
    smuggled = f"MAIL FROM:<x@evil.example>\r\nRCPT TO:<{to}>\r\nDATA\r\nSubject: 2\r\n\r\nbad"
    raw = mail(to).removesuffix(b"\r\n.\r\n") + end + smuggled.encode() + b"\r\n.\r\n"
    async with dialogue(relay) as spoken:
        replies = await deliver(spoken, to, raw=raw)
        assert replies[-1].startswith("250")
        assert (await spoken.say("NOOP")).startswith("250")
    assert len(await relay.fetch("select 1 from inbound")) == 1


@pytest.mark.parametrize(("point", "kept"), [("before_commit", 0), ("committed", 1)])
async def test_f42_killed_around_the_commit(
    relay: Relay, tmp_path: Path, point: str, kept: int
) -> None:
    """F42: a door killed around the commit says no 250; the server's retry leaves one mail."""
    to = await alias(relay)
    armed = kill_at(f"arrival.{point}")
    async with receiving(relay, tmp_path / "door.log", armed) as (child, port):
        async with spoken_to(port) as spoken:
            with pytest.raises(ConnectionResetError):
                await deliver(spoken, to, raw=mail(to))
        assert await child.wait(5) == -signal.SIGKILL
        assert len(await relay.fetch("select 1 from inbound")) == kept
    async with dialogue(relay) as spoken:
        assert (await deliver(spoken, to, raw=mail(to)))[-1].startswith("250")
    assert len(await relay.fetch("select 1 from inbound")) == 1


async def test_f43_the_database_is_away(relay: Relay, settings: Settings) -> None:
    """F43: while the database is away mail is asked to come again, at RCPT and at its end."""
    to = await alias(relay)
    async with (
        database_proxy(settings) as (proxy, far),
        open_context(far) as context,
        dialogue(replace(relay, context=context)) as spoken,
    ):
        await spoken.say("MAIL FROM:<a@b.example>")
        assert (await spoken.say(f"RCPT TO:<{to}>")).startswith("250")
        await proxy.pause()
        assert (await spoken.say("DATA")).startswith("354")
        assert await spoken.say(mail(to)) == AWAY
        await spoken.say("MAIL FROM:<a@b.example>")
        assert await spoken.say(f"RCPT TO:<{to}>") == AWAY


async def test_a27_a_crowd_at_the_door(relay: Relay) -> None:
    """A27: beyond its share of connections a client is turned away; the others are served."""
    async with open_doors(relay.context, listening(relay)) as [port], AsyncExitStack() as stack:
        for _ in range(CONNECTIONS_PER_CLIENT):
            await stack.enter_async_context(spoken_to(port))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await reader.readline()).startswith(b"421 4.7.0")
        assert await reader.read() == b""
        writer.close()
        await stack.aclose()

        async def is_served() -> bool:
            try:
                async with spoken_to(port) as spoken:
                    return (await spoken.say("NOOP")).startswith("250")
            except ConnectionResetError:  # the crowd is still leaving
                return False

        await until(is_served)


async def test_the_doctor_sends_a_mail_the_whole_way(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The doctor's own mail goes by the smarthost to the door, and what servers found is told."""
    anywhere = Listen(host="127.0.0.1", port=0)
    context = relay.context
    settings = context.settings.model_copy(
        update={"lmtp_listen": anywhere, "smtp_listen": anywhere}
    )
    async with open_doors(context, settings) as [_, port]:
        url = f"smtp://127.0.0.1:{port}?tls=none"
        monkeypatch.setenv("RELAY_SMTP_URL", url)
        monkeypatch.setenv("RELAY_MAIL_DOMAIN", settings.mail_domain)
        near = settings.model_copy(update={"smtp_url": (Smarthost.parse(url),)})
        [loop] = [one for one in await examine(near, loop=True) if one.what == "mail loop"]
    assert loop.is_well, loop.said
    assert "came back" in loop.said
    assert await relay.fetch("select 1 from inbound") == []


async def test_an_old_probe_is_unknown(relay: Relay) -> None:
    """An address of the doctor's is nobody's after an hour."""
    context = relay.context
    old = new_id(context.clock() - timedelta(hours=2))
    to = probe_address(old, domain="relais.example", keys=context.bounce_keys)
    async with dialogue(relay) as spoken:
        assert await deliver(spoken, to, raw=mail(to)) == [UNKNOWN]
