"""What is held waits for a person and never ends in silence."""

from relay import moderation
from relay.errors import Refused
from relay.sealing import read_public_id
from tests.relays import Relay, courier, until
from tests.rig.smtp_sink import SmtpSink
from workers.purge import purge_expired

TRAPPED = {"website": "http://spam.example", "hold": "1"}


async def _hold(relay: Relay) -> str:
    status, body = await relay.post(**TRAPPED)
    assert (status, body["state"]) == (202, "held")
    return str(body["id"])


async def test_a_released_message_leaves(relay: Relay) -> None:
    """A held message that a person releases is delivered, and cannot be released twice."""
    held = await _hold(relay)
    listed = await moderation.list_held(relay.context, relay.site)
    assert [one.message_id for one in listed] == [read_public_id("msg", held)]
    await moderation.release(relay.context, relay.site, listed[0].message_id)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await sink.wait_for(1, timeout_s=10)

        async def delivered() -> bool:
            return (await relay.states())[held] == "delivered"

        await until(delivered)
    try:
        await moderation.release(relay.context, relay.site, listed[0].message_id)
    except Refused as refusal:
        assert refusal.code == "not_held"


async def test_a_refused_message_is_told(relay: Relay) -> None:
    """A held message that a person refuses never leaves, and its sender gets one notice."""
    held = await _hold(relay)
    (one,) = await moderation.list_held(relay.context, relay.site)
    await moderation.refuse(relay.context, relay.site, one.message_id)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        (notice,) = await sink.wait_for(1, timeout_s=10)
        assert notice.recipients == ("lea@acheteuse.example",)
    assert (await relay.states())[held] == "refused"


async def test_a_hold_that_nobody_ended_is_told(relay: Relay) -> None:
    """A hold of thirty days ends as expired, and its sender is told."""
    held = await _hold(relay)
    await relay.travel(31 * 24 * 3600)
    await purge_expired(relay.context)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        (notice,) = await sink.wait_for(1, timeout_s=10)
        assert notice.recipients == ("lea@acheteuse.example",)
    assert (await relay.states())[held] == "expired"


async def test_one_unreadable_site_stops_no_other(relay: Relay) -> None:
    """A policy that this version cannot read is logged, and every other site goes on."""
    async with relay.context.database.connection() as connection:
        await connection.execute(
            "insert into site (site_id, slug, mode, wrapped_key, policy_version, origins)"
            " values (gen_random_uuid(), 'broken', 'live', '\\x00', 1, '{}')"
        )
        await connection.execute(
            "insert into site_policy (site_id, version, source)"
            " select site_id, 1, 'version = 1' from site where slug = 'broken'"
        )
    relay.context.sites.forget()
    assert (await relay.post())[0] == 202
