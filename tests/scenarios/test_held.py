"""What is held waits for a person and never ends in silence."""

from dataclasses import replace
from datetime import timedelta

import pytest

from relay import desk, moderation
from relay.desk import Action, Order
from relay.errors import Refused
from relay.sealing import read_public_id
from tests.moderators import Clock, look_of
from tests.relays import Relay, courier, until
from tests.rig.smtp_sink import SmtpSink
from tests.rights import Person
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
        await sink.wait_for(1, timeout_s=30)

        async def delivered() -> bool:
            return (await relay.states())[held] == "delivered"

        await until(delivered)
    try:
        await moderation.release(relay.context, relay.site, listed[0].message_id)
    except Refused as refusal:
        assert refusal.code == "not_held"


async def test_nobody_releases_a_notice(relay: Relay) -> None:
    """A notice is made from its reason, which a release would write over: it stays as it is."""
    await _hold(relay)
    await relay.fetch("update outbox set kind = 'notice', reason = 'available' returning 1")
    [row] = await relay.fetch("select mail_id from outbox")
    with pytest.raises(Refused, match="not_held"):
        await moderation.release(relay.context, relay.site, row["mail_id"])
    await relay.fetch("update outbox set kind = 'contact' returning 1")


async def test_a_refused_message_is_told(relay: Relay) -> None:
    """A held message that a person refuses never leaves, and its sender gets one notice."""
    held = await _hold(relay)
    (one,) = await moderation.list_held(relay.context, relay.site)
    await moderation.refuse(relay.context, relay.site, one.message_id)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        (notice,) = await sink.wait_for(1, timeout_s=30)
        assert notice.recipients == ("lea@acheteuse.example",)
    assert (await relay.states())[held] == "refused"


async def test_a_hold_that_nobody_ended_is_told(relay: Relay) -> None:
    """A hold of thirty days ends as expired, and its sender is told."""
    held = await _hold(relay)
    await relay.travel(31 * 24 * 3600)
    await purge_expired(relay.context)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        (notice,) = await sink.wait_for(1, timeout_s=30)
        assert notice.recipients == ("lea@acheteuse.example",)
    assert (await relay.states())[held] == "expired"


@pytest.mark.parametrize(
    ("state", "ambiguous", "end"),
    [("queued", 0, "expired"), ("deferred", 1, "unconfirmed"), ("sending", 0, "unconfirmed")],
)
async def test_what_nobody_claims_ends(relay: Relay, state: str, ambiguous: int, end: str) -> None:
    """What was to leave and is claimed by nobody ends a day after its time, and is told."""
    _, body = await relay.post()
    await relay.fetch(
        "update outbox set state = $1, ambiguous = $2, expires_at = now() - interval '25 hours',"
        " due_at = now() - interval '25 hours' where kind = 'contact'",
        state,
        ambiguous,
    )
    await moderation.expire_held(relay.context)
    assert (await relay.states())[body["id"]] == end
    notices = await relay.fetch("select reason from outbox where kind = 'notice'")
    assert [row["reason"].partition(":")[0] for row in notices] == [end]


async def test_what_is_claimed_still_is_left_to_its_claim(relay: Relay) -> None:
    """A mail within a day of its end, and a lease under way, are not ended by the sweep."""
    ids = [(await relay.post(email=f"a{n}@exemple.example"))[1]["id"] for n in range(2)]
    await relay.fetch(
        "update outbox set expires_at = now() - interval '23 hours' where message_id = $1::uuid",
        ids[0].removeprefix("msg_"),
    )
    await relay.fetch(
        "update outbox set state = 'sending', expires_at = now() - interval '3 days',"
        " due_at = now() + interval '1 minute' where message_id = $1::uuid",
        ids[1].removeprefix("msg_"),
    )
    assert await moderation.expire_held(relay.context) == 0
    assert await relay.states() == {ids[0]: "queued", ids[1]: "sending"}


async def test_a_letter_of_the_rights_desk_ends_too(relay: Relay) -> None:
    """A held letter speaks of a request and of no message, and ends after thirty days as others."""
    await Person(relay).ask("access")
    await relay.fetch("update outbox set state = 'held', due_at = now() returning 1")
    await moderation.expire_held(relay.context)
    [letter] = await relay.fetch("select state, settled_at is not null as is_over from outbox")
    assert tuple(letter) == ("expired", True)


@pytest.mark.parametrize("state", ["held", "queued"])
async def test_many_end_in_small_transactions(
    relay: Relay, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """However many end at once, after a flood or a long outage, no statement ends them all: one
    that takes too long would be rolled back each hour, and the purge would wait behind it.
    """
    monkeypatch.setattr(moderation, "ENDED_AT_ONCE", 2)
    for n in range(5):
        await relay.post(email=f"a{n}@exemple.example")
    long_ago = "now() - interval '2 days'"
    await relay.fetch(
        f"update outbox set state = $1, due_at = {long_ago}, expires_at = {long_ago}"
        " where kind = 'contact' returning 1",
        state,
    )
    assert await moderation.expire_held(relay.context) == 5
    assert set((await relay.states()).values()) == {"expired"}
    ended = await relay.fetch("select distinct settled_at from outbox where kind = 'contact'")
    assert len(ended) == 3


async def test_what_is_too_old_is_not_let_go(relay: Relay) -> None:
    """Nobody releases or reinstates what would be too old to be claimed to its end."""
    held = await _hold(relay)
    message_id = read_public_id("msg", held)
    assert message_id
    later = replace(relay.context, clock=Clock(relay.context.clock() + timedelta(days=41)))
    with pytest.raises(Refused, match="too_old_to_leave"):
        await moderation.release(later, relay.site, message_id)
    look = await look_of(relay)
    order = Order(Action.RELEASE, look, message_ids=(message_id,))
    with pytest.raises(Refused, match="too_old_to_leave"):
        await desk.carry_out(later, relay.site, order)
    await relay.fetch("update outbox set state = 'refused', reason = 'by_moderator'")
    with pytest.raises(Refused, match="too_old_to_leave"):
        await desk.preview(later, relay.site, replace(order, action=Action.REINSTATE))


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
