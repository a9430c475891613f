"""Who often reports without ground or often writes what is illegal is warned, then set aside."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from relay import desk
from relay.desk import Action, Decision, Order, Ruling, Standing
from relay.errors import Refused
from relay.permissions import Role
from tests.desk import Browser, enter
from tests.moderators import FACTS, Clock, look_of, notices, reported, write
from tests.relays import Relay

WEEK = timedelta(days=7)
WARNED = {
    Decision.NO_ACTION: Ruling(Decision.NO_ACTION, FACTS, is_warning=True),
    Decision.ACTION: Ruling(Decision.ACTION, FACTS, is_warning=True),
}


async def case_of(relay: Relay, number: int) -> UUID:
    """Have a message of the one buyer reported by the one advertiser."""
    message_id = await write(
        relay, email="lea@acheteuse.example", message=f"Bonjour, une question, la {number}e."
    )
    return await reported(relay, message_id)


async def decide(relay: Relay, case_id: UUID, ruling: Ruling) -> UUID:
    """Decide a case as somebody new; return the act."""
    effect = await desk.decide(relay.context, relay.site, case_id, ruling, await look_of(relay))
    assert effect.act_id
    return effect.act_id


async def suspended(relay: Relay, decision: Decision) -> tuple[UUID, UUID]:
    """Warn twice, then suspend for a week; return the last case and its act."""
    for number in range(2):
        await decide(relay, await case_of(relay, number), WARNED[decision])
    case_id = await case_of(relay, 2)
    return case_id, await decide(relay, case_id, Ruling(decision, FACTS, suspension=WEEK))


async def state_of_next(relay: Relay, number: int = 7, **fields: str) -> tuple[str, str]:
    """Send one more message; return its state and why."""
    sender = {"email": "lea@acheteuse.example", **fields}
    message_id = await write(relay, message=f"Encore une question, la {number}e.", **sender)
    [row] = await relay.fetch("select state, reason from outbox where mail_id = $1", message_id)
    return row["state"], row["reason"]


@pytest.mark.parametrize("decision", Decision)
async def test_nobody_is_suspended_unwarned(relay: Relay, decision: Decision) -> None:
    """DSA 23: without two warnings within the year nobody is suspended, and nothing is decided."""
    await decide(relay, await case_of(relay, 0), WARNED[decision])
    case_id = await case_of(relay, 1)
    with pytest.raises(Refused, match="suspension_too_early"):
        await decide(relay, case_id, Ruling(decision, FACTS, suspension=WEEK))
    look = replace(await look_of(relay), action="open")
    case = await desk.read_case(relay.context, relay.site, case_id, look)
    assert (case.decision, case.suspended_until) == (None, None)


async def test_warnings_are_forgotten_after_a_year(relay: Relay, clock: Clock) -> None:
    """What somebody did more than a year ago counts no more."""
    for number in range(2):
        await decide(relay, await case_of(relay, number), WARNED[Decision.ACTION])
    clock.now += timedelta(days=366)
    with pytest.raises(Refused, match="suspension_too_early"):
        await decide(
            relay, await case_of(relay, 2), Ruling(Decision.ACTION, FACTS, suspension=WEEK)
        )


async def test_reports_are_set_aside_for_a_time(relay: Relay, clock: Clock) -> None:
    """DSA 23(2): reports are refused with a sentence until the end, then taken again."""
    await suspended(relay, Decision.NO_ACTION)
    assert [one[1] for one in await notices(relay)].count("reports_suspended") == 1
    with pytest.raises(Refused, match="reports_suspended"):
        await case_of(relay, 3)
    clock.now += WEEK + timedelta(minutes=1)
    assert await case_of(relay, 4)


async def test_messages_are_refused_for_a_time(relay: Relay) -> None:
    """DSA 23(1): the author's messages end refused, for a reason they can read; others' go on."""
    await suspended(relay, Decision.ACTION)
    assert [one[1] for one in await notices(relay)].count("messages_suspended") == 1
    assert await state_of_next(relay) == ("refused", "suspended")
    other = await state_of_next(relay, 8, email="noa@acheteur.example", phone="06 39 98 11 22")
    assert other == ("queued", "accepted")


@pytest.mark.parametrize("decision", Decision)
async def test_a_suspension_is_undone(relay: Relay, decision: Decision) -> None:
    """Within fifteen seconds nothing is left of it, mails included."""
    _, act_id = await suspended(relay, decision)
    await desk.undo(relay.context, relay.site, act_id, await look_of(relay))
    assert await state_of_next(relay) == ("queued", "accepted")
    assert await case_of(relay, 3)
    assert "cancelled" in [one[2] for one in await notices(relay)]
    assert not [one for one in await notices(relay) if one[1].endswith("_suspended")]


@pytest.mark.parametrize("decision", Decision)
async def test_an_overturned_suspension_is_over(relay: Relay, decision: Decision) -> None:
    """DSA 20: somebody else judges the decision, and what it suspended ends with it."""
    case_id, _ = await suspended(relay, decision)
    await relay.fetch("update report_case set decided_at = decided_at - interval '1 minute'")
    [row] = await relay.fetch(
        "select message_id, sender_id from report_case join message using (site_id, message_id)"
        " where case_id = $1",
        case_id,
    )
    [listing] = await relay.fetch("select advertiser_id from listing limit 1")
    person = row["sender_id"] if decision is Decision.ACTION else listing["advertiser_id"]
    ruled = await desk.read_ruling(relay.context, relay.site, row["message_id"], person)
    assert ruled.suspended_until is not None
    await desk.contest(relay.context, relay.site, row["message_id"], person, "C’est une erreur.")
    await desk.judge(
        relay.context, relay.site, case_id, FACTS, await look_of(relay), is_upheld=False
    )
    assert await state_of_next(relay) == ("queued", "accepted")
    assert await case_of(relay, 3)
    ruled = await desk.read_ruling(relay.context, relay.site, row["message_id"], person)
    assert ruled.suspended_until is None


async def test_a_block_of_the_suspended_can_be_lifted(relay: Relay) -> None:
    """What refuses an author's messages stands among the blocks, and can be lifted there."""
    await suspended(relay, Decision.ACTION)
    look = replace(await look_of(relay), action="list")
    [shown] = await desk.list_blocks(relay.context, relay.site, look)
    order = Order(Action.UNBLOCK, await look_of(relay), block_id=shown.block_id)
    await desk.carry_out(relay.context, relay.site, order)
    assert await state_of_next(relay) == ("queued", "accepted")


