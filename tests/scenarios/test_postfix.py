"""A real Postfix in front of the mail door, where one is installed."""

import asyncio

import pytest

from relay.inbound import open_doors
from relay.settings import Listen
from tests.relays import Relay, intake, until
from tests.rig.postfix import missing, postfix
from tests.rig.serving import free_port
from tests.scenarios.test_arrivals import Dialogue, alias, mail, spoken_to
from tests.scenarios.test_replies import settled

IN_FRONT = """relay_domains = relais.example
relay_transport = lmtp:inet:127.0.0.1:{port}
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
smtpd_forbid_bare_newline = yes
smtpd_forbid_bare_newline_exclusions ="""

# As docs/operating.md asks: Postfix asks the door for each recipient before it takes a mail.
ASKING = """
smtpd_recipient_restrictions = reject_unverified_recipient
unverified_recipient_reject_code = 550
unverified_recipient_reject_reason = No such address here
address_verify_map =
address_verify_poll_delay = 1s
address_verify_negative_refresh_time = 1m
address_verify_negative_expire_time = 2m
address_verify_positive_refresh_time = 5m
address_verify_positive_expire_time = 10m"""

pytestmark = pytest.mark.skipif(missing() is not None, reason=f"no real Postfix: {missing()}")


async def hand_in(port: int, to: str, raw: bytes) -> str:
    """Give Postfix a mail as the world does; return what it says to its end."""
    async with spoken_to(port, "EHLO world.example") as spoken:
        await spoken.say("MAIL FROM:<camille@annonceur.example>")
        assert (await spoken.say(f"RCPT TO:<{to}>")).startswith("250")
        await spoken.say("DATA")
        return await spoken.say(raw)


def door_settings(relay: Relay, port: int):
    """Return the relay's settings with its door on a port."""
    lmtp = Listen(host="127.0.0.1", port=port)
    return relay.context.settings.model_copy(update={"lmtp_listen": lmtp})


async def kept(relay: Relay, count: int) -> None:
    """Wait until the relay has kept as many mails."""

    async def are_kept() -> bool:
        return len(await relay.fetch("select 1 from inbound")) == count

    await until(are_kept, 60)


async def test_f42_behind_a_real_postfix(relay: Relay) -> None:
    """F42: a mail that comes while the door is shut waits in Postfix, and is kept once."""
    to, port = await alias(relay), free_port()
    with postfix(IN_FRONT.format(port=port)) as front:
        assert (await hand_in(front.port, to, mail(to))).startswith("250")
        await asyncio.sleep(1)
        async with open_doors(relay.context, door_settings(relay, port)), intake(relay.context):
            await kept(relay, 1)
            await settled(relay)
            await asyncio.sleep(2)
    rows = await relay.fetch("select state from outbox where kind = 'reply'")
    assert [row["state"] for row in rows] == ["queued"]


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n\0.\r\n"])
async def test_a03_smuggling_behind_a_real_postfix(relay: Relay, end: bytes) -> None:
    """A3: what Postfix takes for one mail is one mail here; bare line ends it refuses itself."""
    to, port = await alias(relay), free_port()
    inner = f"MAIL FROM:<x@evil.example>\r\nRCPT TO:<{to}>\r\nDATA\r\nSubject: 2\r\n\r\nbad"
    raw = mail(to).removesuffix(b"\r\n.\r\n") + end + inner.encode() + b"\r\n.\r\n"
    with postfix(IN_FRONT.format(port=port)) as front:
        async with open_doors(relay.context, door_settings(relay, port)):
            taken = (await hand_in(front.port, to, raw)).startswith("250")
            await kept(relay, int(taken))
            await asyncio.sleep(0.5)
            assert len(await relay.fetch("select 1 from inbound")) == int(taken)


async def test_a06_postfix_asks_before_it_takes(relay: Relay) -> None:
    """A6: behind Postfix, too, an unknown alias is refused in the session: nobody gets a bounce."""
    to, port = await alias(relay), free_port()
    with postfix(IN_FRONT.format(port=port) + ASKING) as front:
        async with (
            open_doors(relay.context, door_settings(relay, port)),
            spoken_to(front.port, "EHLO world.example") as spoken,
        ):
            await spoken.say("MAIL FROM:<victim@ailleurs.example>")
            guess = f"r-{'a' * 26}@relais.example"
            assert (await _judged(spoken, guess)).startswith("550 5.1.1")
            assert (await _judged(spoken, to)).startswith("250")


async def _judged(spoken: Dialogue, recipient: str) -> str:
    """Ask as a mail server does: again while Postfix is still asking."""
    for _ in range(20):
        answer = await spoken.say(f"RCPT TO:<{recipient}>")
        if not answer.startswith("4"):
            break
        await asyncio.sleep(0.5)
    return answer
