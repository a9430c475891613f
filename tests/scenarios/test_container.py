"""The relay with everything taken away that its container takes away."""

from pathlib import Path

from tests.relays import CONTACT, LISTING, Relay, until
from tests.rig.confined import CONFINED, status_of
from tests.rig.serving import receiving, serving, working
from tests.rig.smtp_sink import SmtpSink
from tests.scenarios.test_arrivals import alias_of, deliver, mail, spoken_to

NOTHING = "0000000000000000"


async def test_a44_the_round_without_privileges(relay: Relay, tmp_path: Path) -> None:
    """A44: a message and its answer pass with no capability, no file written and no program."""
    armed = {CONFINED: "1"}
    async with (
        SmtpSink() as sink,
        serving(relay, tmp_path / "serve.log", armed) as door,
        working(relay, tmp_path / "worker.log", sink.port, armed=armed) as worker,
        receiving(relay, tmp_path / "inbound.log", armed) as (inbound, port),
    ):
        assert (await door.post())[0] == 202
        await until(lambda: _has_reached(sink, LISTING.advertiser.email), 20)
        to = await alias_of(relay, "buyer")
        async with spoken_to(port) as spoken:
            answers = await deliver(spoken, to, raw=mail(to))
            assert answers[-1].startswith("250")
        await until(lambda: _has_reached(sink, CONTACT["email"]), 20)
        for child in (door.child, worker, inbound):
            status = status_of(child.pid)
            assert (status["CapEff"], status["CapPrm"]) == (NOTHING, NOTHING)
            assert status["NoNewPrivs"] == "1"


async def _has_reached(sink: SmtpSink, recipient: str) -> bool:
    return any(recipient in sunk.recipients for sunk in sink.mails)
