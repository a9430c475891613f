"""Poison: a mail that cannot be made, or whose making kills, is held; all others flow."""

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from relay import secrecy
from relay.outgoing import mails
from relay.settings import Settings
from tests.relays import QUICK, Relay, courier, until
from tests.rig.deliveries import attempts, list_for, reach, row, worker, write
from tests.rig.ledger import check_wire
from tests.rig.smtp_sink import SmtpSink
from workers import deliver
from workers.decisions import CRASHES_MOST

TITLE = "Poison"
DAY_S = 86_400.0


async def _poison(relay: Relay) -> str:
    [poison] = await write(relay, to="poison")
    await list_for(relay, "poison", title=TITLE)
    return poison


def _raise_for_poison(monkeypatch: pytest.MonkeyPatch) -> None:
    render = mails._MAKERS["contact"]

    def raising(thread, files):
        if thread.row["title"] == TITLE:
            raise ZeroDivisionError
        return render(thread, files)

    monkeypatch.setitem(mails._MAKERS, "contact", raising)


async def _crashed(relay: Relay, message_id: str, times: int) -> None:
    async def counted() -> bool:
        return (await row(relay, message_id))["crashes"] == times

    await until(counted)


async def test_f20_rendering_raises(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    """F20: a mail whose rendering raises is held after five times; the others are delivered."""
    _raise_for_poison(monkeypatch)
    poison = await _poison(relay)
    others = await write(relay, 5)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await reach(relay, others, "delivered")
        for crashes in range(1, CRASHES_MOST + 1):
            await _crashed(relay, poison, crashes)
            if crashes < CRASHES_MOST:
                await relay.travel(DAY_S)
        assert len(await attempts(relay, poison)) == CRASHES_MOST
        more = await write(relay, 2)
        await reach(relay, more, "delivered")
        await check_wire(relay, sink)
    assert (await relay.states())[poison] == "held"


async def test_f20_rendering_kills(relay: Relay, settings: Settings, tmp_path: Path) -> None:
    """F20: a mail that kills its worker is held after five kills; all mails with it are sent."""
    poison = await _poison(relay)
    others = await write(relay, 10)
    timing = replace(QUICK, lease_s=5.5)
    async with (
        SmtpSink() as sink,
        worker(settings, sink.port, tmp_path / "worker.log", timing=timing, poison=TITLE) as deadly,
    ):
        for kills in range(1, CRASHES_MOST + 1):
            assert await deadly.wait(timeout_s=15) == -signal.SIGKILL
            assert (await row(relay, poison))["crashes"] == kills - 1
            await relay.travel(timing.lease_s)
            deadly.start()
        await reach(relay, [poison], "held")
        await reach(relay, others, "delivered")
        assert deadly.returncode is None
        await check_wire(relay, sink)
    for message_id in others:
        assert (await row(relay, message_id))["ambiguous"] == 0


async def test_f47_masking_raises(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    """F47: when masking fails nothing leaves unmasked: the mail waits, then is held."""

    def fail(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr(secrecy, "mask_by", fail)
    [message_id] = await write(relay, message="Appelez-moi au 06 39 98 01 23, merci beaucoup.")
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        for crashes in range(1, CRASHES_MOST):
            await _crashed(relay, message_id, crashes)
            await relay.travel(DAY_S)
        await reach(relay, [message_id], "held")
        assert sink.reached == {}


async def test_f47_masking_never_ends(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    """F47: a text whose masking takes too long is held at once, unsent; the others are sent."""
    real = secrecy.mask_by

    def endless(text: str, *rest: object) -> object:
        while "dors" in text:
            pass
        return real(text, *rest)

    monkeypatch.setattr(secrecy, "mask_by", endless)
    monkeypatch.setattr(deliver, "RENDER_CPU_S", 0.3)
    [message_id] = await write(relay, message="Bonjour, dors bien avec le 06 39 98 01 23.")
    others = await write(relay, 3)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await reach(relay, [message_id], "held")
        await reach(relay, others, "delivered")
        assert (await row(relay, message_id))["reason"] == "rendering"
        assert len(sink.mails) == len(others)
        await check_wire(relay, sink)


async def test_f47_the_last_look_raises(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    """F47: when the check of the finished bytes fails, the bytes do not leave."""

    def fail(*_: object, **__: object) -> None:
        raise ValueError

    monkeypatch.setattr(secrecy, "leaks", fail)
    [message_id] = await write(relay)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await reach(relay, [message_id], "deferred")
        assert sink.connections == []


async def test_f47_a_leak_in_the_finished_mail(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F47: a hidden number that masking let through is found in the bytes and the mail held."""
    real = secrecy.mask_by

    def blind(text: str, *rest: object) -> object:
        return replace(real(text, *rest), text=text)

    monkeypatch.setattr(secrecy, "mask_by", blind)
    [message_id] = await write(relay, message="Appelez-moi au 06 39 98 01 23, merci beaucoup.")
    [clean] = await write(relay, message="Appelez-moi quand vous voulez, merci beaucoup.")
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await reach(relay, [message_id], "held")
        await reach(relay, [clean], "delivered")
        assert (await row(relay, message_id))["reason"] == "egress"
        assert len(sink.mails) == 1
        await check_wire(relay, sink)