@pytest.mark.parametrize("end", ["overturned", "undone"])
async def test_a_suspension_that_is_over_is_not_put_back(relay: Relay, end: str) -> None:
    """Who is suspended no more, since nothing is decided, is not suspended by a block's return."""
    case_id, act_id = await suspended(relay, Decision.ACTION)
    if end == "undone":
        await desk.undo(relay.context, relay.site, act_id, await look_of(relay))
    else:
        [row] = await relay.fetch("select message_id from report_case where case_id = $1", case_id)
        by, site = desk.Appellant.AUTHOR, relay.site
        await desk.appeal(relay.context, site, row["message_id"], by=by, text="À tort.")
        judge = await look_of(relay)
        await desk.judge(relay.context, site, case_id, FACTS, judge, is_upheld=False)
    look = replace(await look_of(relay), action="list")
    [shown] = await desk.list_blocks(relay.context, relay.site, look)
    order = Order(Action.RESTORE, await look_of(relay), block_id=shown.block_id)
    with pytest.raises(Refused, match="block_unknown"):
        await desk.carry_out(relay.context, relay.site, order)
    assert await state_of_next(relay) == ("queued", "accepted")


async def test_whoever_decides_sees_how_many_of_how_many(relay: Relay) -> None:
    """DSA 23(3): numbers and proportion are seen before anybody is warned or suspended."""
    await decide(relay, await case_of(relay, 0), WARNED[Decision.NO_ACTION])
    await decide(relay, await case_of(relay, 1), WARNED[Decision.ACTION])
    case_id = await case_of(relay, 2)
    look = replace(await look_of(relay), action="list")
    author, reporters = await desk.read_standings(relay.context, relay.site, case_id, look)
    assert (author, reporters) == (Standing(3, 1, 1), [Standing(3, 1, 1)])


async def test_the_console_suspends(relay: Relay, browser: Browser) -> None:
    """The page of a case offers a suspension after warnings, and shows the one there is."""
    for number in range(2):
        await decide(relay, await case_of(relay, number), WARNED[Decision.NO_ACTION])
    case_id = await case_of(relay, 2)
    await enter(relay, browser, Role.MODERATOR)
    path = f"/s/demo/cases/case_{case_id.hex}"
    assert 'name="suspension"' in (await browser.get(path)).text
    done = await browser.post(
        f"{path}/decide", decision="no_action", reason="Sans aucun fondement.", suspension="30"
    )
    assert done.status == 303
    assert "Suspension jusqu’au" in (await browser.get(path)).text
